"""A second pair of hands for a speech server: calls outlive whoever listens to them.

A socket that ends while Asterisk writes audio to it may leave the caller in silence for ever: res_aeap takes two locks
in one order where a read fails, and in the other where a write does (docs/decisions/0017). But servers crash, and are
killed. So a process beside each of them, which does nothing else, holds the sockets of its calls, too. When the server
is dead, or leaves a call, the keeper ends the RECOGNIZE that runs by a result, and then the socket, once nothing
comes any more.
"""

from __future__ import annotations

import itertools
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field

from ivr.speech.aeap import Result, deliver

QUIET_SECONDS = 0.1
"""After so long without audio, which comes each 20 ms, nobody writes to the socket."""
AGAIN_SECONDS = 0.25
"""A result that came just before a RECOGNIZE began is lost."""
LONGEST_SECONDS = 2.0
PACE_SECONDS = 0.02

LOST = deliver("sambung-lost", [Result("", 0, "lost")]).encode()
GOODBYE = b"\x88\x82"
"""How a close frame begins that Asterisk sends: masked, and with a status of two bytes."""


class Keeper:
    """The server's side. Never waits; without a keeper a call is served all the same."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen([sys.executable, "-m", "ivr.speech.keeper"], stdin=theirs.fileno())
        self.pid = self._process.pid
        self._line.setblocking(False)

    def hold(self, line: socket.socket) -> int:
        """Hold a call's socket, which has to be shut down at the call's end: to close it is not enough.

        Gives the number of the call.
        """
        number = next(self._numbers)
        with suppress(OSError):
            socket.send_fds(self._line, [str(number).encode()], [line.fileno()])
        return number

    def leave(self, number: int) -> bool:
        """End a call; whether the keeper does. The server then closes its own socket, and shuts nothing down."""
        with suppress(OSError):
            return self._line.send(str(number).encode()) > 0
        return False

    def close(self) -> None:
        """Wait until all calls are ended that the server left."""
        self._line.close()
        self._process.wait()


# --- the keeper's process ----------------------------------------------------------------------------
def keep(server: socket.socket) -> None:
    """Hold what the server hands over, until it is gone and its calls are ended."""
    held: dict[int, socket.socket] = {}
    farewells: list[_Farewell] = []
    poll = select.poll()
    poll.register(server, select.POLLIN)
    while True:
        ready = {fd for fd, _ in poll.poll(PACE_SECONDS * 1000 if farewells else None)}
        for number, line in tuple(held.items()):
            if line.fileno() in ready:  # shut down: such a call is over
                poll.unregister(line)
                held.pop(number).close()
        if server.fileno() in ready:
            message, fds, _, _ = socket.recv_fds(server, 32, 1)
            if fds:
                held[int(message)] = line = socket.socket(fileno=fds[0])
                poll.register(line, 0)
                continue
            for number in [int(message)] if message else list(held):
                if number in held:
                    poll.unregister(held[number])
                    farewells.append(_Farewell(held.pop(number)))
            if not message:  # the server is gone
                poll.unregister(server)
                server.close()
        farewells = [farewell for farewell in farewells if farewell.goes_on(time.monotonic())]
        if server.fileno() < 0 and not farewells:
            return


@dataclass(slots=True)
class _Farewell:
    """The end of one call."""

    line: socket.socket
    began: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    told_at: float = 0.0

    def goes_on(self, now: float) -> bool:
        """Take the next step; whether there is another one. `now`: of the monotonic clock."""
        try:
            if self._is_heard():
                self.heard_at = now
            is_over = now - self.heard_at > QUIET_SECONDS or now - self.began > LONGEST_SECONDS
            if not is_over and now - self.told_at > AGAIN_SECONDS:
                self.line.send(bytes([0x81, len(LOST)]) + LOST, socket.MSG_DONTWAIT)  # one text frame
                self.told_at = now
        except OSError:
            is_over = True
        if is_over:
            with suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)
            self.line.close()
        return not is_over

    def _is_heard(self) -> bool:
        """Whether anything came. Raises OSError at its end."""
        came = False
        with suppress(BlockingIOError):
            while (data := self.line.recv(65_536, socket.MSG_DONTWAIT)) and data[-8:-6] != GOODBYE:
                came = True
            raise ConnectionResetError
        return came


if __name__ == "__main__":
    keep(socket.socket(fileno=sys.stdin.fileno()))
