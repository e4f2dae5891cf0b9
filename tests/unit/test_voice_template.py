"""Placeholders: found, refused with their place, and the pieces between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.voice.template import Foreign, Part, Placeholder, TemplateError, fixed_pieces, normalise, parse_template


def test_pieces_and_placeholders_in_order() -> None:
    assert parse_template("Nomor {tiket:digit}, biaya {biaya}.") == (
        "Nomor ",
        Placeholder("tiket", "digit", 6),
        ", biaya ",
        Placeholder("biaya", "", 27),
        ".",
    )


def test_only_pieces_with_something_to_say_need_audio() -> None:
    text = "Nomor  {tiket:digit}, biaya\n{biaya}. {persen} % {x}"
    assert fixed_pieces(text, "id") == [("id", "Nomor"), ("id", "biaya"), ("id", "%")]


def test_words_in_another_language_are_a_piece_of_its_own() -> None:
    text = "Untuk petugas, tekan nol. {en|For English, press  two.} {x}"
    assert fixed_pieces(text, "id") == [("id", "Untuk petugas, tekan nol."), ("en", "For English, press two.")]
    assert fixed_pieces("Press one. {id|Untuk kembali, tekan dua.}", "en")[1] == ("id", "Untuk kembali, tekan dua.")


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("halo {nama", 5, "{"),
        ("halo nama}", 9, "}"),
        ("halo {}", 6, "variabel"),
        ("halo {nama anda}", 6, "nama anda"),
        ("halo {1x}", 6, "1x"),
        ("halo {nama:rupia}", 11, "'rupiah'"),
        ("halo {nama:}", 11, "angka"),
        ("halo {a{b}", 6, "a{b"),
        ("halo {fr|bonjour}", 6, "'fr'"),
        ("halo {en|hello {nama}}", 5, "{en|…}"),
    ],
)
def test_a_mistake_is_named_at_its_place(text: str, offset: int, says: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template(text)
    assert caught.value.offset == offset
    assert says in str(caught.value)


def as_written(part: Part) -> str:
    if isinstance(part, Foreign):
        return f"{{{part.language}|{part}}}"
    return part if isinstance(part, str) else f"{{{part.name}{':' * bool(part.format)}{part.format}}}"


@given(st.text() | st.text("{}|:aen"))
def test_any_text_is_parsed_or_refused_within_it(text: str) -> None:
    refused_at = 0
    written = text
    try:
        parts = parse_template(text)
        written = "".join(as_written(part) for part in parts)
    except TemplateError as e:
        refused_at = e.offset
    assert written == text
    assert 0 <= refused_at < len(text) or not text


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
