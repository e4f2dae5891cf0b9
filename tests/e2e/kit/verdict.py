"""Whether the record of a call tells the truth: Sambung's word beside that of witnesses it does not write.

What both telephones heard and said, how their calls ended, app_queue's log, Asterisk's channel event log.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ivr.channel import EndReason
from ivr.flow.hearing import Decision
from ivr.i18n import tr
from ivr.publish import LoadedVersion
from ivr.settings import Settings
from ivr.voice.notice import notice_audio
from tests.e2e.kit import audio, witnesses
from tests.e2e.kit.audio import Samples
from tests.e2e.kit.machine import KitError
from tests.e2e.kit.prompts import spoken
from tests.e2e.kit.softphone import Ended
from tests.e2e.kit.telephone_system import cel_path, queue_log_path

CITIZEN_TONE, AGENT_TONE = 440.0, 950.0
TALK_SECONDS = 3.0
SLACK_SECONDS = 1.0
"""How far two witnesses' times may be apart: queue_log counts whole seconds."""
LONGEST_SILENCE = 2.5
"""A caller who hears nothing for longer believes that the line is dead."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the two telephones know of the call. Times are Unix seconds.

    `keys` were pressed; `said` are the words that were said, and whether they were an answer.
    """

    citizen: str
    agent: str
    answered_at: float
    picked_up_at: float
    citizen_heard: Samples
    agent_heard: Samples
    citizen_end: Ended
    agent_end: Ended
    keys: str = ""
    said: tuple[tuple[str, bool], ...] = ()
    longest_said: float = 0.0
    """Seconds of the longest words: who speaks does not wonder that nothing is heard."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the verdict: what the record says, what a witness says, and whether they agree."""

    subject: str
    record: str
    witness: str
    agree: bool


def compare(settings: Settings, version: LoadedVersion, call: str, evidence: Evidence) -> Iterator[Finding]:
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
        record["caller"] == "+62" + evidence.citizen[1:] and channels[0].caller == evidence.citizen,
    )
    yield from _prompts(settings, version, events, evidence)
    keys = "".join(event["key"] for event in events if event["kind"] == "key_pressed")
    yield Finding(tr("tombol", "keys"), keys or "–", f"{evidence.keys or '–'} (RFC 4733)", keys == evidence.keys)
    yield from _words(settings, call, evidence)

    connect = log.get("CONNECT")
    yield Finding(
        tr("petugas yang menjawab", "agent who answered"),
        leg["agent"],
        f"{connect.agent if connect else '–'} (queue_log)",
        connect is not None and leg["agent"] == evidence.agent == connect.agent.removeprefix("PJSIP/"),
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
    silence, limit = audio.longest_silence(evidence.citizen_heard), LONGEST_SILENCE + evidence.longest_said
    yield Finding(
        tr("sunyi terlama bagi warga", "longest silence for the citizen"),
        f"≤ {limit:.1f} s",
        f"{silence:.1f} s",
        silence <= limit,
    )


def _words(settings: Settings, call: str, evidence: Evidence) -> Iterator[Finding]:
    """Each utterance of the record: were these the words, or not understood where they were no answer?

    A yes to "is that right?" belongs to the words before it.
    """
    sql = "SELECT * FROM utterances WHERE call = ? ORDER BY at"
    rows = witnesses.query(settings.history_db, sql, call)
    first = [row for row in rows if row["decision"] not in (Decision.CONFIRMED, Decision.REFUSED)]
    for i in range(max(len(first), len(evidence.said))):
        text, answer = evidence.said[i] if i < len(evidence.said) else ("–", True)
        hypotheses = json.loads(first[i]["hypotheses"]) if i < len(first) else []
        heard = hypotheses[0]["text"] if hypotheses else ""
        decision = first[i]["decision"] if i < len(first) else "–"
        understood = decision in (Decision.ACCEPTED, Decision.CONFIRM)
        yield Finding(
            tr("ucapan warga", "what the citizen said"),
            f"{heard or '–'} ({decision})",
            f"{text} ({tr('suara buatan', 'synthetic voice')})",
            (heard == text and understood) if answer else decision == Decision.REJECTED,
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
