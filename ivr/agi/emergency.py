"""The emergency telephone: an announcement spoken on the spot, and surge, by a call from an agent's telephone, with a
PIN.

Asterisk runs it as an AGI script (`*15` in `asterisk_conf/extensions.conf.j2`): a process of its own, which may make
audio and write the operations store, as the engine may not.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from asterisk.agi import AGI, AGIException

from ivr.flow.hotline import Line
from ivr.i18n import tr
from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.publish import PublishError, load_version
from ivr.settings import Settings
from ivr.store.database import StoreError
from ivr.store.switches import load_switches, switch_off, switch_on
from ivr.telephones import agent_of
from ivr.voice.audio import AudioError
from ivr.voice.book import Clip
from ivr.voice.catalogue import Catalogue
from ivr.voice.languages import INDONESIAN, tongue

TRIES = 3
KEY_MS = 8_000
LONGEST_MS = 60_000
HOURS = "123456789"
EVERY_LINE = "*"
"""What is typed instead of a line's number."""
LONGEST_NUMBER = 15


def serve(settings: Settings) -> None:
    """Serve the call on stdin and stdout, until it ends."""
    with open(os.devnull, "w") as nowhere, contextlib.suppress(AGIException):  # noqa: PTH123 - pyst2 prints to stderr
        EmergencyCall(AGI(stderr=nowhere), settings, partial(_lines, settings)).run()  # a hang-up ends it anywhere


def _lines(settings: Settings) -> Mapping[str, Line]:
    """The lines in force; none where no version can be used: an announcement is for all of them then."""
    try:
        return load_version(settings).site.lines
    except PublishError:
        return {}


class EmergencyCall:
    """One call on this AGI connection. `lines` gives those that the installation has."""

    def __init__(self, agi: AGI, settings: Settings, lines: Callable[[], Mapping[str, Line]]) -> None:
        self._agi, self._settings, self._lines = agi, settings, lines
        self._who = tr("telepon", "telephone") + f" {agent_of(agi.env['agi_channel'])}"

    def run(self) -> None:
        """Serve it to its end. Raises AGIException where the caller hangs up."""
        if not self._knows_pin():
            self._say("goodbye")
            return
        try:
            key = self._ask("emergency_choice")
            if key == "1":
                self._tell("emergency_on", self._announce())
            elif key == "2":
                self._end_all()
                self._say("emergency_off")
            elif key == "3":
                self._tell("emergency_surge_on", self._surge())
        except (StoreError, OSError) as e:
            print(f"emergency telephone: {e}", file=sys.stderr)  # noqa: T201 - Asterisk's console
            self._say("emergency_failed")

    def _knows_pin(self) -> bool:
        pin = self._settings.emergency.pin  # may have been taken away since Asterisk read its dialplan
        for _ in range(TRIES):
            given = self._agi.get_data(self._prompt("emergency_pin"), KEY_MS, 12)
            if pin and hmac.compare_digest(given, pin):
                return True
            self._say("emergency_wrong")
        print(f"emergency telephone: wrong PIN, {self._who}", file=sys.stderr)  # noqa: T201
        return False

    def _announce(self) -> str | None:
        """Record it, read it back, and switch it on for as many hours as the key says; for what, None if it is not."""
        if (target := self._target(self._lines())) is None:
            return None
        for _ in range(TRIES):
            clip = self._recording()
            if clip is None:
                self._say("emergency_again")
                continue
            self._play(clip)
            key = self._ask("emergency_hours")
            if key and key in HOURS:
                self._switch_on(Kind.ANNOUNCEMENT, target, hours=int(key), clip=clip)
                return target
            if key != "0":
                break
        return None

    def _surge(self) -> str | None:
        """Switch it on where hotline.yaml says what it does, for as many hours as the key says; for what."""
        lines = [number for number, line in self._lines().items() if line.surge]
        if not lines:
            self._say("emergency_no_surge")
            return None
        if (target := self._target(lines)) is None:
            return None
        key = self._ask("emergency_surge_hours")
        if key and key in HOURS:
            self._switch_on(Kind.SURGE, target, hours=int(key))
            return target
        return None

    def _tell(self, switched_on: str, target: str | None) -> None:
        """That it was switched on, and on which line; or that nothing was."""
        if target is None:
            self._say("emergency_dropped")
            return
        self._say(switched_on)
        self._say("emergency_one_line" if target else "emergency_all_lines")
        catalogue = Catalogue(self._settings.prompts)
        for unit in tongue(INDONESIAN).spoken(target, "digit") if target else ():
            with contextlib.suppress(AudioError):  # it is on, even where its number cannot be said
                if clip := catalogue.clip(unit):
                    self._play(clip)

    def _target(self, lines: Collection[str]) -> str | None:
        """ALL_LINES, or the one line whose number, or its end, is typed; None where none is."""
        if len(lines) < 2:
            return ALL_LINES
        for _ in range(TRIES):
            typed: str = self._agi.get_data(self._prompt("emergency_lines"), KEY_MS, LONGEST_NUMBER)
            if typed == EVERY_LINE:
                return ALL_LINES
            found = [typed] if typed in lines else [number for number in lines if typed and number.endswith(typed)]
            if len(found) == 1:
                return found[0]
            self._say("emergency_no_line")
        return None

    def _recording(self) -> Clip | None:
        self._say("emergency_speak")
        with tempfile.TemporaryDirectory(dir=self._settings.run) as folder:
            path = Path(folder) / "announcement"
            self._agi.record_file(str(path), "wav", "#", LONGEST_MS, 0, "beep", 0)
            try:
                return Catalogue(self._settings.prompts).keep_recording(path.with_suffix(".wav"))
            except AudioError:
                return None

    def _switch_on(self, kind: Kind, target: str, *, hours: int, clip: Clip | None = None) -> None:
        now, why = time.time(), tr("lewat telepon", "by telephone")
        said = tr("rekaman lewat telepon", "recorded by telephone") if clip else ""
        switch = Switch(kind, target, now, now + hours * 3600, why, self._who, said, clip)
        asyncio.run(switch_on(self._settings, switch))

    def _end_all(self) -> None:
        now = time.time()
        for switch in asyncio.run(load_switches(self._settings, now=now)).in_force(now):
            if switch.kind in (Kind.ANNOUNCEMENT, Kind.SURGE):
                asyncio.run(switch_off(self._settings, switch.id, author=self._who, now=now))

    def _ask(self, prompt: str) -> str:
        key: str = self._agi.get_data(self._prompt(prompt), KEY_MS, 1)
        return key

    def _say(self, prompt: str) -> None:
        self._agi.stream_file(self._prompt(prompt))

    def _play(self, clip: Clip) -> None:
        self._agi.stream_file(str(self._settings.prompts / "built" / Path(clip.file).stem))

    def _prompt(self, name: str) -> str:
        return str(self._settings.prompts / "system" / name)
