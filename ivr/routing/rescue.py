"""What the supervisor process does for callers whose engine just died.

The dialplan catches every caller whom the engine was serving. Those who are inside app_queue while an
agent's phone rings are caught by nobody until its time-out; they are sent to the fallback queue here.
A conversation is never touched.
"""

from __future__ import annotations

import contextlib
import logging

from ivr.routing.ami import Ami, AmiDown, AmiRefused
from ivr.settings import Settings

log = logging.getLogger(__name__)


async def rescue_callers(settings: Settings) -> int:
    """Send the hotline's callers who are in app_queue and not yet talking to the fallback queue.

    Gives how many there were. An Asterisk that cannot be reached is no error here: then there are no
    callers either.
    """
    rescued = 0
    try:
        async with Ami(settings.network.ami_port, settings.secrets["ami"]).for_a_moment() as ami:
            for channel in await ami.action("CoreShowChannels"):
                if channel.context == "hotline" and channel.application == "Queue" and not channel.bridgeid:
                    with contextlib.suppress(AmiRefused):  # gone in the meantime
                        await ami.action("Redirect", Channel=channel.channel, Context="fallback", Exten="s", Priority=1)
                        rescued += 1
    except (AmiDown, AmiRefused) as e:
        log.warning("callers could not be looked for: %s", e)
    return rescued
