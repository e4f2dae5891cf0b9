"""One call's speech socket: carries out what its turns ask for. It runs in the event loop, frame by frame, and never
waits; hearing is done in other threads (`ivr.speech.hearing`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from ivr.speech.hearing import Ear, Found, Hearing
from ivr.speech.keeper import Keeper
from ivr.speech.model import ModelError
from ivr.speech.turns import BYTES_PER_SECOND, Action, Feed, Leave, Listen, Send, Turn, Turns

log = logging.getLogger(__name__)

GAP_SECONDS = 0.24
"""So long without audio is silence: four batches of it."""
FILL_SECONDS = 2.0
"""Silence is made up for the turn's pause and so much longer."""
TCP_CLOSE = 7
"""Linux's name for the state of a connection that is no more."""
MOST_BEHIND_SECONDS = 4.0
"""A server that is so far behind serves its callers worse than keys do."""


class SpeechCall(WSListener):
    """From the socket's opening to its end."""

    def __init__(
        self,
        hearing: Hearing,
        keeper: Keeper,
        come: Callable[[SpeechCall], None],
        gone: Callable[[SpeechCall], None],
    ) -> None:
        self._hearing, self._keeper, self._come, self._gone = hearing, keeper, come, gone
        self._loop = asyncio.get_running_loop()
        self._turns = Turns()
        self._ear: Ear | None = None
        self._ticking: asyncio.TimerHandle | None = None
        self._heard_at = self._may_fill = 0.0
        self._is_dropped = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._socket = transport
        self._line = socket.socket(fileno=os.dup(transport.underlying_transport.get_extra_info("socket").fileno()))
        self._number = self._keeper.hold(self._line)
        self._is_left = False  # to the keeper
        self._come(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._stop_listening()
        if not self._is_left:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()
        self._gone(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if transport.is_close_frame_sent or self._is_dropped:  # of what came at once, the rest comes all the same
            return
        now = time.monotonic()
        if not frame.fin or frame.msg_type is WSMsgType.CONTINUATION:
            self.leave("a message in parts")
        elif frame.msg_type is WSMsgType.BINARY:
            self._do(self._turns.receive_audio(frame.get_payload_as_bytes(), now), now)
        elif frame.msg_type is WSMsgType.TEXT:
            self._do(self._turns.receive_message(frame.get_payload_as_bytes(), now), now)
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def pause_writing(self) -> None:
        log.warning("socket closed: who sends to it does not read")
        self.drop()  # which does not wait until they do

    def leave(self, why: str) -> None:
        """End the call's speech: the engine then knows at once, and goes on with keys."""
        log.warning("call left: %s", why)
        self._is_left = self._keeper.leave(self._number)
        self.drop()

    def drop(self) -> None:
        """Close the socket without a word."""
        self._is_dropped = True
        self._socket.disconnect(graceful=False)

    @property
    def is_dead(self) -> bool:
        """Whether the kernel has closed the connection."""
        return self._line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE

    def _do(self, actions: Sequence[Action], now: float) -> None:
        for action in actions:
            match action:
                case Feed(_, pcm):
                    self._feed(pcm, now)
                case Send(text):
                    self._socket.send(WSMsgType.TEXT, text.encode())
                case Listen(turn):
                    self._listen(turn, now)
                case Leave(why):
                    self.leave(why)

    # --- one turn ---
    def _listen(self, turn: Turn, now: float) -> None:
        self._stop_listening()
        ear = self._ear = Ear(turn, lambda found: self._loop.call_soon_threadsafe(self._heard, ear, found))
        self._hearing.begin(ear, lambda: self._loop.call_soon_threadsafe(self._ready, ear))
        self._heard_at, self._may_fill = now, 0.0
        self._tick(ear)

    def _stop_listening(self) -> None:
        if self._ear and self._ticking:
            self._hearing.end(self._ear)
            self._ticking.cancel()

    def _feed(self, pcm: bytes, now: float) -> None:
        assert self._ear is not None
        self._heard_at, self._may_fill = now, self._ear.turn.pause + FILL_SECONDS
        self._hearing.add(self._ear, pcm)
        if self._ear.seconds_behind > MOST_BEHIND_SECONDS:
            self.leave("too far behind")

    def _ready(self, ear: Ear) -> None:
        self._do(self._turns.ready(ear.turn), time.monotonic())

    def _heard(self, ear: Ear, found: Found) -> None:
        if not isinstance(found, Exception):
            now = time.monotonic()
            self._do(self._turns.heard(ear.turn, found, now), now)
            return
        if ear is not self._ear or self._is_dropped:
            return
        turn = f"call {ear.turn.call}, turn {ear.turn.id}"  # to say nothing would pass for a silent caller
        if isinstance(found, ModelError):
            self.leave(f"{turn}: {found}")
        else:
            log.error("%s", turn, exc_info=found)
            self.leave("a fault, see the speech server's log")

    def _tick(self, ear: Ear) -> None:
        """Some telephones send nothing while their caller says nothing: the turn goes on without their audio."""
        now = time.monotonic()
        wait = self._heard_at + GAP_SECONDS - now
        if wait <= 0:
            wait = GAP_SECONDS
            self._do(self._turns.release(ear.turn, now), now)
            if self._may_fill > 0 and not ear.has_batch and self._turns.is_listened_to(ear.turn, now):
                self._may_fill -= GAP_SECONDS
                self._hearing.add(ear, bytes(round(GAP_SECONDS * BYTES_PER_SECOND)))
        if self._turns.is_open(ear.turn):
            self._ticking = self._loop.call_later(wait, self._tick, ear)
