"""Expressions of the flow language: small sums and comparisons over a call's variables.

Values are texts, numbers and yes/no. Keys that a caller pressed are text (`0800` stays `0800`); beside
a number, a text of digits counts as a number, so `umur >= 17` works on what was typed. Only the syntax
listed in `_ALLOWED` exists: no attributes, no power, no comprehension, no name that is not a variable.
"""

from __future__ import annotations

import ast
import inspect
import operator
import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from simpleeval import EvalWithCompoundTypes, NameNotDefined

from ivr.callers import Past
from ivr.channel import LANGUAGE, RECORDED, Value
from ivr.flow.expression_errors import explain
from ivr.flow.problems import nearest
from ivr.i18n import tr

MAX_EXPRESSION = 500
MAX_TEXT = 1000
MAX_NUMBER = 1e15
DAY_SECONDS = 86_400

CONSTANTS: dict[str, Value] = {"ya": True, "tidak": False}
OTHER_CONSTANTS = {"true": "ya", "yes": "ya", "benar": "ya", "false": "tidak", "no": "tidak", "salah": "tidak"}
"""What people write for these constants → their names."""
CALL_VARIABLES = {
    "caller": "the caller's number (+62…), empty when withheld",
    "line": "the number that was dialled",
    LANGUAGE: "the language of the call: `id` until another is chosen",
    RECORDED: "whether conversations and answers of the call may be recorded: `ya` until a step sets `tidak`",
}
"""Variables that every call has."""


class ExpressionError(Exception):
    """An expression that cannot be read or worked out. `offset`: the character where it is wrong, from 0."""

    def __init__(self, message: str, offset: int = 0, suggestion: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.suggestion = message, offset, suggestion


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variable beside a value that stands in the expression. `ordered`: by <, <=, > or >=; else by ==, != or in.

    `offset`: that of the value.
    """

    name: str
    value: str | int | float
    ordered: bool
    offset: int


@dataclass(frozen=True)
class Parsed:
    """A checked expression. `names`: its variables, each with its first offset.

    `asks_past`: whether it asks what the caller's number did before. `partly`: whether some of it may not be worked
    out, as after `or` and beside `if`.
    """

    tree: ast.expr
    names: Mapping[str, int]
    asks_past: bool
    partly: bool
    comparisons: Sequence[Comparison]

    @property
    def is_composed(self) -> bool:
        """Whether it is more than one name, value or list."""
        return not isinstance(self.tree, ast.Name | ast.Constant | ast.List | ast.Tuple)

    def values(self) -> set[str] | None:
        """The texts that alone can come of it; None where it may be anything."""
        return _texts(self.tree)


# --- functions --------------------------------------------------------------------------------------
def angka(x: Value) -> int | float:
    """The number that a text of digits stands for: `angka('08')` is 8."""
    if isinstance(x, bool | int | float):
        return x
    try:
        number = float(x)
    except ValueError:
        raise ExpressionError(tr(f"'{x}' bukan angka", f"'{x}' is not a number")) from None
    return int(number) if number.is_integer() and abs(number) < MAX_NUMBER else number


def teks(x: Value) -> str:
    """The text of a value: `teks(8)` is '8'."""
    return ("ya" if x else "tidak") if isinstance(x, bool) else str(x)


def panjang(x: Value) -> int:
    """How many characters a text has: `panjang(nik) == 16`."""
    return len(teks(x))


def bagian(x: Value, dari: Value, sampai: Value) -> str:
    """Characters `dari` to `sampai` of a text, counted from 1: `bagian(nik, 7, 8)` is the day of birth."""
    return teks(x)[max(0, int(angka(dari)) - 1) : int(angka(sampai))]


def berawalan(x: Value, awal: Value) -> bool:
    """Whether a text begins with another: `berawalan(caller, '+6221')`."""
    return teks(x).startswith(teks(awal))


def bulat(x: Value) -> int:
    """A number rounded to a whole one."""
    return round(float(angka(x)))


def panggilan(past: Past, hari: Value) -> int:
    """How often the caller's number called in the `hari` days before (a year at most): `panggilan(7) > 0`."""
    since = past.now - float(angka(hari)) * DAY_SECONDS
    return sum(at >= since for at in past.calls)


def tiket_terbuka(past: Past) -> int:
    """How many tickets of the caller's number are not answered yet: `tiket_terbuka() > 0`."""
    return past.tickets


def telepon_balik(past: Past) -> int:
    """How many callbacks the caller's number waits for: `telepon_balik() > 0`."""
    return past.callbacks


_PAST: dict[str, Callable[..., Any]] = {f.__name__: f for f in (panggilan, tiket_terbuka, telepon_balik)}
"""Functions over what was before the call, 0 where the number is withheld. The call gives the first value."""
_PLAIN: dict[str, Callable[..., Any]] = {f.__name__: f for f in (angka, teks, panjang, bagian, berawalan, bulat)}
FUNCTIONS: dict[str, Callable[..., Any]] = _PLAIN | _PAST


_TAKE_NUMBERS: dict[str, Sequence[int]] = {"angka": [0], "bulat": [0], "bagian": [1, 2], "panggilan": [0]}
"""Function → which of the values in its brackets must be numbers."""


def parameters(function: str) -> list[str]:
    """The values that an author writes in the brackets."""
    return [name for name in inspect.signature(FUNCTIONS[function]).parameters if name != "past"]


# --- operators --------------------------------------------------------------------------------------
def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


def _meet(a: Any, b: Any) -> tuple[Any, Any]:
    """A text of digits beside a number becomes a number."""
    if _is_number(a) and isinstance(b, str):
        return a, angka(b)
    if isinstance(a, str) and _is_number(b):
        return angka(a), b
    return a, b


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(a: Any, b: Any) -> bool:
        return compare(*_meet(a, b))

    return ordered


def equal(a: Any, b: Any) -> bool:
    """Whether expressions take two values for the same. `ya` is so by itself and as the text that a step gave."""
    if isinstance(a, bool) is not isinstance(b, bool) and isinstance(a, bool | str) and isinstance(b, bool | str):
        return teks(a) == teks(b)
    try:
        a, b = _meet(a, b)
    except ExpressionError:
        return False
    return bool(a == b)


def _in(a: Any, b: Any) -> bool:
    if isinstance(b, list | tuple):
        return any(equal(a, each) for each in b)
    return teks(a) in teks(b)


def _sum(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        return a + b
    return _arithmetic(operator.add)(a, b)


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def computed(a: Any, b: Any) -> Any:
        return compute(angka(a), angka(b))

    return computed


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _sum,
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul),
    ast.Div: _arithmetic(operator.truediv),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.USub: lambda a: -angka(a),
    ast.Not: operator.not_,
    ast.Eq: equal,
    ast.NotEq: lambda a, b: not equal(a, b),
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: _in,
    ast.NotIn: lambda a, b: not _in(a, b),
}
_ALLOWED = (
    *_OPERATORS,
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.BinOp, ast.Compare, ast.IfExp),
    *(ast.Call, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple),
)


# --- parsing ----------------------------------------------------------------------------------------
@lru_cache(maxsize=4096)
def parse(expression: str) -> Parsed:
    """Check an expression without working it out. Raises ExpressionError with the offset."""
    text = expression.replace("\n", " ")
    if not text.strip():
        raise ExpressionError(tr("ekspresi kosong", "the expression is empty"))
    if len(text) > MAX_EXPRESSION:
        raise ExpressionError(tr("ekspresi terlalu panjang", "the expression is too long"), MAX_EXPRESSION)
    indent = len(text) - len(text.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python only frowns at, such as `1or 2`, is a slip here
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        at = (getattr(e, "offset", None) or len(text)) - 1  # without an offset it breaks off at the end
        message = tr(
            "ekspresi tidak dapat dibaca; tulis seperti layanan == 'KTP' and umur >= 17",
            "cannot read the expression; write one like layanan == 'KTP' and umur >= 17",
        )
        raise _explained(text, ExpressionError(message, min(indent + at, len(text) - 1))) from None
    nodes = list(ast.walk(tree))
    called = {id(node.func): node.func for node in nodes if isinstance(node, ast.Call)}
    offset_of = partial(_offset, text.strip(), indent)
    try:
        names = _check(nodes, offset_of, called)
    except ExpressionError as e:
        raise _explained(text, e) from None
    asks_past = any(isinstance(f, ast.Name) and f.id in _PAST for f in called.values())
    partly = any(isinstance(node, ast.BoolOp | ast.IfExp) for node in nodes)
    return Parsed(tree, names, asks_past, partly, list(_comparisons(nodes, offset_of)))


def _explained(text: str, error: ExpressionError) -> ExpressionError:
    """`error`, or what it comes from."""
    if not (found := explain(text)):
        return error
    offset, hint = found
    return ExpressionError(tr(f"ekspresi tidak dapat dibaca; {hint}", f"cannot read the expression; {hint}"), offset)


def _offset(text: str, indent: int, node: ast.AST) -> int:
    column = getattr(node, "col_offset", 0)  # in bytes of UTF-8
    return indent + (column if text.isascii() else len(text.encode()[:column].decode(errors="ignore")))


def _check(nodes: Iterable[ast.AST], offset_of: Callable[[ast.AST], int], called: Collection[int]) -> dict[str, int]:
    """The variables, each with its first offset. Raises ExpressionError where something is no part of expressions."""
    names: dict[str, int] = {}
    for node in nodes:
        offset = offset_of(node)
        if not isinstance(node, _ALLOWED):
            message = tr(
                "ini tidak ada dalam ekspresi; lihat docs/flow-language.md, 'Expressions'",
                "this is not part of expressions; see docs/flow-language.md, 'Expressions'",
            )
            raise ExpressionError(message, offset)
        if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float):
            raise ExpressionError(tr("hanya teks dan angka", "only texts and numbers"), offset)
        if isinstance(node, ast.Call):
            _check_call(node, offset)
        elif isinstance(node, ast.Name) and id(node) not in called and node.id not in CONSTANTS:
            names[node.id] = min(offset, names.get(node.id, offset))
        for operand in _numbers(node):
            _check_number(operand, node, offset_of(operand))
    return names


def _numbers(node: ast.AST) -> list[ast.expr]:
    """What must be numbers in a call or a sum."""
    if isinstance(node, ast.BinOp):
        return [] if isinstance(node.op, ast.Add) else [node.left, node.right]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return [node.args[i] for i in _TAKE_NUMBERS.get(node.func.id, ())]
    return []


def _check_number(operand: ast.expr, node: ast.AST, offset: int) -> None:
    """What stands there as it is must be a number, and none may be divided by 0."""
    if not (isinstance(operand, ast.Constant) and isinstance(operand.value, str | int | float)):
        return
    try:
        number = angka(operand.value)
    except ExpressionError as e:
        raise ExpressionError(e.message, offset) from None
    divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod)
    if divides and isinstance(node, ast.BinOp) and operand is node.right and not number:
        raise ExpressionError(tr("pembagian dengan nol", "division by zero"), offset)


def _comparisons(nodes: Iterable[ast.AST], offset_of: Callable[[ast.AST], int]) -> Iterator[Comparison]:
    for node in nodes:
        if not isinstance(node, ast.Compare):
            continue
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            pairs = [(left, right), (right, left)]
            if isinstance(op, ast.In | ast.NotIn):
                pairs = [(left, each) for each in right.elts] if isinstance(right, ast.List | ast.Tuple) else []
            for name, value in pairs:
                if not (isinstance(name, ast.Name) and isinstance(value, ast.Constant)):
                    continue
                if isinstance(value.value, str | int | float):
                    ordered = isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
                    yield Comparison(name.id, value.value, ordered, offset_of(value))


def _texts(tree: ast.expr) -> set[str] | None:
    if isinstance(tree, ast.Constant):
        return {str(tree.value)}
    if isinstance(tree, ast.IfExp):
        one, other = _texts(tree.body), _texts(tree.orelse)
        return None if one is None or other is None else one | other
    return None


def _check_call(node: ast.Call, offset: int) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        near = nearest(name, FUNCTIONS)
        others = ", ".join(f"{function}()" for function in FUNCTIONS)
        listed = "" if near else tr(f"; yang ada: {others}", f"; there are: {others}")
        message = tr(f"fungsi '{name}' tidak ada{listed}", f"there is no function '{name}'{listed}")
        raise ExpressionError(message, offset, near)
    wanted = len(parameters(name))
    if node.keywords or len(node.args) != wanted:
        raise ExpressionError(tr(f"{name}() perlu {wanted} nilai", f"{name}() takes {wanted} value(s)"), offset)


# --- evaluating -------------------------------------------------------------------------------------
_EVALUATOR = EvalWithCompoundTypes(_OPERATORS, {}, {})
"""To make one takes longer than to work out most expressions."""
_IN_TURN = threading.Lock()
"""A thread loads a new version's flows, whose constants may be sums, while calls go on in the main one."""


def evaluate(
    expression: str,
    variables: Mapping[str, Value],
    extra: Mapping[str, Value] | None = None,
    *,
    past: Past | None = None,
) -> Value:
    """Work out an expression over `variables` (and `extra`, which come first); during a call also over its `past`.

    Raises ExpressionError: a variable without a value, a text that is no number, a result out of bounds.
    """
    parsed = parse(expression)
    if parsed.asks_past and past is None:
        raise ExpressionError(
            tr(
                "riwayat penelepon baru ada selama panggilan; pakai di langkah set atau branch",
                "a caller's past is known during the call only; use it in a step set or branch",
            )
        )
    names = {**CONSTANTS, **variables, **(extra or {})}
    try:
        functions = _PLAIN
        if parsed.asks_past:
            functions = _PLAIN | {name: partial(function, past) for name, function in _PAST.items()}
        with _IN_TURN:
            _EVALUATOR.names, _EVALUATOR.functions = names, functions
            try:
                result = _EVALUATOR.eval(expression, parsed.tree)
            finally:  # some are secret
                _EVALUATOR.names, _EVALUATOR.functions = {}, {}
    except NameNotDefined as e:
        name = getattr(e, "name", "")
        raise ExpressionError(
            tr(f"'{name}' belum punya nilai", f"'{name}' has no value yet"), parsed.names.get(name, 0)
        ) from None
    except ZeroDivisionError:
        raise ExpressionError(tr("pembagian dengan nol", "division by zero")) from None
    except ExpressionError:
        raise
    except Exception as e:  # whatever the values did together, the author's expression is at fault
        raise ExpressionError(tr(f"tidak dapat dihitung: {e}", f"cannot be worked out: {e}")) from e
    if isinstance(result, str) and len(result) <= MAX_TEXT:
        return result
    if isinstance(result, bool | int | float) and abs(result) <= MAX_NUMBER:
        return result
    raise ExpressionError(tr("hasilnya di luar batas", "the result is out of bounds"))
