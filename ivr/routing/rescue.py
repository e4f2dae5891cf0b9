"""What the supervisor process does for callers whose engine just died.

The dialplan catches every caller whom the engine was serving. Those who are inside app_queue while an
agent's phone rings are caught by nobody until its time-out; they are sent to the fallback queue here.
A conversation is never touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from ivr.routing.ami import Ami, AmiDown, AmiRefused
from ivr.settings import Settings

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0


async def rescue_callers(settings: Settings) -> int:
    """Send the hotline's callers who are in app_queue and not yet talking to the fallback queue.

    Gives how many there were. An Asterisk that cannot be reached is no error here: then there are no
    callers either.
    """
    ami = Ami(settings.network.ami_port, settings.secrets["ami"])
    connected = asyncio.Event()

    async def note() -> None:
        connected.set()

    ami.on_connected.append(note)
    running = asyncio.create_task(ami.run())
    rescued = 0
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connected.wait()
        for channel in await ami.action("CoreShowChannels"):
            if channel.context == "hotline" and channel.application == "Queue" and not channel.bridgeid:
                with contextlib.suppress(AmiRefused):  # gone in the meantime
                    await ami.action("Redirect", Channel=channel.channel, Context="fallback", Exten="s", Priority=1)
                    rescued += 1
    except (TimeoutError, AmiDown, AmiRefused) as e:
        log.warning("callers could not be looked for: %s", e or "Asterisk does not answer")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return rescued
