import dataclasses
from pathlib import Path

import pytest

from ivr.channel import Grammar, Hypothesis, Utterance
from ivr.flow.hearing import Decision, decide
from ivr.flow.yes_no import KEY_OF, NO_KEY, YES_KEY, YES_NO
from ivr.speech.grammars import read_grammars, write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.heard import Final
from ivr.speech.lexicon import Lexicon, LexiconError
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.recogniser import Recogniser
from ivr.speech.recorded import load_grammar
from tests.unit.speech_kit import MODEL, say, silence


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


@pytest.mark.parametrize(
    ("phrases", "message"),
    [
        (["KTP", "Ka-te-pe"], "'Ka-te-pe' dan 'KTP' diucapkan sama: 'ka te pe'"),
        (["[buat] KTP", "(urus|buat) KTP"], "diucapkan sama: 'buat ka te pe'"),
        (["loket 12", "loket satu dua"], "diucapkan sama: 'loket satu dua'"),
    ],
)
def test_two_phrases_that_sound_the_same_are_named(tmp_path: Path, phrases: list[str], message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        build_grammar(phrases, False, MODEL, tmp_path)


def test_a_phrase_that_the_model_cannot_hear_is_named(tmp_path: Path) -> None:
    without_z = dataclasses.replace(MODEL, units=tuple(unit for unit in MODEL.units if unit != "z"))
    with pytest.raises(LexiconError, match="'izin usaha': model suara tidak mengenal bunyi 'z'"):
        build_grammar(["izin usaha"], False, without_z, tmp_path)


def test_ways_to_speak_that_the_model_cannot_hear_are_left_out(tmp_path: Path) -> None:
    few = dataclasses.replace(MODEL, units=(MODEL.units[0], *"afiklou", "kh"))
    assert build_grammar(["kalau", "fakai", "akhi"], False, few, tmp_path).phrases.keys() == {"akhi", "fakai", "kalau"}


def test_the_table_of_a_version_is_read_as_it_was_written(tmp_path: Path) -> None:
    built = [build_grammar([], True, MODEL, tmp_path), build_grammar(["KTP"], False, MODEL, tmp_path)]
    write_grammars(tmp_path, built)
    assert read_grammars(tmp_path) == {grammar.digest: grammar for grammar in built}


CITIES = (
    *("ambon", "bandung", "bekasi", "bengkulu", "bogor", "cirebon", "denpasar", "depok", "garut", "gorontalo", "jambi"),
    *("kediri", "kendari", "kupang", "lampung", "madiun", "magelang", "malang", "manado", "mataram", "medan", "padang"),
    *("palembang", "palu", "pekalongan", "pontianak", "samarinda", "semarang", "serang", "solo", "surabaya", "tegal"),
    *("ternate", "yogyakarta"),
)


# --- what a graph lets a synthetic caller say; how well people are heard is measured elsewhere ------
PHRASES = ["[saya] (mau|ingin) (buat|bikin) KTP", "KTP hilang", "kalau terlambat", "loket 12", "IMB"]


@pytest.fixture(scope="module")
def menu() -> LoadedGrammar:
    return load_grammar(PHRASES, False, MODEL, Lexicon({"IMB": "(i em be|surat bangunan)"}))


def final(menu: LoadedGrammar, speech: str) -> Final:
    *_, last = Recogniser(menu, pause=0.4, onset=False).feed(silence(0.3) + say(speech) + silence(2.0))
    assert isinstance(last, Final)
    return last


def heard(menu: LoadedGrammar, speech: str) -> str:
    """The phrase that was acted on, "" for none."""
    best = final(menu, speech).hypotheses[0]
    return menu.grammar.phrases[best.text] if best.text and best.confidence >= menu.grammar.accept else ""


@pytest.mark.parametrize(
    ("speech", "phrase"),
    [
        ("mau buat ka te pe", PHRASES[0]),
        ("saya ingin bikin ka te pe", PHRASES[0]),
        ("tolong saya mau bikin ka te pe dong pak", PHRASES[0]),
        ("ka te pe hilang", PHRASES[1]),
        ("maaf bu ka te pe saya hilang", ""),
        ("maaf bu ka te pe hilang", PHRASES[1]),
        ("kalo telat", PHRASES[2]),
        ("loket dua belas", PHRASES[3]),
        ("loket satu dua ya", PHRASES[3]),
        ("surat bangunan", PHRASES[4]),
        ("selamat pagi", ""),
        ("saya mau tanya", ""),
        ("saya mau urus paspor dong pak", ""),
        ("nggak mau bikin ka te pe", ""),
        ("bukan loket dua belas", ""),
        ("saya gak mau surat bangunan", ""),
    ],
)
def test_a_phrase_is_heard_as_people_say_it(menu: LoadedGrammar, speech: str, phrase: str) -> None:
    assert heard(menu, speech) == phrase


@pytest.mark.parametrize(("hesitation", "phrase"), [(0.8, "KTP hilang"), (2.0, "")])
def test_who_hesitates_after_a_filler_is_heard_out(menu: LoadedGrammar, hesitation: float, phrase: str) -> None:
    pcm = silence(0.3) + say("saya mau tanya") + silence(hesitation) + say("ka te pe hilang") + silence(1.0)
    *_, last = Recogniser(menu, pause=0.4, onset=False).feed(pcm)
    assert isinstance(last, Final)
    best = last.hypotheses[0]
    assert menu.grammar.phrases.get(best.text, "") == phrase


def test_a_word_that_is_also_a_filler_is_heard_where_it_is_a_phrase() -> None:
    yes_no = load_grammar(["ya", "benar", "tidak", "bukan"], False, MODEL)
    assert [heard(yes_no, said) for said in ("ya", "ya benar", "tidak pak", "ya tidak")] == [
        "ya",
        "benar",
        "tidak",
        "tidak",
    ]


@pytest.fixture(scope="module")
def yes_no() -> LoadedGrammar:
    return load_grammar(YES_NO.phrases, False, MODEL)


def answer(yes_no: LoadedGrammar, said: str) -> str:
    """The key that was meant for sure, "" for none."""
    built = yes_no.grammar
    grammar = Grammar("", built.phrases, digits=False, accept=built.accept, confirm=built.confirm)
    found = [Hypothesis(built.phrases.get(h.text, ""), h.confidence) for h in final(yes_no, said).hypotheses]
    decision, meant = decide(Utterance("", grammar, tuple(found)), KEY_OF.__getitem__)
    return meant if decision is Decision.ACCEPTED or meant == NO_KEY else ""


@pytest.mark.parametrize(
    "said",
    [
        *("tidak benar", "nggak benar", "gak benar", "ngga benar", "nggak betul", "tak betul", "ya tidak benar"),
        *("kagak benar", "ga benar", "masa benar", "yang benar saja", "ada yang salah", "ngga", "ga", "engga", "ndak"),
        *("tidak mau", "ga mau", "tidak boleh", "tidak setuju", "belum bisa", "siapa ini", "tidak tahu", "tidak ada"),
        *("sudah", "sudah pak", "udah"),
    ],
)
def test_what_is_no_yes_is_not_heard_as_the_yes_in_it(yes_no: LoadedGrammar, said: str) -> None:
    assert answer(yes_no, said) != YES_KEY


@pytest.mark.parametrize(
    "said",
    [
        *("ya betul pak", "iya benar bu", "iya", "betul sekali", "sudah benar", "tidak salah", "ya sudah", "bener"),
        *("mau", "saya mau", "boleh", "boleh saja", "oke", "setuju", "silakan", "siap", "baik"),
    ],
)
def test_a_yes_is_heard(yes_no: LoadedGrammar, said: str) -> None:
    assert answer(yes_no, said) == YES_KEY


@pytest.mark.parametrize(
    "said", ["tidak", "bukan", "salah", "jangan", "tidak usah", "nggak usah", "ga usah", "tidak mau", "belum", "batal"]
)
def test_a_no_is_heard(yes_no: LoadedGrammar, said: str) -> None:
    assert answer(yes_no, said) == NO_KEY


def test_a_word_that_is_a_phrase_is_no_way_to_say_another_one() -> None:
    assert heard(load_grammar(["telepon", "telpon"], False, MODEL), "telpon") == "telpon"


def test_one_phrase_among_two_thousand_is_heard() -> None:
    names = [f"kantor {a}{b} {c}" for a in "bdgjklmnprst" for b in "aiueo" for c in CITIES]
    many = load_grammar([*names, "pajak kendaraan"], False, MODEL)
    assert len(many.grammar.phrases) > 2000
    assert heard(many, "saya mau pajak kendaraan") == "pajak kendaraan"
