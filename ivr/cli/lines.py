"""`sambung lines`: what each number does now, and what is switched on it without a publish."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.cli.lines_shown import named, print_lines, print_log, print_record, sentence
from ivr.cli.moments import moment
from ivr.cli.rights import author
from ivr.cli.running import json_option, run
from ivr.flow.model import Site
from ivr.flow.problems import nearest
from ivr.i18n import tr
from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.publish import PublishError, load_version
from ivr.routing.agents import AgentError, find_agent
from ivr.routing.numbers import e164
from ivr.settings import Settings, load_settings
from ivr.speech.availability import keys_only
from ivr.store import switches as store
from ivr.store.switches import SwitchError
from ivr.supervisor import is_running
from ivr.voice.book import Clip
from ivr.voice.catalogue import Catalogue
from ivr.voice.template import normalise
from ivr.voice.tts import VoiceError

LONGEST_DAYS = {Kind.ANNOUNCEMENT: 31, Kind.SURGE: 31, Kind.GATE: 31, Kind.BLOCK: 366}
LONG_SECONDS = 30.0
"""An announcement that is longer keeps callers waiting."""
LEAST_DIGITS = 9
"""Of a number that can be blocked, with its country: 110, 112, 119 and five-digit numbers of services are shorter."""


def _run(work: Callable[[Settings], Awaitable[None]]) -> None:
    run(work, AgentError, PublishError, SwitchError, VoiceError)


# --- what the commands have in common ---------------------------------------------------------------
_line_option = click.option(
    "--line", "number", metavar=tr("NOMOR", "NUMBER"), help=tr("Hanya nomor ini.", "This line.")
)
_all_option = click.option("--all", "every", is_flag=True, help=tr("Semua nomor.", "All numbers."))
_until_option = click.option(
    "--until",
    required=True,
    metavar=tr("WAKTU", "TIME"),
    help=tr(
        "Sampai kapan (wajib): 17:00, 2026-12-01, '2026-12-01 17:00', atau lamanya: 30m, 3h, 7d.",
        "Until when (required): 17:00, 2026-12-01, '2026-12-01 17:00', or for how long: 30m, 3h, 7d.",
    ),
)
_reason_option = click.option(
    "-m", "--message", "reason", required=True, help=tr("Mengapa (wajib).", "Why (required).")
)


def _target(site: Site, number: str | None, every: bool) -> str:
    """The line that is meant, or ALL_LINES. Raises SwitchError."""
    if number and not every:
        if number not in site.lines:
            near = nearest(number, site.lines)
            raise SwitchError(
                tr(f"tidak ada nomor {number}", f"there is no line {number}")
                + (tr(f"; maksudnya {near}?", f"; did you mean {near}?") if near else "")
            )
        return number
    if every and not number:
        return ALL_LINES
    raise SwitchError(
        tr(
            f"sebutkan satu nomor (--line {next(iter(site.lines))}) atau semua (--all)",
            f"name one number (--line {next(iter(site.lines))}) or all (--all)",
        )
    )


def _caller(number: str) -> str:
    """A caller's number as E.164. Raises SwitchError for what cannot be blocked."""
    caller = e164(number)
    if caller.startswith("+") and len(caller) > LEAST_DIGITS:
        return caller
    raise SwitchError(
        tr(
            f"{number!r} tidak dapat diblokir: tulis nomor telepon lengkap, seperti 081234567890; nomor pendek "
            "(110, 112, 119) dan nomor yang disembunyikan tidak pernah diblokir",
            f"{number!r} cannot be blocked: write a whole telephone number, such as 081234567890; short numbers "
            "(110, 112, 119) and withheld ones are never blocked",
        )
    )


def _switch(
    settings: Settings, kind: Kind, target: str, until: str, reason: str, *, text: str = "", instead: bool = False
) -> Switch:
    now = dt.datetime.now(ZoneInfo(settings.timezone))
    end = moment("--until", until, now, longest_days=LONGEST_DAYS[kind], whole_day=True)
    return Switch(kind, target, now.timestamp(), end.timestamp(), _why(reason), author(), text, instead=instead)


def _why(reason: str) -> str:
    """The reason, which must say something. Raises SwitchError."""
    if not reason.strip():
        raise SwitchError(tr('tulis sebabnya: -m "…"', 'say why: -m "…"'))
    return reason.strip()


async def _put_on(settings: Settings, switch: Switch) -> None:
    id = await store.switch_on(settings, switch)
    click.echo(sentence(dataclasses.replace(switch, id=id), ZoneInfo(settings.timezone)))
    if switch.kind is not Kind.BLOCK:
        click.echo(tr(f"Akhiri lebih awal: sambung lines off {id}", f"End it earlier: sambung lines off {id}"))
    _say_when(settings)


def _say_when(settings: Settings) -> None:
    if is_running(settings):
        click.echo(tr("Berlaku untuk panggilan berikutnya, dalam 2 detik.", "Holds for the next call, within 2 s."))
    else:
        click.echo(
            tr("Sambung tidak berjalan: berlaku sejak `sambung up`.", "Sambung does not run: from `sambung up`.")
        )


# --- the commands -----------------------------------------------------------------------------------
@click.group(
    invoke_without_command=True,
    help=tr(
        "Nomor layanan: buka atau tutup, dan apa yang sedang dinyalakan di depan alurnya.",
        "The lines: open or closed, and what is switched on before their flows.",
    ),
)
@json_option
@click.pass_context
def lines(ctx: click.Context, as_json: bool) -> None:
    if ctx.invoked_subcommand is None:
        _run(print_record if as_json else print_lines)


@lines.command(
    help=tr(
        "Nyalakan pengumuman darurat.\n\nTEKS dibacakan suara mesin; atau pakai rekaman.",
        "Switch on an emergency announcement.\n\nTEXT is read by the machine's voice; or give a recording.",
    )
)
@click.argument("text", metavar=tr("[TEKS]", "[TEXT]"), default="")
@click.option(
    "--recording",
    type=click.Path(path_type=Path),
    metavar=tr("BERKAS", "FILE"),
    help=tr("Rekaman suara, sebagai ganti suara mesin.", "A recording, in place of the machine's voice."),
)
@click.option(
    "--instead",
    is_flag=True,
    help=tr("Sebagai ganti alur: sesudahnya telepon ditutup.", "In place of the flow: the call ends after it."),
)
@_line_option
@_all_option
@_until_option
@_reason_option
def announce(  # noqa: PLR0917 - click gives them by name
    text: str, recording: Path | None, instead: bool, number: str | None, every: bool, until: str, reason: str
) -> None:
    async def work(settings: Settings) -> None:
        target = _target(load_version(settings).site, number, every)
        said = " ".join(text.split()) or (recording.name if recording else "")
        switch = _switch(settings, Kind.ANNOUNCEMENT, target, until, reason, text=said, instead=instead)
        clip = _audio(settings, said, recording)
        await _put_on(settings, dataclasses.replace(switch, clip=clip))
        if clip.seconds > LONG_SECONDS:
            click.echo(
                tr(
                    f"PERHATIAN: penelepon mendengarnya {clip.seconds:.0f} detik sebelum dilayani; persingkatlah.",
                    f"WARNING: callers hear it for {clip.seconds:.0f} seconds before they are served; make it shorter.",
                )
            )

    _run(work)


def _audio(settings: Settings, text: str, recording: Path | None) -> Clip:
    """The announcement's audio, made as publishing makes it. Raises SwitchError, VoiceError."""
    catalogue = Catalogue(settings.prompts)
    if recording:
        return catalogue.keep_recording(recording)
    said = normalise(text)
    if not said or any(c in text for c in "{}"):
        raise SwitchError(
            tr(
                "tulis pengumumannya sebagai kalimat biasa, atau --recording BERKAS",
                "write the announcement in plain words, or --recording FILE",
            )
        )
    return catalogue.build([said])[said]


@lines.command(
    help=tr(
        "Nyalakan mode lonjakan.\n\nIsinya ('surge') ada di hotline.yaml.",
        "Switch on surge mode.\n\nWhat it does ('surge') stands in hotline.yaml.",
    )
)
@_line_option
@_all_option
@_until_option
@_reason_option
def surge(number: str | None, every: bool, until: str, reason: str) -> None:
    _run(lambda settings: _put_on_line(settings, Kind.SURGE, number, every, until=until, reason=reason))


@lines.command(
    help=tr(
        "Tanyai penelepon lebih dahulu apakah ada orang, bila banyak panggilan hantu.\n\n"
        "Kalimatnya ('gate') ada di hotline.yaml.",
        "Ask callers for a sign of life first, where many calls are ghosts.\n\n"
        "What it says ('gate') stands in hotline.yaml.",
    )
)
@_line_option
@_all_option
@_until_option
@_reason_option
def gate(number: str | None, every: bool, until: str, reason: str) -> None:
    _run(lambda settings: _put_on_line(settings, Kind.GATE, number, every, until=until, reason=reason))


async def _put_on_line(
    settings: Settings, kind: Kind, number: str | None, every: bool, *, until: str, reason: str
) -> None:
    """Switch on what a line has in hotline.yaml, in a field named like its kind. Raises SwitchError."""
    site = load_version(settings).site
    target = _target(site, number, every)
    if not any(getattr(line, kind) for n, line in site.lines.items() if target in (ALL_LINES, n)):
        which = target or tr("mana pun", "of any kind")
        raise SwitchError(
            tr(
                f"nomor {which} belum punya '{kind}' di hotline.yaml; tulis di sana, lalu `sambung publish`",
                f"line {which} has no '{kind}' in hotline.yaml; write it there, then `sambung publish`",
            )
        )
    await _put_on(settings, _switch(settings, kind, target, until, reason))
    if kind is Kind.GATE and (why := keys_only(settings)):
        click.echo(
            tr(
                f"PERHATIAN: semua panggilan lolos, karena ucapan tidak dapat didengar ({why}).",
                f"WARNING: all calls pass, for speech cannot be heard ({why}).",
            )
        )


@lines.command(help=tr("Akhiri pengumuman, lonjakan, atau gerbang ID.", "End the announcement, surge or gate ID."))
@click.argument("id", type=int)
def off(id: int) -> None:
    async def work(settings: Settings) -> None:
        ended = await store.switch_off(settings, id, author=author(), now=time.time())
        click.echo(tr(f"Diakhiri: {named(ended)} ({ended.reason}).", f"Ended: {named(ended)} ({ended.reason})."))
        _say_when(settings)

    _run(work)


@lines.command(help=tr("Blokir sebuah nomor penelepon.", "Block a caller's number."))
@click.argument("caller", metavar=tr("NOMOR", "NUMBER"))
@_until_option
@_reason_option
def block(caller: str, until: str, reason: str) -> None:
    async def work(settings: Settings) -> None:
        await _put_on(settings, _switch(settings, Kind.BLOCK, _caller(caller), until, reason))

    _run(work)


@lines.command(help=tr("Cabut blokir sebuah nomor, dan tegurannya.", "End a number's block, and forget its strikes."))
@click.argument("caller", metavar=tr("NOMOR", "NUMBER"))
def unblock(caller: str) -> None:
    async def work(settings: Settings) -> None:
        number = _caller(caller)
        blocks, strikes = await store.clear_caller(settings, number, author=author(), now=time.time())
        if not blocks + strikes:
            raise SwitchError(
                tr(f"{number} tidak diblokir dan tanpa teguran", f"{number} is not blocked and has no strikes")
            )
        click.echo(
            tr(
                f"{number}: {'tidak diblokir lagi' if blocks else 'tidak diblokir'}, teguran dihapus: {strikes}.",
                f"{number}: {'no longer blocked' if blocks else 'was not blocked'}, strikes forgotten: {strikes}.",
            )
        )

    _run(work)


@lines.command(
    help=tr(
        "Beri sebuah nomor teguran.\n\nSesudah cukup banyak ('blocklist' di hotline.yaml) ia terblokir sementara.",
        "Give a number a strike.\n\nEnough of them ('blocklist' in hotline.yaml) block it for a time.",
    )
)
@click.argument("caller", metavar=tr("NOMOR", "NUMBER"))
@click.option("--agent", metavar="EXT", help=tr("Agen yang memintanya.", "The agent who asks for it."))
@_reason_option
def strike(caller: str, agent: str | None, reason: str) -> None:
    async def work(settings: Settings) -> None:
        number, rules = _caller(caller), load_version(settings).site.blocklist
        if agent:
            await find_agent(settings, agent)
        who = f"{author()}, {tr('agen', 'agent')} {agent}" if agent else author()
        count, blocked = await store.strike(settings, number, rules, reason=_why(reason), author=who, now=time.time())
        click.echo(
            tr(
                f"{number}: teguran ke-{count} dari {rules.strikes} dalam {rules.within_days} hari.",
                f"{number}: strike {count} of {rules.strikes} within {rules.within_days} days.",
            )
        )
        if blocked:
            click.echo(sentence(blocked, ZoneInfo(settings.timezone)))

    _run(work)


@lines.command(hidden=True)
def telephone() -> None:
    """The emergency telephone, run by Asterisk on the line of the call."""
    from ivr.agi.emergency import serve  # noqa: PLC0415 - no other command needs it

    serve(load_settings())


@lines.command("log", help=tr("Siapa menyalakan apa, kapan, mengapa.", "Who switched what, when and why."))
@click.option("--limit", default=30, show_default=True, type=click.IntRange(min=1))
def log(limit: int) -> None:
    _run(lambda settings: print_log(settings, limit=limit))
