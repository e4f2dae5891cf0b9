"""Agents: accounts, and who is logged in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import click

from ivr.asterisk.configure import apply
from ivr.asterisk.control import AsteriskError, refuse_foreign
from ivr.asterisk.render import RenderError
from ivr.cli.running import run
from ivr.cli.tables import add_row, new_table, print_table
from ivr.i18n import tr
from ivr.publish import PublishError, load_version
from ivr.routing import agents as accounts
from ivr.routing.agents import AgentAccount, AgentError
from ivr.routing.ami import Ami, AmiDown, AmiRefused
from ivr.routing.board import AgentBoard, AgentState
from ivr.settings import Settings
from ivr.supervisor import is_running

TELEPHONE_SECONDS = 1.0
"""So long a telephone that seems to be away is waited for: after its own restart Asterisk does not know of any."""
STATE_WORDS = {
    AgentState.FREE: tr("siap", "free"),
    AgentState.RINGING: tr("berdering", "ringing"),
    AgentState.TALKING: tr("bicara", "talking"),
    AgentState.WRAP_UP: tr("merapikan", "wrap-up"),
    AgentState.PAUSED: tr("jeda", "paused"),
    AgentState.UNREACHABLE: tr("softphone tidak terhubung", "softphone not registered"),
}


def _run(work: Callable[[Settings], Awaitable[None]]) -> None:
    async def with_asterisk(settings: Settings) -> None:
        try:
            await work(settings)
        except AmiDown as e:
            await refuse_foreign(settings)
            mend = tr("jalankan `sambung up`", "`sambung up`")
            if is_running(settings):
                mend = tr("lihat `sambung status`, lalu ulangi", "see `sambung status`, then try again")
            message = tr(f"Asterisk tidak menjawab ({e}); {mend}", f"Asterisk does not answer ({e}); {mend}")
            raise click.ClickException(message) from e

    run(with_asterisk, AgentError, AmiRefused, AsteriskError, PublishError, RenderError)


@click.group(invoke_without_command=True, help=tr("Agen: akun, dan siapa yang masuk.", "Agents: accounts, who is in."))
@click.pass_context
def agents(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        _run(_show)


async def _show(settings: Settings) -> None:
    states: dict[str, dict[str, AgentState]] | None = None
    ami = Ami(settings.network.ami_port, settings.secrets["ami"])
    queues = load_version(settings).site.queues
    board = AgentBoard(ami, lambda queue: queues[queue].wrapup_seconds if queue in queues else 0.0)
    try:
        async with ami.for_a_moment():
            states = board.states()
    except AmiDown:
        pass  # the accounts are worth showing all the same
    table = new_table(tr("Ekstensi", "Extension"), tr("Nama", "Name"), tr("Antrean", "Queues"), tr("Keadaan", "State"))
    for agent in await accounts.load_agents(settings):
        add_row(table, agent.extension, agent.name, ", ".join(agent.queues), _state(agent, states))
    print_table(table)


def _state(agent: AgentAccount, states: dict[str, dict[str, AgentState]] | None) -> str:
    if states is None:
        return tr("tidak diketahui: Asterisk tidak berjalan", "unknown: Asterisk does not run")
    there = sorted(set(states.get(agent.extension, {}).values()))
    return ", ".join(STATE_WORDS[s] for s in there) or tr("keluar", "logged out")


@agents.command(help=tr("Buat akun; kata sandi ditampilkan sekali.", "Make an account; its password is shown once."))
@click.argument("extension")
@click.argument("name")
@click.option("--queue", "queues", multiple=True, help=tr("Antrean (boleh berulang).", "Queue (repeatable)."))
def add(extension: str, name: str, queues: tuple[str, ...]) -> None:
    async def work(settings: Settings) -> None:
        known = load_version(settings).site.queues
        if strange := [q for q in queues if q not in known]:
            raise AgentError(
                tr(
                    f"antrean {strange[0]!r} tidak ada; yang ada: {', '.join(known)}",
                    f"there is no queue {strange[0]!r}; there are: {', '.join(known)}",
                )
            )
        password = await accounts.add_agent(settings, extension, name, queues or tuple(known))
        _show_password(extension, password)  # first of all: whatever fails after it, it is known
        await apply(settings)

    _run(work)


@agents.command(help=tr("Ganti kata sandi; ditampilkan sekali.", "Make a new password; shown once."))
@click.argument("extension")
def password(extension: str) -> None:
    async def work(settings: Settings) -> None:
        made = await accounts.new_password(settings, extension)
        _show_password(extension, made)
        await apply(settings)

    _run(work)


@agents.command(help=tr("Hapus akun.", "Remove an account."))
@click.argument("extension")
def remove(extension: str) -> None:
    async def work(settings: Settings) -> None:
        agent = await accounts.find_agent(settings, extension)
        if is_running(settings):
            async with Ami(settings.network.ami_port, settings.secrets["ami"]).for_a_moment() as ami:
                await accounts.log_out(ami, agent)
        await accounts.remove_agent(settings, extension)
        await apply(settings)
        click.echo(tr(f"Akun {extension} ({agent.name}) dihapus.", f"Account {extension} ({agent.name}) is removed."))

    _run(work)


def _live(
    name: str, help_: str, act: Callable[[Ami, AgentAccount], Awaitable[None]], said: Callable[[AgentAccount], str]
) -> None:
    """A command on a running agent: `act`, then `said` tells what is now so."""

    @agents.command(name=name, help=help_)
    @click.argument("extension")
    def command(extension: str) -> None:
        async def work(settings: Settings) -> None:
            agent = await accounts.find_agent(settings, extension)
            async with Ami(settings.network.ami_port, settings.secrets["ami"]).for_a_moment() as ami:
                await act(ami, agent)
            click.echo(f"{_named(agent)} {said(agent)}")

        _run(work)


def _named(agent: AgentAccount) -> str:
    return f"{tr('Agen', 'Agent')} {agent.extension} ({agent.name})"


def _queues(agent: AgentAccount) -> str:
    return ", ".join(agent.queues)


@agents.command(help=tr("Masukkan agen ke antreannya.", "Log an agent in to their queues."))
@click.argument("extension")
def login(extension: str) -> None:
    async def work(settings: Settings) -> None:
        agent = await accounts.find_agent(settings, extension)
        ami = Ami(settings.network.ami_port, settings.secrets["ami"])
        board = AgentBoard(ami, lambda _: 0.0)
        async with ami.for_a_moment():
            await accounts.log_in(ami, agent)
            there = await _is_there(agent, board)
        said = tr(f"masuk di antrean {_queues(agent)}.", f"is logged in to {_queues(agent)}.")
        click.echo(f"{_named(agent)} {said}")
        if not there:
            click.echo(_no_telephone(agent))

    _run(work)


async def _is_there(agent: AgentAccount, board: AgentBoard) -> bool:
    """Whether calls reach an agent who is logged in. A telephone that seems to be away has a moment to answer."""
    changed = asyncio.Event()
    board.on_change = changed.set
    await board.refresh()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TELEPHONE_SECONDS):
            while _is_away(agent, board):
                changed.clear()
                await changed.wait()
    return not _is_away(agent, board)


def _is_away(agent: AgentAccount, board: AgentBoard) -> bool:
    return AgentState.UNREACHABLE in board.states().get(agent.extension, {}).values()


def _no_telephone(agent: AgentAccount) -> str:
    return tr(
        "  Tetapi softphone-nya tidak terhubung: telepon tidak sampai kepadanya. Buka softphone itu, dengan pengguna "
        f"{agent.extension} dan server yang disebut `sambung up`.\n"
        f"  Kata sandinya hilang? `sambung agents password {agent.extension}`",
        "  But their softphone is not registered: calls do not reach them. Open it, with the user name "
        f"{agent.extension} and the server that `sambung up` tells.\n"
        f"  Is the password lost? `sambung agents password {agent.extension}`",
    )


_live(
    "logout",
    tr("Keluarkan agen dari antreannya.", "Log an agent out of their queues."),
    accounts.log_out,
    lambda a: tr(f"keluar dari antrean {_queues(a)}.", f"is logged out of {_queues(a)}."),
)
_live(
    "pause",
    tr("Jeda: tidak menerima telepon.", "Pause: takes no calls."),
    lambda m, a: accounts.pause(m, a, paused=True),
    lambda _: tr("jeda: tidak menerima telepon.", "is on a pause: takes no calls."),
)
_live(
    "unpause",
    tr("Akhiri jeda.", "End the pause."),
    lambda m, a: accounts.pause(m, a, paused=False),
    lambda _: tr("tidak jeda lagi: menerima telepon.", "is back from the pause: takes calls."),
)


def _show_password(extension: str, password: str) -> None:
    click.echo(
        tr(
            f"Ekstensi {extension}, kata sandi {password} (catat sekarang; tidak ditampilkan lagi)",
            f"Extension {extension}, password {password} (note it now; it is not shown again)",
        )
    )
