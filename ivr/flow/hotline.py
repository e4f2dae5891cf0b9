"""What hotline.yaml holds: the numbers, what stands before their flows, and the queues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from ivr.channel import Sayings
from ivr.flow.hours import Hours
from ivr.flow.languages import OtherLanguage
from ivr.flow.values import Duration, FlowName, LanguageCode, LineNumber, Name, QueueName, Strict, Template, YesNo
from ivr.i18n import tr

RESERVED_QUEUES = ("fallback", "general", "member")
"""Sections of Asterisk's queues.conf: the queue for callers whom Sambung cannot serve, and what all share."""
LIFE = Sayings(("halo", "ya", "selamat (pagi|siang|sore|malam)"))
"""What callers say before all else; at a gate anything that is said counts."""


class Queue(Strict):
    """Callers who wait for an agent, and the agents who take them."""

    title: str
    """Its name for people."""
    strategy: Literal["ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "linear", "wrandom"] = (
        "leastrecent"
    )
    """Which free agent rings; `leastrecent` is the one who has been free longest."""
    ring_seconds: Duration = Field(20.0, ge=5, le=120)
    """How long an agent's telephone rings before the next one is tried."""
    wrapup_seconds: Duration = Field(15.0, ge=0, le=900)
    """An agent's rest after a call."""
    max_wait: Duration = Field(600.0, ge=10, le=7200)
    """How long a caller waits at most, unless the step says otherwise."""
    max_callbacks: int = Field(20, ge=0, le=10_000)
    """So many callers may wait to be called back; then no callback is offered."""


class Surge(Strict):
    """What callers meet while more people call than agents can serve.

    It begins and ends by `sambung lines surge` and `off`, and with `waiting` also by itself.

    ```yaml
    surge:
      say: Saat ini banyak warga yang menelepon. Waktu tunggu lebih lama dari biasanya.
      flow: ramai
      waiting: 20
    ```
    """

    say: Template = Template("")
    """Said before the flow."""
    flow: FlowName = FlowName("")
    """The flow that answers then; the line's own, if missing."""
    waiting: int = Field(0, ge=0, le=10_000)
    """So many callers who wait begin it, half as many end it; 0: by hand only."""
    queues: list[QueueName] = Field(default_factory=list)
    """The queues whose callers are counted; all, if missing."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.say or self.flow):
            raise ValueError(
                tr(
                    "tulis 'say' (pengumuman), 'flow' (alur pengganti), atau keduanya",
                    "write 'say' (an announcement), 'flow' (another flow), or both",
                )
            )
        return self


class Gate(Strict):
    """Asks callers for a sign of life before the flow, where many calls come from nobody: any key or any word will do.

    It is switched on by `sambung lines gate`, or `always`. Whoever stays silent `tries` times hears `leave`, and the
    call ends as `ghost`. It stands in nobody's way where it cannot hear: without speech servers, or while they are out
    of order, all calls pass.

    ```yaml
    gate:
      timeout: 6s
      tries: 2
    ```
    """

    say: Template = Template("Untuk melanjutkan, katakan halo, atau tekan tombol apa saja.")
    """The question."""
    leave: Template = Template(
        "Kami tidak mendengar Anda, sehingga telepon ini kami tutup. Dalam keadaan darurat, hubungi kembali lalu tekan "
        "tombol apa saja."
    )
    """The last words to those who give no sign."""
    timeout: Duration = Field(6.0, ge=2, le=30)
    """How long to wait for a sign once the question has ended."""
    tries: int = Field(2, ge=1, le=5)
    """How often the question is asked."""
    always: YesNo = False
    """Whether it asks without being switched on."""


class Blocklist(Strict):
    """What becomes of numbers that play pranks, time after time (`sambung lines strike`, `block`).

    Short numbers (110, 112, 119) and withheld ones cannot be blocked.
    """

    strikes: int = Field(3, ge=1, le=100)
    """So many strikes …"""
    within_days: int = Field(30, ge=1, le=366)
    """… within so many days …"""
    block_days: int = Field(14, ge=1, le=366)
    """… block a number for so many days."""
    say: Template = Template(
        "Mohon maaf, nomor Anda untuk sementara tidak dapat menghubungi layanan ini. Jika Anda merasa ini keliru, "
        "datanglah ke kantor kami. Untuk keadaan darurat, hubungi satu satu dua. Terima kasih."
    )
    """What a blocked caller hears, before the call ends."""


_ALWAYS = Hours.model_validate({"week": {"senin-minggu": "00:00-24:00"}})


class Line(Strict):
    """A number that citizens dial, and what answers there."""

    title: str
    """Its name for people."""
    flow: FlowName
    """The flow that answers."""
    surge: Surge | None = None
    """What changes while very many call."""
    blocklist: YesNo = True
    """Whether blocked callers are turned away; `tidak` for a line that people in danger call."""
    gate: Gate | None = None
    """Asks for a sign of life before the flow."""
    hours: Hours | None = None
    """When the line is open; always, if missing."""
    after_hours: FlowName = FlowName("")
    """The flow that answers while the line is closed."""

    def is_open(self, now: dt.datetime) -> bool:
        """Whether the line is open at `now`, in the installation's time zone."""
        return self.hours is None or self.hours.is_open(now)

    def open_times(self, now: dt.datetime, days: int) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """`Hours.open_times` of this line."""
        return (self.hours or _ALWAYS).open_times(now, days)

    def flow_at(self, now: dt.datetime) -> str:
        """The name of the flow that answers at `now`."""
        return self.flow if self.is_open(now) else self.after_hours

    def flows(self) -> Iterator[str]:
        """The names of all flows that may answer."""
        yield self.flow
        if self.surge and self.surge.flow:
            yield self.surge.flow
        if self.after_hours:
            yield self.after_hours

    def prompts(self) -> Iterator[str]:
        """The texts that may be spoken before the flow, with their placeholders."""
        if self.hours and self.hours.closing_soon:
            yield self.hours.closing_say
        if self.surge and self.surge.say:
            yield self.surge.say
        if self.gate:
            yield self.gate.say
            yield self.gate.leave


class SiteHead(Strict):
    """hotline.yaml: the numbers, the queues, and the rules of the blocklist."""

    lines: dict[LineNumber, Line]
    """Number dialled → line."""
    queues: dict[Name, Queue] = Field({})
    """Name → queue."""
    blocklist: Blocklist = Blocklist()
    """Who is turned away, and for how long."""
    languages: dict[LanguageCode, OtherLanguage] = Field({})
    """Code → language that callers may choose beside Indonesian: `en`, `jv`, `su`."""
