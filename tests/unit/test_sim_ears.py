"""Recordings in a simulated call are heard by the real recogniser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.channel import DIGITS, Sayings, Segment
from ivr.settings import PROJECT
from ivr.sim.agents import SimRoom
from ivr.sim.caller import Say, ScriptedCaller
from ivr.sim.channel import SimChannel
from ivr.sim.clock import run
from ivr.sim.ears import Ears
from ivr.speech.model import ModelError
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.voice.audio import AudioError
from tests.e2e.kit import voice

MODEL = PROJECT / "models/id-telephony"
PHRASES = Sayings(("kartu keluarga", "pengaduan"))


@pytest.mark.parametrize(
    ("said", "sayings", "text"),
    [
        ("kartu keluarga", PHRASES, "kartu keluarga"),
        ("selamat siang semuanya", PHRASES, ""),
        ("delapan satu dua", DIGITS, "812"),
    ],
)
def test_a_recording(tmp_path: Path, said: str, sayings: Sayings, text: str) -> None:
    recording, ears = voice.say(tmp_path / "warga.wav", 0.5, said), Ears(MODEL)
    grammar = ears.grammar(sayings)
    best = ears.understand(f"audio: {recording}", grammar, 1.0)[0]
    assert best.text == text
    assert 0 < grammar.confirm < grammar.accept < 1


def test_what_cannot_be_heard(tmp_path: Path) -> None:
    ears = Ears(MODEL)
    with pytest.raises(AudioError):
        ears.understand(f"audio: {tmp_path / 'nowhere.wav'}", ears.grammar(PHRASES), 1.0)
    with pytest.raises(ModelError):
        Ears().understand("audio: x.wav", ears.grammar(PHRASES), 1.0)


def test_on_a_call(tmp_path: Path) -> None:
    recording = voice.say(tmp_path / "warga.wav", 0.5, "pengaduan")

    async def main() -> str:
        ears = Ears(MODEL)
        channel = SimChannel(ScriptedCaller(Say(f"audio: {recording}", at=1)), SimRoom(), ears=ears)
        heard = await channel.listen([Segment("a", None, 5.0)], ears.grammar(PHRASES), timeout=5, pause=0.5)
        await asyncio.sleep(0)
        assert heard.utterance
        return heard.utterance.hypotheses[0].text

    assert run(main()) == "pengaduan"


def test_a_recording_is_heard_as_a_sentence_where_those_are_understood(tmp_path: Path) -> None:
    vocabulary = Vocabulary.model_validate(
        {"documents": {"KTP": ["KTP"]}, "questions": {"syarat": {"phrases": ["syarat"]}}}
    )
    recording = voice.say(tmp_path / "warga.wav", 0.5, "mau tanya syaratnya ka te pe")
    ears = Ears(MODEL, vocabulary=vocabulary)
    grammar = ears.grammar(Sayings(PHRASES.phrases, sentences=True))
    assert ears.understand(f"audio: {recording}", grammar, 1.0)[0].text == "syarat KTP"
