import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.lexicon import Lexicon, LexiconError, length, pronounce, sentences, spoken, variants

SAID = {"IMB": "(i em be|imbe)", "Grha  Sabha": "gria saba"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("KTP", "ka te pe"),
        ("Kartu Keluarga", "kartu keluarga"),
        ("KTP / KK", "ka te pe atau ka ka"),
        ("PDAM", "pe de a em"),
        ("Dukcapil", "dukcapil"),
        ("lapor 112", "lapor seratus dua belas"),
        ("hubungi 112", "hubungi satu satu dua"),
        ("antar-kota, Jumát!", "antar kota jumat"),
    ],
)
def test_a_text_is_put_into_plain_words(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize("nothing", ["", " ", "…", "?!"])
def test_a_text_without_a_word_is_refused_by_name(nothing: str) -> None:
    with pytest.raises(LexiconError, match=r"frasa '.*' tidak berisi kata"):
        spoken(nothing)


@pytest.mark.parametrize(
    ("phrase", "form"),
    [
        ("[saya] (mau|ingin) urus KTP", "[saya] (mau|ingin) urus ka te pe"),
        ("ktp dan kk", "ka te pe dan ka ka"),
        ("SIM", "(sim|es i em)"),
        ("KUA Bogor", "(ka u a|kua) bogor"),
        ("SIM/KTP", "(sim|es i em) atau ka te pe"),
        ("POLRI", "(polri|pe o el er i)"),
        ("Polri, Samsat", "polri samsat"),
        ("BPJS/SMS", "be pe je es atau es em es"),
        ("e-KTP", "e ka te pe"),
        ("loket 3", "loket tiga"),
        ("[loket] 12", "[loket] (dua belas|satu dua)"),
        ("hubungi 110", "hubungi (seratus sepuluh|satu satu nol|satu satu kosong)"),
        ("loket 007", "loket (nol nol tujuh|kosong kosong tujuh)"),
        ("Rp 500 ribu", "lima ratus ribu rupiah"),
        ("14045", "satu empat nol empat lima"),
        ("0812 3456", "nol delapan satu dua tiga empat lima enam"),
        ("pukul 08.30", "pukul delapan lewat tiga puluh menit"),
        ("WiFi di call center", "(waifai|wifi) di kol senter"),
        ("IMB", "(i em be|imbe)"),
        ("syarat imb di grha sabha", "syarat (i em be|imbe) di gria saba"),
        ("IMBAS", "(imbas|i em be a es)"),
        ("naïve café", "naive cafe"),
        ("ONLİNE", "onlain"),
    ],
)
def test_a_phrase_is_said_in_all_its_ways(phrase: str, form: str) -> None:
    assert Lexicon(SAID).form(phrase) == form


def test_what_the_lexicon_knows_can_be_said_otherwise() -> None:
    assert Lexicon({"online": "onlen"}).form("layanan online") == "layanan onlen"
    assert Lexicon().form("layanan online") == "layanan onlain"


@pytest.mark.parametrize(
    ("phrase", "offset", "message"),
    [
        ("", 0, "belum ada kata"),
        ("?!", 0, "tidak berisi kata"),
        ("👍", 0, "'👍' tidak dapat diucapkan"),
        ("KTP 👍", 4, "'👍' tidak dapat diucapkan"),
        ("bayar (5€|pajak)", 8, "'€' tidak dapat diucapkan"),
        ("паспорт", 0, "'п' tidak dapat diucapkan"),
        ("mau (buat|bikin KTP", 4, r"'\(' tidak ditutup"),
        ("(…|KTP)", 0, "harus ada yang wajib"),
        ("loket 100, 200, 300, 400, 500, 600", 0, "berarti 729 kalimat"),
        ("kata " * 81, 0, "terlalu panjang: 404 huruf"),
    ],
)
def test_a_phrase_that_cannot_be_said_is_refused_where_it_goes_wrong(phrase: str, offset: int, message: str) -> None:
    with pytest.raises(LexiconError, match=message) as error:
        Lexicon().form(phrase)
    assert error.value.offset == offset
    assert f"frasa '{phrase[:100]}" in str(error.value)
    assert len(str(error.value)) < 250  # a line of a megabyte names itself by its beginning


def test_a_wrong_way_to_say_a_word_is_refused() -> None:
    with pytest.raises(LexiconError, match=r"frasa '\(imbe': '\(' tidak ditutup"):
        Lexicon({"IMB": "(imbe"})


@given(st.text(max_size=40))
def test_whatever_is_written_is_said_or_refused(phrase: str) -> None:
    try:
        form = Lexicon().form(phrase)
    except LexiconError:
        return
    for sentence in sentences(form):
        assert set(sentence) <= set(" abcdefghijklmnopqrstuvwxyz")
        assert sum(len(pronounce(word)) for word in sentence.split()) >= length(form) > 0


@pytest.mark.parametrize(
    ("word", "units"),
    [
        ("nyaring", ["ny", "a", "r", "i", "ng"]),
        ("tanggal", ["t", "a", "ng", "g", "a", "l"]),
        ("syarat", ["sy", "a", "r", "a", "t"]),
        ("akhir", ["a", "kh", "i", "r"]),
        ("taxi", ["t", "a", "k", "s", "i"]),
    ],
)
def test_a_word_is_said_as_it_is_written(word: str, units: list[str]) -> None:
    assert pronounce(word) == units


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("tidak", "nggak"),
        ("enggak", "tidak"),
        ("tidak", "ga"),
        ("kagak", "ngga"),
        ("gimana", "bagaimana"),
        ("kalau", "kalo"),
        ("pegawai", "pegawe"),
        ("mengurus", "ngurus"),
    ],
)
def test_a_word_is_also_said_colloquially(word: str, other: str) -> None:
    assert other in variants(word)


@pytest.mark.parametrize("word", ["mau", "kartu", "mei", "menu", "ya"])
def test_other_words_are_said_in_one_way(word: str) -> None:
    assert variants(word) == ()


def test_the_shortest_way_counts() -> None:
    assert length("[saya mau] (sim|es i em) baru") == len("simbaru")


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("KTP", "[buat] ka te pe"),
        ("buat ktp!", "[buat] ka te pe"),
        ("eh, saya mau buat KTP dong pak", "[buat] ka te pe"),
        ("gimana syaratnya", "bagaimana syaratnya"),
        ("loket dua belas", "loket (dua belas|satu dua)"),
        ("loket 12", "loket (dua belas|satu dua)"),
        ("ya", "ya"),
        ("ya benar", "benar"),
        ("ktp hilang", ""),
        ("saya mau", ""),
    ],
)
def test_what_is_typed_is_found(typed: str, form: str) -> None:
    forms = ["[buat] ka te pe", "bagaimana syaratnya", "loket (dua belas|satu dua)", "ya", "benar"]
    assert Lexicon().match(typed, forms) == form
