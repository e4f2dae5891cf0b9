"""`AGI(script)` for sites that cannot use FastAGI: this process hands the call on to the engine.

The setting `agi.script` has the dialplan call it (`sambung-agi`) instead of the engine's socket.

pyst2 reads the environment that Asterisk writes to the script; from then on bytes are passed both ways,
so the engine's codec and flows serve the call as any other. The engine's secret comes from the settings: on
the command line everybody on the machine could read it. It costs a process per call (see
docs/benchmarks.md); FastAGI costs none. Exit status 1 without an engine: the dialplan goes on.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys

from asterisk.agi import AGI

from ivr.settings import load_settings

CONNECT_SECONDS = 2.0


def main() -> int:
    """Read the call from stdin, connect to the engine, pass bytes until either side ends."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - pyst2 prints the environment to stderr
        call = AGI(stderr=nowhere)  # reads the environment and stops at the empty line
    settings = load_settings()
    try:
        engine = socket.create_connection(("127.0.0.1", settings.network.agi_port), timeout=CONNECT_SECONDS)
    except OSError as e:
        print(f"sambung-agi: the engine does not answer: {e}", file=sys.stderr)  # noqa: T201 - Asterisk's console
        return 1
    engine.settimeout(None)
    # Asterisk tells a script of a hang-up by a signal, a socket by a line; the engine knows the line.
    hung_up, wake = os.pipe()
    signal.signal(signal.SIGHUP, lambda *_: os.write(wake, b"x"))
    environment = {**call.env, "agi_arg_1": settings.secrets["agi"]}
    engine.sendall("".join(f"{name}: {value}\n" for name, value in environment.items()).encode() + b"\n")
    _pass_bytes(engine, hung_up)
    return 0


def _pass_bytes(engine: socket.socket, hung_up: int) -> None:
    stdin, stdout = sys.stdin.fileno(), sys.stdout.fileno()
    with selectors.DefaultSelector() as selector:
        for source in (stdin, engine, hung_up):
            selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == hung_up:
                    os.read(hung_up, 1)
                    engine.sendall(b"HANGUP\n")
                elif key.fd == stdin:
                    if not (data := os.read(stdin, 65_536)):
                        return
                    engine.sendall(data)
                else:
                    if not (data := engine.recv(65_536)):
                        return
                    os.write(stdout, data)


if __name__ == "__main__":
    sys.exit(main())
