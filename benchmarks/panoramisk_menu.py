"""The three-command menu as a FastAGI application on panoramisk, with no work of its own in it.

Run as: python -m benchmarks.panoramisk_menu PORT QUESTION THANKS (prompts without extension).
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from panoramisk.fast_agi import Application


async def main(port: int, question: str, thanks: str) -> None:
    async def menu(request: Any) -> None:
        await request.send_command("ANSWER")
        await request.send_command(f'STREAM FILE "{question}" "1"')
        await request.send_command('SET VARIABLE PILIHAN "satu"')
        await request.send_command(f'STREAM FILE "{thanks}" ""')

    application = Application(loop=asyncio.get_running_loop())
    application.add_route("menu", menu)
    async with await asyncio.start_server(application.handler, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
