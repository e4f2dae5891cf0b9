"""Whether Asterisk answers, asked of real sockets."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ivr.asterisk import unloaded
from ivr.asterisk.control import AsteriskError, answers, refuse_foreign, reload, run_command, runs
from ivr.asterisk.find import Installation
from ivr.asterisk.process import Daemon
from ivr.settings import Network, Settings
from ivr.wards import AsteriskWard


async def asked(greeting: bytes | None) -> bool:
    """The answer about a manager that greets so; None: it accepts and is mute, as a frozen one is."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeting is not None:
            writer.write(greeting)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await answers(Settings(network=Network(ami_port=port)), timeout=0.2)


async def test_a_manager_that_greets_is_alive() -> None:
    assert await asked(b"Asterisk Call Manager/11.0.0\r\n")


async def test_a_mute_one_a_stranger_and_nobody_are_not() -> None:
    assert not await asked(None)
    assert not await asked(b"220 mail.example ESMTP\r\n")
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert not await answers(Settings(network=Network(ami_port=port)), timeout=0.2)


async def test_an_asterisk_that_we_did_not_start_is_not_ours(tmp_path: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(state=tmp_path, network=Network(ami_port=port))
    async with server:
        assert not await runs(settings)
        with pytest.raises(AsteriskError, match=rf"{port} .*Asterisk .*{tmp_path / 'sambung.toml'}"):
            await refuse_foreign(settings)
        own = Daemon.start("asterisk", ["sleep", "60"], run=settings.run, output=settings.log / "asterisk.log")
        try:
            assert await runs(settings)
            await refuse_foreign(settings)
        finally:
            await own.stop(5)
    await refuse_foreign(settings)  # nobody there


def console(tmp_path: Path, program: str) -> tuple[Settings, Installation]:
    """An installation whose "asterisk" is this Python program."""
    return Settings(state=tmp_path), Installation((sys.executable, "-c", program), tmp_path, tmp_path, "")


async def test_a_command_goes_to_our_asterisk_and_its_words_come_back(tmp_path: Path) -> None:
    settings, installation = console(tmp_path, "import sys; print(sys.argv[1:])")
    said = await run_command(settings, installation, "core show uptime")
    assert said == str(["-C", str(tmp_path / "asterisk/etc/asterisk.conf"), "-rx", "core show uptime"])


@pytest.mark.parametrize("program", ["import sys; sys.exit('Unable to connect')", "print('No such command')"])
async def test_a_refused_command_is_an_error_with_asterisks_words(tmp_path: Path, program: str) -> None:
    settings, installation = console(tmp_path, program)
    with pytest.raises(AsteriskError, match=r"dialplan reload: (Unable to connect|No such command)"):
        await run_command(settings, installation, "dialplan reload")


async def test_what_could_not_be_reloaded_stays_to_be_reloaded(tmp_path: Path) -> None:
    settings, installation = console(tmp_path, "import sys; sys.exit('moh' in sys.argv[-1])")
    unloaded.add(settings, ["musiconhold.conf", "queues.conf", "rtp.conf"])
    reloads = {"musiconhold.conf": "moh reload", "queues.conf": "queue reload all"}
    with pytest.raises(AsteriskError, match=r"^moh reload: $"):
        await reload(settings, installation, reloads)
    assert unloaded.names(settings) == ("musiconhold.conf", "rtp.conf")


async def test_an_asterisk_that_is_started_reads_all(tmp_path: Path) -> None:
    settings, installation = console(tmp_path, "import time; time.sleep(60)")
    unloaded.add(settings, ["queues.conf", "rtp.conf"])
    daemon = AsteriskWard(settings, installation).start()
    await daemon.stop(5)
    assert unloaded.names(settings) == ()
