"""`sambung recognise`: what the recogniser of the calls hears in recordings, one JSON line each."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from ivr.cli.flows import read_settings
from ivr.i18n import tr
from ivr.speech.graph import PhraseTable
from ivr.speech.lexicon import Lexicon, LexiconError
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.model import Model, ModelError
from ivr.speech.recorded import Sounds, Utterance, check_model, load_grammar, utterances
from ivr.speech.values.digits import heard
from ivr.voice.audio import AudioError, Recording, recording
from ivr.voice.wav import RATE

_PAUSE = 1.0
"""Seconds of silence that end an utterance. A call waits for less of it after a phrase; here nobody is waiting."""
_MOST = 5
"""Readings in the n-best."""


@click.command(
    help=tr(
        "Kenali ucapan dalam rekaman. Satu ucapan per berkas (WAV, FLAC, OGG, MP3), dengan pengenal yang dipakai "
        "panggilan. Keluaran: satu baris JSON per berkas, dengan file, text, confidence (0–1), accepted, nbest, "
        "seconds, decode_ms, dan digits bila --numbers. Bila sebuah berkas atau frasa tidak dapat dipakai, sebabnya "
        "ditulis ke stderr, sisanya diteruskan, dan kode keluarnya 1. Petunjuk: docs/recogniser.md.",
        "Recognise what is said in recordings. One utterance a file (WAV, FLAC, Ogg, MP3), by the recogniser of the "
        "calls. Output: one JSON line for each file, with file, text, confidence (0–1), accepted, nbest, seconds, "
        "decode_ms, and digits with --numbers. Where a file or a phrase cannot be used, stderr says why, the rest goes "
        "on, and the exit status is 1. See docs/recogniser.md.",
    )
)
@click.argument("audio", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="AUDIO…")
@click.option(
    "--phrases",
    "menu",
    type=click.File(encoding="utf-8-sig", errors="replace"),
    metavar="FILE",
    help=tr("Berkas frasa, satu per baris, ditulis seperti dalam alur.", "Phrases, one a line, written as in flows."),
)
@click.option("--numbers", is_flag=True, help=tr("Dengarkan deretan angka.", "Listen for strings of digits."))
@click.option(
    "--model",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=tr("Model lain dari yang disetel.", "Another model than the settings'."),
)
@click.pass_context
def recognise(
    ctx: click.Context, audio: tuple[Path, ...], menu: TextIO | None, numbers: bool, folder: Path | None
) -> None:
    """Each line is written as soon as its file is heard."""
    if (menu is None) is not numbers:
        raise click.UsageError(tr("pilih --phrases FILE atau --numbers", "choose --phrases FILE or --numbers"))
    try:
        model = check_model(folder or read_settings().speech.model)
    except ModelError as e:
        raise click.ClickException(str(e)) from e
    phrases, problems = _usable(menu, model) if menu else ([], [])
    for problem in problems:
        _complain(problem)
    if not (phrases or numbers):
        raise click.ClickException(tr("tidak ada frasa yang dapat dipakai", "there is no phrase that can be used"))
    grammar, sounds = load_grammar(phrases, numbers, model), Sounds(model)
    failed = bool(problems)
    for path in audio:
        name = click.format_filename(path)
        try:
            line = {"file": name, **_hear(grammar, sounds, recording(path))}
        except AudioError as e:
            _complain(str(e))
            line, failed = {"file": name, "error": str(e)}, True
        click.echo(json.dumps(line, ensure_ascii=False).encode(errors="replace"))
    ctx.exit(failed)


def _complain(problem: str) -> None:
    click.ClickException(problem).show()


def _usable(menu: TextIO, model: Model) -> tuple[Sequence[str], Sequence[str]]:
    """The phrases of a file, and what is wrong with the others."""
    table, problems = PhraseTable(model, Lexicon()), []
    for number, line in enumerate(menu, start=1):
        if "\ufffd" in line or "\0" in line:  # a byte that is no UTF-8, or half a letter of UTF-16
            why = tr("bukan teks UTF-8; simpan berkasnya sebagai UTF-8", "no UTF-8 text; save the file as UTF-8")
            problems.append(f"{menu.name}:{number}: {why}")
        elif phrase := line.strip():
            try:
                table.add(phrase)
            except LexiconError as e:
                problems.append(f"{menu.name}:{number}: {e}")
    return list(table.phrases.values()), problems


@dataclass(frozen=True, slots=True)
class _Reading:
    """What may have been said; `text` is "" where it was nothing of the grammar."""

    confidence: float
    text: str
    digits: str = ""


def _hear(grammar: LoadedGrammar, sounds: Sounds, sound: Recording) -> dict[str, Any]:
    began = time.perf_counter()
    digits = grammar.grammar.digits
    found = list(utterances(grammar, sound.pcm, pause=_PAUSE))
    spent = time.perf_counter() - began
    nbest = _joined(found) if digits else _surest(grammar.grammar.phrases, found)
    best = nbest[0] if nbest else _Reading(0.0, "")
    answer = {
        **_as_json(best, digits),
        "accepted": bool(best.text) and best.confidence >= grammar.grammar.accept,
        "nbest": [_as_json(reading, digits) for reading in nbest],
        "seconds": round(len(sound.pcm) / (2 * RATE), 2),
        "decode_ms": round(1000 * spent, 1),
    }
    notes = list(sound.flaws)
    if not found:
        notes.append(tr("tidak terdengar ucapan", "no speech was heard"))
    elif not best.text:
        answer["text"] = sounds.hear(sound.pcm)
    return {**answer, "notes": notes} if notes else answer


def _surest(phrases: Mapping[str, str], found: Iterable[Utterance]) -> list[_Reading]:
    """The n-best of the utterance that is most surely a phrase."""
    nbests = (
        [_Reading(h.confidence, phrases.get(h.text, "")) for h in utterance.final.hypotheses] for utterance in found
    )
    return max(nbests, key=lambda nbest: (bool(nbest[0].text), nbest[0].confidence), default=[])


def _joined(found: Iterable[Utterance]) -> list[_Reading]:
    """The n-best of all utterances as one string of digits: who says a long number makes pauses."""
    nbest: list[_Reading] = []
    for utterance in found:
        words = _words(utterance.costs)
        longer = [
            _Reading(
                before.confidence * h.confidence,
                f"{before.text} {words.get(h.text, '')}".strip(),
                before.digits + h.text,
            )
            for before in nbest or [_Reading(1.0, "")]
            for h in utterance.final.hypotheses
        ]
        nbest = heapq.nlargest(_MOST, longer, key=lambda reading: reading.confidence)
    return nbest


def _words(costs: Mapping[str, float]) -> dict[str, str]:
    """Digits → the words that were heard for them."""
    costliest_first = sorted(costs, key=costs.__getitem__, reverse=True)
    return {heard(words): words for words in costliest_first if heard(words)}


def _as_json(reading: _Reading, digits: bool) -> dict[str, Any]:
    return {
        "text": reading.text,
        **({"digits": reading.digits} if digits else {}),
        "confidence": round(reading.confidence, 3),
    }
