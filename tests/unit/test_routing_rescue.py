"""Who is brought to the fallback queue when the engine died, and who is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivr.routing import rescue
from ivr.routing.ami import AmiDown, AmiRefused
from ivr.settings import Settings


class Asterisk:
    """Stands for the manager: its channels as first seen, and those that app_queue holds by now."""

    def __init__(self, *channels: SimpleNamespace, in_line: set[str]) -> None:
        self.channels, self.in_line = list(channels), in_line
        self.moved: list[str] = []
        self.pressed: list[str] = []

    @asynccontextmanager
    async def for_a_moment(self) -> AsyncIterator[Asterisk]:
        yield self

    async def action(self, name: str, **headers: str | int) -> list[SimpleNamespace]:
        match name:
            case "CoreShowChannels":
                return self.channels
            case "QueueWithdrawCaller" if (headers["Caller"], headers["Queue"]) not in {
                (c, "umum") for c in self.in_line
            }:
                raise AmiRefused("No such caller")
            case "Redirect":
                assert (headers["Context"], headers["Exten"], headers["Priority"]) == ("fallback", "s", 1)
                self.moved.append(str(headers["Channel"]))
            case "PlayDTMF":
                assert (headers["Digit"], headers["Receive"]) == ("D", "true")
                self.pressed.append(str(headers["Channel"]))
                if headers["Channel"] == "gone":
                    raise AmiRefused("Channel not found")
        return []


def channel(name: str, *, context: str = "hotline", application: str = "Queue", bridge: str = "") -> SimpleNamespace:
    data = "umum,cCin,,,22" if application == "Queue" else ""
    return SimpleNamespace(
        channel=name, context=context, application=application, applicationdata=data, bridgeid=bridge
    )


async def test_only_who_is_still_in_line_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk(
        channel("ringing"),
        channel("answered in the meantime"),
        channel("talking", bridge="b-1"),
        channel("listening", application="AGI"),
        channel("in the fallback queue", context="fallback"),
        in_line={"ringing", "talking", "in the fallback queue"},
    )
    monkeypatch.setattr(rescue, "Ami", lambda *_: asterisk)
    assert await rescue.rescue_callers(Settings(state=tmp_path)) == 1
    assert asterisk.moved == ["ringing"]


async def test_who_is_listened_to_is_woken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk(
        channel("gone", application="AGI"),
        channel("ringing"),
        channel("listened to", application="AGI"),
        channel("switching an announcement", application="AGI", context="agents"),
        channel("transferred", application="Dial"),
        in_line={"ringing"},
    )
    monkeypatch.setattr(rescue, "Ami", lambda *_: asterisk)
    assert await rescue.rescue_callers(Settings(state=tmp_path)) == 1
    assert asterisk.pressed == ["gone", "listened to"]


async def test_without_an_asterisk_there_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk(in_line=set())

    async def down(name: str, **headers: str | int) -> list[SimpleNamespace]:
        raise AmiDown("the connection to Asterisk was lost")

    monkeypatch.setattr(asterisk, "action", down)
    monkeypatch.setattr(rescue, "Ami", lambda *_: asterisk)
    assert await rescue.rescue_callers(Settings(state=tmp_path)) == 0
