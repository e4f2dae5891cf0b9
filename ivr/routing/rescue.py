"""What the supervisor process does for callers whose engine just died.

The dialplan catches every caller whom the engine was serving, as soon as the AGI command that runs ends. Most end
with the engine's socket. Two do not:

- app_queue, while an agent's phone rings, holds its caller until its time-out. They are sent to the fallback queue
  here.
- SPEECH RECOGNIZE plays on to its end (90 s of music, for one who waits) and then listens for nobody. It is ended
  here by our own key, which harms no other command: a message is still spoken to its end.

A conversation is never touched. A list of channels is old as soon as it is there, so app_queue itself is
asked before each caller is moved: once an agent has answered, the caller is in line no more, and cannot be
withdrawn. (That alone would bring them out only when the ringing ends.) What remains is the time from
app_queue's yes to the redirection, a few tenths of a millisecond: who is answered just then comes to the
fallback queue, and the agent's telephone falls silent.
"""

from __future__ import annotations

import logging

from ivr.routing.ami import Ami, AmiDown, AmiRefused
from ivr.routing.watch import press_own_key
from ivr.settings import Settings

log = logging.getLogger(__name__)


async def rescue_callers(settings: Settings) -> int:
    """Send the hotline's callers who are in app_queue and not yet talking to the fallback queue, wake those in AGI.

    Gives how many were sent. An Asterisk that cannot be reached is no error here: then there are no
    callers either.
    """
    rescued = 0
    try:
        async with Ami(settings.network.ami_port, settings.secrets["ami"]).for_a_moment() as ami:
            for channel in await ami.action("CoreShowChannels"):
                if channel.context == "hotline" and channel.application == "Queue" and not channel.bridgeid:
                    queue, _, _ = channel.applicationdata.partition(",")
                    rescued += await _move(ami, channel.channel, queue)
                elif channel.context == "hotline" and channel.application == "AGI":
                    await press_own_key(ami, channel.channel)
    except (AmiDown, AmiRefused) as e:
        log.warning("callers could not be looked for: %s", e)
    return rescued


async def _move(ami: Ami, channel: str, queue: str) -> bool:
    try:
        await ami.action("QueueWithdrawCaller", Queue=queue, Caller=channel)
        await ami.action("Redirect", Channel=channel, Context="fallback", Exten="s", Priority=1)
    except AmiRefused:  # answered in the meantime, or gone
        return False
    return True
