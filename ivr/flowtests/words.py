"""The words of a script: what the caller does, and what must happen.

Each reads its value as the author wrote it (raises ValueError, in words for people) and says itself in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from ivr import events as e
from ivr.channel import ALL_KEYS, EndReason
from ivr.events import Event
from ivr.flow.model import Site
from ivr.flow.problems import choice_meant
from ivr.flow.values import RecipientName, parse_duration
from ivr.i18n import tr
from ivr.tickets import Kind

REJECTED = ("silence", "wrong_key", "too_short", "invalid", "refused", "not_understood")
"""Why an answer may be none (`events.InputRejected`)."""


_NOT_HERE = (EndReason.ENGINE_LOST, EndReason.ASTERISK_LOST)
"""Ends that need an Asterisk, or an engine, that dies."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is judged by: the flows that are tested, and the folder of the test's file."""

    site: Site
    folder: Path


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt began."""

    text: str


def _never(what: Event | Heard, value: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Word:
    """`happened`: whether what happened is what it asks for. `acts`: the caller does it. `alone`: it may stand so."""

    read: Callable[[Any, Context], Any]
    sentence: Callable[[Any], str]
    happened: Callable[[Event | Heard, Any], bool] = _never
    acts: bool = False
    alone: bool = False


def _one_of(value: str, known: Any, message: str) -> str:
    names = list(known)
    if value in names:
        return value
    near = choice_meant(value, names)
    hint = tr(f"; maksudnya '{near}'?", f"; did you mean '{near}'?") if near else ""
    raise ValueError(message + hint)


def _text(value: Any, context: Context) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(tr("di sini harus ada teks", "a text belongs here"))
    return value.strip()


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """The words alone: the pieces that a prompt is put together of lose their commas."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _heard(value: Any, context: Context) -> str:
    text = _text(value, context)
    if not _plain(text):
        raise ValueError(tr("di sini harus ada kata-kata yang terdengar", "words that are heard belong here"))
    return text


def _keys(value: Any, context: Context) -> str:
    if value is None:
        message = tr(
            "tombolnya belum ditulis; '#' dan '*' diapit tanda kutip: presses: '#'",
            "the keys are missing; '#' and '*' stand in quotes: presses: '#'",
        )
        raise ValueError(message)
    if not isinstance(value, str) or not value or set(value) - set(ALL_KEYS):
        raise ValueError(
            tr(
                f"'{value}' bukan tombol telepon: 0-9 * #; ucapan ditulis dengan says",
                f"'{value}' are no keys of a telephone: 0-9 * #; words are written with says",
            )
        )
    return value


def _audio(value: Any, context: Context) -> Path:
    path = context.folder / _text(value, context)
    if not path.is_file():
        raise ValueError(tr(f"berkas suara {path} tidak ada", f"there is no audio file {path}"))
    return path


def _times(value: Any, context: Context) -> int:
    if value is None:
        return 1
    if not isinstance(value, str) or not value.isdigit() or not 1 <= int(value) <= 99:
        raise ValueError(
            tr(f"'{value}' bukan banyaknya kali: 1 sampai 99", f"'{value}' is no number of times: 1 to 99")
        )
    return int(value)


def _seconds(value: Any, context: Context) -> float:
    return parse_duration(value)


def _nothing(value: Any, context: Context) -> None:
    if value is not None:
        raise ValueError(tr("di sini tidak ada nilai", "no value belongs here"))


def _step(value: Any, context: Context) -> str:
    """A step's name, or "flow/step" where several flows have a step of that name."""
    name = _text(value, context)
    flows = context.site.flows.values()
    known = [n for flow in flows for step in flow.steps for n in (step, f"{flow.name}/{step}")]
    return _one_of(name, known, tr(f"langkah '{name}' tidak ada", f"there is no step '{name}'"))


def _answer(value: Any, context: Context) -> str:
    name = _text(value, context)
    return _one_of(name, context.site.answers, tr(f"jawaban '{name}' tidak ada", f"there is no answer '{name}'"))


def _queue(value: Any, context: Context) -> str:
    name = _text(value, context)
    return _one_of(name, context.site.queues, tr(f"antrean '{name}' tidak ada", f"there is no queue '{name}'"))


def _recipient(value: Any, context: Context) -> str:
    name = _text(value, context)
    known = context.site.named(RecipientName)
    return _one_of(name, known, tr(f"tidak ada alur yang memberi tahu '{name}'", f"no flow notifies '{name}'"))


def _maybe_queue(value: Any, context: Context) -> str | None:
    """A queue; None where any will do."""
    return None if value is None else _queue(value, context)


def _variables(value: Any, context: Context) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(tr("di sini harus ada daftar 'nama: nilai'", "a list of 'name: value' belongs here"))
    return value


def _choice(*known: str) -> Callable[[Any, Context], str]:
    def read(value: Any, context: Context) -> str:
        name = _text(value, context)
        choices = ", ".join(known)
        return _one_of(
            name, known, tr(f"'{name}' bukan pilihan di sini: {choices}", f"'{name}' is no choice here: {choices}")
        )

    return read


def _kind_of_ticket(value: Any, context: Context) -> str | None:
    """A ticket's kind; None where any will do."""
    return None if value is None else _choice(*get_args(Kind))(value, context)


WORDS: dict[str, Word] = {
    # --- what the caller does ---
    "presses": Word(_keys, lambda v: tr(f"penelepon menekan {v}", f"the caller presses {v}"), acts=True),
    "says": Word(_text, lambda v: tr(f"penelepon berkata “{v}”", f"the caller says “{v}”"), acts=True),
    "says_unclearly": Word(
        _text, lambda v: tr(f"penelepon berkata kurang jelas “{v}”", f"the caller says unclearly “{v}”"), acts=True
    ),
    "says_audio": Word(
        _audio, lambda v: tr(f"penelepon memperdengarkan {v.name}", f"the caller is heard from {v.name}"), acts=True
    ),
    "silent": Word(_times, lambda v: tr("penelepon diam", "the caller is silent"), acts=True, alone=True),
    "waits": Word(
        _seconds, lambda v: tr(f"penelepon menunggu {v:g} detik", f"the caller waits {v:g} seconds"), acts=True
    ),
    "hangs_up": Word(_nothing, lambda v: tr("penelepon menutup telepon", "the caller hangs up"), acts=True, alone=True),
    # --- what must happen ---
    "hears": Word(
        _heard,
        lambda v: tr(f"terdengar “{v}”", f"the caller hears “{v}”"),
        lambda what, v: isinstance(what, Heard) and _plain(v) in _plain(what.text),
    ),
    "step": Word(
        _step,
        lambda v: tr(f"langkah {v}", f"step {v}"),
        lambda what, v: isinstance(what, e.StepEntered) and v in (what.step, f"{what.flow}/{what.step}"),
    ),
    "variables": Word(  # a state, not a happening: the caller of the test keeps it
        _variables, lambda v: tr("variabel ", "variables ") + ", ".join(f"{n} = {x}" for n, x in v.items())
    ),
    "rejected": Word(
        _choice(*REJECTED),
        lambda v: tr(f"jawaban tidak diterima: {v}", f"the answer is not accepted: {v}"),
        lambda what, v: isinstance(what, e.InputRejected) and what.why == v,
    ),
    "answer": Word(
        _answer,
        lambda v: tr(f"jawaban {v} diberikan", f"the answer {v} is given"),
        lambda what, v: isinstance(what, e.AnswerGiven) and what.answer == v,
    ),
    "queue": Word(
        _queue,
        lambda v: tr(f"masuk antrean {v}", f"the caller joins queue {v}"),
        lambda what, v: isinstance(what, e.QueueJoined) and what.queue == v,
    ),
    "agent": Word(
        _text,
        lambda v: tr(f"agen {v} menjawab", f"agent {v} answers"),
        lambda what, v: isinstance(what, e.AgentAnswered) and what.agent == v,
    ),
    "transfer": Word(
        _text,
        lambda v: tr(f"dialihkan ke {v}", f"transfer to {v}"),
        lambda what, v: isinstance(what, e.TransferStarted) and what.target == v,
    ),
    "message": Word(
        _nothing,
        lambda v: tr("sebuah pesan tersimpan", "a message is kept"),
        lambda what, v: isinstance(what, e.MessageRecorded) and bool(what.path),
        alone=True,
    ),
    "ticket": Word(
        _kind_of_ticket,
        lambda v: tr("sebuah tiket dibuka", "a ticket is opened") + (f": {v}" if v else ""),
        lambda what, v: isinstance(what, e.TicketOpened) and v in (None, what.what),
        alone=True,
    ),
    "notify": Word(
        _recipient,
        lambda v: tr(f"{v} akan diberi tahu", f"{v} will be told"),
        lambda what, v: isinstance(what, e.NotificationQueued) and what.recipient == v,
    ),
    "callback": Word(
        _maybe_queue,
        lambda v: tr("telepon balik dicatat", "a callback is taken down") + (f": {v}" if v else ""),
        lambda what, v: isinstance(what, e.CallbackOpened) and v in (None, what.queue),
        alone=True,
    ),
    "callback_cancelled": Word(
        _nothing,
        lambda v: tr("telepon balik dibatalkan", "a callback is cancelled"),
        lambda what, v: isinstance(what, e.CallbackCancelled),
        alone=True,
    ),
    "ends": Word(
        _choice(*(r.value for r in EndReason if r not in _NOT_HERE)),
        lambda v: tr(f"panggilan berakhir: {v}", f"the call ends: {v}"),
        lambda what, v: isinstance(what, e.CallEnded) and what.reason == v,
    ),
}
