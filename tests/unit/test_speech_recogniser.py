"""The recogniser with the model that ships and a synthetic caller: what it tells, and when."""

from pathlib import Path

import pytest

from ivr.speech.heard import Final, Onset
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.recogniser import Recogniser
from tests.unit.speech_kit import load_grammar, pieces, say, silence

PHRASES = ["kartu keluarga", "akta kelahiran", "pajak kendaraan", "telepon balik"]


@pytest.fixture(scope="module")
def menu(tmp_path_factory: pytest.TempPathFactory) -> LoadedGrammar:
    return load_grammar(tmp_path_factory.mktemp("menu"), PHRASES)


def hear(grammar: LoadedGrammar, pcm: bytes, *, onset: bool = True, pause: float = 0.5) -> list[Onset | Final]:
    recogniser = Recogniser(grammar, pause=pause, onset=onset)
    events: list[Onset | Final] = []
    for piece in pieces(pcm):
        events += recogniser.feed(piece)
        if events and isinstance(events[-1], Final):
            break
    return events


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_heard_between_its_onset_and_its_end(menu: LoadedGrammar, phrase: str) -> None:
    speech = say(phrase)
    seconds = len(speech) / 16000
    onset, final = hear(menu, silence(1) + speech + silence(2))
    assert isinstance(onset, Onset)
    assert isinstance(final, Final)
    assert final.hypotheses[0].text == phrase
    assert onset.at == final.onset
    assert 0.8 <= final.onset <= 1.4
    assert 1 + seconds - 0.4 <= final.end <= 1 + seconds + 0.3


def test_hypotheses_are_best_first_and_hold_the_garbage(menu: LoadedGrammar) -> None:
    *_, final = hear(menu, silence(0.5) + say(PHRASES[0]) + silence(2))
    assert isinstance(final, Final)
    confidences = [h.confidence for h in final.hypotheses]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= c <= 1 for c in confidences)
    assert "" in {h.text for h in final.hypotheses}


def test_what_is_not_in_the_menu_is_garbage(menu: LoadedGrammar) -> None:
    *_, final = hear(menu, silence(0.5) + say("besok hujan di pegunungan") + silence(2))
    assert isinstance(final, Final)
    assert final.hypotheses[0].text == ""


def test_silence_and_a_click_are_nothing(menu: LoadedGrammar) -> None:
    assert hear(menu, silence(3) + b"\xff\x2f\x00\xd0" * 4 + silence(3)) == []


@pytest.mark.parametrize("before", [1.7, 1.9, 2.0, 2.1, 2.3, 30.0])
def test_a_phrase_is_heard_however_long_it_is_waited_for(menu: LoadedGrammar, before: float) -> None:
    onset, final = hear(menu, silence(before) + say(PHRASES[0]) + silence(2))
    assert isinstance(onset, Onset)
    assert before - 0.2 <= onset.at <= before + 0.4
    assert isinstance(final, Final)
    assert final.hypotheses[0].text == PHRASES[0]


def test_the_onset_is_told_only_where_it_is_asked_for(menu: LoadedGrammar) -> None:
    (final,) = hear(menu, silence(0.5) + say(PHRASES[1]) + silence(2), onset=False)
    assert isinstance(final, Final)


def test_a_pause_shorter_than_the_limit_does_not_end_the_utterance(menu: LoadedGrammar) -> None:
    two_parts = silence(0.5) + say("kartu") + silence(1.3) + say("keluarga") + silence(3)
    *_, patient = hear(menu, two_parts, pause=1.5)
    *_, hasty = hear(menu, two_parts, pause=0.4)
    assert isinstance(patient, Final)
    assert isinstance(hasty, Final)
    assert patient.hypotheses[0].text == "kartu keluarga"
    assert hasty.end < patient.end


def waited(grammar: LoadedGrammar, speech: bytes, pause: float) -> float:
    """Seconds from the end of speech to the final, which is there."""
    recogniser = Recogniser(grammar, pause=pause, onset=False)
    for count, piece in enumerate(pieces(silence(0.5) + speech + silence(pause + 2)), start=1):
        if recogniser.feed(piece):
            return count * len(piece) / 16000 - 0.5 - len(speech) / 16000
    raise AssertionError("no final")


def test_a_phrase_that_is_complete_does_not_wait_for_the_whole_pause(menu: LoadedGrammar) -> None:
    assert all(waited(menu, say(phrase), pause=2) < 0.8 for phrase in PHRASES)
    assert waited(menu, say("kartu"), pause=2) > 1.5
    assert waited(menu, say("besok hujan di pegunungan"), pause=2) > 1.5


@pytest.mark.parametrize("pause", [0.4, 1.0, 2.0])
def test_a_number_ends_after_the_pause_that_was_asked_for(tmp_path: Path, pause: float) -> None:
    digits = load_grammar(tmp_path, [], digits=True)
    assert waited(digits, say("kosong delapan satu dua"), pause) == pytest.approx(pause, abs=0.2)


def test_a_phrase_that_another_continues_waits_for_more(tmp_path: Path) -> None:
    menu = load_grammar(tmp_path, ["kartu keluarga", "[mau] kartu keluarga hilang", "pajak [kendaraan]"])
    assert menu.continued == {"kartu keluarga"}
    assert waited(menu, say("kartu keluarga"), pause=2) > 1.5
    assert waited(menu, say("kartu keluarga hilang"), pause=2) < 0.8
    assert waited(menu, say("pajak"), pause=2) < 0.8
    *_, final = hear(menu, silence(0.5) + say("kartu keluarga") + silence(0.3) + say("hilang") + silence(3), pause=1)
    assert isinstance(final, Final)
    assert final.hypotheses[0].text == "[mau] kartu keluarga hilang"


def test_a_correction_right_behind_a_phrase_is_heard(menu: LoadedGrammar) -> None:
    corrected = say(PHRASES[0]).rstrip(b"\0") + silence(0.1) + say("bukan itu")
    assert waited(menu, corrected, pause=1) > 0.3


def test_a_word_that_is_said_otherwise_is_continued_too(tmp_path: Path) -> None:
    menu = load_grammar(tmp_path, ["gak", "tidak salah", "tidak"])
    assert menu.continued >= {"gak"}


def test_endless_talk_is_ended(menu: LoadedGrammar) -> None:
    *_, final = hear(menu, say("halo apa kabar semua di sana ") * 12)
    assert isinstance(final, Final)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("kosong delapan satu dua tiga empat", "081234"),
        ("nol delapan dua belas", "0812"),
        ("seratus sepuluh", "110"),
        ("delapan ratus dua puluh satu", "821"),
        ("dobel lima tiga puluh tujuh", "5537"),
        ("tiga kali nol sembilan belas", "00019"),
        ("plus enam dua delapan satu dua", "0812"),
        ("o delapan satu dua tiga", "08123"),
        ("nol dua satu strip tiga empat setrip lima", "021345"),
        ("delapan satu dua nol tiga kali", "812000"),
        ("delapan tiga kali nol", ""),
        ("delapan ratus satu", ""),
    ],
)
def test_digits_are_heard_in_any_grouping(tmp_path: Path, said: str, heard: str) -> None:
    digits = load_grammar(tmp_path, [], digits=True)
    *_, final = hear(digits, silence(0.5) + say(said) + silence(2))
    assert isinstance(final, Final)
    assert final.hypotheses[0].text == heard


def test_a_group_that_may_go_on_waits_for_more(tmp_path: Path) -> None:
    digits = load_grammar(tmp_path, [], digits=True)
    *_, final = hear(digits, silence(0.5) + say("dua puluh").rstrip(b"\0") + silence(0.5) + say("lima") + silence(2))
    assert isinstance(final, Final)
    assert final.hypotheses[0].text == "25"


def test_an_utterance_is_the_same_however_the_audio_is_cut(menu: LoadedGrammar) -> None:
    audio = silence(0.5) + say(PHRASES[2]) + silence(2)
    whole = Recogniser(menu, pause=0.5, onset=True)
    frames = Recogniser(menu, pause=0.5, onset=True)
    at_once = whole.feed(audio)
    assert [type(event) for event in at_once] == [Onset, Final]
    one_by_one = [event for frame in pieces(audio, 0.06) for event in frames.feed(frame)][:2]
    assert at_once == one_by_one


def test_a_number_is_told_from_noise_at_its_first_sound(tmp_path: Path) -> None:
    recogniser = Recogniser(load_grammar(tmp_path, [], digits=True), pause=1.0, onset=True)
    heard = 0
    for piece in pieces(say("tiga lima enam"), 0.06):
        heard += len(piece)
        if recogniser.feed(piece):
            break
    assert heard / 16000 < 0.33
