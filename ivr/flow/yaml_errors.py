"""Why a file is no YAML, in words of those who wrote it: libyaml's findings, at the place that is to be mended."""

from __future__ import annotations

import re
from contextlib import suppress

import yaml

from ivr.i18n import tr

Place = tuple[int, int]
"""Line and column, from 1."""

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_OTHER_SPACE = re.compile("^[ \t]*([\u00a0\u2000-\u200a\u202f\u205f\u3000])", re.MULTILINE)
INDENT = 2
"""Spaces by which people indent."""
_SPACES = re.compile(" *")
_DASH = re.compile(r"(\s*)-([^\s-].*)")
"""A list's line without the space after its dash."""
_NAME = re.compile(r"""[\w.*#"'-]+""")


def too_deep() -> str:
    return tr("bertingkat terlalu dalam", "nested too deeply")


def place_after(text: str) -> Place:
    """Line and column, from 1, of what follows `text`."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def odd_indentation(text: str) -> tuple[Place, str] | None:
    """The first line that is indented with what looks like a space and is none: YAML takes it for text."""
    if found := _OTHER_SPACE.search(text):
        message = tr(
            "baris ini menjorok dengan spasi khusus (dari Word atau web), bukan spasi biasa; hapus, lalu ketik spasi",
            "this line is indented with special spaces (from Word or the web); delete them and type plain spaces",
        )
        return place_after(text[: found.start(1)]), message
    return None


def explain(text: str, error: yaml.MarkedYAMLError) -> tuple[Place, str]:
    """The place in `text` to look at, and what to do there."""
    if quote := _broken_quote(text, error):
        sign = text[quote.index]
        return _place(quote), tr(
            f"tanda kutip {sign} yang dibuka di sini tidak ditutup di tempat yang benar; "
            "tutup di akhir teks, dan tulis kutip di dalam teks dengan jenis yang lain",
            f"the quote {sign} that is opened here is not closed in the right place; "
            "close it at the end of the text, and write quotes inside the text as the other kind",
        )
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return (1, 1), _told_by_libyaml(error)
    (line, column), message = _around(text, error, mark, error.context_mark or mark)
    return min((line, column), place_after(text)), message  # libyaml may stop in a line after the last one


def _around(text: str, error: yaml.MarkedYAMLError, mark: yaml.Mark, opened: yaml.Mark) -> tuple[Place, str]:
    """`mark` is where libyaml stopped, `opened` where what it was reading began."""
    rows = text.split("\n")
    context, problem = error.context or "", error.problem or ""
    place, message = mark, ""
    if mark.line < len(rows) and "\t" in rows[mark.line][: mark.column + 1]:
        message = tr("ada tab; gunakan spasi untuk menjorokkan baris", "a tab; indent with spaces")
    elif dash := _unspaced_dash(rows, mark.line):
        return dash
    elif "another document" in problem:
        message = tr("hapus baris '---' ini: berkas tidak dibagi-bagi", "remove this line '---': files have no parts")
    elif "nesting depth" in problem:
        message = too_deep()
    elif "simple key" in context:
        place, message = opened, _nameless(rows[opened.line]) or _no_name()
    elif "mapping values" in problem:
        return _stray_colon(rows, mark)
    elif "alias" in f"{context} {problem}" or context.endswith(("an anchor", "a tag", "next token", "block scalar")):
        place, message = opened, _special_sign(text, opened.index)
    elif "flow" in context and mark.line > opened.line:
        place, message = opened, _open_bracket(text[opened.index])
    if message:
        return _place(place), message
    if in_brackets := _in_brackets(text, mark):
        return _place(mark), in_brackets
    begins = mark.line < len(rows) and not rows[mark.line][: mark.column].strip(" ")
    line, uneven = _uneven(rows, mark.line) if begins else (mark.line, "")
    return ((line + 1, _indent(rows[line]) + 1), uneven) if uneven else (_place(mark), _told_by_libyaml(error))


def _place(mark: yaml.Mark) -> Place:
    return mark.line + 1, mark.column + 1


def _broken_quote(text: str, error: yaml.MarkedYAMLError) -> yaml.Mark | None:
    """Where the quoted text begins that is never closed, or after which the line goes on as nothing may."""
    scanning = (error.context or "").startswith("while scanning")
    if error.context_mark and "quoted scalar" in (error.context or "") and "escape" not in (error.problem or ""):
        return error.context_mark
    stopped = error.context_mark if scanning else error.problem_mark
    if not stopped:
        return None
    last: yaml.Mark | None = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=LOADER):
            if token.start_mark.index >= stopped.index:
                break
            quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            only_spaces = _SPACES.fullmatch(text, token.end_mark.index, stopped.index)
            last = token.start_mark if quoted and only_spaces else None
    return last


def _unspaced_dash(rows: list[str], line: int) -> tuple[Place, str] | None:
    """A dash without its space where reading stopped at `line`, or in the line above."""
    above = next((i for i in range(min(line, len(rows)) - 1, -1, -1) if rows[i].strip()), line)
    for i in (line, above):
        if i < len(rows) and (found := _DASH.fullmatch(rows[i])):
            rest = found[2].strip()
            message = tr(
                f"spasi kurang sesudah tanda hubung; tulis '- {rest}'",
                f"a space is missing after the dash; write '- {rest}'",
            )
            return (i + 1, len(found[1]) + 1), message
    return None


def _nameless(row: str) -> str:
    """What a line lacks to be `name: value`, "" where it is none of what people leave out."""
    if joined := re.match(r"\s*(?:- )?([\w.*#-]+):(\S+)", row):
        return tr(
            f"spasi kurang sesudah titik dua; tulis '{joined[1]}: {joined[2]}'",
            f"a space is missing after the colon; write '{joined[1]}: {joined[2]}'",
        )
    if (bare := row.strip()).startswith("//"):
        return tr(
            f"catatan diawali #; tulis '# {bare.lstrip('/ ')}'",
            f"a remark begins with #; write '# {bare.lstrip('/ ')}'",
        )
    if _NAME.fullmatch(bare):
        return tr(f"titik dua kurang; tulis '{bare}:'", f"a colon is missing; write '{bare}:'")
    return ""


def _no_name() -> str:
    return tr(
        "baris ini bukan 'nama: nilai'; jika ini lanjutan sebuah teks, beri lebih banyak spasi di depannya",
        "this line is no 'name: value'; where it goes on with a text, put more spaces in front of it",
    )


def _stray_colon(rows: list[str], mark: yaml.Mark) -> tuple[Place, str]:
    """A colon where no name may stand: in a text, after a line without one, or in a line that is not aligned."""
    before = rows[mark.line][: mark.column]
    if not _NAME.fullmatch(before.strip().removeprefix("- ")):
        return _place(mark), tr(
            "teks yang memuat ': ' ditulis dalam tanda kutip", "a text that contains ': ' stands in quotes"
        )
    above = next((i for i in range(mark.line - 1, -1, -1) if rows[i].strip()), None)
    if above is not None and (nameless := _nameless(rows[above])):
        return (above + 1, _indent(rows[above]) + 1), nameless
    if above is not None and _indent(rows[above]) == _indent(before):
        name, _, value = rows[above].strip().partition(" ")
        message = tr(f"titik dua kurang; tulis '{name}: {value}'", f"a colon is missing; write '{name}: {value}'")
        return (above + 1, _indent(rows[above]) + 1), message
    line, message = _uneven(rows, mark.line)
    return (line + 1, _indent(rows[line]) + 1), message or tr(
        "titik dua di tempat yang salah; periksa jorokan baris ini dan baris di atasnya",
        "a colon in the wrong place; check the indentation of this line and the one above",
    )


def _uneven(rows: list[str], line: int) -> tuple[int, str]:
    """The line that is not aligned where reading stopped at `line`, and what to do; "" where it is another matter."""
    indent = _indent(rows[line])
    levels: list[int] = []
    for row in reversed(rows[:line]):
        if row.strip() and not row.lstrip().startswith("#") and (not levels or _indent(row) < levels[-1]):
            after_dash = re.match(r"\s*-\s+", row)
            levels += [after_dash.end()] if after_dash and (not levels or after_dash.end() < levels[-1]) else []
            levels.append(_indent(row))
    if not levels or indent in levels:
        return line, ""
    near = [*[level for level in levels if level < indent][:1], *[level for level in levels if level > indent][-1:]]
    odd = next((i for i in range(line - 1, -1, -1) if rows[i].strip() and _indent(rows[i]) % INDENT), None)
    if indent % INDENT == 0 and odd is not None:  # what is wrong stands above, and the lines after it are right
        line, indent, near = odd, _indent(rows[odd]), [indent]
    id_, en = " atau ".join(map(str, near)), " or ".join(map(str, near))
    return line, tr(
        f"baris ini menjorok {indent} spasi, yang lain {id_} spasi; sejajarkan",
        f"this line is indented by {indent} spaces, others by {en} spaces; align it",
    )


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))


def _special_sign(text: str, at: int) -> str:
    sign = text[at]
    alone = re.match(r"\s*(?:[:,\]}\n]|$)", text[at + 1 :])
    quoted = f'"{sign}"' if alone else f'"{sign}…"'
    return tr(
        f"'{sign}' di awal punya arti lain dalam YAML; beri tanda kutip: {quoted}",
        f"a leading '{sign}' means something else in YAML; put it in quotes: {quoted}",
    )


def _open_bracket(sign: str) -> str:
    close = {"[": "]", "{": "}"}.get(sign, "] / }")
    return tr(
        f"kurung {sign} yang dibuka di sini tidak ditutup; tulis {close} di akhir daftar, atau periksa komanya",
        f"the bracket {sign} that is opened here is not closed; write {close} at the end, or check the commas",
    )


def _in_brackets(text: str, mark: yaml.Mark) -> str:
    """What to do where a text in brackets goes on; "" elsewhere."""
    if text[: mark.index].rstrip(" ").endswith(("]", "}")) or text.startswith(("[", "{"), mark.index):
        return tr(
            "frasa atau teks yang memuat [ ] atau { } ditulis dalam tanda kutip; jika ini daftar, periksa koma dan "
            "kurungnya",
            "a phrase or a text with [ ] or { } stands in quotes; if this is a list, check its commas and brackets",
        )
    return ""


def _told_by_libyaml(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "escape" in problem or "hexdecimal" in problem:
        return tr(
            "garis miring terbalik di dalam tanda kutip ganda; pakai tanda kutip tunggal",
            "a backslash inside double quotes; use single quotes",
        )
    if "block sequence entries" in problem:
        return tr(
            "'- ' di tengah baris; tulis di baris baru, atau beri tanda kutip pada teksnya",
            "'- ' in the middle of a line; begin a new line with it, or put quotes around the text",
        )
    return tr(
        "di sini susunannya terputus; periksa jorokan, koma dan kurung di baris ini dan di atasnya",
        "the structure breaks off here; check indentation, commas and brackets in this line and above it",
    )
