"""Expressions: what they can, what they refuse, where they point."""

import gc
import weakref
from contextlib import suppress

import pytest
from flow_kit import english  # noqa: F401 - a fixture
from hypothesis import given
from hypothesis import strategies as st

from ivr.callers import Past
from ivr.channel import Value
from ivr.flow.expression_errors import dotted
from ivr.flow.expressions import ExpressionError, evaluate, parse

pytestmark = pytest.mark.usefixtures("english")
KNOWN: dict[str, Value] = {"umur": "17", "nik": "3578010101000001", "nama": "Ani", "n": 3, "benar": True}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("umur >= 17", True),
        ("umur == 17", True),
        ("umur == '17'", True),
        ("'08' == 8", True),
        ("'08' == '8'", False),
        ("nama == 17", False),
        ("umur + 1", 18),
        ("nama + '!'", "Ani!"),
        ("n * 2 - 10 // 4 + 7 % 4 / 2", 5.5),
        ("-n", -3),
        ("not benar or n > 2 and ya", True),
        ("'dewasa' if umur >= 17 else 'anak'", "dewasa"),
        ("n in (1, '3')", True),
        ("'57' in nik", True),
        ("umur not in ['18']", True),
        ("bagian(nik, 7, 8)", "01"),
        ("angka('007') + angka('1.5')", 8.5),
        ("panjang(nik) == 16", True),
        ("berawalan(nik, 35)", True),
        ("bulat(2.6)", 3),
        ("teks(benar) + teks(n)", "ya3"),
        ("2 < n < 4", True),
    ],
)
def test_values(expression: str, value: Value) -> None:
    result = evaluate(expression, KNOWN)
    assert result == value
    assert type(result) is type(value)


PAST = Past(1_000_000_000.0, (999_999_000.0, 999_000_000.0, 990_000_000.0), tickets=2, callbacks=1)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("panggilan(1)", 1),
        ("panggilan('12')", 2),
        ("panggilan(0.01)", 0),
        ("panggilan(365) + n", 6),
        ("tiket_terbuka() > 0 and telepon_balik() == 1", True),
    ],
)
def test_what_the_caller_did_before(expression: str, value: Value) -> None:
    assert evaluate(expression, KNOWN, past=PAST) == value
    assert parse(expression).asks_past


def test_nothing_is_known_of_a_caller_before_the_call() -> None:
    with pytest.raises(ExpressionError, match="during the call only"):
        evaluate("panggilan(7)", KNOWN)
    assert not parse("angka('7')").asks_past


def test_extra_names_come_first() -> None:
    assert evaluate("n", KNOWN, {"n": 9}) == 9


@pytest.mark.parametrize(
    ("expression", "offset", "words"),
    [
        ("", 0, "empty"),
        ("umur = 17", 5, "replace '=' by =="),
        ("umur >", 5, "write one like"),
        ("1or 2", 0, "write one like"),
        ("nama.upper()", 4, "no dot"),
        ("panggilan()", 0, "panggilan() takes 1 value"),
        ("tiket_terbuka(7)", 0, "tiket_terbuka() takes 0 value"),
        ("1 + nama.x", 8, "no dot"),
        ("().__class__", 2, "no dot"),
        ("9 ** 9", 2, "no power"),
        ("[x for x in nama]", 0, "not part of expressions"),
        ("nama[0]", 4, "bagian(nik, 7, 8)"),
        ("lambda: 1", 0, "not part of expressions"),
        ("f'{nama}'", 0, "not part of expressions"),
        ("(y := 1)", 3, "replace ':=' by =="),
        ("1 if é.x else 2", 6, "no dot"),
        ("  angkaa(n)", 2, "no function 'angkaa'"),
        ("n + bagian(nik, 1)", 4, "takes 3"),
        ("eval('1')", 0, "there are: angka(), teks()"),
        ("None", 0, "an empty text is written ''"),
        ("b'x'", 0, "only texts and numbers"),
        ("nama == 'Ani' dan n == 1", 14, "replace 'dan' by and"),
        ("Bukan(nama == 'dan')", 0, "replace 'Bukan' by not"),
        ("tidak berawalan(nik, '35')", 0, "replace 'tidak' by not"),
        ("n == 1 || n == 2 OR n == 3", 7, "replace '||' by or; replace 'OR' by or"),
        ("n == 1 & n == 2", 7, "replace '&' by and"),
        ("!ya", 0, "replace '!' by not"),
        ("nama <> 'Ani'", 5, "replace '<>' by !="),
        ("nama tidak sama dengan 'Ani'", 5, "replace 'tidak sama dengan' by !="),
        ("nama is not 'Ani'", 5, "replace 'is not' by !="),
        ("n =! 2", 2, "replace '=!' by !="),
        ("n => 2", 2, "replace '=>' by >="),
        ("n =< 2", 2, "replace '=<' by <="),
        ("{nama} == 'Ani'", 0, "without {"),
        ("nama == ‘Ani dan Budi’", 8, "the plain quote"),
        ("nama == 'Ani", 8, "close this text with '"),
        ("(n == 1 or (n == 2)", 0, "this bracket ( has no partner"),
        ("jika n == 1 maka ya", 0, "without jika; conditions are written without maka"),
        ("n > 1.000.000", 4, "numbers have no dots"),
        ("n == 1 ? 'a' : 'b'", 7, "'a' if n == 1 else 'b'"),
        ("(" * 300 + ")" * 300, 500, "too long"),
        ("umur / 0", 7, "division by zero"),
        ("1 + umur % '0'", 11, "division by zero"),
        ("umur * 'tiga'", 7, "'tiga' is not a number"),
        ("panggilan('tujuh') > 0", 10, "'tujuh' is not a number"),
        ("bagian(nik, 1, 'dua')", 15, "'dua' is not a number"),
    ],
)
def test_what_cannot_be_read_says_where(expression: str, offset: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(expression)
    assert words in caught.value.message
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("tak_ada + 1", "'tak_ada' has no value"),
        ("nama + 1", "'Ani' is not a number"),
        ("nama > 1", "'Ani' is not a number"),
        ("1 / 0", "division by zero"),
        ("999999999 * 999999999 * 999999999", "out of bounds"),
        ("(1, 2)", "out of bounds"),
        ("angka", "out of bounds"),
    ],
)
def test_what_cannot_be_worked_out_says_why(expression: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        evaluate(expression, KNOWN)


def test_a_text_cannot_grow_for_ever() -> None:
    with pytest.raises(ExpressionError, match="out of bounds"):
        evaluate("a + a", {"a": "x" * 501})


@pytest.mark.parametrize(
    ("expression", "values"),
    [("'id'", {"id"}), ("'a' if n else 'b' if ya else 3", {"a", "b", "3"}), ("'a' if n else n", None), ("n", None)],
)
def test_the_texts_that_alone_can_come_of_it(expression: str, values: set[str] | None) -> None:
    assert parse(expression).values() == values


def test_names_and_their_places() -> None:
    assert parse("  umur > n and umur < 60 or ya").names == {"umur": 2, "n": 9}


LIKE_CODE = st.text(alphabet="()[]{}+-*/%<>=!&|^~,.:'\"\\ \n\tabnuy0189_fori", max_size=40)


@given(st.text(max_size=60) | LIKE_CODE)
def test_nothing_but_an_expression_error_comes_out(expression: str) -> None:
    try:
        result = evaluate(expression, KNOWN)
    except ExpressionError:
        return
    assert isinstance(result, str | int | float | bool)


@pytest.mark.parametrize("expression", ["nik", "nik / 0"])
def test_no_value_is_kept(expression: str) -> None:
    class Number(str):
        pass

    nik = Number("357")
    gone = weakref.ref(nik)
    with suppress(ExpressionError):
        evaluate(expression, {"nik": nik})
    del nik
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("number", "ways"),
    [("1.250", "write 1250 (no dots for thousands) or 1.25"), ("12.000", "write 12000 (no dots for thousands) or 12")],
)
def test_a_number_with_a_dot_before_three_digits_may_mean_two_things(number: str, ways: str) -> None:
    offset, message = dotted(f"n > {number} and nama != '1.000'") or (0, "")
    assert (offset, ways in message) == (4, True)


@pytest.mark.parametrize("expression", ["n * 0.005", "n * 0.125", "n > 1.25", "nama == '1.000'"])
def test_a_fraction_that_can_mean_one_thing_only(expression: str) -> None:
    assert dotted(expression) is None
    parse(expression)


@pytest.mark.parametrize("yes", [True, "ya"])
def test_yes_is_equal_to_itself_however_it_was_set(yes: Value) -> None:
    for expression in ("x == ya", "x == 'ya'", "x != tidak", "x != 'tidak'", "x in (ya, 'lain')"):
        assert evaluate(expression, {"x": yes}) is True
