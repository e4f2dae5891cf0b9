"""Sentences as the recogniser hears them, from a synthetic caller; how well is measured by benchmarks/heard.py."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from ivr.speech.grammars import write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.heard import Final
from ivr.speech.lexicon import Lexicon, LexiconError
from ivr.speech.loaded import LoadedGrammar, LoadedGrammars
from ivr.speech.recogniser import Recogniser
from ivr.speech.recorded import load_grammar
from ivr.speech.sentence_graph import build_sentences
from ivr.speech.spoken_vocabulary import MOST, SpokenVocabulary
from ivr.speech.understanding.interpreter import Interpreter
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.understood import Decision
from tests.unit.speech_kit import MODEL, say, silence

VOCABULARY = Vocabulary.model_validate(
    {
        "documents": {"KTP": ["KTP"], "KK": ["KK"], "paspor": ["paspor"], "IMB": ["IMB"]},
        "questions": {
            "syarat": {"phrases": ["syarat", "bawa apa"]},
            "biaya": {"phrases": ["biaya", "berapa bayar"]},
            "lama": {"phrases": ["kapan (selesai|jadi)"]},
            "prosedur": {"phrases": ["cara"], "hints": ["(buat|urus)"]},
        },
        "places": {"kecamatan": ["[kantor] kecamatan"]},
    }
)
LEXICON = Lexicon({"IMB": "surat bangunan"})
PHRASES = ["bayar pajak", "petugas"]


@pytest.fixture(scope="module")
def menu() -> LoadedGrammar:
    return load_grammar(PHRASES, False, MODEL, LEXICON, vocabulary=VOCABULARY)


def final(menu: LoadedGrammar, speech: str) -> Final:
    heard = Recogniser(menu, pause=0.4, onset=False).feed(silence(0.3) + say(speech) + silence(2.0))[-1]
    assert isinstance(heard, Final)
    return heard


@pytest.mark.parametrize(
    ("speech", "document", "question"),
    [
        ("saya mau tanya syarat bikin ka te pe", "KTP", "syarat"),
        ("syaratnya apa saja untuk kartu keluarga", "KK", "syarat"),
        ("selamat pagi mbak, kapan paspor saya selesai", "paspor", "lama"),
        ("biaya surat bangunan", "IMB", "biaya"),
        ("gimana caranya mengurus paspor di kantor kecamatan", "paspor", "prosedur"),
        ("bukan ka te pe tapi paspor", "paspor", ""),
    ],
)
def test_a_sentence_is_heard_so_that_it_is_understood(
    menu: LoadedGrammar, speech: str, document: str, question: str
) -> None:
    understanding = Interpreter(VOCABULARY, LEXICON).at((), freely=True)
    slots = understanding.best(final(menu, speech).hypotheses, dt.date(2026, 11, 27)).slots
    assert (slots.get("document", ""), slots.get("question", "")) == (document, question)


@pytest.mark.parametrize("speech", ["selamat siang, apa kabar", "besok hujan di pegunungan", "satu dua tiga empat"])
def test_what_is_about_nothing_of_the_vocabulary_is_no_sentence(menu: LoadedGrammar, speech: str) -> None:
    understanding = Interpreter(VOCABULARY, LEXICON).at((), freely=True)  # the "apa" of "apa kabar" may well be heard
    assert understanding.best(final(menu, speech).hypotheses, dt.date(2026, 11, 27)).decision is Decision.REJECT


def test_a_pause_that_ends_a_phrase_does_not_end_a_sentence(menu: LoadedGrammar) -> None:
    speech = silence(0.3) + say("saya mau tanya syarat") + silence(0.4) + say("bikin paspor") + silence(2.0)
    deaf = dataclasses.replace(menu, sentences=None)
    whole, cut = (Recogniser(grammar, pause=0.4, onset=False).feed(speech)[-1] for grammar in (menu, deaf))
    assert isinstance(whole, Final)
    assert isinstance(cut, Final)
    assert whole.hypotheses[0].text in ("syarat paspor", "syarat buat paspor")
    assert cut.end < whole.end - 0.5


def test_a_phrase_that_was_surely_said_is_not_heard_again_as_a_sentence(menu: LoadedGrammar) -> None:
    recogniser = Recogniser(menu, pause=0.4, onset=False)
    heard = recogniser.feed(silence(0.3) + say("bayar pajak") + silence(2.0))[-1]
    assert isinstance(heard, Final)
    assert heard.hypotheses[0].text == "bayar pajak"
    assert recogniser.sentences == {}


def test_confidences_are_of_one_whole(menu: LoadedGrammar) -> None:
    found = final(menu, "biaya paspor").hypotheses
    assert [h.confidence for h in found] == sorted((h.confidence for h in found), reverse=True)
    assert sum(h.confidence for h in found) == pytest.approx(1.0)
    assert len({h.text for h in found}) == len(found)


def test_equal_vocabularies_give_equal_graphs_and_menus_share_the_loaded_one(tmp_path: Path) -> None:
    folder = tmp_path / "versions/v/grammars"
    digests = {build_sentences(SpokenVocabulary(VOCABULARY, LEXICON), MODEL, folder) for _ in range(2)}
    (digest,) = digests
    one, other, deaf = (build_grammar([phrase], False, MODEL, folder) for phrase in ("satu", "dua", "dua"))
    built = [one.with_sentences(digest), other.with_sentences(digest), deaf]
    write_grammars(folder.parent, built)
    grammars = LoadedGrammars(MODEL, tmp_path / "versions", tmp_path / "run")
    loaded = [grammars.get(f"v/{grammar.name}") for grammar in built]
    assert loaded[0].sentences is loaded[1].sentences is not None
    assert loaded[2].sentences is None


def test_ways_that_the_model_cannot_hear_are_left_out(tmp_path: Path) -> None:
    few = dataclasses.replace(MODEL, units=tuple(unit for unit in MODEL.units if unit != "p"))
    digest = build_sentences(SpokenVocabulary(VOCABULARY, LEXICON), few, tmp_path)
    words = (tmp_path / digest / "words.txt").read_text()
    assert "syarat " in words


def test_a_vocabulary_that_is_too_large_is_refused() -> None:
    many = Vocabulary.model_validate({"documents": {f"d{i}": [f"surat nomor d{i}"] for i in range(MOST + 1)}})
    with pytest.raises(LexiconError, match=f"kosakata.yaml terlalu besar untuk didengarkan: .* paling banyak {MOST}"):
        SpokenVocabulary(many, LEXICON)


def test_words_are_said_as_people_say_them() -> None:
    spoken = SpokenVocabulary(VOCABULARY, LEXICON)
    words = spoken.words()
    assert {"bikin", "membuat", "dibuat", "pembuatan", "buatnya"} <= set(words["buat"])
    assert {"mengurus", "ngurus", "diurus", "pengurusan"} <= set(words["urus"])
    assert set(spoken.ways("KTP")) >= {"ka te pe", "kartu tanda penduduk", "kartu penduduk"}
    assert spoken.ways("IMB")["surat bangunan"] is False
    assert "saya" in spoken.empty_words()
    assert "biaya" not in spoken.empty_words()
