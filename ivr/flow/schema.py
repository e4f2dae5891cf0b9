"""The flow language described from its own models: JSON Schema for editors, a reference page for people."""

from __future__ import annotations

import inspect
import textwrap
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ivr.channel import Value
from ivr.flow.answers import AnswerEntry, AnswersHead
from ivr.flow.docstrings import DescribedSchema, field_docs
from ivr.flow.expressions import CALL_VARIABLES, FUNCTIONS, parameters
from ivr.flow.hotline import Blocklist, Gate, Line, Queue, SiteHead, Surge
from ivr.flow.hours import Hours
from ivr.flow.languages import OtherLanguage
from ivr.flow.model import FlowHead
from ivr.flow.policy import Policy
from ivr.flow.steps import STEP_TYPES
from ivr.flow.steps.collect import Slot
from ivr.flow.values import LanguageCode, Name
from ivr.speech.understanding.vocabulary import Question, Vocabulary
from ivr.voice.languages import INDONESIAN, tongue
from ivr.voice.numbers import FORMATS


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a flow file, hotline.yaml, kosakata.yaml, a file of answers, or one of translations.

    `type` is required in every step, and a field that a policy or a queue fills in is optional.
    """
    types: Any = tuple(_with_type(model) for model in STEP_TYPES.values())
    step: Any = Annotated[Union[types], Field(discriminator="type")]  # noqa: UP007 - the list is known at run time only
    flow = create_model("FlowFile", __base__=FlowHead, steps=(dict[Name, step], ...))
    schema = TypeAdapter(flow | SiteHead | Vocabulary | AnswersHead | list[dict[LanguageCode, str]]).json_schema(
        schema_generator=DescribedSchema
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Sambung flow", **schema}


def _with_type(model: type[BaseModel]) -> type[BaseModel]:
    annotation: Any = model.model_fields["type"].annotation
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, type=(annotation, ...))


# --- the reference page -----------------------------------------------------------------------------
def reference() -> str:
    """docs/flow-language.md."""
    parts = [_INTRODUCTION]
    parts += [_section("hotline.yaml", SiteHead), _section("A line", Line), _section("Opening hours", Hours)]
    parts += [
        _section("Surge", Surge),
        _section("A gate", Gate),
        _section("The blocklist", Blocklist),
        _section("A language", OtherLanguage),
    ]
    parts += [_section("A queue", Queue), _section("A flow", FlowHead), _section("Policy", Policy)]
    parts += [_PHRASES, "## Steps\n"]
    parts += [_section(f"`{name}`", model, level=3) for name, model in STEP_TYPES.items()]
    parts += [_section("A slot of `collect`", Slot), _section("An answer", AnswerEntry)]
    parts += [_section("kosakata.yaml", Vocabulary), _section("A kind of question", Question)]
    parts += [_values(), _expressions()]
    return "\n".join(parts)


_INTRODUCTION = """\
# The flow language

<!-- Written by `sambung schema --docs`; change the models in ivr/flow, not this page. -->

A folder holds `hotline.yaml` (numbers and queues), one file per flow, and folders `answers` and `languages`.
`sambung check FOLDER` tells all that is wrong, `sambung simulate FLOW` lets you walk through a flow in a terminal.

Every value is read as it is written: `0800`, `12:30` and `no` need no quotes; `"*"` and `"#"` do. A duration is
`30s`, `10m` or `00:30`. Words to be spoken may name variables: `{name}`, or `{name:format}`; see "Values in prompts".

A step names the steps that follow it. At an exit that leads nowhere the flow ends, and with it the call,
or the flow that called it goes on. When a step fails for a mistake in the flow, its exit `failed` is taken.
"""


_PHRASES = """\
## Phrases

What callers may say is written as they say it: any words, no training. `[ ]` holds words that may be left out,
`( | )` alternatives, both of whole words:

```yaml
phrases:
  1: ["[saya] (mau|ingin) (buat|bikin|urus) KTP", KTP hilang]
  2: [loket 12]
```

Politeness and hesitation around a phrase ("eh", "saya mau", "tolong", "dong", "pak") need not be written, nor how a
word is said colloquially ("gimana", "nggak", "udah"). Acronyms are letters, or words where people read them so ("KTP";
"SIM", "Samsat"); numbers are numbers or digits ("dua belas", "satu dua"). What is said otherwise is told once, at the
head of a flow, for the phrases of all flows:

```yaml
diucapkan:
  IMB: (i em be|imbe)
  Grha Sabha: gria saba
```

No two phrases of a step may be said the same; `sambung check` tells of those that sound nearly alike.
"""


def _section(title: str, model: type[BaseModel], level: int = 2) -> str:
    own_first = sorted(model.model_fields.items(), key=lambda field: field[0] not in model.__annotations__)
    docs = field_docs(model)
    rows = [_row(name, field, docs.get(name, "")) for name, field in own_first if name != "type"]
    doc = inspect.cleandoc(model.__doc__ or "")
    table = "\n".join(["| field | value | default | |", "|---|---|---|---|", *rows])
    return f"{'#' * level} {title}\n\n{doc}\n\n{table}\n"


def _row(name: str, field: FieldInfo, doc: str) -> str:
    value = _kind(field.annotation, field.metadata)
    return f"| `{name}` | {value} | {_default(field)} | {doc} |"


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "required"
    if value is None or value is PydanticUndefined or value in ("", {}, []) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, dict):
        return "; ".join(f"`{name}`: {each}" for name, each in value.items())
    if isinstance(value, float):
        return f"{value:g}s"
    return str(value)


def _kind(annotation: Any, metadata: list[Any]) -> str:
    """The type of a field in words."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0], list(get_args(annotation)[1:]))
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" if choice else "empty" for choice in inner)
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(_kind(part, []) for part in inner if part is not type(None))
    if get_origin(annotation) is dict:
        return f"{_kind(inner[0], [])} → {_kind(inner[1], [])}"
    if get_origin(annotation) is list:
        return f"list of {_kind(inner[0], [])}"
    words = {bool: "ya/tidak", float: "duration", int: "number", str: "text"}
    word = words.get(annotation) or getattr(annotation, "word", annotation.__name__.lower())
    if annotation in (int, float) and (bounds := [m for m in metadata if hasattr(m, "ge") or hasattr(m, "le")]):
        low = next((m.ge for m in bounds if hasattr(m, "ge")), "")
        high = next((m.le for m in bounds if hasattr(m, "le")), "")
        word += f" {low}–{high}"
    return word


_FORMATS: dict[str, tuple[str, Value]] = {
    "angka": ("a number", "1250,5"),
    "urutan": ("a place in order", 3),
    "digit": ("signs one by one, in groups, letters spelled: NIK, ticket, number plate", "B1234XY"),
    "telepon": ("a telephone number as it is dialled here", "+62215550100"),
    "rupiah": ("an amount of money", "50.000"),
    "tanggal": ("a date", "2026-01-12"),
    "hari": ("the day of the week of a date", "2026-01-12"),
    "jam": ("a time of day", "08:15"),
    "durasi": ("seconds, as a length of time", 125),
}
"""Format → what it is for, and an example."""


def _values() -> str:
    rows = "\n".join(
        f"| `{name}` | {_FORMATS[name][0]} | `{_FORMATS[name][1]}` | {_said(_FORMATS[name][1], name)} |"
        for name in FORMATS
    )
    return (
        textwrap.dedent("""\
        ## Values in prompts

        | format | for | value | is said |
        |---|---|---|---|
        ROWS

        Words in another language stand in braces, too, and are said by its voice: `{en|For English, press two.}`.
        Without a format a value goes by its looks: a number, a date like `2026-01-12`, a time like `08:15`, digits one
        by one, yes or no. Several values with `;` between them are said as a list, in any format: `LIST` is LISTED.
        Words are said where some flow gives them to the variable as they stand (`layanan: kartu keluarga`), or says
        them somewhere; others cannot be said.
        """)
        .replace("ROWS", rows)
        .replace("LISTED", f"“{_said(_LIST, 'rupiah')}”")
        .replace("LIST", _LIST)
    )


_LIST = "50000; 75000"


def _said(value: Value, format: str) -> str:
    return " ".join(tongue(INDONESIAN).spoken(value, format)).replace(" ,", ",")


def _expressions() -> str:
    functions = "\n".join(
        f"| `{name}({', '.join(parameters(name))})` | {' '.join((f.__doc__ or '').split())} |"
        for name, f in FUNCTIONS.items()
    )
    names = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in CALL_VARIABLES.items())
    return (
        textwrap.dedent("""\
        ## Expressions

        `+ - * / // %`, `== != < <= > >=`, `in`, `and`, `or`, `not`, `a if condition else b`, texts in quotes,
        numbers, `ya`, `tidak`, lists like `('1', '2')`. What a caller typed is text; beside a number it counts
        as a number.

        | function | |
        |---|---|
        FUNCTIONS

        | variable of every call | |
        |---|---|
        NAMES
        """)
        .replace("FUNCTIONS", functions)
        .replace("NAMES", names)
    )
