"""`sambung recognise` with the model that ships: recordings by the machine's voice, and all that is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ivr.cli import main
from ivr.settings import PROJECT
from tests.e2e.kit import voice
from tests.unit.speech_kit import MODEL

DATA = PROJECT / "tests/data"
MENU = DATA / "menu.txt"
CARD = DATA / "kartu-keluarga.wav"
RATE = 8000


def recognise(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["recognise", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def heard(sound: NDArray[np.float64], folder: Path, *, rate: int = RATE) -> dict[str, Any]:
    """What the menu makes of it."""
    path = folder / "a.wav"
    soundfile.write(path, sound, rate, "PCM_16")
    result = recognise("--phrases", MENU, path)
    assert result.exit_code == 0
    (line,) = lines(result)
    return line


def test_recordings_that_come_with_the_project_are_understood_in_their_order() -> None:
    said = {
        "petugas": "(petugas|operator)",
        "akta": "akta kelahiran",
        "ktp": "[perpanjang] KTP [hilang]",
        "pajak": "pajak bumi dan bangunan",
        "kartu-keluarga": "kartu keluarga",
    }
    result = recognise("--phrases", MENU, *(DATA / f"{name}.wav" for name in said))
    assert result.exit_code == 0
    assert result.stderr == ""
    found = lines(result)
    assert [Path(line["file"]).stem for line in found] == list(said)
    assert [line["text"] for line in found] == list(said.values())
    for line in found:
        assert line["accepted"]
        assert line["nbest"][0] == {"text": line["text"], "confidence": line["confidence"]}
        assert line["decode_ms"] > 0
        assert line["seconds"] == round(soundfile.info(line["file"]).duration, 2)


def test_of_what_is_no_phrase_the_sounds_are_told() -> None:
    (line,) = lines(recognise("--phrases", MENU, DATA / "di-luar-menu.wav"))
    assert not line["accepted"]
    assert line["nbest"][0]["text"] == ""
    assert line["text"].startswith("besok")


def test_pauses_in_a_number_do_not_cut_it() -> None:
    whole, paused = lines(recognise("--numbers", DATA / "nomor.flac", DATA / "nomor-berjeda.flac"))
    assert (whole["digits"], whole["accepted"]) == ("08123456", True)
    assert whole["text"] == "kosong delapan satu dua tiga empat lima enam"
    assert (paused["digits"], paused["accepted"]) == ("327159", True)
    confidences = [reading["confidence"] for reading in paused["nbest"]]
    assert confidences == sorted(confidences, reverse=True)
    assert len(confidences) <= 5


def test_what_is_no_number_has_no_digits() -> None:
    (line,) = lines(recognise("--numbers", CARD))
    assert (line["digits"], line["accepted"]) == ("", False)
    assert line["text"] == "kartukeluarga"


def test_of_several_utterances_the_surest_phrase_counts(tmp_path: Path) -> None:
    line = heard(
        voice.speech(0.3, "besok hujan di pegunungan", 1.5, "pajak bumi dan bangunan", 1.5, "selamat"), tmp_path
    )
    assert (line["text"], line["accepted"]) == ("pajak bumi dan bangunan", True)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (48000, 1)])
def test_other_rates_and_channels_sound_the_same(rate: int, channels: int, tmp_path: Path) -> None:
    sound = resample_poly(soundfile.read(CARD)[0], rate // 100, RATE // 100)
    line = heard(np.column_stack([sound] * channels), tmp_path, rate=rate)
    assert (line["text"], line["accepted"]) == ("kartu keluarga", True)
    assert line["seconds"] == pytest.approx(soundfile.info(CARD).duration, abs=0.02)


# --- bad audio ---------------------------------------------------------------------------------------
def test_a_file_that_cannot_be_used_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "berputar.wav").symlink_to("berputar.wav")
    (tmp_path / "kosong.m4a").touch()
    (tmp_path / "mentah.raw").write_bytes(CARD.read_bytes()[44:])
    (tmp_path / "teks.flac").write_text("bukan suara")
    (tmp_path / "terpotong.wav").write_bytes(CARD.read_bytes()[:60])
    result = recognise(
        "--phrases", MENU, *sorted(tmp_path.iterdir()), tmp_path, tmp_path / "tidak-ada.wav", "a" * 999, CARD
    )
    assert result.exit_code == 1
    *bad, good = lines(result)
    assert good["accepted"]
    assert [Path(line["file"]).name for line in bad] == [
        "berputar.wav",
        "kosong.m4a",
        "mentah.raw",
        "teks.flac",
        "terpotong.wav",
        tmp_path.name,
        "tidak-ada.wav",
        "a" * 999,
    ]
    assert result.stderr.splitlines() == [f"Kesalahan: {line['error']}" for line in bad]
    assert all(line["file"] in line["error"] for line in bad)
    said = ["dibuka", "kosong", "WAV", "bukan rekaman", "rusak", "folder", "tidak ada", "dibuka"]
    assert all(word in line["error"] for word, line in zip(said, bad, strict=True))


def test_a_recording_that_was_written_to_a_pipe_is_whole(tmp_path: Path) -> None:
    content = bytearray(CARD.read_bytes())
    content[4:8] = content[40:44] = b"\xff" * 4  # nobody knew how long it would become
    (tmp_path / "aliran.wav").write_bytes(content)
    (line,) = lines(recognise("--phrases", MENU, tmp_path / "aliran.wav"))
    assert (line["text"], line["accepted"]) == ("kartu keluarga", True)


def noise(seconds: float, level: float = 0.1) -> NDArray[np.float64]:
    return level * np.random.default_rng(1).standard_normal(round(seconds * RATE))


@pytest.mark.parametrize(
    ("sound", "note"),
    [
        (np.zeros(3 * RATE), "tidak terdengar ucapan"),
        (np.zeros(1), "tidak terdengar ucapan"),
        (np.full(3 * RATE, 0.5), "DC"),
        (np.clip(noise(3, 2.0), -1, 1), "pecah"),
        (noise(3), ""),
        (noise(200, 0.02), ""),
    ],
    ids=["silence", "one-sample", "dc", "clipped-noise", "noise", "minutes"],
)
def test_sound_without_speech_is_no_phrase(sound: NDArray[np.float64], note: str, tmp_path: Path) -> None:
    line = heard(sound, tmp_path)
    assert not line["accepted"]
    assert note in " ".join(line.get("notes", []))


def test_clipped_speech_with_an_offset_is_heard_and_its_flaws_are_told(tmp_path: Path) -> None:
    line = heard(np.clip(soundfile.read(CARD)[0] * 6 + 0.2, -1, 1), tmp_path)
    assert (line["text"], line["accepted"]) == ("kartu keluarga", True)
    assert [note.split()[0] for note in line["notes"]] == ["suaranya", "ada"]


# --- bad phrases -------------------------------------------------------------------------------------
def test_phrases_that_cannot_be_said_are_named_and_the_others_are_heard(tmp_path: Path) -> None:
    menu = tmp_path / "menu.txt"
    menu.write_text("\ufeff\nkartu keluarga\nпривет\nbayar 💳\n(buka\n[boleh]\nKARTU  KELUARGA\nloket 12\n???\n\x00\n")
    said = voice.say(tmp_path / "loket.wav", 0.3, "loket satu dua")
    result = recognise("--phrases", menu, said, CARD)
    assert result.exit_code == 1
    assert [line["text"] for line in lines(result)] == ["loket 12", "kartu keluarga"]
    named = [line.split(": ")[1] for line in result.stderr.splitlines()]
    assert named == [f"{menu}:{number}" for number in (3, 4, 5, 6, 7, 9, 10)]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_phrases_in_another_encoding_are_told_to_be_it(encoding: str, tmp_path: Path) -> None:
    menu = tmp_path / "menu.txt"
    menu.write_bytes(b"kartu keluarga\n" + "kafé".encode(encoding))
    result = recognise("--phrases", menu, CARD)
    assert (result.exit_code, lines(result)[0]["text"]) == (1, "kartu keluarga")
    assert result.stderr == f"Kesalahan: {menu}:2: bukan teks UTF-8; simpan berkasnya sebagai UTF-8\n"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", "привет".encode()])
def test_without_any_phrase_nothing_is_heard(content: bytes, tmp_path: Path) -> None:
    menu = tmp_path / "menu.txt"
    menu.write_bytes(content)
    result = recognise("--phrases", menu, CARD)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "tidak ada frasa yang dapat dipakai" in result.stderr


def test_a_phrase_among_two_thousand_is_heard(tmp_path: Path) -> None:
    syllables = [a + b for a in "bdgjklmnprst" for b in "aiueo"]
    names = [f"kantor {first}{second}" for first in syllables for second in syllables][:2000]
    menu = tmp_path / "menu.txt"
    menu.write_text("\n".join([*names, "kartu keluarga"]))
    result = recognise("--phrases", menu, CARD)
    assert result.exit_code == 0
    assert [line["text"] for line in lines(result)] == ["kartu keluarga"]


# --- bad models, bad use -----------------------------------------------------------------------------
def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = b"\xff" * 200
    file.write_bytes(content)


@pytest.mark.parametrize(
    "harm",
    [
        shutil.rmtree,
        lambda model: (model / "thresholds.json").unlink(),
        lambda model: (model / "thresholds.json").write_text('{"phrases": []}'),
        lambda model: (model / "phones.txt").write_bytes(b"\xff\xfe"),
        lambda model: (model / "phones.txt").write_text("blk a e i"),
        lambda model: (model / "phones.txt").write_text(" ".join([*MODEL.units, *(f"x{n}" for n in range(9))])),
        lambda model: (model / "am/final.mdl").write_bytes(b""),
        lambda model: (model / "am/final.mdl").write_bytes(b"another program's"),
        lambda model: spoil(model / "am/final.mdl"),
        lambda model: (model / "conf/mfcc.conf").write_text("--num-ceps=13\n"),
        lambda model: (model / "conf/model.conf").write_text(""),
    ],
    ids=[
        *("no-folder", "no-thresholds", "thresholds", "no-text", "few-sounds", "many-sounds"),
        *("empty", "alien", "spoilt", "features", "settings"),
    ],
)
def test_a_broken_model_is_named(harm: Any, tmp_path: Path) -> None:
    model = Path(shutil.copytree(MODEL.folder, tmp_path / "model"))
    harm(model)
    result = recognise("--model", model, "--numbers", DATA / "nomor.flac")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Kesalahan: model suara di {model} ")
    assert len(result.stderr.splitlines()) == 1
    assert "Errno" not in result.stderr
    assert "salin lagi" in result.stderr or not model.exists()


@pytest.mark.parametrize("arguments", [[CARD], ["--numbers", "--phrases", MENU, CARD], ["--numbers"]])
def test_wrong_use_is_explained(arguments: list[str | Path]) -> None:
    result = recognise(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
