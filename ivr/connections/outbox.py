"""Notifications on their way: kept on the disk in the background of calls, delivered as soon as they can be."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from zoneinfo import ZoneInfo

from ivr.connections.delivery import Undelivered, post, send_mail
from ivr.connections.web import WebServer
from ivr.notifications import Notification
from ivr.settings import Settings
from ivr.store import notifications as store
from ivr.store.database import StoreError
from ivr.store.notifications import Queued
from ivr.store.trouble import Trouble

DELIVERY_SECONDS = 20.0
"""How long a recipient has to take a notification."""
LOOK_SECONDS = 30.0
"""So often the store is looked into without a reason: the CLI may have changed something."""
AGAIN_SECONDS = 5.0
"""Between two attempts to keep a notification in a store that cannot be written."""
LOST, BACK = "notifications_lost", "notifications_back"
"""What SystemNoted says when the store of notifications cannot be written, and when it can be again."""
GIVEN_UP = "notification_given_up"


class StoredOutbox:
    """Implements `ivr.notifications.Outbox` over the operations store."""

    def __init__(self, settings: Settings, note: Callable[[str, str], None]) -> None:
        """`note`: takes a stable word and a detail for people."""
        self._settings, self._note = settings, note
        self._zone = ZoneInfo(settings.timezone)
        self._servers = {
            name: WebServer(known.url, certificates=known.certificates)
            for name, known in settings.recipients.items()
            if known.url
        }
        self._keeping = set[asyncio.Task[None]]()
        self._news = asyncio.Event()
        self._trouble = Trouble("notifications", note, lost=LOST, back=BACK)

    def may_know(self, recipient: str) -> AbstractSet[str]:
        known = self._settings.recipients.get(recipient)
        return frozenset(known.secret_variables) if known else frozenset()

    def put(self, notification: Notification) -> None:
        task = asyncio.create_task(self._keep(notification))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def run(self) -> None:
        """Deliver what is due; where nothing is, wait until something may be.

        A store that cannot be read is told by `switches`, one that cannot be written by `note`.
        """
        with contextlib.suppress(StoreError, OSError):
            await self._deliver_due()

    async def _deliver_due(self) -> None:
        self._news.clear()
        due, later = await store.due(self._settings, time.time())
        if due:
            groups = groupby(due, lambda queued: queued.recipient)
            await asyncio.gather(*(self._tell(recipient, list(of_one)) for recipient, of_one in groups))
            return
        seconds = min(LOOK_SECONDS, later - time.time()) if later else LOOK_SECONDS
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    async def forget(self) -> None:
        """Delete what is old; what cannot be deleted now can be later."""
        with contextlib.suppress(StoreError, OSError):
            await store.forget(self._settings, time.time())

    async def close(self) -> None:
        """Keep what was put in last."""
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=AGAIN_SECONDS)
        for server in self._servers.values():
            await server.close()

    async def _keep(self, notification: Notification) -> None:
        while True:
            try:
                await store.keep(self._settings, notification)
            except (StoreError, OSError) as e:
                self._trouble.tell(str(e))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._trouble.tell("")
                self._news.set()
                return

    async def _tell(self, recipient: str, due: Sequence[Queued]) -> None:
        """One after the other, up to the first that does not arrive: no other recipient waits for a dead one."""
        try:
            for queued in due:
                if not await self._try(recipient, queued):
                    return
        except (StoreError, OSError) as e:
            self._trouble.tell(str(e))

    async def _try(self, recipient: str, queued: Queued) -> bool:
        """Whether it has arrived. Raises StoreError, OSError where the store cannot be written."""
        last = await store.claim(self._settings, queued, time.time())
        self._trouble.tell("")
        try:
            await self._deliver(recipient, queued)
        except Undelivered as e:
            await store.failed(self._settings, queued.id, str(e))
            if last:
                self._note(GIVEN_UP, f"{queued.id} {recipient}: {e}")
            return False
        await store.delivered(self._settings, queued.id, time.time())
        return True

    async def _deliver(self, name: str, queued: Queued) -> None:
        recipient = self._settings.recipients.get(name)
        if recipient is None:
            raise Undelivered(f"there is no [recipients.{name}] in sambung.toml")
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                if recipient.mail_to:
                    await send_mail(self._settings, recipient, queued)
                else:
                    await post(self._servers[name], recipient.key, queued, self._zone)
        except TimeoutError:
            raise Undelivered(f"no answer for {DELIVERY_SECONDS:g} s") from None
