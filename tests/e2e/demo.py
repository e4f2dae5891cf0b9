"""`make demo`: calls from dial tone to agent to record, and whether the record tells the truth.

A citizen calls the hotline and says what they need, over the question; they are understood, wait, and an agent's
softphone answers. Then a second citizen in noise says what is no answer, is led to the keys, presses a wrong one, and
reaches a person all the same. Both talk with the agent (a tone each). All over real SIP and RTP; the citizens' words
have the machine's voice. Then Sambung's record is put beside witnesses that Sambung does not write (the verdict).
Where there is no speech, one citizen chooses by key. Exit code 1 when any witness disagrees. What was started for the
demo is stopped after it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from rich.console import Console
from rich.table import Table

from ivr.asterisk.debian import DebianError
from ivr.channel import ALL_KEYS
from ivr.cli.tables import print_table, zone_name
from ivr.flow.model import Flow, Site
from ivr.flow.policy import OPTION
from ivr.flow.steps.menu import Menu
from ivr.flow.steps.queue import Queue
from ivr.flow.steps.survey import Survey
from ivr.i18n import tr
from ivr.publish import LoadedVersion, load_version
from ivr.settings import Settings, load_settings
from ivr.speech.availability import keys_only
from ivr.supervisor import is_running, orphans
from tests.e2e.kit import audio, voice, witnesses
from tests.e2e.kit.machine import LOOPBACK, KitError, fetch_programs, until
from tests.e2e.kit.prompts import spoken, was_heard, words
from tests.e2e.kit.softphone import Softphone
from tests.e2e.kit.telephone_system import read_password, sambung
from tests.e2e.kit.verdict import AGENT_TONE, CITIZEN_TONE, TALK_SECONDS, Evidence, Finding, compare

AGENT = "990"
"""An agent's account made for the demo and removed after it, so that nobody's password is changed."""
CITIZENS = ("081234567890", "081298765432")
NO_ANSWERS = ("selamat ulang tahun kawan lama", "besok pagi kami pergi ke pantai")
"""Words that no menu asks for."""
NOISE_DB = 12.0
"""How far the words are above the noise around the second citizen."""

console = Console(highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach an agent: dial `number`, and at the menu press `key` or say `phrase` ("" where it does not listen).

    `queue` waits behind that key, `last_queue` behind the menu's exit `failed` ("" where that leads elsewhere);
    `survey` follows the talk.
    """

    number: str
    greeting: str
    menu: Menu
    key: str
    queue: str
    phrase: str = ""
    last_queue: str = ""
    survey: Survey | None = None


def find_way(site: Site, now: dt.datetime) -> Way:
    """A number that is open now, and a key of its first menu that leads straight to a queue."""
    for number, line in site.lines.items():
        flow = site.flows[line.flow_at(now)]
        for menu in (step for step in flow.steps.values() if isinstance(step, Menu)):
            for key, target in menu.keys.items():
                if queue := _queue(flow, target):
                    greeting = getattr(flow.steps[flow.start], "say", menu.say)
                    phrase = max(menu.phrases.get(key, [""]), key=len)
                    last_queue, survey = _queue(flow, menu.failed), _survey(flow, target)
                    return Way(number, greeting, menu, key, queue, phrase, last_queue, survey)
    raise KitError(
        tr(
            f"Tidak ada nomor yang buka pada {now:%A %H:%M} dan yang menunya menuju petugas; lihat hotline.yaml.",
            f"No number is open on {now:%A %H:%M} with a menu that leads to an agent; see hotline.yaml.",
        )
    )


def _queue(flow: Flow, target: str) -> str:
    step = flow.steps.get(target)
    return step.queue if isinstance(step, Queue) else ""


def _survey(flow: Flow, target: str) -> Survey | None:
    queue = flow.steps.get(target)
    after = flow.steps.get(queue.answered) if isinstance(queue, Queue) else None
    return after if isinstance(after, Survey) else None


@dataclass
class Scene:
    """One citizen on the telephone, with what they did; `home` is for the sound of their words."""

    way: Way
    version: LoadedVersion
    citizen: Softphone
    home: Path
    keys: str = ""
    said: list[tuple[str, bool]] = field(default_factory=list)
    longest_said: float = 0.0
    acted: int = 0
    """How much of what was heard lies before the citizen's last word or key, in samples."""
    began: float = field(default_factory=time.monotonic)

    def tell(self, indonesian: str, english: str) -> None:
        """Print what happens, with the seconds since the scene began."""
        console.print(f"[dim]{time.monotonic() - self.began:6.1f} s[/dim]  {tr(indonesian, english)}")

    async def hears(self, text: str, *, first: float) -> None:
        prompt = spoken(self.version, text)
        await until(text, lambda: was_heard(prompt, self.citizen.heard[self.acted :], first=first), seconds=30)
        told = words(self.version, text)
        self.tell(f"Warga mendengar: “{told}”", f"The citizen hears: “{told}”")

    async def says(self, text: str, *, answer: bool = True, noise: bool = False) -> None:
        self.tell(f"Warga berkata: “{text}”", f"The citizen says: “{text}”")
        self.said.append((text, answer))
        self.acted = len(self.citizen.heard)
        sound = voice.words(text)
        self.longest_said = max(self.longest_said, len(sound) / audio.RATE)
        if noise:
            loud = np.sqrt(np.mean(sound**2)) / 10 ** (NOISE_DB / 20)
            sound = sound + np.random.default_rng(1).normal(0, loud, len(sound))
        await self.citizen.say(audio.write_wav(self.home / f"said-{len(self.said)}.wav", sound))

    async def presses(self, key: str) -> None:
        self.tell(f"Warga menekan tombol {key}.", f"The citizen presses key {key}.")
        self.keys += key
        self.acted = len(self.citizen.heard)
        await self.citizen.send_keys(key)


async def chooses_by_key(scene: Scene) -> None:
    await scene.hears(scene.way.menu.say, first=2.0)
    await scene.presses(scene.way.key)


async def chooses_by_voice(scene: Scene) -> None:
    """Says it over the question, and yes where the menu is only half sure."""
    await scene.hears(scene.way.menu.say, first=2.0)
    await scene.says(scene.way.phrase)


async def is_not_understood(scene: Scene) -> None:
    """Says what is no answer until the menu asks for keys alone, and then presses a wrong one."""
    menu = scene.way.menu
    for attempt, sentence in enumerate(NO_ANSWERS):
        await scene.hears(menu.say, first=2.0)
        await scene.says(sentence, answer=False, noise=attempt == 0)
        await scene.hears(menu.not_understood, first=1.0)
    await scene.hears(menu.keys_only, first=1.0)
    wrong = next(key for key in reversed(ALL_KEYS) if key not in menu.keys and key != "#")
    await scene.presses(wrong)


async def rates(scene: Scene, survey: Survey) -> None:
    """Answer each question with the highest score."""
    for question in survey.questions.values():
        await scene.hears(question, first=2.0)
        await scene.presses(str(survey.scale))


async def says_yes(scene: Scene) -> None:
    """Wait for the question whether the phrase was meant, and say yes."""
    menu = scene.way.menu
    question = spoken(scene.version, menu.half_sure.replace(OPTION, menu.phrases[scene.way.key][0]))
    await until("half sure", lambda: was_heard(question, scene.citizen.heard), seconds=60)
    scene.tell("Warga berkata: “ya”", "The citizen says: “yes”")
    await scene.citizen.say(voice.say(scene.home / "yes.wav", "ya"))


async def place_call(scene: Scene, agent: Softphone, act: Callable[[Scene], Awaitable[None]]) -> Evidence:
    """The call itself, told as it goes. Raises TimeoutError when something does not happen."""
    way, citizen = scene.way, scene.citizen
    scene.tell(f"Warga menelepon {way.number}.", f"The citizen dials {way.number}.")
    await citizen.dial(way.number)
    await citizen.wait_for("CALL_ESTABLISHED")
    answered_at = time.time()
    scene.tell("Sambung mengangkat.", "Sambung answers.")
    await scene.hears(way.greeting, first=1.0)
    await act(scene)
    doubts = asyncio.create_task(says_yes(scene)) if way.phrase else None
    scene.tell("Warga menunggu petugas …", "The citizen waits for an agent …")
    await agent.wait_for("CALL_INCOMING", seconds=60)
    if doubts:
        doubts.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await doubts
    scene.tell("Telepon petugas berdering.", "The agent's telephone rings.")
    await asyncio.sleep(1.5)  # the time a hand takes
    await agent.answer()
    await agent.wait_for("CALL_ESTABLISHED")
    picked_up_at = time.time()
    scene.tell("Petugas menjawab; keduanya bicara.", "The agent answers; both talk.")
    await agent.say(AGENT_TONE)
    await citizen.say(CITIZEN_TONE)
    await until(
        tr("keduanya saling mendengar", "both hear each other"),
        lambda: (
            audio.tone_seconds(citizen.heard, AGENT_TONE) >= TALK_SECONDS
            and audio.tone_seconds(agent.heard, CITIZEN_TONE) >= TALK_SECONDS
        ),
        seconds=20,
    )
    agent_end = await agent.hang_up()
    scene.tell("Petugas menutup telepon.", "The agent hangs up.")
    if way.survey:
        await rates(scene, way.survey)
    citizen_end = await citizen.ended(seconds=40)
    scene.tell("Sambungan warga berakhir.", "The citizen's call is over.")
    return Evidence(
        citizen=citizen.user,
        agent=AGENT,
        answered_at=answered_at,
        picked_up_at=picked_up_at,
        citizen_heard=citizen.heard,
        agent_heard=agent.heard,
        citizen_end=citizen_end,
        agent_end=agent_end,
        keys=scene.keys,
        said=tuple(scene.said),
        longest_said=scene.longest_said,
    )


async def demo(settings: Settings, *, only_first: bool = False) -> bool:
    """Run the demo, or its first call, on a running system; whether all witnesses agree with the record."""
    version = load_version(settings)
    way = find_way(version.site, dt.datetime.now(ZoneInfo(settings.timezone)))
    if why := keys_only(settings) or ("" if way.phrase else tr("menunya hanya tombol", "the menu has keys only")):
        console.print(why)
        return await call_and_compare(settings, version, way, [chooses_by_key])
    acts = [chooses_by_voice, is_not_understood] if way.last_queue else [chooses_by_voice]
    return await call_and_compare(settings, version, way, acts[:1] if only_first else acts)


async def call_and_compare(
    settings: Settings, version: LoadedVersion, way: Way, acts: list[Callable[[Scene], Awaitable[None]]]
) -> bool:
    """A call for each of `acts`, each by a citizen of its own; whether all witnesses agree with the record."""

    async def command(*arguments: str) -> str:
        return await sambung(*arguments, state=settings.state)

    address = LOOPBACK if settings.network.sip_address == "0.0.0.0" else settings.network.sip_address
    server = f"{address}:{settings.network.sip_port}"
    if AGENT in await command("agents"):  # an earlier demo was cut off
        await command("agents", "remove", AGENT)
    queues = [word for queue in sorted({way.queue, way.last_queue} - {""}) for word in ("--queue", queue)]
    password = read_password(await command("agents", "add", AGENT, "Agen Peragaan", *queues))
    agree = True
    with tempfile.TemporaryDirectory(prefix="sambung-demo-") as folder:
        agent = Softphone(Path(folder) / "agent", server, user=AGENT, password=password)
        try:
            await agent.start()
            await agent.dial("*11")
            await agent.ended()
            console.print(tr(f"Petugas {AGENT} masuk dengan *11.", f"Agent {AGENT} logs in with *11."))
            for number, act in zip(CITIZENS, acts, strict=False):
                home = Path(folder) / number
                async with Softphone(home, server, user=number) as citizen:
                    scene = Scene(way, version, citizen, home)
                    evidence = await place_call(scene, agent, act)
                agree &= await judge(settings, version, evidence)
        finally:
            await agent.stop()
            await command("agents", "remove", AGENT)
    return agree


async def judge(settings: Settings, version: LoadedVersion, evidence: Evidence) -> bool:
    """Print the record of a call and the verdict on it; whether all witnesses agree."""
    sql = "SELECT id FROM calls WHERE started_at >= ? AND ended_at IS NOT NULL ORDER BY started_at DESC"
    rows = await until(
        tr("catatan panggilan", "the call's record"),
        lambda: witnesses.query(settings.history_db, sql, evidence.answered_at - 10),
        seconds=10,
    )
    console.rule(tr("Catatan di SQLite", "The record in SQLite"))
    story = await sambung("call", rows[0]["id"], state=settings.state, language=tr("id", "en"))
    console.print(story, markup=False, soft_wrap=not console.record)  # a picture has a width
    zone = zone_name(ZoneInfo(settings.timezone))
    return show(compare(settings, version, rows[0]["id"], evidence), zone=zone)


def show(findings: Iterator[Finding], *, zone: str) -> bool:
    """Print the verdict; whether all agree."""
    table = Table(
        "", tr("Perkara", "Subject"), tr("Catatan Sambung", "Sambung's record"), tr("Saksi", "Witness"),
        title=tr(f"Catatan dan saksi (waktu {zone})", f"The record and its witnesses (times in {zone})"),
    )  # fmt: skip
    agree = True
    for finding in findings:
        agree &= finding.agree
        mark = "[green]✓[/green]" if finding.agree else "[red]✗[/red]"
        table.add_row(mark, finding.subject, finding.record, finding.witness)
    (console.print if console.record else print_table)(table)
    if agree:
        console.print(tr("Semua saksi membenarkan catatan.", "All witnesses bear out the record."))
    else:
        console.print(tr("Ada saksi yang membantah catatan.", "A witness contradicts the record."), style="red")
    return agree


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Sambung runs; where nothing of it ran before, it is stopped again in the end."""
    if is_running(settings):
        yield
        return
    ran_on = orphans(settings)  # they may hold calls
    try:
        console.print(await sambung("up", state=settings.state, seconds=400, language=tr("id", "en")), markup=False)
        yield
    finally:
        if not ran_on and (is_running(settings) or orphans(settings)):
            await sambung("down", state=settings.state)
            console.print(
                tr(
                    "Sambung tidak berjalan sebelum peragaan ini, jadi dihentikan lagi; jalankan dengan `make up`.",
                    "Sambung did not run before this demo, so it is stopped again; start it with `make up`.",
                )
            )


def save_picture(file: Path) -> None:
    """What was printed, as an SVG that loads nothing from elsewhere (rich's own names a font server)."""
    svg = console.export_svg(title="make demo")
    file.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))


async def main(picture: Path | None) -> int:
    console.record = picture is not None
    settings = load_settings()
    try:
        fetch_programs(console.print)
        async with running(settings):
            agree = await demo(settings, only_first=picture is not None)
            if picture:
                save_picture(picture)
    except (DebianError, KitError, TimeoutError) as e:
        console.print(tr(f"Peragaan gagal: {e}", f"The demo failed: {e}"), style="red", markup=False)
        return 1
    return 0 if agree else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--picture", type=Path, metavar="FILE.svg", help="show only the first call, and keep it as a picture"
    )
    sys.exit(asyncio.run(main(parser.parse_args().picture)))
