"""The kinds of values in a flow: written as people write them, checked when read.

Names and texts that mean something keep their kind as a type of string (`Target`, `Template`, …), so
that the lint, the prompt list and the documentation find them in any step without knowing the step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, TypeGuard, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS
from ivr.voice.languages import ENGLISH


class Strict(BaseModel):
    """The base of all that is read from YAML: a field that does not exist is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """What was worked out from the fields (`cached_property`) is left behind: it may not be so of the copy."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Marked(str):
    """A string of a certain kind."""

    __slots__ = ()
    word: ClassVar[str] = ""
    """What it is, in a word."""
    meaning: ClassVar[str] = ""
    pattern: ClassVar[str] = ""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls._checked, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        described = {"type": "string", "description": cls.meaning, "x-sambung": cls.__name__}
        return described | ({"pattern": cls.pattern} if cls.pattern else {})

    @classmethod
    def _checked(cls, value: str) -> Self:
        if cls.pattern and not re.fullmatch(cls.pattern, value):
            raise PydanticKnownError("string_pattern_mismatch", {"pattern": cls.pattern})
        return cls(value)


class Target(Marked):
    word = "step"
    meaning = "the name of a step of this flow; empty: the end of the flow"


class FlowName(Marked):
    word = "flow"
    meaning = "the name of a flow"


class QueueName(Marked):
    word = "queue"
    meaning = "the name of a queue in hotline.yaml"


class AnswerName(Marked):
    word = "answer"
    meaning = "the name of an answer in the folder answers"


class LanguageName(Marked):
    word = "language"
    meaning = "a language: id, or one of hotline.yaml"


class DocumentName(Marked):
    word = "document"
    meaning = "the name of a document in kosakata.yaml"


class QuestionName(Marked):
    word = "kind of question"
    meaning = "the name of a kind of question in kosakata.yaml"


class Template(Marked):
    word = "words"
    meaning = "words to be spoken, in Indonesian; {name} or {name:angka} says a variable, {en|words} English words"
    longest = 5000
    """Characters: six minutes."""

    @classmethod
    def _checked(cls, value: str) -> Self:
        if len(value) > cls.longest:
            raise ValueError(
                tr(
                    f"teks ini {len(value)} huruf, paling banyak {cls.longest}; bagi menjadi beberapa langkah",
                    f"this text has {len(value)} characters, {cls.longest} at most; make several steps of it",
                )
            )
        return super()._checked(value)


def words(indonesian: str, english: str) -> Template:
    """A text that Sambung brings itself. Both languages stand side by side, so that neither is forgotten."""
    ENGLISH[indonesian] = english
    return Template(indonesian)


class Phrase(Marked):
    word = "phrase"
    meaning = "words that a caller may say, in Indonesian; [optional] words, (one|another)"


class Expression(Marked):
    word = "expression"
    meaning = "an expression over the variables"


class VariableName(Marked):
    word = "variable"
    meaning = "the name of a variable: small letters, digits, underscores"
    pattern = "[a-z][a-z0-9_]{0,39}"


class Pattern(Marked):
    word = "pattern"
    meaning = "a regular expression that all the digits must match; no repeated groups"
    longest = 200
    """Characters; so few cannot nest too deeply to be read."""

    @classmethod
    def _checked(cls, value: str) -> Self:
        # A repeated group can take for ever on a few digits, and a frozen engine is silence on all lines.
        if re.search(r"\)[*+{]", value):
            message = tr(
                "kurung yang diulang, seperti (12)+, tidak boleh; ulangi hanya satu angka atau [ ], seperti [12]+",
                "repeated brackets, such as (12)+, are not allowed; repeat a digit or [ ] alone, as in [12]+",
            )
            raise ValueError(message)
        if len(value) > cls.longest:
            message = tr(
                f"pola terlalu panjang, paling banyak {cls.longest} huruf",
                f"the pattern is too long, {cls.longest} characters at most",
            )
            raise ValueError(message)
        try:
            re.compile(value)
        except (re.error, OverflowError):
            message = tr(
                f"pola '{value}' tidak dapat dibaca; periksa kurungnya; lima angka ditulis [0-9]{{5}}",
                f"cannot read the pattern '{value}'; check its brackets; five digits are written [0-9]{{5}}",
            )
            raise ValueError(message) from None
        return cls(value)


class SetVariable(Expression):
    """A variable that is read, and so must be set somewhere."""

    word = "variable"
    meaning = "the name of a variable that a step sets"
    pattern = VariableName.pattern


class QueryName(Marked):
    word = "query"
    meaning = "the name of a query in sambung.toml"


class RecipientName(Marked):
    word = "recipient"
    meaning = "the name of a recipient in sambung.toml"


class Formula(Marked):
    """A text as it stands, or after a leading `=` an expression, as in a spreadsheet."""

    word = "text or = expression"
    meaning = "a text; with = in front, an expression"

    @property
    def expression(self) -> Expression | None:
        return Expression(self[1:].strip()) if self.startswith("=") else None


_UNITS = {"s": 1, "m": 60, "h": 3600}
_UNIT_WORDS = {
    "s": ("", "detik", "det", "dtk", "second", "seconds", "sec"),
    "m": ("menit", "mnt", "minute", "minutes", "min"),
    "h": ("jam", "j", "hour", "hours", "hr"),
}
_TRUE, _FALSE = ("ya", "yes", "true"), ("tidak", "no", "false")


def parse_duration(value: object) -> float:
    """Seconds from "30s", "10m", "1h", "1m30s", "00:30" (minutes:seconds). Raises ValueError."""
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip().lower()
    if clock := re.fullmatch(r"(\d{1,3}):([0-5]\d)", text):
        return int(clock[1]) * 60.0 + int(clock[2])
    if re.fullmatch(r"(\d+(\.\d+)?[smh])+", text):
        return sum(float(n) * _UNITS[unit] for n, unit in re.findall(r"([\d.]+)([smh])", text))
    raise ValueError(
        tr(
            f"'{value}' bukan lama waktu; tulis seperti 30s, 10m atau 00:30",
            f"'{value}' is no duration; write 30s, 10m or 00:30",
        )
        + _meant_duration(text)
    )


def _meant_duration(text: str) -> str:
    if not (words := re.fullmatch(r"(\d+)\s*([a-z]*)", text)):
        return ""
    unit = next((unit for unit, names in _UNIT_WORDS.items() if words[2] in names), "")
    meant = f"{words[1]}{unit}"
    return tr(f"; maksudnya '{meant}'?", f"; did you mean '{meant}'?") if unit else ""


def parse_yes(value: object) -> bool:
    """A bool from ya/tidak, yes/no, true/false. Raises ValueError."""
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError(tr(f"'{value}': tulis ya atau tidak", f"'{value}': write yes or no"))


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {"type": "string", "pattern": r"^((\d+(\.\d+)?[smh])+|\d{1,3}:[0-5]\d)$", "description": "30s, 10m, 00:30"}
    ),
]
Tries = Annotated[int, Field(ge=1, le=9)]
"""How often something may be asked."""
AnswerTime = Annotated[Duration, Field(ge=1, le=60)]
"""How long to wait for an answer."""
YesNo = Annotated[bool, BeforeValidator(parse_yes), WithJsonSchema({"enum": ["ya", "tidak", "yes", "no", True, False]})]
CURLY_QUOTES = "‘’“”„"
"""What word processors make of quotes; neither YAML nor expressions know them."""
KEY = r"[0-9*#]"
KEY_WORDS = {**DIGITS, "bintang": "*", "pagar": "#"}
"""What people call the keys of a telephone → key."""
NAME = r"[a-z0-9][a-z0-9_-]{0,59}"
LINE_NUMBER = r"[0-9]{2,15}"
LANGUAGE = r"[a-z]{2,3}"
NUMBER = r"\+?[0-9]{2,15}"
Key = Annotated[str, StringConstraints(pattern=f"^{KEY}$")]
"""One key of a telephone."""
Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
"""The name of a flow, a step or a queue: small letters, digits, hyphens."""
LanguageCode = Annotated[str, StringConstraints(pattern=f"^{LANGUAGE}$")]
"""The code of a language, as in ISO 639."""
LineNumber = Annotated[str, StringConstraints(pattern=f"^{LINE_NUMBER}$")]
"""A number that is dialled to reach a line, as it arrives: digits only."""
Number = Annotated[str, StringConstraints(pattern=f"^{NUMBER}$")]
"""A telephone number or an extension, digits only."""


def plain(kind: Any) -> Any:
    """A field's type without what is asked of it, and without None."""
    if get_origin(kind) is Annotated:
        return plain(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        (only, *others) = [part for part in get_args(kind) if part is not type(None)]
        return kind if others else plain(only)
    return kind


def is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    """Whether a field's type is a model."""
    return isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel)


def marked(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Marked]]:
    """All marked strings in a model, with their paths."""
    if isinstance(value, Marked):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from marked(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, Marked):
                yield (*path, str(name)), name
            yield from marked(inner, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from marked(inner, (*path, i))
