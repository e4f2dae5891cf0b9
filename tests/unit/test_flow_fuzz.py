"""Whatever stands in the files of a hotline, checking it tells problems at places that there are, and never raises."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from flow_kit import english  # noqa: F401 - a fixture
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ivr.flow.hotline import Blocklist, Line, Queue, Surge
from ivr.flow.hours import Hours
from ivr.flow.loader import Loaded, load_site
from ivr.flow.model import FlowHead
from ivr.flow.policy import Policy
from ivr.flow.steps import STEP_TYPES

HOTLINE = Path(__file__).parent.parent / "data" / "mistakes" / "hotline"
FILES = {path.name: path.read_text() for path in sorted(HOTLINE.glob("*.yaml"))}
FLOWS = {name: text for name, text in FILES.items() if name != "kosakata.yaml"}

# What people press by mistake, and what means something to YAML, to templates, phrases and expressions.
SNIPPETS = (
    *("\n", " ", "  ", "\t", "\r\n", "\r", "\x85", "\u00a0", "\u2028", "\ufeff", "\0", "😀", "’", "“"),
    *("'", '"', ":", ": ", "- ", "#", " #", "*", "&a ", "*a", "!", "!!int ", "|", ">-", "---\n", "...", "%", "@", "`"),
    *("[", "]", "{", "}", "(", ")", ",", "=", "==", "{nop}", "{nop:digit}", "[[", "((", "<<: ", "? ", "~", "null"),
    *("0800", "12:30", "no", "9" * 5000, "1e400", "-1", "type: menu\n", "keys:\n", "steps:\n", "    next: salam\n"),
)


def check(files: dict[str, str | bytes]) -> Loaded:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        loaded = load_site(Path(folder))
    assert (loaded.site is None) == any(problem.severity == "error" for problem in loaded.problems)
    for problem in loaded.problems:
        assert problem.message
        assert problem.line >= 1 <= problem.column
        if content := files.get(Path(problem.file).name):
            text = content.decode(errors="replace") if isinstance(content, bytes) else content
            assert problem.line <= text.count("\n") + text.count("\r") + 1
    return loaded


@st.composite
def slips(draw: st.DrawFn) -> dict[str, str | bytes]:
    """The hotline after a few slips of the hand in one of its files."""
    name = draw(st.sampled_from(sorted(FILES)))
    text = FILES[name]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        lost = draw(st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 200)))
        text = text[:at] + draw(st.one_of(st.just(""), st.sampled_from(SNIPPETS))) + text[at + lost :]
    return {**FLOWS, name: text}


@settings(max_examples=80)
@given(slips())
def test_slips_of_the_hand(files: dict[str, str | bytes]) -> None:
    check(files)


FIELDS = sorted({
    field for model in (*STEP_TYPES.values(), FlowHead, Policy, Line, Queue, Hours, Surge, Blocklist)
    for field in model.model_fields
})  # fmt: skip
WORDS = st.sampled_from([
    *STEP_TYPES, *FIELDS, *"0123456789*#", "a", "b", "c", "ya", "tidak", "0800", "12:30", "10m", "3", "18", "", "halo",
    "umum", "{a}", "{a:digit}", "{a:angka", "= a + 1", "a == '1'", "a = 1", "[saya] (mau|ingin) KTP", "KTP", "(((", "~",
    "senin-jumat", "08:00-16:00", "2026-12-25", "9" * 400, "((a+)+)+$", "1" + "0" * 20 + "h", "x" * 3000,
])  # fmt: skip
NAMES = st.one_of(st.sampled_from(FIELDS), WORDS)
ANYTHING: SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), WORDS, st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=12,
)


def step() -> SearchStrategy[dict[str, Any]]:
    """A step of some type: its fields in part, with values that may fit."""
    return st.sampled_from(sorted(STEP_TYPES)).flatmap(
        lambda kind: st.fixed_dictionaries(
            {"type": st.just(kind)},
            optional={field: ANYTHING for field in [*STEP_TYPES[kind].model_fields, "sya"] if field != "type"},
        )
    )


FLOW = st.fixed_dictionaries(
    {"flow": st.just("a"), "start": WORDS, "steps": st.dictionaries(WORDS, st.one_of(step(), ANYTHING), max_size=5)},
    optional={"policy": ANYTHING, "constants": ANYTHING, "diucapkan": ANYTHING, "langkah": ANYTHING},
)
SITE = st.fixed_dictionaries(
    {"lines": st.dictionaries(WORDS, ANYTHING, max_size=2)},
    optional={"queues": ANYTHING, "blocklist": ANYTHING, "halo": ANYTHING},
)


@settings(max_examples=80)
@given(FLOW, SITE, ANYTHING)
def test_the_right_names_with_any_values(flow: Any, hotline: Any, words: Any) -> None:
    written = {"a.yaml": flow, "hotline.yaml": hotline, "kosakata.yaml": words}
    check({name: yaml.safe_dump(data, allow_unicode=True) for name, data in written.items()})


@settings(max_examples=25)
@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    check({**FLOWS, "halo-kota.yaml": content})


# --- bounds -----------------------------------------------------------------------------------------
def a_step(fields: str) -> str:
    return f"flow: a\nstart: a\nsteps:\n  a: {{type: {fields}}}\n"


SOUNDS = ", ".join(f"(ba|be) (ca|ce) (da|de) k{i}" for i in range(400))
NESTED = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10 if i else ['x'])}]\n" for i in range(12))


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("flow", "words"),
    [
        pytest.param(NESTED, "too much content through aliases", id="billion laughs"),
        pytest.param("a: &a {b: *a}", "nested too deeply", id="an alias of itself"),
        pytest.param("[" * 100_000, "nested too deeply", id="brackets"),
        pytest.param("a: " + "- " * 5000, "'- ' in the middle of a line", id="dashes"),
        pytest.param("x" * 2_000_001, "too large", id="a large file"),
        pytest.param(a_step(f"menu, tries: {'9' * 100_000}"), "this number is too large", id="number"),
        pytest.param(a_step(f"record, max: {'9' * 100_000}s"), "must be 5 to 1800 seconds", id="duration"),
        pytest.param(a_step(f"record, max: {'9s' * 100_000}x"), "write 30s, 10m or 00:30", id="parts of a duration"),
        pytest.param(a_step(f"hangup, say: {'satu ' * 2000}"), "5000 at most; make several steps", id="words"),
        pytest.param(a_step(f"input, pattern: '{'(1|' * 1000}'"), "200 characters at most", id="pattern"),
        pytest.param(a_step("input, pattern: '1{99999999999}'"), "cannot read the pattern", id="repetition"),
        pytest.param(a_step(f"set, values: {{x: = {'(' * 250}1{')' * 240}}}"), "cannot read", id="sum"),
        pytest.param(
            a_step("menu, say: x, failed: a, keys: {1: a}, phrases: {1: ['" + "(a|e) " * 12 + "']}"),
            "500 at most; make several phrases",
            id="one phrase",
        ),
        pytest.param(
            a_step("menu, say: x, failed: a, keys: {1: a}, phrases: {1: [" + SOUNDS + "]}"),
            "more than 2000 sentences; use fewer alternatives",
            id="all phrases of a step",
        ),
    ],
)  # fmt: skip
def test_what_is_too_much_is_refused_with_its_reason(flow: str, words: str) -> None:
    problems = check({**FLOWS, "a.yaml": flow}).problems
    assert any(words in p.message and Path(p.file).name == "a.yaml" for p in problems), problems[:3]
    assert all(len(problem.message) < 700 for problem in problems)
