"""`menu`: a choice by one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ivr.channel import ALL_KEYS, Call
from ivr.events import InputRejected
from ivr.flow.model import Policy, Step
from ivr.flow.values import Duration, Key, Target, Template


class Menu(Step):
    """Ask for one key and go where it leads. After `tries` questions without an answer: `failed`.

    The caller may press before the prompt has ended. What is not given here (tries, timeout, silence,
    wrong_key) comes from the flow's policy.

    ```yaml
    menu-utama:
      type: menu
      say: Untuk KTP tekan satu. Untuk pengaduan tekan dua. Untuk petugas tekan nol.
      keys:
        1: ktp
        2: pengaduan
        0: petugas
      failed: petugas
    ```
    """

    type: Literal["menu"] = "menu"
    say: Template
    """The question, with its keys."""
    keys: dict[Key, Target] = Field(min_length=1)
    """Key → step."""
    failed: Target
    """Where to go when all tries were in vain; best a person."""
    tries: int = Field(Policy().tries, ge=1, le=9)
    timeout: Duration = Field(Policy().timeout, ge=1, le=60)
    silence: Template = Policy().silence
    wrong_key: Template = Policy().wrong_key

    interacts = True

    def exits(self) -> Mapping[str, Target]:
        return {f"key:{key}": target for key, target in self.keys.items()} | {"failed": self.failed}

    async def run(self, call: Call) -> str:
        # People end a number with # out of habit: where it is no answer it must not cut the question.
        heard = ALL_KEYS if "#" in self.keys else ALL_KEYS.replace("#", "")
        for attempt in range(1, self.tries + 1):
            await call.say(self.say, stop_keys=heard)
            key = await call.read_key(self.timeout)
            while key is not None and key not in heard:
                key = await call.read_key(self.timeout)
            if key in self.keys:
                return f"key:{key}"
            call.emit(InputRejected, why="silence" if key is None else "wrong_key", attempt=attempt)
            if attempt < self.tries:
                await call.say(self.silence if key is None else self.wrong_key, stop_keys=heard)
        return "failed"
