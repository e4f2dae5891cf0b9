import pytest

from ivr.speech.confidence import Confidence, evidence, judge, with_sentences
from ivr.speech.heard import Hypothesis

CONFIDENCE = Confidence(bias=0.0, fit=2.0, accept=0.9, confirm=0.5)


def test_a_phrase_is_surer_the_more_garbage_costs() -> None:
    sure, unsure = (judge({"satu": 10.0, "[unk]": garbage}, CONFIDENCE)[0] for garbage in (20.0, 11.0))
    assert sure.text == unsure.text == "satu"
    assert sure.confidence > unsure.confidence > 0.5


def test_where_garbage_costs_less_nothing_of_the_grammar_is_said() -> None:
    best, phrase = judge({"satu": 20.0, "[unk]": 10.0}, CONFIDENCE)
    assert (best.text, phrase.text) == ("", "satu")
    assert best.confidence == pytest.approx(1 - phrase.confidence)


def test_two_phrases_that_cost_the_same_share_what_there_is() -> None:
    first, second, *_ = judge({"satu": 10.0, "dua": 10.0}, CONFIDENCE)
    assert first.confidence < 0.51
    assert {first.text, second.text} <= {"satu", "dua", ""}


def test_a_rival_takes_little_from_a_phrase_that_costs_much_less() -> None:
    alone, against = evidence({"satu": 10.0})["satu"], evidence({"satu": 10.0, "dua": 20.0})["satu"]
    assert alone.share == 1
    assert 0.99 < against.share < 1


def test_what_is_in_no_alternative_costs_as_much_as_the_lattice_is_wide() -> None:
    assert evidence({"ya": 10.0})["ya"].fit == 6.0


def test_only_garbage_is_garbage_for_sure() -> None:
    (only,) = judge({"[unk]": 10.0}, CONFIDENCE)
    assert (only.text, only.confidence) == ("", 1.0)


def test_sentences_share_what_phrases_and_garbage_leave() -> None:
    phrases = (Hypothesis("", 0.6), Hypothesis("ka te pe", 0.4))
    found = {h.text: h.confidence for h in with_sentences(phrases, {"syarat KTP": 10.0, "KTP": 20.0, "[unk]": 20.0})}
    assert found["ka te pe"] == 0.4
    assert 0.59 < found["syarat KTP"] < 0.6
    assert 0 < found["KTP"] < found["syarat KTP"]
    assert sum(found.values()) == pytest.approx(1.0)


def test_a_phrase_that_is_heard_as_a_sentence_too_is_the_surer_for_it() -> None:
    phrases = (Hypothesis("pajak", 0.5), Hypothesis("", 0.5))
    assert with_sentences(phrases, {"pajak": 10.0, "[unk]": 22.0})[0].confidence > 0.99


def test_no_sentence_is_as_sure_as_one_that_was_written() -> None:
    best, nothing = with_sentences((Hypothesis("", 1.0),), {"syarat": 10.0})
    assert (best.text, nothing.text) == ("syarat", "")
    assert 0.99 < best.confidence < 1
    assert best.confidence + nothing.confidence == 1


def test_where_garbage_fits_as_well_no_sentence_is_sure() -> None:
    best, *_ = with_sentences((Hypothesis("", 1.0),), {"syarat": 10.0, "[unk]": 10.0})
    assert best.confidence == 0.5
