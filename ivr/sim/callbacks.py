"""Callbacks of a simulated call, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ivr.callbacks import Callback, CallbacksDown, Request


class SimCallbacks:
    """Implements `ivr.callbacks.CallbackDesk`.

    `others`: queue → how many wait to be called back before. `known`: number and queue of those that are this caller's.
    `works`: whether the store can be used.
    """

    def __init__(
        self, others: Mapping[str, int] | None = None, known: Collection[tuple[str, str]] = (), *, works: bool = True
    ) -> None:
        self._others, self._works = others or {}, works
        self._waiting = {key: Callback(i, 1) for i, key in enumerate(known, start=1)}
        self.opened: list[Request] = []
        """What the callbacks of this call were opened for."""

    async def count(self, queue: str) -> int:
        self._use()
        return self._others.get(queue, 0) + sum(key[1] == queue for key in self._waiting)

    async def find(self, number: str, queue: str) -> Callback | None:
        self._use()
        return self._waiting.get((number, queue))

    async def open(self, request: Request, *, most: int) -> Callback | None:
        if (before := await self.count(request.queue)) >= most:
            return None
        callback = Callback(len(self._waiting) + 1, before + 1)
        self.opened.append(request)
        return self._waiting.setdefault((request.number, request.queue), callback)

    async def cancel(self, callback: Callback, at: float) -> None:
        self._use()
        self._waiting = {key: known for key, known in self._waiting.items() if known.id != callback.id}

    def _use(self) -> None:
        if not self._works:
            raise CallbacksDown("the store of callbacks is out of order")
