"""What Asterisk's manager tells of single calls, handed to the call that it concerns.

Keys (also those that fall between two AGI commands) and what the queue's agents do. All of it is a
second witness: a call goes on without it when the manager is away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from ivr.channel import ALL_KEYS
from ivr.routing.ami import Ami, AmiDown, AmiEvent, AmiRefused
from ivr.telephones import agent_of

log = logging.getLogger(__name__)

OWN_KEY = "D"
"""Not on any telephone, and no key of a caller's."""

MOVE_SECONDS, LOOK_SECONDS = 2.0, 0.02
"""How long after its announcement a transfer may happen, and how often that is looked for."""

_REFUSED = ("17", "21")  # Q.850: user busy, call rejected


class CallListener(Protocol):
    """The part of a call that wants to know."""

    def key_begins(self, key: str) -> None: ...

    def key_witnessed(self, key: str) -> None:
        """A key was released; of one that came too fast for Asterisk this may be told again."""

    def agent_rang(self, agent: str) -> None: ...

    def ring_ended(self, agent: str, dial_status: str) -> None:
        """`dial_status` is Asterisk's: ANSWER, NOANSWER, BUSY, CANCEL, CONGESTION, CHANUNAVAIL."""

    def agent_answered(self, agent: str) -> None: ...

    def talk_ended(self, agent: str, reason: str) -> None:
        """`reason` is Asterisk's: agent, caller or transfer."""


async def press_own_key(ami: Ami, channel: str) -> None:
    """Press OWN_KEY on a citizen's channel: it ends what waits for a key and for nothing else."""
    with suppress(AmiDown, AmiRefused):
        await ami.action("PlayDTMF", Channel=channel, Digit=OWN_KEY, Receive="true", Duration=80)


class CallWatch:
    """Joins manager events to calls by the unique id of the caller's channel."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._listeners: dict[str, CallListener] = {}
        self._moves: set[asyncio.Task[None]] = set()
        ami.on("DTMFBegin", self._key)
        ami.on("DTMFEnd", self._key)
        ami.on("AgentCalled", self._called)
        ami.on("DialEnd", self._dial_end)
        ami.on("Hangup", self._unanswered)
        ami.on("AgentConnect", self._connect)
        ami.on("AgentComplete", self._complete)
        ami.on("AttendedTransfer", self._transferred)

    @property
    def listening(self) -> bool:
        return self._ami.connected

    @contextmanager
    def channel(self, uniqueid: str, listener: CallListener) -> Iterator[None]:
        """Hand what concerns the citizen's channel `uniqueid` to `listener` as long as the context lasts.

        A channel has one listener at a time: it passes on only once the engine has let go of it.
        """
        self._listeners[uniqueid] = listener
        try:
            yield
        finally:
            del self._listeners[uniqueid]

    async def end_recording(self, channel: str) -> bool:
        """Have the recording of a channel that hung up written out now; False where it still may be unwritten."""
        try:
            await self._ami.action("StopMixMonitor", Channel=channel)
        except (AmiDown, AmiRefused):
            return False
        return True

    async def press_own_key(self, channel: str) -> None:
        await press_own_key(self._ami, channel)

    def _key(self, event: AmiEvent) -> None:
        listener = self._listeners.get(event["Uniqueid"])
        if listener and event["Direction"] == "Received" and event["Digit"] in ALL_KEYS:
            tell = listener.key_begins if event["Event"] == "DTMFBegin" else listener.key_witnessed
            tell(event["Digit"])

    def _called(self, event: AmiEvent) -> None:
        if listener := self._listeners.get(event["Uniqueid"]):
            listener.agent_rang(agent_of(event["Interface"]))

    def _dial_end(self, event: AmiEvent) -> None:
        # app_queue says NOANSWER of an agent who refused, too: `_unanswered` knows better.
        listener = self._listeners.get(event.get("Uniqueid", ""))
        if listener and event["DialStatus"] != "NOANSWER":
            listener.ring_ended(agent_of(event["DestChannel"]), event["DialStatus"])

    def _unanswered(self, event: AmiEvent) -> None:
        """A telephone stopped ringing (manager.conf lets no other Hangup through); its cause tells why."""
        if listener := self._listeners.get(event["Linkedid"]):
            status = "BUSY" if event["Cause"] in _REFUSED else "NOANSWER"
            listener.ring_ended(agent_of(event["Channel"]), status)

    def _connect(self, event: AmiEvent) -> None:
        if listener := self._listeners.get(event["Uniqueid"]):
            listener.agent_answered(agent_of(event["Interface"]))

    def _complete(self, event: AmiEvent) -> None:
        if listener := self._listeners.get(event["Uniqueid"]):
            listener.talk_ended(agent_of(event["Interface"]), event["Reason"])

    def _transferred(self, event: AmiEvent) -> None:
        """An agent called the hotline and gave their own place there to a citizen, who chooses again.

        The flow that goes on there belongs to the agent's call: a citizen's pass is a call of its own. app_queue tells
        that their talk is over, too, but then the channel may have the agent's unique id already.
        """
        number = event.get("SecondTransfererExten", "")
        if event["DestType"] == "App" and event["SecondTransfererContext"] == "hotline" and number.isdigit():
            if listener := self._listeners.get(event["TransfereeUniqueid"]):
                listener.talk_ended(agent_of(event["OrigTransfererChannel"]), "transfer")
            move = asyncio.create_task(self._begin_again(event, number))
            self._moves.add(move)
            move.add_done_callback(self._moves.discard)

    async def _begin_again(self, event: AmiEvent, number: str) -> None:
        """Asterisk tells of the transfer before it happens: then the channel has the variables of the agent's call.

        By then the engine has let go of the citizen's earlier pass, or will do so when it hears how that ended.
        """
        channel, agents_call = event["TransfereeChannel"], event["SecondTransfererUniqueid"]
        try:
            async with asyncio.timeout(MOVE_SECONDS):
                while True:
                    let_go = event["TransfereeUniqueid"] not in self._listeners
                    if let_go and await self._call_of(channel) == agents_call:
                        break
                    await asyncio.sleep(LOOK_SECONDS)
            await self._ami.action("Redirect", Channel=channel, Context="hotline", Exten=number, Priority=1)
        except (AmiDown, AmiRefused, TimeoutError) as e:
            log.warning("%s does not begin anew at %s: %s: %s", channel, number, type(e).__name__, e)

    async def _call_of(self, channel: str) -> str:
        """The call that a channel serves; "" where there is no channel of this name, as in the midst of a change."""
        try:
            (answer,) = await self._ami.action("GetVar", Channel=channel, Variable="SAMBUNG_CALL")
        except AmiRefused:
            return ""
        return str(answer.get("Value", ""))
