"""INDspeech's layout, on a miniature of it: files and ZIPs with their names, and made-up sounds and sentences."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from training.__main__ import main
from training.corpus import people


def wav(seconds: float) -> bytes:
    content = io.BytesIO()
    sound = 0.3 * np.sin(np.arange(round(seconds * 16_000)) * 2 * np.pi * 440 / 16_000)
    soundfile.write(content, sound, 16_000, "PCM_16", format="WAV")
    return content.getvalue()


def zipped(path: Path, **files: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)


def plain(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def corpora(tmp_path: Path) -> list[Path]:
    digits, dialogue, news = (tmp_path / name for name in ("digits", "dialogue", "news"))
    zipped(
        digits / "speech/train/FAC.zip", FAC_0K9A__wav=wav(1.0), FAC_7A__wav=wav(0.5), **{"MACOSX/._FAC_7A.wav": b""}
    )
    zipped(digits / "speech/test1/FAC.zip", FAC_7A__wav=wav(0.7))
    plain(digits / "speech/test1/MJL_12B.wav", wav(0.5))
    zipped(dialogue / "speech/train/FAC.zip", FAC_U001__wav=wav(0.5))
    zipped(dialogue / "text/text.zip", U001__ANS=b"LOKET\nDUA\n")
    plain(news / "speech/SPK00_0000/SPK00_F_0000.wav", wav(2.0))
    plain(news / "speech/SPK00_0000/._SPK00_F_0000.wav", b"")
    plain(news / "text/norm_transcript", b"SPK00_F_0000\tKABAR BAIK-BAIK SAJA\n")
    return [digits, dialogue, news]


def test_all_three_corpora_become_one_folder_that_training_reads(corpora: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "speech"
    result = CliRunner().invoke(main, ["indspeech", *map(str, corpora), "--out", str(out)])
    assert result.output == f"5 utterances: {out}\n"
    found = list(people([out], "train"))  # of speakers so few, none is for dev
    assert sorted((u.corpus, u.speaker, u.text, len(u.samples)) for u in found) == [
        ("dialogue", "FAC", "loket dua", 4000),
        ("digits", "FAC", "nol kosong sembilan", 8000),
        ("digits", "FAC", "tujuh", 5600),
        ("digits", "MJL", "satu dua", 4000),
        ("news", "SPK00", "kabar baik baik saja", 16_000),
    ]
    assert all(0.2 < np.abs(u.samples).max() / 2**15 < 0.4 for u in found)


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("Ind001_F_B_C_news_0065.wav", wav(0.1), "Ind001_F_B_C_news_0065.wav is not named as in"),
        ("FAC_U002.wav", wav(0.1), "no text of FAC_U002"),
        ("FHJ_U001.wav", b"RIFF", "FHJ_U001.wav cannot be read"),
        ("FHJ.zip", b"version https", "FHJ.zip is no ZIP"),
        ("../../text/U002.ANS", "café".encode("latin-1"), "U002 is not UTF-8"),
    ],
)
def test_what_is_not_as_the_authors_give_it_is_named(
    corpora: list[Path], file: str, content: bytes, told: str, tmp_path: Path
) -> None:
    _, dialogue, _ = corpora
    plain(dialogue / "speech/test" / file, content)
    result = CliRunner().invoke(main, ["indspeech", str(dialogue), "--out", str(tmp_path / "speech")])
    assert result.exit_code == 1
    assert told in result.output


def test_another_folder_or_one_that_is_full_is_refused(corpora: list[Path], tmp_path: Path) -> None:
    empty, out = tmp_path / "empty", tmp_path / "speech"
    empty.mkdir()
    assert "no recordings there" in CliRunner().invoke(main, ["indspeech", str(empty), "--out", str(out)]).output
    for told in ("5 utterances", "is there already"):
        assert told in CliRunner().invoke(main, ["indspeech", *map(str, corpora), "--out", str(out)]).output
