"""The JSON Schema and the reference page come from the models."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from ivr.flow.schema import json_schema, reference
from ivr.flow.source import read
from ivr.flow.steps import STEP_TYPES
from ivr.flowtests.reader import files_beside
from ivr.flowtests.schema import json_schema as schema_of_tests
from ivr.settings import PROJECT


def test_the_reference_page_is_up_to_date() -> None:
    page = (PROJECT / "docs" / "flow-language.md").read_text()
    assert page == reference(), "run: sambung schema --docs > docs/flow-language.md"


def test_every_step_type_is_in_the_schema_with_its_fields_described() -> None:
    schema = json_schema()
    for name, model in STEP_TYPES.items():
        described = schema["$defs"][model.__name__] if name != "queue" else schema["$defs"]["ivr__flow__schema__Queue"]
        assert described["properties"]["type"]["const"] == name
        assert "type" in described["required"]
        assert described["description"].startswith((model.__doc__ or "").strip().splitlines()[0])


def test_a_field_is_described_by_the_string_beneath_it_or_in_the_model_that_it_comes_from() -> None:
    own = json_schema()["$defs"]["Survey"]["properties"]["scale"]
    inherited = json_schema()["$defs"]["Survey"]["properties"]["wrong_key"]
    assert (own["description"], inherited["description"]) == (
        "The highest score; 1 is the lowest.",
        "Said after a key that is no answer here.",
    )


def test_the_example_of_every_step_is_right() -> None:
    for name, model in STEP_TYPES.items():
        example = (model.__doc__ or "").partition("```yaml\n")[2].partition("```")[0]
        assert yaml.safe_load(example), name
        for given in read(name, example.encode()).data.values():
            assert model.model_validate(given).type == name


def test_editors_know_the_vocabulary() -> None:
    written = yaml.safe_load((PROJECT / "ivr" / "flows" / "kosakata.yaml").read_text())
    known = Draft202012Validator(json_schema())
    assert list(known.iter_errors(written)) == []
    assert list(known.iter_errors(written | {"dokumen": {}})) != []


# --- files of tests ---------------------------------------------------------------------------------
def wrong(text: str) -> list[str]:
    """Where an editor would underline this file of tests."""
    found = Draft202012Validator(schema_of_tests()).iter_errors(json.loads(json.dumps(yaml.safe_load(text))))
    return ["/".join(map(str, error.absolute_path)) for error in found]


def test_the_schema_of_tests_is_one_and_takes_the_tests_that_ship() -> None:
    Draft202012Validator.check_schema(schema_of_tests())
    files = files_beside(PROJECT / "ivr" / "flows")
    assert files
    for file in files:
        assert wrong(file.read_text(encoding="utf-8")) == [], file


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("[hers: Selamat]", "tests/Satu/call/0"),
        ("[{presses: 1, silent: 2}]", "tests/Satu/call/0"),
        ("[presses]", "tests/Satu/call/0"),
        ("[]", "tests/Satu/call"),
    ],
)
def test_the_schema_of_tests_refuses_what_is_no_script(script: str, place: str) -> None:
    assert wrong(f"flow: halo\nat: 2026-11-24 10:00\ntests: {{Satu: {{call: {script}}}}}") == [place]


def test_the_schema_of_tests_knows_what_may_be_given() -> None:
    given = "line: 14045\nat: besok\nagnets: 2\ntests: {Satu: {call: [hangs_up]}}"
    assert sorted(wrong(given)) == ["", "at"]
