"""`menu`: a choice by one key, or by saying it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ivr.channel import ALL_KEYS, SKIP_KEYS, Call, Sayings
from ivr.events import InputRejected
from ivr.flow.hearing import YES_NO, End, Hearing, by_phrase
from ivr.flow.model import OPTION, Policy, Step
from ivr.flow.values import Duration, Key, Phrase, Target, Template
from ivr.speech.templates import parse, plainest


class Menu(Step):
    """Ask for one key and go where it leads. After `tries` questions without an answer: `failed`.

    The caller may press before the prompt has ended. With `phrases` they may say what they want instead, also over
    the prompt; each phrase stands for a key, so that keys always do. What was understood for sure is taken, what
    was half understood is asked (`half_sure`). What is not given here (tries, timeout, silence, wrong_key and what
    is said about speech) comes from the flow's policy.

    ```yaml
    menu-utama:
      type: menu
      say: Sebutkan keperluan Anda. Untuk KTP tekan satu. Untuk pengaduan tekan dua. Untuk petugas tekan nol.
      keys:
        1: ktp
        2: pengaduan
        0: petugas
      phrases:
        1: [KTP, "(buat|urus|perpanjang) KTP", kartu tanda penduduk]
        2: [pengaduan, lapor]
        0: [petugas, operator]
      failed: petugas
    ```
    """

    type: Literal["menu"] = "menu"
    say: Template
    """The question, with its keys."""
    keys: dict[Key, Target] = Field(min_length=1)
    """Key → step."""
    phrases: dict[Key, Annotated[list[Phrase], Field(min_length=1)]] = Field({})
    """Key → what callers may say instead of pressing it; the first phrase, at its plainest, is the option's name."""
    failed: Target
    """Where to go when all tries were in vain; best a person."""
    tries: int = Field(Policy().tries, ge=1, le=9)
    timeout: Duration = Field(Policy().timeout, ge=1, le=60)
    silence: Template = Policy().silence
    wrong_key: Template = Policy().wrong_key
    not_understood: Template = Policy().not_understood
    half_sure: Template = Policy().half_sure
    keys_only: Template = Policy().keys_only
    speech_tries: int = Field(Policy().speech_tries, ge=1, le=9)

    interacts = True

    def exits(self) -> Mapping[str, Target]:
        return {f"key:{key}": target for key, target in self.keys.items()} | {"failed": self.failed}

    def prompts(self) -> Iterator[str]:
        if not self.phrases:
            return self._texts("half_sure", "not_understood", "keys_only")
        return iter([*self._texts("half_sure"), *map(self._half_sure, self.phrases)])

    def sayings(self) -> Iterator[Sayings]:
        return iter([Sayings(tuple(by_phrase(self.phrases))), YES_NO] if self.phrases else [])

    def _half_sure(self, key: str) -> str:
        """The question whether `key` was meant, by its option's name."""
        return self.half_sure.replace(OPTION, plainest(parse(self.phrases[key][0])))

    async def run(self, call: Call) -> str:
        heard = ALL_KEYS if "#" in self.keys else SKIP_KEYS
        key_of = by_phrase(self.phrases)
        hearing = Hearing(
            call,
            Sayings(tuple(key_of)) if key_of else None,
            timeout=self.timeout,
            tries=self.speech_tries,
            keys_only=self.keys_only,
            means=key_of.__getitem__,
            half_sure=self._half_sure,
        )
        for attempt in range(1, self.tries + 1):
            key, why = await self._answer(call, hearing, heard)
            if key in self.keys:
                return f"key:{key}"
            call.emit(InputRejected, why=why, attempt=attempt)
            if attempt < self.tries:
                await call.say(getattr(self, why), stop_keys=heard)
                await hearing.give_up(stop_keys=heard)
        return "failed"

    async def _answer(self, call: Call, hearing: Hearing, heard: str) -> tuple[str | None, str]:
        """The key that was pressed or meant; where that is none of the menu's, the field that says why not."""
        asked = await hearing.ask(self.say, stop_keys=heard)
        if asked.end is End.SPOKEN:
            return asked.meant, ""
        if asked.end in (End.SILENCE, End.NOT_UNDERSTOOD):
            return None, asked.end.value
        if asked.end is End.DEAF:
            await call.say(self.say, stop_keys=heard)
        key = await call.read_key(self.timeout)
        while key is not None and key not in heard:
            key = await call.read_key(self.timeout)
        return key, "silence" if key is None else "wrong_key"
