"""A person at a terminal as the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from ivr.channel import ALL_KEYS
from ivr.i18n import tr
from ivr.sim.caller import Phone
from ivr.sim.ears import AUDIO

ASK_AGAIN_SECONDS = 30.0
"""While music plays, the person is asked for a key this often (in the call's time)."""
HANG_UP = "x"


class TerminalCaller:
    """Asks the person for keys or words whenever the flow waits for them; time stands still meanwhile."""

    def __init__(self, ask: Callable[[], str]) -> None:
        """`ask` gives keys, words to be spoken, "audio: " and a recording, "" for silence, "x" to hang up."""
        self._ask = ask
        self._asked_at = float("-inf")

    def begins(self, phone: Phone) -> None:
        self._phone = phone

    def command(self, number: int, name: str) -> None:
        """A person does not see commands."""

    def hears(self, text: str) -> None:
        click.secho(f"  » {text}", fg="green")

    def asked(self) -> None:
        answer = self._ask().strip()
        self._asked_at = asyncio.get_running_loop().time()
        if answer.lower() == HANG_UP:
            self._phone.hang_up()
        elif answer.startswith(AUDIO) and not (recording := Path(answer.removeprefix(AUDIO).strip())).is_file():
            click.echo(tr(f"  {recording}: berkas tidak ada", f"  {recording}: no such file"), err=True)
        elif any(c.isalpha() for c in answer):
            self._phone.say(answer)
        else:
            self._phone.press("".join(key for key in answer if key in ALL_KEYS))

    def held(self) -> None:
        if asyncio.get_running_loop().time() - self._asked_at >= ASK_AGAIN_SECONDS:
            click.secho(tr("  ♪ musik", "  ♪ music"), fg="green")
            self.asked()


def ask_person() -> str:
    """Keys or words from the keyboard; the end of the input hangs up."""
    prompt = tr(
        "  tombol atau ucapan (Enter = diam, x = tutup telepon)", "  keys or words (Enter = silence, x = hang up)"
    )
    try:
        return str(click.prompt(prompt, default="", show_default=False))
    except click.Abort:
        click.echo()
        return HANG_UP


def ask_list(answers: Iterable[str]) -> Callable[[], str]:
    """Keys or words from a list, one entry for each time that the flow waits; silence once it is used up."""
    left = iter(answers)

    def ask() -> str:
        answer = next(left, "")
        click.echo(tr(f"  jawaban: {answer or '(diam)'}", f"  answer: {answer or '(silence)'}"))
        return answer

    return ask
