"""A person at a terminal as the caller, and the story of the call as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import click

from ivr import events as e
from ivr.i18n import tr
from ivr.sim.caller import Phone

ASK_AGAIN_SECONDS = 30.0
"""While music plays, the person is asked for a key this often (in the call's time)."""
HANG_UP = "x"


class TerminalCaller:
    """Asks the person for keys whenever the flow waits for one; time stands still meanwhile."""

    def __init__(self, ask: Callable[[], str]) -> None:
        """`ask` gives keys, "" for silence, "x" to hang up."""
        self._ask = ask
        self._asked_at = float("-inf")

    def begins(self, phone: Phone) -> None:
        self._phone = phone

    def command(self, number: int, name: str) -> None:
        """A person does not see commands."""

    def hears(self, text: str) -> None:
        click.secho(f"  » {text}", fg="green")

    def asked(self) -> None:
        answer = self._ask().strip().lower()
        self._asked_at = asyncio.get_running_loop().time()
        if answer == HANG_UP:
            self._phone.hang_up()
        else:
            self._phone.press("".join(key for key in answer if key in "0123456789*#"))

    def held(self) -> None:
        if asyncio.get_running_loop().time() - self._asked_at >= ASK_AGAIN_SECONDS:
            click.secho(tr("  ♪ musik", "  ♪ music"), fg="green")
            self.asked()


def ask_person() -> str:
    """Keys from the keyboard; the end of the input hangs up."""
    prompt = tr("  tombol (Enter = diam, x = tutup telepon)", "  keys (Enter = silence, x = hang up)")
    try:
        return str(click.prompt(prompt, default="", show_default=False))
    except click.Abort:
        click.echo()
        return HANG_UP


def ask_list(answers: Iterable[str]) -> Callable[[], str]:
    """Keys from a list, one entry for each time that the flow waits; silence once it is used up."""
    left = iter(answers)

    def ask() -> str:
        answer = next(left, "")
        click.echo(tr(f"  tombol: {answer or '(diam)'}", f"  keys: {answer or '(silence)'}"))
        return answer

    return ask


class Story:
    """Prints events as they happen, with the time since the call began."""

    def __init__(self) -> None:
        self._began = 0.0

    def __call__(self, event: e.Event) -> None:
        if isinstance(event, e.CallStarted):
            self._began = event.at
        if line := _told(event):
            minutes, seconds = divmod(int(event.at - self._began), 60)
            click.secho(f"{minutes:02}:{seconds:02} {line}", dim=True)


def _told(event: e.Event) -> str:
    """An event in a few words; "" for what the caller sees anyway."""
    words = _WORDS.get(type(event))
    return tr(*words).format(e=event).rstrip() if words else ""


_WORDS: dict[type[e.Event], tuple[str, str]] = {
    e.CallStarted: ("nomor {e.line}, alur {e.flow}", "line {e.line}, flow {e.flow}"),
    e.StepEntered: ("[{e.step}] {e.type}", "[{e.step}] {e.type}"),
    e.InputRejected: ("bukan jawaban: {e.why}", "no answer: {e.why}"),
    e.VariableSet: ("{e.name} = {e.value}", "{e.name} = {e.value}"),
    e.FlowProblem: ("masalah: {e.problem}", "problem: {e.problem}"),
    e.QueueJoined: ("antrean {e.queue}, nomor {e.position}", "queue {e.queue}, number {e.position}"),
    e.AgentRang: ("telepon petugas {e.agent} berdering", "agent {e.agent}'s telephone rings"),
    e.RingEnded: ("petugas {e.agent}: {e.outcome}", "agent {e.agent}: {e.outcome}"),
    e.AgentAnswered: ("petugas {e.agent} menjawab", "agent {e.agent} answers"),
    e.TalkEnded: ("percakapan selesai ({e.ended_by})", "the talk ends ({e.ended_by})"),
    e.QueueLeft: ("keluar dari antrean: {e.outcome}", "out of the queue: {e.outcome}"),
    e.TransferEnded: ("sambungan ke {e.target}: {e.outcome}", "transfer to {e.target}: {e.outcome}"),
    e.MessageRecorded: ("pesan {e.seconds:.0f} detik", "message of {e.seconds:.0f} seconds"),
    e.CallEnded: ("panggilan berakhir: {e.reason} {e.detail}", "the call ends: {e.reason} {e.detail}"),
}
