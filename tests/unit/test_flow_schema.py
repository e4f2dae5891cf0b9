"""The JSON Schema and the reference page come from the models."""

import yaml

from ivr.flow.schema import json_schema, reference
from ivr.flow.source import read
from ivr.flow.steps import STEP_TYPES
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


def test_the_example_of_every_step_is_right() -> None:
    for name, model in STEP_TYPES.items():
        example = (model.__doc__ or "").partition("```yaml\n")[2].partition("```")[0]
        assert yaml.safe_load(example), name
        for given in read(name, example.encode()).data.values():
            assert model.model_validate(given).type == name
