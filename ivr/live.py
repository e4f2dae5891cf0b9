"""One call in the engine's hands: what a step is given. It says, listens, remembers and records."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from ivr.callbacks import CallbackDesk
from ivr.callers import Past
from ivr.channel import (
    ALL_KEYS,
    LANGUAGE,
    RECORDED,
    SKIP_KEYS,
    Channel,
    Grammar,
    Heard,
    HeardEnd,
    HoldOutcome,
    HungUp,
    Hypothesis,
    Played,
    Prompt,
    RecordingKind,
    Sayings,
    Segment,
    Value,
    WaitingRoom,
)
from ivr.events import (
    MASKED_KEY,
    AgentAnswered,
    AgentRang,
    Event,
    EventSink,
    KeyPressed,
    PromptFailed,
    PromptPlayed,
    SpeechBack,
    SpeechLost,
    TalkEnded,
    VariableSet,
)
from ivr.flow.expressions import ExpressionError, evaluate, parse, teks
from ivr.flow.hotline import LIFE, Line
from ivr.flow.model import Site
from ivr.lookups import Lookups
from ivr.notifications import Outbox
from ivr.settings import Settings
from ivr.tickets import TicketDesk
from ivr.understood import Options, Slot, Understood
from ivr.voice.book import Clip
from ivr.voice.languages import INDONESIAN
from ivr.voice.notice import notice_audio
from ivr.voice.template import names_in

log = logging.getLogger(__name__)

_HELD = {HoldOutcome.KEY: HeardEnd.KEY, HoldOutcome.WOKEN: HeardEnd.WOKEN, HoldOutcome.ELAPSED: HeardEnd.SILENCE}


class PromptBook(Protocol):
    """Gives the audio of a prompt (`ivr.voice.catalogue.PromptBook`)."""

    def render(self, text: str, variables: dict[str, Value], language: str) -> Prompt: ...


class Version(Protocol):
    """A published version: what a call is run by (`ivr.publish.LoadedVersion`)."""

    @property
    def hash(self) -> str: ...
    @property
    def site(self) -> Site: ...
    @property
    def book(self) -> PromptBook: ...
    def grammar(self, sayings: Sayings) -> Grammar | None:
        """What the recogniser needs; None where the version has no such grammar."""


class LiveCall:
    """Implements `ivr.channel.Call`."""

    def __init__(
        self,
        call: str,
        channel: Channel,
        *,
        version: Version,
        line: Line | None,
        settings: Settings,
        sink: EventSink,
        room: WaitingRoom,
        tickets: TicketDesk,
        callbacks: CallbackDesk,
        lookups: Lookups,
        outbox: Outbox,
        clock: Callable[[], float],
        may_record: Callable[[Path], bool],
    ) -> None:
        self.id, self.channel, self.room = call, channel, room
        self.tickets, self.callbacks, self.lookups, self.outbox = tickets, callbacks, lookups, outbox
        self.waiting_since: dict[str, float] = {}
        self.variables: dict[str, Value] = {LANGUAGE: INDONESIAN, RECORDED: True}
        self.secret = False
        self.secrets: set[str] = set()
        self.notices: set[str] = set()
        self.version = version
        self.past = Past(clock())
        self.talk_ended_by = ""
        """Who ended the last conversation, as long as nothing was said to the caller since."""
        self._line, self._settings, self._sink, self._clock, self._may_record = line, settings, sink, clock, may_record
        self._zone = ZoneInfo(settings.timezone)
        self._recordings = 0
        self._deaf = False
        self._informed = not settings.recording.notice
        self._to_inform = not self._informed

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock(), self._zone)

    def open_times(self, days: int) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        return self._line.open_times(self.now(), days) if self._line else iter(())

    def emit(self, event_type: type[Event], *, ago: float = 0.0, **data: object) -> None:
        if event_type is AgentRang:
            self.room.ringing(str(data["visit"]), str(data["agent"]))
        elif event_type is AgentAnswered:
            self.room.talking(str(data["visit"]), ago=ago)
        elif event_type is TalkEnded:
            self.talk_ended_by = str(data["ended_by"])
        self._sink(event_type(call=self.id, at=self._clock() - ago, **data))

    def assign(self, name: str, value: Value, *, secret: bool = False) -> None:
        self.variables[name] = value
        (self.secrets.add if secret else self.secrets.discard)(name)
        self.emit(VariableSet, name=name, value=MASKED_KEY if secret else teks(value))

    @property
    def language(self) -> str:
        chosen = str(self.variables[LANGUAGE])
        return chosen if chosen in self.version.site.translations.texts else INDONESIAN

    @property
    def _understands_speech(self) -> bool:
        return self.language == INDONESIAN

    async def say(self, text: str, *, stop_keys: str = SKIP_KEYS, language: str = "") -> Played:
        prompt, spoken = self._render(text, language)
        played = await self._play(prompt, spoken, stop_keys=stop_keys)
        self._note_problem(spoken, played.problem)
        return played

    async def announce(self, text: str, clip: Clip) -> Played:
        """Play an announcement that is in no version, from the folder of built prompts; no key cuts it short."""
        prompt = [Segment(text, self._settings.prompts / "built" / clip.file, clip.seconds)]
        played = await self._play(prompt, text, stop_keys="")
        self._note_problem(text, played.problem)
        return played

    def find_answer(self, name: str) -> str | None:
        entry = self.version.site.answers[name]
        return entry.say if entry.is_valid(self.now().date()) else None

    def answer_about(self, document: str, question: str) -> str | None:
        return self.version.site.answer_about(document, question, self.now().date())

    def about(self, options: Options, phrase: str) -> Mapping[str, Slot]:
        return self.version.site.interpreter.at(options, freely=True).phrase(phrase)

    def understand(self, options: Options, hypotheses: Sequence[Hypothesis]) -> Understood:
        return self.version.site.interpreter.at(options, freely=True).best(hypotheses, self.now().date())

    async def listen(self, text: str, sayings: Sayings, *, timeout: float, pause: float, stop_keys: str) -> Heard:
        if not self._understands_speech:
            return Heard(HeardEnd.FOREIGN)
        heard = Heard(HeardEnd.UNAVAILABLE)
        if grammar := self._grammar(sayings):
            audio = self.new_recording("utterance") if sayings is not LIFE else None
            heard = await self._listen(text, grammar, audio, timeout=timeout, pause=pause, stop_keys=stop_keys)
        self._note_deafness(deaf=heard.end is HeardEnd.UNAVAILABLE)
        return heard

    async def hold(
        self, sayings: Sayings | None, *, woken: asyncio.Event, seconds: float, pause: float, stop_keys: str
    ) -> Heard:
        if sayings is not None and self._understands_speech:
            heard: Heard | None = Heard(HeardEnd.UNAVAILABLE)
            if grammar := self._grammar(sayings):
                heard = await self.channel.listen_on_hold(
                    grammar,
                    woken=woken,
                    seconds=seconds,
                    pause=pause,
                    stop_keys=stop_keys,
                    audio=self.new_recording("utterance"),
                )
            if heard:
                self._note_deafness(deaf=heard.end is HeardEnd.UNAVAILABLE)
                if heard.end is not HeardEnd.UNAVAILABLE:
                    return heard
        return Heard(_HELD[await self.channel.hold(woken=woken, seconds=seconds, stop_keys=stop_keys)])

    def _grammar(self, sayings: Sayings) -> Grammar | None:
        return self.version.grammar(sayings) if self._settings.speech.servers else None

    def _note_deafness(self, *, deaf: bool) -> None:
        if deaf is not self._deaf:
            self._deaf = deaf
            self.emit(SpeechLost if deaf else SpeechBack)

    async def _listen(
        self, text: str, grammar: Grammar, audio: Path | None, *, timeout: float, pause: float, stop_keys: str
    ) -> Heard:
        prompt, spoken = self._render(text)
        started = self._speak()
        try:
            heard = await self.channel.listen(
                prompt, grammar, timeout=timeout, pause=pause, stop_keys=stop_keys, audio=audio
            )
        except HungUp:
            self._note_cut_short(prompt, spoken, started)
            raise
        if heard.end is not HeardEnd.UNAVAILABLE or heard.played.seconds:
            self._note_played(prompt, spoken, started, heard.played)
        self._note_problem(spoken, heard.played.problem)
        return heard

    async def _play(self, prompt: Prompt, spoken: str, *, stop_keys: str) -> Played:
        started = self._speak()
        try:
            played = await self.channel.play(prompt, stop_keys=stop_keys)
        except HungUp:
            self._note_cut_short(prompt, spoken, started)
            raise
        self._note_played(prompt, spoken, started, played)
        return played

    def _render(self, text: str, language: str = "") -> tuple[Prompt, str]:
        """A prompt, and what the record tells of it."""
        prompt = self.version.book.render(text, self.variables, language or self.language)
        secret = self.secret or (self.secrets and not self.secrets.isdisjoint(names_in(text)))
        return prompt, text if secret else " ".join([s.text for s in prompt])

    def _speak(self) -> float:
        """A prompt begins; when."""
        self.talk_ended_by = ""
        return self._clock()

    def _note_played(self, prompt: Prompt, spoken: str, started: float, played: Played) -> None:
        if prompt:
            ago = max(0.0, self._clock() - started - played.seconds)
            seconds = round(played.seconds, 2)
            self.emit(PromptPlayed, ago=ago, text=spoken, seconds=seconds, completed=played.completed)

    def _note_cut_short(self, prompt: Prompt, spoken: str, started: float) -> None:
        """The caller hung up over a prompt."""
        whole, heard = sum(s.seconds for s in prompt), self._clock() - started
        played = Played(min(whole, heard) if whole else heard, completed=0 < whole <= heard)
        self._note_played(prompt, spoken, started, played)

    def _note_problem(self, spoken: str, problem: str) -> None:
        if problem:
            self.emit(PromptFailed, text=spoken, problem=problem)

    async def read_key(self, timeout: float, *, of: str = ALL_KEYS) -> str | None:
        key = await self.channel.read_key(timeout, of=of)
        if key is not None:
            self.emit(KeyPressed, key=MASKED_KEY if self.secret else key)
        return key

    def evaluate(self, expression: str) -> Value:
        try:
            return evaluate(expression, self.variables, past=self.past)
        except ExpressionError:
            if not self.secret and self.secrets.isdisjoint(parse(expression).names):
                raise
            raise ExpressionError("an expression over a secret variable cannot be worked out") from None

    async def announce_recording(self, kind: RecordingKind, sayings: Sayings | None = None) -> None:
        """No key cuts the notice short: a recording rests on its having been heard. Keys count afterwards.

        A version that was published before the notice was changed has it in Indonesian alone.
        """
        if not self._to_inform or not self._is_wanted(kind) or not self._may_record(self._recording_path(kind)):
            return
        if sayings is not None and not self._grammar(sayings):
            return
        self._to_inform = False
        words = self._settings.recording.notice
        _, language = self.version.site.translations.said(words, self.language)
        notices: list[Prompt] = [[Segment(words, notice_audio(self._settings))]]
        if language != INDONESIAN:
            notices.insert(0, self.version.book.render(words, {}, language))
        for notice in notices:
            text = " ".join(segment.text for segment in notice)
            played = await self._play(notice, text, stop_keys="")
            if not played.problem:
                self._informed = True
                return
            problem = played.problem if notice is not notices[-1] else f"{played.problem}: nothing is recorded"
            log.error("%s: the notice of recording: %s; run `sambung setup`", self.id, problem)
            self.emit(PromptFailed, text=text, problem=problem)

    def new_recording(self, kind: RecordingKind) -> Path | None:
        """`recordings/YYYY/MM/DD/<call>-<kind><n>.wav`: nothing in it comes from the caller."""
        if kind != "message" and not (self._informed and self._is_wanted(kind)):
            return None
        self._recordings += 1
        path = self._recording_path(kind)
        return path if self._may_record(path) else None

    def _is_wanted(self, kind: RecordingKind) -> bool:
        """Whether what the caller does not leave by themselves may be recorded, but for their being told."""
        if teks(self.variables[RECORDED]) != teks(True):
            return False
        if kind == "talk":
            return self._settings.recording.conversations
        speech = self._settings.speech
        return bool(speech.keep_audio and speech.servers) and self._understands_speech and not self.secret

    def _recording_path(self, kind: RecordingKind) -> Path:
        day = self.now().date().isoformat().replace("-", "/")
        return self._settings.recordings / f"{day}/{self.id}-{kind}{self._recordings}.wav"

    def relative_recording(self, path: Path) -> str:
        return str(path.relative_to(self._settings.recordings))
