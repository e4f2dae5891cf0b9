import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.templates import Choice, Sequence, TemplateError, Words, expand, parse, plainest, write


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("kartu  keluarga ", ["kartu keluarga"]),
        ("[saya] mau lapor", ["saya mau lapor", "mau lapor"]),
        ("(buat|bikin) KTP", ["buat KTP", "bikin KTP"]),
        ("[saya|kami] (mau|ingin) KTP", ["saya mau KTP", "saya ingin KTP", "kami mau KTP", "kami ingin KTP",
                                         "mau KTP", "ingin KTP"]),
        ("(KTP [hilang]|kartu (penduduk|keluarga))", ["KTP hilang", "KTP", "kartu penduduk", "kartu keluarga"]),
        ("[[saya] mau] lapor", ["saya mau lapor", "mau lapor", "lapor"]),
        ("lapor [dong][pak].", ["lapor dong pak .", "lapor dong .", "lapor pak .", "lapor ."]),
    ],
)  # fmt: skip
def test_a_template_stands_for_its_sentences(template: str, sentences: list[str]) -> None:
    assert list(expand(parse(template))) == sentences


def test_words_know_where_they_stand() -> None:
    assert parse("[saya] (mau | ingin) KTP") == (
        Choice(((Words("saya", 1),), ())),
        Choice(((Words("mau", 8),), (Words("ingin", 14),))),
        Words("KTP", 21),
    )


@pytest.mark.parametrize(
    ("template", "offset", "message"),
    [
        ("mau (buat|bikin KTP", 4, r"'\(' tidak ditutup '\)'"),
        ("[saya (mau] lapor", 10, r"'\]' tidak punya arti"),
        ("mau lapor)", 9, r"'\)' tidak punya arti"),
        ("KTP | KK", 4, r"'\|' tidak punya arti"),
        ("mau {barang}", 4, "'{' tidak punya arti"),
        ("mau (buat||bikin)", 4, "pilihan yang kosong"),
        ("mau ()", 4, "pilihan yang kosong"),
        ("akt(a|e)", 3, "beri spasi"),
        ("[me]lapor", 3, "beri spasi"),
        ("[saya] [mau]", 0, "harus ada yang wajib"),
        ("", 0, "belum ada kata"),
        ("[a|b] " * 6 + "c", 0, "berarti 729 kalimat"),
        ("(" * 2000 + "kata" + ")" * 2000, 20, "lebih dari 20 tingkat"),
    ],
)
def test_what_is_no_template_is_refused_where_it_goes_wrong(template: str, offset: int, message: str) -> None:
    with pytest.raises(TemplateError, match=message) as error:
        parse(template)
    assert error.value.offset == offset


_SEQUENCES: st.SearchStrategy[Sequence] = st.recursive(
    st.sampled_from(["satu", "dua tiga", "KTP"]).map(lambda text: (Words(text),)),
    lambda inner: st.lists(
        st.builds(Choice, st.lists(inner, min_size=1, max_size=2).map(tuple))
        | st.builds(Choice, st.lists(inner, min_size=1, max_size=2).map(lambda options: (*options, ()))),
        min_size=1,
        max_size=2,
    ).map(tuple),
    max_leaves=4,
)


def test_the_plainest_sentence_has_nothing_optional() -> None:
    assert plainest(parse("[saya [mau]] (urus|bikin) KTP [baru] (dan (KK|akta)|saja)")) == "urus KTP dan KK"


@given(_SEQUENCES)
def test_what_is_written_reads_the_same(template: Sequence) -> None:
    known = (Words("tolong"), *template)
    assert list(expand(parse(write(known)))) == list(expand(known))
