"""What happened on a call, in words that a supervisor reads. Every text of a caller is made harmless."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from ivr.flow.sentences import VARIABLES
from ivr.i18n import tr
from ivr.speech.templates import TemplateError, parse, plainest
from ivr.store.queries import Story

Data = dict[str, Any]


def duration(seconds: float | None) -> str:
    """ "1:05" or "1:02:05"; "–" where it is not known."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def harmless(text: str) -> str:
    """Text without anything that a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in text)


def sentence(kind: str, data: Data) -> str:
    """One event in words; one of a kind that this version does not know, as it is stored."""
    say = _SENTENCES.get(kind)
    return harmless(say(data) if say else f"{kind} {json.dumps(data, ensure_ascii=False)}")


def word(term: str | None) -> str:
    """An outcome or reason of the record in the reader's language."""
    words = _WORDS.get(term or "")
    return tr(*words) if words else harmless(term or "–")


def wordings(term: str) -> tuple[str, ...]:
    """All that `word` may make of a term, in both languages, and each without what explains it: "panggilan hantu"."""
    words = _WORDS.get(term, ())
    return tuple(dict.fromkeys(said for each in words for said in (each, each.partition(":")[0])))


def tell(story: Story, zone: dt.tzinfo) -> Iterator[str]:
    """The story of one call, line by line."""
    call = story["call"]
    start = dt.datetime.fromtimestamp(call["started_at"], zone)
    caller = harmless(call["caller"] or tr("nomor disembunyikan", "number withheld"))
    yield f"{tr('Panggilan', 'Call')} {harmless(call['id'])}"
    yield (
        f"{tr('dari', 'from')} {caller} {tr('ke', 'to')} {harmless(call['line'] or '–')}, {start:%Y-%m-%d %H:%M:%S %Z}"
    )
    if call["flow"]:
        yield f"{tr('alur', 'flow')} {harmless(call['flow'])}, {tr('versi', 'version')} {harmless(call['version'])}"
    yield ""
    began: dict[tuple[str, str], float] = {}
    for event in story["events"]:
        at, kind, data = event["at"], event["kind"], event["data"]
        if kind == "audio_deleted":
            continue  # long after the call: told at the end
        span = _SPANS.get(kind)
        if span and (key := (span, data["agent"])) in began:
            text = f"{sentence(kind, data)} ({duration(at - began.pop(key))})"
        else:
            text = sentence(kind, data)
        if kind in _BEGINNINGS:
            began[_BEGINNINGS[kind], data["agent"]] = at
        yield f"{_offset(at - call['started_at'])}  {text}"
    yield ""
    yield from _summary(story, zone)


def _summary(story: Story, zone: dt.tzinfo) -> Iterator[str]:
    call = story["call"]
    for visit in story["visits"]:
        queue, outcome = harmless(visit["queue"] or "–"), word(visit["outcome"])
        yield f"{tr('antrean', 'queue')} {queue}: {tr('menunggu', 'waited')} {duration(visit['waited'])}, {outcome}"
    for leg in story["legs"]:
        talked = duration(leg["ended_at"] - leg["answered_at"]) if leg["ended_at"] else tr("masih", "still")
        yield f"{tr('bicara dengan agen', 'talked with agent')} {harmless(leg['agent'])}: {talked}"
    for recording in story["recordings"]:
        if recording["kind"] == "utterance":  # told where it was heard
            if gone := recording["deleted_at"]:
                day = f"{dt.datetime.fromtimestamp(gone, zone):%Y-%m-%d}"
                yield f"{tr('suara dihapus', 'audio deleted')} {day}: {harmless(recording['path'])}"
            continue
        yield f"{tr('rekaman', 'recording')}: {harmless(recording['path'])} ({duration(recording['seconds'])})"
    if call["ended_at"] is None:
        yield tr("belum berakhir", "not ended yet")
        return
    detail = f" ({harmless(call['end_detail'])})" if call["end_detail"] else ""
    total = duration(call["ended_at"] - call["started_at"])
    yield f"{tr('berakhir', 'ended')}: {word(call['end_reason'])}{detail}, {tr('lama', 'after')} {total}"


def _offset(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"+{minutes:02.0f}:{rest:04.1f}"


_READINGS = 3
"""How many readings of an utterance are told; of a sentence there may be ten."""
_BEGINNINGS = {"agent_rang": "ring", "agent_answered": "talk"}
_SPANS = {"ring_ended": "ring", "agent_answered": "ring", "talk_ended": "talk"}
"""Events that say how long something lasted, once its beginning is known."""

_WORDS = {
    # channel.EndReason
    "caller_hung_up": ("penelepon menutup", "the caller hung up"),
    "completed": ("selesai", "completed"),
    "agent_hung_up": ("agen menutup", "the agent hung up"),
    "transferred": ("dialihkan", "transferred"),
    "blocked": ("nomor penelepon diblokir", "the caller is blocked"),
    "announced": ("pengumuman menggantikan alur", "an announcement stood in for the flow"),
    "ghost": ("panggilan hantu: tanpa suara, tanpa tombol", "a ghost call: no word, no key"),
    "limit": ("batas tercapai", "a limit was reached"),
    "failed": ("gagal", "failed"),
    "engine_lost": ("mesin Sambung mati", "Sambung's engine died"),
    "asterisk_lost": ("Asterisk mati", "Asterisk died"),
    # channel.VisitOutcome, ConnectOutcome and TransferOutcome
    "answered": ("dijawab", "answered"),
    "timeout": ("terlalu lama", "waited too long"),
    "nobody": ("tidak ada agen", "no agent there"),
    "left_by_key": ("keluar dengan tombol", "left by a key"),
    "hung_up": ("penelepon menutup", "the caller hung up"),
    "hung_up_talking": ("penelepon menutup seusai bicara", "the caller ended the talk"),
    "busy": ("sibuk", "busy"),
    "refused": ("tidak diizinkan", "not allowed"),
    # events.RingEnded, TalkEnded, InputRejected, MessageRecorded
    "no_answer": ("tidak menjawab", "no answer"),
    "rejected": ("menolak", "rejected"),
    "caller_left": ("penelepon pergi", "the caller left"),
    "lost": ("terputus", "lost"),
    "agent": ("agen", "the agent"),
    "caller": ("penelepon", "the caller"),
    "transfer": ("pengalihan", "a transfer"),
    "silence": ("diam", "silence"),
    "wrong_key": ("tombol salah", "a wrong key"),
    "too_short": ("terlalu pendek", "too short"),
    "invalid": ("tidak berlaku", "invalid"),
    "key": ("tombol", "a key"),
    "hangup": ("penelepon menutup", "the caller hung up"),
    "full": ("disk penuh", "the disk is full"),
    "not_understood": ("tidak dipahami", "not understood"),
    # events.LineNoted
    "announcement": ("ada pengumuman", "there is an announcement"),
    "closed": ("layanan tutup", "the line is closed"),
    "surge": ("lonjakan panggilan", "a surge of calls"),
    "closing_soon": ("segera tutup", "closes soon"),
    "gate": ("ditanya apakah ada orang", "asked for a sign of life"),
    # tickets.Kind, tickets.Status and events.TicketFound; an answered ticket and an answered call are one word
    "complaint": ("pengaduan", "complaint"),
    "aspiration": ("aspirasi", "aspiration"),
    "information": ("permintaan informasi", "request for information"),
    "open": ("terbuka", "open"),
    "in_work": ("dikerjakan", "in work"),
    "unknown": ("tidak ada", "there is none"),
    # callbacks.Status
    "done": ("sudah ditelepon", "called back"),
    "cancelled": ("dibatalkan", "cancelled"),
    # events.UtteranceHeard
    "accepted": ("diterima", "accepted"),
    "confirm": ("ditanyakan kembali", "asked to make sure"),
    "confirmed": ("dibenarkan", "confirmed"),
}


def _played(d: Data) -> str:
    cut = "" if d["completed"] else tr(f", terpotong setelah {d['seconds']:.1f} d", f", cut after {d['seconds']:.1f} s")
    return f"“{d['text']}”{cut}"


def _heard(d: Data) -> str:
    """What was understood, how sure, what else it may have been, and what was made of it."""
    shown = [f"{_said(h)} {100 * h['confidence']:.0f} %" for h in d["hypotheses"][:_READINGS]]
    first, others = (shown[0], shown[1:]) if shown else (tr("tanpa akhir", "without an end"), [])
    beside = tr(f" (atau {', '.join(others)})", f" (or {', '.join(others)})") if others else ""
    kept = tr(f", suara {d['audio']}", f", audio {d['audio']}") if d["audio"] else ""
    return f"{tr('ucapan', 'speech')}: {first}{beside}, {decision_word(d['decision'])}{kept}"


def _understood(d: Data) -> str:
    """What a sentence is about, how sure that is, and what was made of it."""
    slots = d["slots"]
    values = [
        f"{VARIABLES.get(name, name)}: {value}" for name, value in slots.items() if name not in ("document", "question")
    ]
    about = ", ".join(part for part in (d["option"], _about(slots), *values) if part) or "–"
    sure = f"{100 * d['probability']:.0f} %"
    return f"{tr('dipahami', 'understood')}: {about} ({sure}), {decision_word(d['decision'])}"


def _about(d: Data) -> str:
    return f"{d.get('question', '')} {d.get('document', '')}".strip()


def decision_word(decision: str) -> str:
    """The words that differ from those of other events."""
    if decision == "rejected":
        return tr("tidak dipahami", "not understood")
    return tr("dibantah", "denied") if decision == "refused" else word(decision)


def _said(hypothesis: Data) -> str:
    """A phrase at its plainest, without the brackets of its template."""
    phrase = hypothesis["text"]
    if not phrase:
        return tr("bukan pilihan di sini", "no choice here")
    with suppress(TemplateError):  # in an older record it may be none
        phrase = plainest(parse(phrase))
    return f"“{phrase}”"


def _looked_up(d: Data) -> str:
    outcome = {"next": tr("dijawab", "answered"), "not_found": tr("tidak ditemukan", "not found")}.get(
        d["exit"], tr(f"gagal ({d['problem']})", f"failed ({d['problem']})")
    )
    return f"{tr('pertanyaan', 'query')} {d['query']}: {outcome}, {d['seconds']:g} {tr('detik', 's')}"


def _left(d: Data) -> str:
    return tr(
        f"keluar dari antrean {d['queue']}: {word(d['outcome'])}, menunggu {duration(d['waited'])}",
        f"left queue {d['queue']}: {word(d['outcome'])}, waited {duration(d['waited'])}",
    )


def _answered(d: Data) -> str:
    recorded = tr(", direkam", ", recorded") if d["recording"] else ""
    return tr(f"agen {d['agent']} menjawab", f"agent {d['agent']} answered") + recorded


def _ended(d: Data) -> str:
    detail = f" ({d['detail']})" if d["detail"] else ""
    return tr("panggilan berakhir: ", "call ended: ") + word(d["reason"]) + detail


def _rated(d: Data) -> str:
    score = tr(f"{d['score']} dari {d['scale']}", f"{d['score']} of {d['scale']}")
    rated = score if d["score"] else d["recording"]
    return f"{tr('survei', 'survey')} {d['survey']}, {d['question']}: {rated}"


def _remembered(d: Data) -> str:
    if d["problem"]:
        return tr(
            f"riwayat penelepon tidak dapat dibaca: {d['problem']}", f"the caller's past cannot be read: {d['problem']}"
        )
    return tr(
        f"riwayat penelepon: {d['calls']} panggilan setahun ini, {d['tickets']} tiket terbuka, "
        f"{d['callbacks']} telepon balik",
        f"the caller's past: calls within a year {d['calls']}, open tickets {d['tickets']}, callbacks {d['callbacks']}",
    )


def _callback(d: Data) -> str:
    return tr(
        f"telepon balik {d['id']} ke {d['number']} dicatat: antrean {d['queue']}, urutan {d['position']}, "
        f"{d['window']}",
        f"callback {d['id']} to {d['number']} taken down: queue {d['queue']}, number {d['position']}, {d['window']}",
    )


def _noted(d: Data) -> str:
    return word(d["what"]) + (f" ({d['why']})" if d["why"] else "")


_SENTENCES: dict[str, Callable[[Data], str]] = {
    "call_started": lambda d: (
        tr(
            f"panggilan dari {d['caller'] or 'nomor disembunyikan'} ke {d['line']}",
            f"call from {d['caller'] or 'a withheld number'} to {d['line']}",
        )
        + (tr(f", lanjutan dari {before}", f", which continues {before}") if (before := d.get("continues")) else "")
    ),
    "call_ended": _ended,
    "line_noted": _noted,
    "step_entered": lambda d: tr(f"langkah {d['step']} ({d['type']})", f"step {d['step']} ({d['type']})"),
    "step_left": lambda d: f"{d['step']}: {d['exit']} → {d['to'] or tr('selesai', 'end')}",
    "answer_given": lambda d: tr(f"jawaban {d['answer']}", f"answer {d['answer']}"),
    "answer_missed": lambda d: tr(f"belum ada jawaban: {_about(d)}", f"there is no answer: {_about(d)}"),
    "answer_withheld": lambda d: tr(
        f"jawaban {d['answer']} tidak berlaku hari ini", f"answer {d['answer']} is not valid today"
    ),
    "prompt_played": _played,
    "prompt_failed": lambda d: tr(
        f"tidak dapat diputar: “{d['text']}” ({d['problem']})", f"could not be played: “{d['text']}” ({d['problem']})"
    ),
    "key_pressed": lambda d: tr(f"tombol {d['key']}", f"key {d['key']}"),
    "utterance_heard": _heard,
    "sentence_understood": _understood,
    "audio_deleted": lambda d: tr(f"suara {d['audio']} dihapus", f"audio {d['audio']} deleted"),
    "speech_lost": lambda d: tr("pengenal ucapan tidak tersedia; hanya tombol", "speech is out of order; keys only"),
    "speech_back": lambda d: tr("pengenal ucapan tersedia lagi", "speech is understood again"),
    "input_rejected": lambda d: tr(
        f"tidak diterima: {word(d['why'])} (ke-{d['attempt']})", f"not accepted: {word(d['why'])} (try {d['attempt']})"
    ),
    "variable_set": lambda d: f"{d['name']} = {d['value']}",
    "flow_problem": lambda d: tr(
        f"kesalahan alur di {d['flow']}, langkah {d['step']}: {d['problem']}; {d['handled']}",
        f"mistake in flow {d['flow']}, step {d['step']}: {d['problem']}; {d['handled']}",
    ),
    "message_recorded": lambda d: tr(
        f"pesan direkam {duration(d['seconds'])}, diakhiri: {word(d['ended_by'])}",
        f"message recorded {duration(d['seconds'])}, ended by: {word(d['ended_by'])}",
    ),
    "ticket_opened": lambda d: tr(
        f"tiket {d['number']} dibuka ({word(d['what'])})", f"ticket {d['number']} opened ({word(d['what'])})"
    ),
    "ticket_found": lambda d: f"{tr('tiket', 'ticket')} {d['number']}: {word(d['status'])}",
    "tickets_failed": lambda d: tr(
        f"tiket tidak dapat dicatat atau dibaca: {d['problem']}", f"tickets cannot be kept or read: {d['problem']}"
    ),
    "lookup_ended": _looked_up,
    "notification_queued": lambda d: tr(f"{d['recipient']} akan diberi tahu", f"{d['recipient']} will be told"),
    "survey_answered": _rated,
    "caller_remembered": _remembered,
    "callback_opened": _callback,
    "callback_found": lambda d: tr(
        f"sudah ada telepon balik {d['id']} di antrean {d['queue']}, urutan {d['position']}",
        f"there is callback {d['id']} in queue {d['queue']} already, as number {d['position']}",
    ),
    "callback_cancelled": lambda d: tr(f"telepon balik {d['id']} dibatalkan", f"callback {d['id']} cancelled"),
    "callbacks_failed": lambda d: tr(
        f"telepon balik tidak dapat dicatat atau dibaca: {d['problem']}",
        f"callbacks cannot be kept or read: {d['problem']}",
    ),
    "queue_joined": lambda d: tr(
        f"masuk antrean {d['queue']}, nomor {d['position']}", f"joined queue {d['queue']} as number {d['position']}"
    ),
    "agent_rang": lambda d: tr(f"telepon agen {d['agent']} berdering", f"agent {d['agent']}'s telephone rings"),
    "ring_ended": lambda d: tr(
        f"telepon agen {d['agent']} berhenti: {word(d['outcome'])}",
        f"agent {d['agent']}'s telephone stopped: {word(d['outcome'])}",
    ),
    "agent_answered": _answered,
    "talk_ended": lambda d: tr(
        f"bicara dengan agen {d['agent']} diakhiri {word(d['ended_by'])}",
        f"the talk with agent {d['agent']} was ended by {word(d['ended_by'])}",
    ),
    "queue_left": _left,
    "transfer_started": lambda d: tr(f"dialihkan ke {d['target']}", f"transfer to {d['target']}"),
    "transfer_ended": lambda d: tr(
        f"pengalihan ke {d['target']}: {word(d['outcome'])}, {duration(d['seconds'])}",
        f"transfer to {d['target']}: {word(d['outcome'])}, {duration(d['seconds'])}",
    ),
    "system_noted": lambda d: f"Sambung: {d['what']} {d['detail']}".rstrip(),
}
