"""`asterisk_conf/` and the settings become Asterisk's configuration files.

One readable template per file, under the file's own name. A value can never leave its line: a line
break, `;` (a comment) or a bracket (a section) in it is refused, and the error names the template's
line. Files are written for the owner alone, since they hold secrets, and only when they changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from ivr.asterisk import unloaded
from ivr.asterisk.find import Installation
from ivr.flow.hotline import Line, Queue
from ivr.routing.agents import REALM, AgentAccount
from ivr.settings import PROJECT, Settings

TEMPLATES = PROJECT / "asterisk_conf"
MAX_SOCKET_PATH = 100
"""Bytes. The kernel's limit on a socket's path is 108, and Asterisk needs one."""
_FORBIDDEN = {"\n": "a line break", "\r": "a line break", "\0": "a NUL", ";": "';'", "[": "'['", "]": "']'"}

_RELOAD = {
    "pjsip.conf": "module reload res_pjsip.so",
    "extensions.conf": "dialplan reload",
    "queues.conf": "queue reload all",
    "musiconhold.conf": "moh reload",
    "manager.conf": "manager reload",
    "logger.conf": "logger reload",
    "cel.conf": "module reload cel",
    "cel_custom.conf": "module reload cel_custom.so",
    "acl.conf": "module reload acl",
    "aeap.conf": "module reload res_aeap.so",
    "indications.conf": "module reload indications",
    "features.conf": "module reload features",
    "cdr.conf": "module reload cdr",
}


class RenderError(Exception):
    """A configuration file cannot be made; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What rendering did. `changed`: names of the files that are new or other than before.

    `unloaded`: these, and those of earlier times that Asterisk has not taken up yet.
    """

    changed: tuple[str, ...]
    unloaded: tuple[str, ...]

    @property
    def reloads(self) -> dict[str, str]:
        """File → command that makes a running Asterisk take it up."""
        return {name: _RELOAD[name] for name in self.unloaded if name in _RELOAD}

    @property
    def needs_restart(self) -> list[str]:
        """Changed files that Asterisk reads at its start only."""
        return [name for name in self.changed if name not in _RELOAD]


def folders(settings: Settings) -> dict[str, Path]:
    """Asterisk's own folders: etc, lib (with the data), spool, run, log."""
    return {name: settings.asterisk / name for name in ("etc", "lib", "spool", "run", "log")}


def render(
    settings: Settings,
    installation: Installation,
    *,
    agents: Sequence[AgentAccount],
    lines: Mapping[str, Line],
    queues: Mapping[str, Queue],
    exit_keys: Mapping[str, Sequence[str]],
    templates: Path = TEMPLATES,
) -> Rendered:
    """Write the files into `settings.asterisk/etc`, each one atomically. Raises RenderError.

    `lines`: number → line; `queues`: name → queue; `exit_keys`: queue → keys that lead out of it. The
    templates see these, every setting under its own name, `settings`, `secrets`, `folders`,
    `installation`, `agi_script` and `sambung` (programs), `system_prompts` (a folder) and `realm`.
    """
    places = folders(settings)
    _check_socket_path(places["run"])
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    (places["log"] / "cel-custom").mkdir(exist_ok=True, mode=0o700)  # cel_custom makes no folder
    prompts = settings.prompts / "system"
    _link(places["lib"] / "documentation", installation.data / "documentation")
    (places["lib"] / "sounds").mkdir(exist_ok=True)
    _link(places["lib"] / "sounds/id", prompts)  # the sounds that applications name themselves: beep
    context = {
        **{name: getattr(settings, name) for name in type(settings).model_fields},
        "settings": settings,
        "secrets": settings.secrets,
        "agents": agents,
        "lines": lines,
        "queues": queues,
        "exit_keys": exit_keys,
        "system_prompts": prompts,
        "folders": places,
        "installation": installation,
        "agi_script": Path(sys.executable).with_name("sambung-agi"),
        "sambung": Path(sys.executable).with_name("sambung"),
        "realm": REALM,
    }
    # All are rendered before one is written: a wrong value leaves the old set whole.
    files = {p.stem: _fill(p, context) for p in sorted(templates.glob("*.conf.j2"))}
    changed = {name: text for name, text in files.items() if _differs(places["etc"] / name, text)}
    unloaded.add(settings, changed)
    for name, text in changed.items():
        _write(places["etc"] / name, text)
    return Rendered(tuple(changed), unloaded.names(settings))


def _fill(template: Path, context: Mapping[str, object]) -> str:
    environment = jinja2.Environment(  # noqa: S701 - configuration files, not HTML: `_value` guards them
        loader=jinja2.FileSystemLoader(template.parent),
        finalize=_value,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    try:
        return environment.get_template(template.name).render(context)
    except jinja2.TemplateSyntaxError as e:
        raise RenderError(f"{template}:{e.lineno}: {e.message}") from e
    except (ValueError, jinja2.UndefinedError) as e:
        number = _line_of(e, template)
        line = template.read_text(encoding="utf-8").splitlines()[number - 1].strip()
        raise RenderError(f"{template}:{number}: {line}: {e}") from e


def _line_of(error: BaseException, template: Path) -> int:
    """The template's line where `error` arose: jinja rewrites the traceback to name it."""
    number, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(template):
            number = trace.tb_lineno
        trace = trace.tb_next
    return number


def _value(value: object) -> str:
    """A value as it stands in a configuration file. Raises ValueError where it would break out."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if bad := next((word for sign, word in _FORBIDDEN.items() if sign in text), None):
        raise ValueError(f"the value holds {bad}, which Asterisk's files cannot carry; change it where it was set")
    return text


def _check_socket_path(run: Path) -> None:
    path = run / "asterisk.ctl"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise RenderError(f"{path}: longer than {MAX_SOCKET_PATH} bytes; choose a shorter state folder (SAMBUNG_STATE)")


def _link(link: Path, target: Path) -> None:
    """Asterisk's data folder is ours; what it must find there lies elsewhere."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
