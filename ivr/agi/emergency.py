"""The emergency telephone: an announcement spoken on the spot, by a call from an agent's telephone, with a PIN.

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
from pathlib import Path

from asterisk.agi import AGI, AGIException

from ivr.i18n import tr
from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.settings import Settings
from ivr.store.database import StoreError
from ivr.store.switches import load_switches, switch_off, switch_on
from ivr.telephones import agent_of
from ivr.voice.audio import AudioError
from ivr.voice.book import Clip
from ivr.voice.catalogue import Catalogue

TRIES = 3
KEY_MS = 8_000
LONGEST_MS = 60_000
HOURS = "123456789"


def serve(settings: Settings) -> None:
    """Serve the call on stdin and stdout, until it ends."""
    with open(os.devnull, "w") as nowhere, contextlib.suppress(AGIException):  # noqa: PTH123 - pyst2 prints to stderr
        _Call(AGI(stderr=nowhere), settings).run()  # a hang-up ends it anywhere


class _Call:
    def __init__(self, agi: AGI, settings: Settings) -> None:
        self._agi, self._settings = agi, settings
        self._who = tr("telepon", "telephone") + f" {agent_of(agi.env['agi_channel'])}"

    def run(self) -> None:
        if not self._knows_pin():
            self._say("goodbye")
            return
        try:
            key = self._ask("emergency_choice")
            if key == "1":
                self._say("emergency_on" if self._announce() else "emergency_dropped")
            elif key == "2":
                self._end_all()
                self._say("emergency_off")
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

    def _announce(self) -> bool:
        """Record it, read it back, and switch it on for as many hours as the key says."""
        for _ in range(TRIES):
            clip = self._recording()
            if clip is None:
                self._say("emergency_again")
                continue
            self._agi.stream_file(str(self._settings.prompts / "built" / Path(clip.file).stem))
            key = self._ask("emergency_hours")
            if key and key in HOURS:
                self._switch_on(clip, hours=int(key))
                return True
            if key != "0":
                break
        return False

    def _recording(self) -> Clip | None:
        self._say("emergency_speak")
        with tempfile.TemporaryDirectory(dir=self._settings.run) as folder:
            path = Path(folder) / "announcement"
            self._agi.record_file(str(path), "wav", "#", LONGEST_MS, 0, "beep", 0)
            try:
                return Catalogue(self._settings.prompts).keep_recording(path.with_suffix(".wav"))
            except AudioError:
                return None

    def _switch_on(self, clip: Clip, *, hours: int) -> None:
        now = time.time()
        said, why = tr("rekaman lewat telepon", "recorded by telephone"), tr("lewat telepon", "by telephone")
        switch = Switch(Kind.ANNOUNCEMENT, ALL_LINES, now, now + hours * 3600, why, self._who, said, clip)
        asyncio.run(switch_on(self._settings, switch))

    def _end_all(self) -> None:
        now = time.time()
        for switch in asyncio.run(load_switches(self._settings, now=now)).in_force(now):
            if switch.kind is Kind.ANNOUNCEMENT:
                asyncio.run(switch_off(self._settings, switch.id, author=self._who, now=now))

    def _ask(self, prompt: str) -> str:
        key: str = self._agi.get_data(self._prompt(prompt), KEY_MS, 1)
        return key

    def _say(self, prompt: str) -> None:
        self._agi.stream_file(self._prompt(prompt))

    def _prompt(self, name: str) -> str:
        return str(self._settings.prompts / "system" / name)
