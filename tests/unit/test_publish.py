"""Versions: made whole, never changed, put in force by one pointer; and the commands over them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.channel import Sayings
from ivr.flow import public_holidays
from ivr.flow.expressions import evaluate
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flow.policy import Policy
from ivr.pointer import current_hash, moves
from ivr.publish import PublishError, load_version, publish, rollback
from ivr.settings import Settings, Speech
from ivr.voice.audio import tone
from ivr.voice.catalogue import Catalogue
from ivr.voice.numbers import UNITS
from ivr.voice.template import text_id
from ivr.voice.wav import write_wav
from tests.unit.publish_kit import FLOW, HOTLINE, installation, published, sambung, speak_units, write_flows


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts with their audio: made once for all tests."""
    prompts = tmp_path_factory.mktemp("prompts")
    speak_units(prompts)
    return prompts


@pytest.fixture
def settings(tmp_path: Path, units: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return installation(tmp_path, units, monkeypatch)


def test_no_call_waits_for_the_holidays(settings: Settings) -> None:
    """They are known once a version is loaded."""
    write_flows(settings.flows, "Selamat pagi.")
    hours = "    after_hours: halo\n    hours: {week: {senin-minggu: 00:00-24:00}, national_holidays: ya}\n"
    (settings.flows / "hotline.yaml").write_text(HOTLINE + hours)
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    publish(settings, loaded.site, author="rini")
    public_holidays._known.cache_clear()
    load_version(settings)
    assert public_holidays._known.cache_info().currsize


def greeting_of(settings: Settings, hash: str | None = None) -> str:
    version = load_version(settings, hash)
    use = next(version.site.prompts())
    (segment,) = version.book.render(use.text, {})
    assert segment.audio
    assert segment.audio.exists()
    return segment.text


def test_a_published_site_is_loaded_with_its_audio(settings: Settings) -> None:
    version = published(settings, "Selamat pagi.")
    assert (version.author, version.message, version.flows) == ("rini", "Selamat pagi.", ("halo",))
    loaded = load_version(settings)
    assert (loaded.hash, loaded.problems) == (version.hash, ())
    assert loaded.site.lines["14045"].flow == "halo"
    assert greeting_of(settings) == "Selamat pagi."
    assert current_hash(settings) == version.hash
    assert [segment.text for segment in loaded.book.render("{x}", {"x": 21})] == ["dua puluh satu"]


def test_a_publish_does_not_touch_the_versions_before(settings: Settings) -> None:
    first = published(settings, "Selamat pagi.")
    pinned = load_version(settings)
    second = published(settings, "Selamat sore.")
    assert first.hash != second.hash
    assert greeting_of(settings) == "Selamat sore."
    assert greeting_of(settings, first.hash) == "Selamat pagi."
    assert pinned.book.missing() == []


def test_the_same_content_is_the_same_version(settings: Settings) -> None:
    first = published(settings, "Selamat pagi.")
    assert published(settings, "Selamat pagi.") == first
    assert [move.hash for move in moves(settings)] == [first.hash]


def test_a_persons_recording_makes_a_new_version(settings: Settings, tmp_path: Path) -> None:
    first = published(settings, "Selamat pagi.")
    write_wav(tone(700, 1.0).raw_data, tmp_path / "rini.wav")
    Catalogue(settings.prompts).set_recording("Selamat pagi.", tmp_path / "rini.wav")
    second = published(settings, "Selamat pagi.")
    assert first.hash != second.hash
    (heard_before,) = load_version(settings, first.hash).book.render("Selamat pagi.", {})
    (heard_now,) = load_version(settings, second.hash).book.render("Selamat pagi.", {})
    assert heard_before.audio != heard_now.audio
    assert heard_now.seconds == pytest.approx(1.0, abs=0.01)


def test_going_back_and_forth_is_journalled(settings: Settings) -> None:
    first, second = published(settings, "Selamat pagi."), published(settings, "Selamat sore.")
    assert rollback(settings, first.hash[:6], author="budi") == first
    assert greeting_of(settings) == "Selamat pagi."
    assert [(move.hash, move.author, move.action) for move in reversed(moves(settings))] == [
        (first.hash, "budi", "rollback"),
        (second.hash, "rini", "publish"),
        (first.hash, "rini", "publish"),
    ]


@pytest.mark.parametrize("hash", ["", "zz", "../flows", "*", "current"])
def test_going_back_to_nowhere_is_refused(hash: str, settings: Settings) -> None:
    version = published(settings, "Selamat pagi.")
    published(settings, "Selamat sore.")
    with pytest.raises(PublishError):
        rollback(settings, hash, author="budi")
    assert greeting_of(settings) == "Selamat sore."
    assert rollback(settings, version.hash, author="budi") == version


def test_what_has_been_called_wrong_since_it_was_published_serves_on(settings: Settings) -> None:
    """An update brings new checks: versions that were published before them are what callers hear."""
    write_flows(settings.flows, "Selamat pagi.")
    hours = "{week: {senin-minggu: '13:00-16:00, 08:00-12:00'}}"
    (settings.flows / "hotline.yaml").write_text(f"{HOTLINE}    after_hours: halo\n    hours: {hours}\n")
    (settings.flows / "kosakata.yaml").write_text("documents: {KTP: [KTP/e-KTP]}\n")
    (settings.flows / "halo.yaml").write_text("""
flow: halo
start: a
steps:
  a: {type: branch, cases: [{when: nama == '', next: b}, {when: 2 > 1.250, next: b}], otherwise: b}
  b: {type: menu, say: Selamat pagi., keys: {1: c}, phrases: {1: [KTP/KK]}, failed: c}
  c: {type: play, say: "{caller:hari}", next: e}
  e: {type: hangup}
""")
    assert load_site(settings.flows).site is None
    before = load_site(settings.flows, published=True).site
    assert before, load_site(settings.flows, published=True).problems
    version = publish(settings, before, author="rini")
    loaded = load_version(settings)
    assert (loaded.hash, loaded.problems) == (version.hash, ())
    assert evaluate("2 > 1.250", {})


def damage_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"hash": ', encoding="utf-8")


def damage_source(folder: Path) -> None:
    (folder / "flows" / "halo.yaml").write_text(FLOW.replace("{greeting}", "Diubah diam-diam."), encoding="utf-8")


def damage_flow(folder: Path) -> None:
    (folder / "flows" / "halo.yaml").write_text("flow: [", encoding="utf-8")


def damage_shape(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"texts": [1], "units": {}}', encoding="utf-8")


DAMAGES = [damage_manifest, damage_source, damage_flow, damage_shape, shutil.rmtree]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_gives_way_to_the_last_good_one(damage: Callable[[Path], None], settings: Settings) -> None:
    first = published(settings, "Selamat pagi.")
    second = published(settings, "Selamat sore.")
    damage(settings.versions / second.hash)
    with pytest.raises(PublishError, match=second.hash):
        load_version(settings, second.hash)
    loaded = load_version(settings)
    assert loaded.hash == first.hash
    assert any(second.hash in problem for problem in loaded.problems)
    # Publishing the same content again mends it.
    assert published(settings, "Selamat sore.").hash == second.hash
    assert greeting_of(settings) == "Selamat sore."


def test_a_version_without_pointer_is_found_by_the_journal_even_when_that_is_torn(settings: Settings) -> None:
    version = published(settings, "Selamat pagi.")
    (settings.versions / "current").unlink()
    with (settings.versions / "journal.jsonl").open("a") as journal:
        journal.write('{"at": 12')
    assert load_version(settings).hash == version.hash


def test_missing_audio_is_reported_and_serves_on(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    version = published(settings, "Selamat sore.")
    (segment,) = load_version(settings).book.render("Selamat sore.", {})
    assert segment.audio
    segment.audio.unlink()
    loaded = load_version(settings)
    assert loaded.hash == version.hash
    assert loaded.book.missing() == ["Selamat sore."]
    assert "Selamat sore." in loaded.problems[0]
    published(settings, "Selamat sore.")
    assert load_version(settings).problems == ()


def test_nothing_published_says_what_to_do(settings: Settings) -> None:
    assert current_hash(settings) is None
    with pytest.raises(PublishError, match="sambung publish"):
        load_version(settings)


def test_a_text_that_no_voice_can_say_publishes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = published(settings, "Selamat pagi.")
    damaged = settings.prompts / "person" / f"{text_id('Selamat sore.')}.wav"
    damaged.parent.mkdir(exist_ok=True)
    damaged.write_bytes(b"")
    with pytest.raises(Exception, match=str(damaged)):
        published(settings, "Selamat sore.")
    assert [path.name for path in settings.versions.glob("[!.cj]*")] == [first.hash]
    assert greeting_of(settings) == "Selamat pagi."


def test_loading_versions_needs_nothing_that_makes_audio() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import ivr.publish, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "ivr.voice.book" in loaded
    assert not {"pydub", "espeakng_loader", "vosk", "ivr.voice.catalogue", "ivr.voice.audio"} & set(loaded)


def test_the_manifest_can_be_read_by_people(settings: Settings) -> None:
    version = published(settings, "Selamat pagi — hari ini.")
    text = (settings.versions / version.hash / "manifest.json").read_text(encoding="utf-8")
    assert "Selamat pagi — hari ini." in text
    assert set(json.loads(text)["units"]) == set(UNITS)


# --- the commands -----------------------------------------------------------------------------------
@pytest.fixture
def flows(settings: Settings) -> Path:
    write_flows(settings.flows, "Selamat pagi.")
    return settings.flows


def test_publish_list_and_rollback_by_command(settings: Settings, flows: Path) -> None:
    assert sambung("publish", "-m", "jam buka baru").exit_code == 0
    first = current_hash(settings)
    write_flows(flows, "Selamat sore.")
    assert sambung("publish").exit_code == 0
    listed = sambung("versions").output
    assert "jam buka baru" in listed
    assert listed.index(str(current_hash(settings))) < listed.index(str(first))
    assert sambung("rollback", str(first)).exit_code == 0
    assert current_hash(settings) == first


def test_publishing_nothing_new_says_so(flows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    assert "is in force: halo." in sambung("publish", "-m", "pertama").output
    assert "Nothing has changed: version" in sambung("publish").output
    again = sambung("publish", "-m", "kedua").output
    assert "Nothing has changed" in again
    assert "Your note was not stored" in again
    assert "'pertama'" in again
    write_flows(flows, "Selamat sore.")
    sambung("publish", "-m", "sore")
    write_flows(flows, "Selamat pagi.")
    back = sambung("publish", "-m", "ketiga").output
    assert "is in force: halo." in back
    assert "Your note was not stored" in back


def test_flows_with_errors_are_refused_with_their_place(settings: Settings, flows: Path) -> None:
    (flows / "halo.yaml").write_text(FLOW.replace("next: selesai", "next: selsai"), encoding="utf-8")
    assert f"`sambung publish {flows}`" in sambung("publish", str(flows / "hotline.yaml")).output
    refused = sambung("publish")
    assert refused.exit_code == 1
    assert f"{flows / 'halo.yaml'}:8:" in refused.output
    assert "'selesai'" in refused.output
    assert current_hash(settings) is None


TEST = """
flow: halo
at: 2026-11-24 10:00
tests:
  Salam:
    call:
      - hears: Selamat pagi
"""


def test_flows_whose_tests_fail_are_published_with_a_reason_only(
    settings: Settings, flows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    (flows / "tests").mkdir()
    (flows / "tests" / "halo.yaml").write_text(TEST, encoding="utf-8")
    passed = sambung("publish", "--force", "tidak perlu")
    assert passed.exit_code == 0
    assert "1 test(s) passed, 0 failed" in passed.output
    first = current_hash(settings)
    write_flows(flows, "Selamat sore.")
    refused = sambung("publish")
    assert refused.exit_code == 1
    assert f"{flows / 'tests' / 'halo.yaml'}:7" in refused.output
    assert "nothing was published" in refused.output
    assert sambung("publish", "--force", " ").exit_code == 1
    assert current_hash(settings) == first
    assert sambung("publish", "--force", "jam buka berubah hari ini").exit_code == 0
    assert greeting_of(settings) == "Selamat sore."
    assert [move.forced for move in reversed(moves(settings))] == ["jam buka berubah hari ini", ""]
    assert "jam buka berubah hari ini" in sambung("versions").output


def test_tests_that_cannot_be_read_refuse_a_publish(settings: Settings, flows: Path) -> None:
    (flows / "tests").mkdir()
    (flows / "tests" / "halo.yaml").write_text(TEST.replace("hears", "heras"), encoding="utf-8")
    refused = sambung("publish")
    assert refused.exit_code == 1
    assert "'hears'" in refused.output
    assert current_hash(settings) is None


def test_prompts_lists_texts_and_what_has_no_audio_yet(settings: Settings, flows: Path) -> None:
    write_flows(flows, "Selamat siang.")
    assert text_id("Selamat siang.") in sambung("prompts").output
    assert text_id("Selamat siang.") in sambung("prompts", "--missing").output
    sambung("publish")
    assert text_id("Selamat siang.") not in sambung("prompts", "--missing").output
    assert text_id("sembilan puluh") in sambung("prompts", "--units").output


def test_a_recording_is_set_and_taken_back_by_command(settings: Settings, flows: Path, tmp_path: Path) -> None:
    write_wav(tone(700, 1.0).raw_data, tmp_path / "rini.wav")
    id = text_id("Selamat pagi.")
    assert sambung("prompts", "set", id, str(tmp_path / "rini.wav")).exit_code == 0
    sambung("publish")
    (segment,) = load_version(settings).book.render("Selamat pagi.", {})
    assert segment.seconds == pytest.approx(1.0, abs=0.01)
    assert sambung("prompts", "unset", id).exit_code == 0
    assert sambung("prompts", "unset", id).exit_code == 1
    assert sambung("prompts", "set", "0123456789ab", str(tmp_path / "rini.wav")).exit_code == 1
    refused = sambung("prompts", "set", id, str(tmp_path / "nowhere.wav"))
    assert refused.exit_code == 1
    assert "nowhere.wav" in refused.output


# --- what callers may say ---------------------------------------------------------------------------
LISTENS = """
flow: halo
start: a
steps:
  a: {type: menu, say: Selamat pagi., keys: {1: z, 2: b}, phrases: {1: [KTP], 2: [pajak bumi]}, failed: z}
  b: {type: menu, say: Selamat sore., keys: {1: z, 2: z}, phrases: {1: [Pajak Bumi], 2: [ka te pe]}, failed: z}
  z: {type: hangup}
"""
PHRASES, SAME_SOUND = Sayings(("KTP", "pajak bumi")), Sayings(("Pajak Bumi", "ka te pe"))


@pytest.fixture
def listening(settings: Settings) -> Site:
    write_flows(settings.flows, "")
    (settings.flows / "halo.yaml").write_text(LISTENS, encoding="utf-8")
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    return loaded.site


def test_grammars_are_in_the_version_and_give_each_menu_its_own_words_back(settings: Settings, listening: Site) -> None:
    version = publish(settings, listening, author="rini")
    loaded = load_version(settings)
    grammar, same = loaded.grammar(PHRASES), loaded.grammar(SAME_SOUND)
    assert grammar
    assert same
    assert grammar.phrases == {"ka te pe": "KTP", "pajak bumi": "pajak bumi"}
    assert same.phrases == {"ka te pe": "ka te pe", "pajak bumi": "Pajak Bumi"}
    assert grammar.id == same.id
    assert 0 < grammar.confirm < grammar.accept < 1
    name, _, digest = grammar.id.partition("/")
    assert name == version.hash
    assert (settings.versions / version.hash / "grammars" / digest / "HCLG.fst").is_file()
    assert loaded.grammar(Sayings(("entah",))) is None


def test_how_a_word_is_said_is_in_the_grammars_of_all_flows(settings: Settings, listening: Site) -> None:
    before = publish(settings, listening, author="rini")
    (settings.flows / "halo.yaml").write_text(LISTENS + "diucapkan: {KTP: (ka te pe|ketepe)}\n", encoding="utf-8")
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    after = publish(settings, loaded.site, author="rini")
    grammar = load_version(settings, after.hash).grammar(PHRASES)
    assert grammar
    assert grammar.phrases == {"(ka te pe|ketepe)": "KTP", "pajak bumi": "pajak bumi"}
    earlier = load_version(settings, before.hash).grammar(PHRASES)
    assert earlier
    assert earlier.phrases == {"ka te pe": "KTP", "pajak bumi": "pajak bumi"}


def test_without_a_model_it_is_published_for_keys_with_a_word(settings: Settings, listening: Site) -> None:
    warned: list[str] = []
    deaf = settings.model_copy(update={"speech": Speech(model=settings.state / "none")})
    version = publish(deaf, listening, author="rini", warn=warned.append)
    assert load_version(settings).grammar(PHRASES) is None
    assert len(warned) == 1
    assert publish(settings, listening, author="rini").hash != version.hash  # with the model it is another version
    assert load_version(settings).grammar(PHRASES)


UNDERSTANDS = """
flow: halo
start: menu
steps:
  menu:
    type: menu
    say: Apa keperluan Anda?
    keys: {1: menu}
    understood: dijawab
    failed: dijawab
  dijawab: {type: play, say: "Tentang {dokumen}, {pertanyaan}."}
"""
VOCABULARY = """
documents: {KTP: [KTP], akta: [akta]}
questions: {lama: {phrases: [berapa lama]}}
spoken: {lama: lama pengurusan}
"""


def test_menus_that_understand_sentences_have_a_graph_for_them(settings: Settings) -> None:
    write_flows(settings.flows, "")
    (settings.flows / "halo.yaml").write_text(UNDERSTANDS, encoding="utf-8")
    (settings.flows / "kosakata.yaml").write_text(VOCABULARY, encoding="utf-8")
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    version = publish(settings, loaded.site, author="rini")
    grammar = load_version(settings).grammar(Sayings(sentences=True))
    assert grammar
    assert grammar.sentences
    (settings.flows / "kosakata.yaml").write_text(VOCABULARY.replace("berapa lama", "kapan jadi"), encoding="utf-8")
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    assert publish(settings, loaded.site, author="rini").hash != version.hash
    other = load_version(settings).grammar(Sayings(sentences=True))
    assert other
    assert other.id.partition("/")[2] != grammar.id.partition("/")[2]


def test_what_was_half_understood_is_asked_in_words_that_have_audio(settings: Settings) -> None:
    write_flows(settings.flows, "")
    (settings.flows / "halo.yaml").write_text(UNDERSTANDS, encoding="utf-8")
    (settings.flows / "kosakata.yaml").write_text(VOCABULARY, encoding="utf-8")
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    publish(settings, loaded.site, author="rini")
    book, question = load_version(settings).book, Policy().half_understood
    for document, kind, words in (
        ("KTP", "lama", "lama pengurusan KTP"),
        ("akta", "", "akta"),
        ("", "lama", "lama pengu"),
    ):
        segments = book.render(question, {"dokumen": document, "pertanyaan": kind})
        assert " ".join(segment.text for segment in segments).startswith(f"Maksud Anda {words}")
        assert all(segment.audio and segment.audio.exists() for segment in segments)


def test_grammars_that_were_altered_are_noticed(settings: Settings, listening: Site) -> None:
    version = publish(settings, listening, author="rini")
    path = settings.versions / version.hash / "grammars.json"
    path.write_text(path.read_text().replace('"accept": 0.', '"accept": 0.0'))
    with pytest.raises(PublishError):
        load_version(settings, version.hash)


@pytest.mark.parametrize("name", ["HCLG.fst", "words.txt"])
@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b""), Path.unlink], ids=["cut short", "missing"])
def test_a_damaged_graph_is_noticed_and_publishing_mends_it(
    settings: Settings, listening: Site, name: str, damage: Callable[[Path], None]
) -> None:
    version = publish(settings, listening, author="rini")
    path, *_ = (settings.versions / version.hash / "grammars").glob(f"*/{name}")
    good = path.read_bytes()
    damage(path)
    with pytest.raises(PublishError, match=version.hash):
        load_version(settings, version.hash)
    assert publish(settings, listening, author="rini").hash == version.hash
    assert path.read_bytes() == good


def test_publishing_leaves_nothing_unfinished(settings: Settings, listening: Site) -> None:
    publish(settings, listening, author="rini")
    publish(settings, listening, author="rini")
    assert not list(settings.versions.glob(".new-*"))
