import dataclasses
from pathlib import Path

import pytest

from ivr.speech.grammars import read_grammars, write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.lexicon import LexiconError
from tests.unit.speech_kit import MODEL


def test_the_same_phrases_give_the_same_files_in_whatever_order(tmp_path: Path) -> None:
    one = build_grammar(["KTP", "pajak"], False, MODEL, tmp_path / "one")
    other = build_grammar(["pajak", "KTP"], False, MODEL, tmp_path / "other")
    assert one == other
    assert one.phrases == {"ka te pe": "KTP", "pajak": "pajak"}
    for name in ("HCLG.fst", "words.txt"):
        assert (tmp_path / "one" / one.digest / name).read_bytes() == (
            tmp_path / "other" / one.digest / name
        ).read_bytes()


def test_other_phrases_have_another_digest(tmp_path: Path) -> None:
    digests = {
        build_grammar(["KTP"], False, MODEL, tmp_path).digest,
        build_grammar(["pajak"], False, MODEL, tmp_path).digest,
        build_grammar([], True, MODEL, tmp_path).digest,
    }
    assert len(digests) == 3


def test_two_phrases_that_sound_the_same_are_named(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="'Ka-te-pe' dan 'KTP' diucapkan sama"):
        build_grammar(["KTP", "Ka-te-pe"], False, MODEL, tmp_path)


def test_a_phrase_that_the_model_cannot_hear_is_named(tmp_path: Path) -> None:
    without_z = dataclasses.replace(MODEL, units=tuple(unit for unit in MODEL.units if unit != "z"))
    with pytest.raises(LexiconError, match="'izin usaha': model suara tidak mengenal bunyi 'z'"):
        build_grammar(["izin usaha"], False, without_z, tmp_path)


def test_the_table_of_a_version_is_read_as_it_was_written(tmp_path: Path) -> None:
    built = [build_grammar([], True, MODEL, tmp_path), build_grammar(["KTP"], False, MODEL, tmp_path)]
    write_grammars(tmp_path, built)
    assert read_grammars(tmp_path) == {grammar.digest: grammar for grammar in built}
