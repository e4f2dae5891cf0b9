"""Durations, yes and no, names."""

import pytest
from pydantic import TypeAdapter, ValidationError

from ivr.flow.steps import Branch, Menu, Set
from ivr.flow.values import Formula, Target, Template, VariableName, marked, parse_duration, parse_yes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("1h", 3600), ("1m30s", 90), ("0.5s", 0.5), ("00:30", 30), ("10:00", 600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "5 menit", "1:99", "-3s", "s", "1d"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="30s"):
        parse_duration(text)


def test_yes_and_no() -> None:
    assert [parse_yes(t) for t in ("ya", "Yes", "true", "tidak", "no", "False")] == [True] * 3 + [False] * 3
    with pytest.raises(ValueError, match="maybe"):
        parse_yes("maybe")


def test_a_variable_has_a_plain_name() -> None:
    adapter = TypeAdapter(VariableName)
    assert isinstance(adapter.validate_python("nomor_tiket2"), VariableName)
    for wrong in ("Nomor", "_x", "2x", "a-b", "a.b", ""):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


def test_a_copy_works_out_anew_what_follows_from_its_fields() -> None:
    menu = Menu.model_validate({"say": "Tekan satu.", "keys": {"1": "x"}, "failed": "y"})
    assert menu.leads_to["failed"] == "y"
    assert menu.model_copy(update={"failed": Target("z")}).leads_to["failed"] == "z"
    assert menu.leads_to["failed"] == "y"


def test_marked_strings_are_found_wherever_they_stand() -> None:
    menu = Menu.model_validate({"say": "Tekan satu.", "keys": {"1": "x"}, "failed": "y"})
    found = {path: (type(text), str(text)) for path, text in marked(menu)}
    assert found[("say",)] == (Template, "Tekan satu.")
    assert found[("keys", "1")] == (Target, "x")
    branch = Branch.model_validate({"cases": [{"when": "a", "next": "b"}], "otherwise": "c"})
    assert ("cases", 0, "next") in dict(marked(branch))
    step = Set.model_validate({"values": {"x": "= 1"}})
    assert [type(text) for _, text in marked(step)][:2] == [VariableName, Formula]
