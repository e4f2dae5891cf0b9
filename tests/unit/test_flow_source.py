"""Reading YAML: strings stay as written, places are exact, nothing raises."""

import pytest
import yaml
from flow_kit import english  # noqa: F401 - a fixture
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.source import read

pytestmark = pytest.mark.usefixtures("english")


def test_scalars_stay_as_written() -> None:
    source = read("f", b"a: 0800\nb: no\nc: 12:30\nd: 08\ne: 1e3\nf: ~\ng: ''\nh:\n")
    assert source.data == {"a": "0800", "b": "no", "c": "12:30", "d": "08", "e": "1e3", "f": "~", "g": "", "h": None}
    assert not source.problems


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"a:\n\tb: 1\n", (2, 1), "a tab"),
        (b"a: 1\n b: 2\n", (2, 2), "indented by 1 spaces, others by 0"),
        (b"a: [1\nb: 2\n", (1, 4), "the bracket [ that is opened here is not closed"),
        (b"a: [[saya] lapor, b]\n", (1, 12), "[ ] or { } stands in quotes"),
        (b"a:\n  - [saya] lapor\n", (2, 12), "[ ] or { } stands in quotes"),
        (b"a: [b, mau [saya] lapor]\n", (1, 12), "[ ] or { } stands in quotes"),
        (b"a: 'x'\n- b\n", (2, 1), "the structure breaks off"),
        (b'a: "x \\q"\n', (1, 7), "a backslash"),
        (b"a: 1\nb: 'x\n", (2, 4), "the quote ' that is opened here"),
        (b'b: "x\nc: 2\n---\nd: "y"\n', (1, 4), 'the quote " that is opened here'),
        ("é: 'hari Jum'at'\n".encode(), (1, 4), "the quote ' that is opened here"),
        (b'a:\n  b: "kata "ya" saja"\n', (2, 6), 'the quote " that is opened here'),
        (b"a:\n  b: 'x\n  c: y\nd:\n  e: 'z'\n  f: 'z'\n", (2, 6), "the quote ' that is opened here"),
        (b"a: {b: 'x, c: y}\nd: {e: \"It's\"}\n", (1, 8), "the quote ' that is opened here"),
        (b"a: 'x\nb: 'y: z\n", (1, 4), "the quote ' that is opened here"),
        (b"a: *x", (1, 4), 'put it in quotes: "*…"'),
        (b"a: {*: b}", (1, 5), 'put it in quotes: "*"'),
        (b"a: @kota", (1, 4), "a leading '@' means something else"),
        (b"a: > x", (1, 4), "a leading '>' means something else"),
        (b"a:\n  b:1\n  c: 2", (2, 3), "a space is missing after the colon; write 'b: 1'"),
        (b"a: >-\nkata kata\nb: 1", (2, 1), "put more spaces in front of it"),
        (b"a: Maaf: tutup", (1, 8), "a text that contains ': ' stands in quotes"),
        (b"a:\n  b\n    c: 1", (2, 3), "a colon is missing; write 'b:'"),
        (b"a:\n    b: 1\n  c: 2", (3, 3), "indented by 2 spaces, others by 0 or 4 spaces"),
        (b"a:\n  - b: 1\n   c: 2", (3, 4), "indented by 3 spaces, others by 2 or 4 spaces"),
        (b"a:\r  b:\r    c:1\r    d: 2\r", (3, 5), "a space is missing after the colon"),
        (b"a:\r\n  b:\r\n    c:1\r\n    d: 2\r\n", (3, 5), "a space is missing after the colon"),
        ("a: x\u2028y\x85z\nb:c\nd: e".encode(), (2, 1), "a space is missing after the colon"),
        (b"a:\n  b 1\n  c: 2", (2, 3), "a colon is missing; write 'b: 1'"),
        (b"a:\n   b: 1\n  c: 2", (2, 4), "indented by 3 spaces, others by 2 spaces"),
        (b"a:\n   b:\n    c: 1\n  d:\n    e: 1", (2, 4), "indented by 3 spaces, others by 2 spaces"),
        (b'a:\n  b: "x\n  "*": d\n', (2, 6), 'the quote " that is opened here'),
        (b"{", (1, 2), "the structure breaks off"),
        (b"a: - b", (1, 4), "'- ' in the middle of a line"),
        ("a:\n  b: 1\n\u00a0 c: 2".encode(), (3, 1), "special spaces"),
        (b"a: &a [*a]", (1, 4), "nested too deeply"),
        (b"[" * 5000, (1, 1001), "nested too deeply"),
        (b"a: 1\n---\nb: 2\n", (2, 1), "remove this line"),
        (b"ok: 1\n- !!python/object:os.system x", (2, 1), "the structure breaks off"),
        (b"a: !!python/object:os.system x", (1, 4), "a text that begins with '!'"),
        (b"", (1, 1), "empty"),
        (b"a: 1\nb: \xff\xfe\n", (2, 4), "not UTF-8"),
        (b"a: 1\nb: \x07\n", (2, 4), "a character"),
        (b"{[1, 2]: 3}", (1, 2), "a name must be a text"),
        (b"a: 1\nb: 2\na: 3\n", (3, 1), "'a' is already there in line 1"),
        (b"x" * 2_000_001, (1, 1), "too large"),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_place(content: bytes, place: tuple[int, int], words: str) -> None:
    (problem,) = read("f", content).problems
    assert (problem.line, problem.column) == place
    assert words in problem.message


def test_an_alias_bomb_is_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 7)]
    (problem,) = read("f", "\n".join(rows).encode()).problems
    assert "aliases" in problem.message


def test_an_alias_is_a_value_like_another() -> None:
    assert read("f", b"a: &jam {senin: 08:00-16:00}\nb: *jam\n").data["b"] == {"senin": "08:00-16:00"}


@pytest.mark.parametrize(
    ("content", "value", "offset", "place"),
    [
        ("a: halo {x} dan {x}", "halo {x} dan {x}", 13, (1, 17)),
        ("a: 'halo {x}'", "halo {x}", 5, (1, 10)),
        ("a: >-\n  halo\n  di {x} ini", "halo di {x} ini", 8, (3, 6)),
        ("a: |\n  satu {x}\n  dua {x}\n", "satu {x}\ndua {x}\n", 13, (3, 7)),
        ("é: hé {x}", "hé {x}", 3, (1, 7)),
    ],
)
def test_a_place_inside_a_text(content: str, value: str, offset: int, place: tuple[int, int]) -> None:
    source = read("f", content.encode())
    ((key, found),) = source.data.items()
    assert found == value
    assert source.place_inside((key,), value, offset) == place


@given(st.binary(max_size=200))
def test_any_bytes_give_problems_and_never_raise(content: bytes) -> None:
    source = read("f", content)
    assert source.problems or source.data is not None or yaml.safe_load(content) is None
