"""A sign of life before the flow: any key, or anything said."""

from __future__ import annotations

from ivr.channel import ALL_KEYS, Call, HeardEnd
from ivr.events import InputRejected
from ivr.flow.hearing import PHRASE_PAUSE, Decision, drop_keys, note
from ivr.flow.hotline import LIFE, Gate


async def shows_life(call: Call, gate: Gate) -> bool:
    """Ask the caller; True also where they could not hear the question, or cannot be heard now."""
    for attempt in range(1, gate.tries + 1):
        heard = await call.listen(gate.say, LIFE, timeout=gate.timeout, pause=PHRASE_PAUSE, stop_keys=ALL_KEYS)
        if heard.utterance:
            note(call, heard.utterance, Decision.ACCEPTED)
        if heard.end is HeardEnd.KEY:
            await drop_keys(call)
        if heard.end is not HeardEnd.SILENCE or heard.played.problem:
            return True
        call.emit(InputRejected, why="silence", attempt=attempt)
    await call.say(gate.leave)
    return False
