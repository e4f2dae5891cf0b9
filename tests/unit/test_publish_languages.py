"""A published version in two languages: its audio, its recordings, and the commands for those who translate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_publish import sambung, settings, write_flows

from ivr.flow.loader import load_site
from ivr.publish import load_version, publish
from ivr.settings import Recording, Settings
from ivr.voice.audio import tone
from ivr.voice.catalogue import Catalogue
from ivr.voice.languages import tongue
from ivr.voice.template import text_id
from ivr.voice.wav import write_wav

__all__ = ["settings"]


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audio of all units in both languages: made once for all tests."""
    prompts = tmp_path_factory.mktemp("prompts")
    for language in ("id", "en"):
        Catalogue(prompts, language=language).build(tongue(language).units)
    return prompts


@pytest.fixture
def flows(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Flows in two languages."""
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    write_flows(settings.flows, "Selamat pagi.")
    hotline = settings.flows / "hotline.yaml"
    hotline.write_text(hotline.read_text() + "languages: {en: {title: English}}\n")
    flow = settings.flows / "halo.yaml"
    choice = "  pilih: {type: language, keys: {1: id, 2: en}, next: salam}\n"
    flow.write_text(flow.read_text().replace("start: salam", "start: pilih").replace("steps:\n", f"steps:\n{choice}"))
    translations = settings.flows / "languages" / "en"
    translations.mkdir(parents=True)
    (translations / "halo.yaml").write_text("- id: Selamat pagi.\n  en: Good morning.\n")
    return settings.flows


def test_a_version_speaks_each_language_by_its_own_voice(settings: Settings, flows: Path) -> None:
    site = load_site(flows).site
    assert site
    version = publish(settings, site, author="rini")
    loaded = load_version(settings, version.hash)
    assert not loaded.problems
    (indonesian,), (in_english,) = (loaded.book.render("Selamat pagi.", {}, language) for language in ("id", "en"))
    assert (indonesian.text, in_english.text) == ("Selamat pagi.", "Good morning.")
    assert in_english.audio
    assert in_english.audio.is_file()
    assert in_english.audio != indonesian.audio
    (notice,) = loaded.book.render(Recording().notice, {}, "en")
    assert notice.audio
    manifest = json.loads((settings.versions / version.hash / "manifest.json").read_text())
    assert set(manifest["languages"]["en"]["texts"]) == {"For English, press two.", "Good morning.", notice.text}


def test_a_change_of_a_translation_is_another_version(settings: Settings, flows: Path) -> None:
    hashes = []
    for words in ("Good morning.", "Good day.", "Good morning."):
        (flows / "languages" / "en" / "halo.yaml").write_text(f"- id: Selamat pagi.\n  en: {words}\n")
        site = load_site(flows).site
        assert site
        hashes.append(publish(settings, site, author="rini").hash)
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_recording_belongs_to_the_text_in_its_language(settings: Settings, flows: Path, tmp_path: Path) -> None:
    write_wav(tone(700, 1.0).raw_data, tmp_path / "jane.wav")
    id = text_id("Good morning.", "en")
    assert id in sambung("prompts").output
    assert sambung("prompts", "set", id, str(tmp_path / "jane.wav")).exit_code == 0
    assert (settings.prompts / "person" / "en" / f"{id}.wav").exists()
    assert id not in sambung("prompts", "--unrecorded").output
    assert sambung("publish").exit_code == 0
    lengths = [load_version(settings).book.render("Selamat pagi.", {}, of)[0].seconds for of in ("id", "en")]
    assert lengths[1] == pytest.approx(1.0, abs=0.01)
    assert lengths[0] != pytest.approx(1.0, abs=0.01)
    told = sambung("check").output
    assert "2 texts (en) are not recorded, and said by the machine's voice among a person's" in told
    (flows / "tests").mkdir(exist_ok=True)
    assert "2 texts (en)" in sambung("check", str(flows)).output
    assert "(id)" not in told  # none of these is recorded: one voice speaks


def test_a_file_of_a_language_is_checked_by_itself(flows: Path) -> None:
    file = flows / "languages" / "en" / "halo.yaml"
    file.write_text("- id: Selamat pagi.\n  en: Good morning {nama}.\n")
    checked = sambung("check", str(file))
    assert checked.exit_code == 1
    assert f"{file}:2:7: error: {{nama}} is not in the Indonesian text" in checked.output
    assert "1 error(s), 0 warning(s)" in checked.output


def test_what_lacks_a_translation_is_written_down_to_be_filled_in(settings: Settings, flows: Path) -> None:
    translations = flows / "languages" / "en" / "halo.yaml"
    translations.write_text("")
    translations.unlink()
    written = sambung("prompts", "--translate", "en").output
    assert written == '- id: "Selamat pagi."\n  en:\n'
    translations.write_text(written.replace("en:", "en: Good morning."))
    assert load_site(flows).untranslated == {"en": []}
    refused = sambung("prompts", "--translate", "fr")
    assert (refused.exit_code, refused.output.strip()) == (
        1, "there is no language 'fr' in hotline.yaml, below 'languages'"
    )  # fmt: skip
