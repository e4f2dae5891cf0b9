"""`make demo`: one call from dial tone to agent to record, and whether the record tells the truth.

A citizen's softphone dials the hotline, chooses, waits; an agent's softphone answers; both talk (a tone
each); the agent hangs up. All over real SIP and RTP. Then Sambung's record is put beside witnesses that
Sambung does not write: what both sides heard, how their telephones ended, app_queue's log, Asterisk's
channel event log. Exit code 1 when any of them disagrees.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from ivr.asterisk.debian import DebianError
from ivr.channel import EndReason
from ivr.cli.tables import print_table, zone_name
from ivr.flow.model import Site
from ivr.flow.steps.menu import Menu
from ivr.flow.steps.queue import Queue
from ivr.i18n import tr
from ivr.publish import LoadedVersion, load_version
from ivr.settings import Settings, load_settings
from ivr.supervisor import is_running
from ivr.voice.notice import notice_audio
from tests.e2e.kit import audio, witnesses
from tests.e2e.kit.audio import Samples
from tests.e2e.kit.machine import LOOPBACK, KitError, fetch_programs, until
from tests.e2e.kit.prompts import hears, spoken
from tests.e2e.kit.softphone import Ended, Softphone
from tests.e2e.kit.telephone_system import cel_path, queue_log_path, read_password, sambung

AGENT = "990"
"""An agent's account made for the demo and removed after it, so that nobody's password is changed."""
CITIZEN = "081234567890"
CITIZEN_TONE, AGENT_TONE = 440.0, 950.0
TALK_SECONDS = 3.0
SLACK_SECONDS = 1.0
"""How far two witnesses' times may be apart: queue_log counts whole seconds."""
LONGEST_SILENCE = 2.5
"""A caller who hears nothing for longer believes that the line is dead."""

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach an agent by key: dial `number`, press `key` at the menu whose question is `question`."""

    number: str
    greeting: str
    question: str
    key: str
    queue: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the two telephones know of the call. Times are Unix seconds."""

    answered_at: float
    picked_up_at: float
    citizen_heard: Samples
    agent_heard: Samples
    citizen_end: Ended
    agent_end: Ended


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the verdict: what the record says, what a witness says, and whether they agree."""

    subject: str
    record: str
    witness: str
    agree: bool


def find_way(site: Site, now: dt.datetime) -> Way:
    """A number that is open now, and a key of its first menu that leads straight to a queue."""
    for number, line in site.lines.items():
        flow = site.flows[line.flow_at(now)]
        for menu in (step for step in flow.steps.values() if isinstance(step, Menu)):
            for key, target in menu.keys.items():
                step = flow.steps.get(target)
                if isinstance(step, Queue):
                    greeting = getattr(flow.steps[flow.start], "say", menu.say)
                    return Way(number, greeting, menu.say, key, step.queue)
    raise KitError(
        tr(
            f"Tidak ada nomor yang buka pada {now:%A %H:%M} dan yang menunya menuju petugas; lihat hotline.yaml.",
            f"No number is open on {now:%A %H:%M} with a menu that leads to an agent; see hotline.yaml.",
        )
    )


class Story:
    """Prints what happens, with the seconds since the citizen began to dial."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def tell(self, indonesian: str, english: str) -> None:
        console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/dim]  {tr(indonesian, english)}")


async def place_call(way: Way, version: LoadedVersion, citizen: Softphone, agent: Softphone) -> Evidence:
    """The call itself, told as it goes. Raises TimeoutError when something does not happen."""
    story = Story()
    story.tell(f"Warga menelepon {way.number}.", f"The citizen dials {way.number}.")
    await citizen.dial(way.number)
    await citizen.wait_for("CALL_ESTABLISHED")
    answered_at = time.time()
    story.tell("Sambung mengangkat.", "Sambung answers.")

    await hears(citizen, spoken(version, way.greeting), first=1.0)
    story.tell(f"Warga mendengar: “{way.greeting}”", f"The citizen hears: “{way.greeting}”")
    await hears(citizen, spoken(version, way.question), first=2.0)
    story.tell(f"Warga memilih: tombol {way.key}.", f"The citizen chooses: key {way.key}.")
    await citizen.send_keys(way.key)

    story.tell("Warga menunggu petugas …", "The citizen waits for an agent …")
    await agent.wait_for("CALL_INCOMING", seconds=40)
    story.tell("Telepon petugas berdering.", "The agent's telephone rings.")
    await asyncio.sleep(1.5)  # the time a hand takes
    await agent.answer()
    await agent.wait_for("CALL_ESTABLISHED")
    picked_up_at = time.time()
    story.tell("Petugas menjawab; keduanya bicara.", "The agent answers; both talk.")
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
    story.tell("Petugas menutup telepon.", "The agent hangs up.")
    citizen_end = await citizen.ended(seconds=40)
    story.tell("Sambungan warga berakhir.", "The citizen's call is over.")
    return Evidence(answered_at, picked_up_at, citizen.heard, agent.heard, citizen_end, agent_end)


def compare(settings: Settings, version: LoadedVersion, way: Way, call: str, evidence: Evidence) -> Iterator[Finding]:
    """Sambung's record of `call` against each witness."""
    record = witnesses.query(settings.history_db, "SELECT * FROM calls WHERE id = ?", call)[0]
    legs = witnesses.query(settings.history_db, "SELECT * FROM talk_legs WHERE call = ?", call)
    events = witnesses.events(settings.history_db, call)
    log = {entry.event: entry for entry in witnesses.queue_log(queue_log_path(settings), call)}
    channels = witnesses.cel(cel_path(settings), call)
    if len(legs) != 1:
        yield Finding(tr("percakapan", "talks"), str(len(legs)), "1", agree=False)
        return
    leg = legs[0]

    yield Finding(
        tr("nomor penelepon", "caller's number"),
        record["caller"] or "–",
        f"{channels[0].caller} (CEL)",
        record["caller"] == "+62" + CITIZEN[1:] and channels[0].caller == CITIZEN,
    )
    yield from _prompts(settings, version, events, evidence)
    keys = "".join(event["key"] for event in events if event["kind"] == "key_pressed")
    yield Finding(tr("tombol", "keys"), keys, f"{way.key} (RFC 4733)", keys == way.key)

    connect = log.get("CONNECT")
    yield Finding(
        tr("petugas yang menjawab", "agent who answered"),
        leg["agent"],
        f"{connect.agent if connect else '–'} (queue_log)",
        connect is not None and leg["agent"] == AGENT == connect.agent.removeprefix("PJSIP/"),
    )
    zone = ZoneInfo(settings.timezone)
    yield _times(tr("dijawab pada", "answered at"), leg["answered_at"], evidence.picked_up_at, "softphone", zone)
    talk = leg["ended_at"] - leg["answered_at"]
    for name, tone, heard in (
        (tr("warga mendengar petugas", "citizen heard the agent"), AGENT_TONE, evidence.citizen_heard),
        (tr("petugas mendengar warga", "agent heard the citizen"), CITIZEN_TONE, evidence.agent_heard),
    ):
        seconds = audio.tone_seconds(heard, tone)
        yield Finding(
            name, f"{talk:.1f} s", f"{seconds:.1f} s ({tone:.0f} Hz)", TALK_SECONDS <= seconds <= talk + SLACK_SECONDS
        )
    completed = log.get("COMPLETEAGENT") or log.get("COMPLETECALLER")
    yield Finding(
        tr("lama bicara", "length of the talk"),
        f"{talk:.1f} s",
        f"{completed.data[1] if completed else '–'} s (queue_log)",
        completed is not None and abs(talk - int(completed.data[1])) <= SLACK_SECONDS,
    )
    bridged = [row.at for row in channels if row.event in ("BRIDGE_ENTER", "BRIDGE_EXIT") and row.uniqueid == call]
    yield _seconds(
        tr("lama bicara", "length of the talk"), talk, max(bridged, default=0) - min(bridged, default=0), "CEL"
    )
    yield Finding(
        tr("bicara diakhiri oleh", "talk ended by"),
        leg["ended_by"],
        f"{'agent' if evidence.agent_end.by == 'us' else 'caller'} (SIP BYE), {completed.event if completed else '–'}",
        leg["ended_by"] == "agent" and evidence.agent_end.by == "us" and "COMPLETEAGENT" in log,
    )
    gone = [row.at for row in channels if row.event == "HANGUP" and row.uniqueid == call]
    yield _times(tr("berakhir pada", "ended at"), record["ended_at"], gone[-1] if gone else 0.0, "CEL", zone)
    yield Finding(
        tr("akhir panggilan", "end of the call"),
        record["end_reason"],
        f"BYE {tr('dari Sambung', 'from Sambung') if evidence.citizen_end.by == 'them' else tr('dari warga', 'sent')}",
        record["end_reason"] in (EndReason.COMPLETED, EndReason.AGENT_HUNG_UP) and evidence.citizen_end.by == "them",
    )
    statuses = (evidence.citizen_end.status, evidence.agent_end.status)
    yield Finding(tr("status SIP kedua pihak", "SIP status at both ends"), "–", str(statuses), statuses == (200, 200))
    yield from _recording(settings, leg, talk)
    silence = audio.longest_silence(evidence.citizen_heard)
    yield Finding(
        tr("sunyi terlama bagi warga", "longest silence for the citizen"),
        f"≤ {LONGEST_SILENCE:g} s",
        f"{silence:.1f} s",
        silence <= LONGEST_SILENCE,
    )


def _prompts(
    settings: Settings, version: LoadedVersion, events: list[dict[str, Any]], evidence: Evidence
) -> Iterator[Finding]:
    """Each prompt of the record whose audio is known: was it heard then, and for so long?"""
    for event in events:
        if event["kind"] != "prompt_played" or event["seconds"] < 1:
            continue
        try:
            if event["text"] == settings.recording.notice:
                prompt = audio.read_wav(notice_audio(settings))
            else:
                prompt = spoken(version, event["text"])
        except KitError:  # a sentence put together from values has no audio of its own
            continue
        begin = event["at"] - event["seconds"] - evidence.answered_at
        match = audio.find(prompt, evidence.citizen_heard, after=max(0.0, begin - SLACK_SECONDS))
        yield Finding(
            f"“{event['text'][:34]}…”",
            tr(f"{event['seconds']:.1f} s pada {begin:.1f} s", f"{event['seconds']:.1f} s at {begin:.1f} s"),
            tr(f"{match.seconds:.1f} s pada {match.at:.1f} s", f"{match.seconds:.1f} s at {match.at:.1f} s")
            if match
            else tr("tidak terdengar", "not heard"),
            match is not None
            and abs(match.at - begin) <= SLACK_SECONDS
            and abs(match.seconds - event["seconds"]) <= SLACK_SECONDS,
        )


def _recording(settings: Settings, leg: dict[str, Any], talk: float) -> Iterator[Finding]:
    """The conversation's recording, if there is one: does it hold both voices?"""
    if not leg["recording"]:
        return
    path = settings.recordings / leg["recording"]
    heard = (
        [audio.tone_seconds(audio.read_wav(path), tone) for tone in (CITIZEN_TONE, AGENT_TONE)] if path.exists() else []
    )
    yield Finding(
        tr("rekaman berisi kedua suara", "recording holds both voices"),
        f"{talk:.1f} s",
        " + ".join(f"{seconds:.1f} s" for seconds in heard) or tr("tidak ada", "missing"),
        bool(heard) and min(heard) >= TALK_SECONDS - SLACK_SECONDS,
    )


def _times(subject: str, record: float, witness: float, name: str, zone: dt.tzinfo) -> Finding:
    def clock(at: float) -> str:
        return dt.datetime.fromtimestamp(at, zone).strftime("%H:%M:%S.%f")[:-5]

    return Finding(subject, clock(record), f"{clock(witness)} ({name})", abs(record - witness) <= SLACK_SECONDS)


def _seconds(subject: str, record: float, witness: float, name: str) -> Finding:
    return Finding(subject, f"{record:.1f} s", f"{witness:.1f} s ({name})", abs(record - witness) <= SLACK_SECONDS)


async def demo(settings: Settings) -> bool:
    """Run the demo on a running system; whether all witnesses agree with the record."""

    async def command(*arguments: str) -> str:
        return await sambung(*arguments, state=settings.state)

    version = load_version(settings)
    way = find_way(version.site, dt.datetime.now(ZoneInfo(settings.timezone)))
    address = LOOPBACK if settings.network.sip_address == "0.0.0.0" else settings.network.sip_address
    server = f"{address}:{settings.network.sip_port}"
    if AGENT in await command("agents"):  # an earlier demo was cut off
        await command("agents", "remove", AGENT)
    password = read_password(await command("agents", "add", AGENT, "Agen Peragaan", "--queue", way.queue))
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="sambung-demo-") as folder:
        agent = Softphone(Path(folder) / "agent", server, user=AGENT, password=password)
        citizen = Softphone(Path(folder) / "citizen", server, user=CITIZEN)
        try:
            await agent.start()
            await citizen.start()
            await agent.dial("*11")
            await agent.ended()
            console.print(tr(f"Petugas {AGENT} masuk dengan *11.", f"Agent {AGENT} logs in with *11."))
            evidence = await place_call(way, version, citizen, agent)
        finally:
            await citizen.stop()
            await agent.stop()
            await command("agents", "remove", AGENT)
    sql = "SELECT id FROM calls WHERE started_at >= ? AND ended_at IS NOT NULL ORDER BY started_at DESC"
    rows = await until(
        tr("catatan panggilan", "the call's record"),
        lambda: witnesses.query(settings.history_db, sql, began),
        seconds=10,
    )
    console.rule(tr("Catatan di SQLite", "The record in SQLite"))
    story = await sambung("call", rows[0]["id"], state=settings.state, language=tr("id", "en"))
    console.print(story, markup=False, soft_wrap=not console.record)  # a picture has a width
    return show(compare(settings, version, way, rows[0]["id"], evidence), zone=zone_name(ZoneInfo(settings.timezone)))


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


def save_picture(file: Path) -> None:
    """What was printed, as an SVG that loads nothing from elsewhere (rich's own names a font server)."""
    svg = console.export_svg(title="make demo")
    file.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))


async def main(picture: Path | None) -> int:
    console.record = picture is not None
    settings = load_settings()
    try:
        fetch_programs(console.print)
        if not is_running(settings):
            console.print(await sambung("up", state=settings.state, seconds=400, language=tr("id", "en")), markup=False)
        agree = await demo(settings)
    except (DebianError, KitError, TimeoutError) as e:
        console.print(tr(f"Peragaan gagal: {e}", f"The demo failed: {e}"), style="red", markup=False)
        return 1
    if picture:
        save_picture(picture)
    return 0 if agree else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="also keep what is printed as a picture")
    sys.exit(asyncio.run(main(parser.parse_args().picture)))
