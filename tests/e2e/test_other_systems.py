"""A call that asks other systems: one never answers, one takes its time, and is told of the call afterwards."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from tests.e2e.kit.hotline import SECRET, Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import calls
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e


class TaxOffice:
    """`/diam` never answers, `/tagihan` when the test lets it."""

    def __init__(self) -> None:
        self.may_answer, self.closing = asyncio.Event(), asyncio.Event()
        self.asked: list[web.Request] = []
        self.told: list[tuple[web.Request, bytes]] = []

    async def never(self, request: web.Request) -> web.Response:
        await self.closing.wait()
        return web.Response()

    async def bill(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        await self.may_answer.wait()
        return web.json_response({"tagihan": [{"jumlah": 85000}]})

    async def take(self, request: web.Request) -> web.Response:
        self.told.append((request, await request.read()))
        return web.Response()


@pytest.fixture
async def office(hotline: Hotline) -> AsyncIterator[TaxOffice]:
    office = TaxOffice()
    app = web.Application()
    app.router.add_get("/diam", office.never)
    app.router.add_get("/tagihan/{nomor}", office.bill)
    app.router.add_post("/kabar", office.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", hotline.other_system).start()
    yield office
    office.closing.set()
    await runner.cleanup()


async def test_callers_hear_that_it_takes_a_moment(
    hotline: Hotline, office: TaxOffice, start_citizen: Callable[..., Awaitable[Softphone]]
) -> None:
    citizen = await start_citizen()
    await calls(citizen, Line.OTHER_SYSTEMS)
    await hears(citizen, hotline.spoken("Mohon bersabar."))
    await hears(citizen, hotline.spoken("Sistem itu belum menjawab."))
    await hears(citizen, hotline.spoken("Tagihan Anda sedang kami cari."))
    office.may_answer.set()
    await hears(citizen, hotline.spoken("Tagihan Anda {jumlah:rupiah}.", jumlah=85000))
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    await citizen.ended()

    (asked,) = office.asked
    assert asked.raw_path == f"/tagihan/%2B62{citizen.user[1:]}"
    assert asked.headers["Authorization"] == "Bearer rahasia"
    call = (await hotline.record(citizen.user))["id"]
    silent, answered = hotline.facts(call, "lookup_ended")
    assert (silent["query"], silent["exit"], silent["problem"]) == ("diam", "failed", "no answer for 2 s")
    assert silent["seconds"] == pytest.approx(2, abs=1)
    assert (answered["query"], answered["exit"]) == ("tagihan", "next")

    await until("the notification", lambda: office.told, seconds=15)
    ((request, body),) = office.told
    told = json.loads(body)
    assert (told["call"], told["line"], told["details"]) == (call, Line.OTHER_SYSTEMS, {"jumlah": "85000"})
    assert told["text"] == f"+62{citizen.user[1:]} menanyakan tagihan."
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + body
    signature = hmac.digest(base64.b64decode(SECRET), signed, hashlib.sha256)
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(signature).decode()}"

    async def none_waits() -> bool:
        return "No notification waits" in await hotline.sambung("notifications")

    await until("the end of the notification", none_waits, seconds=15)
