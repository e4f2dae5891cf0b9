"""Agents' accounts: who may take calls, from which extension, for which queues.

They lie in the operations store. Of a password only its SIP digest (HA1) is kept: it is shown once,
when it is made.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.flow.values import NAME
from ivr.i18n import tr
from ivr.routing.ami import Ami, AmiRefused
from ivr.settings import Settings
from ivr.store.database import operations
from ivr.store.tables import agents as table
from ivr.telephones import interface_of

REALM = "sambung"
"""The SIP realm of agents' passwords."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of passwords, which are read out and typed: without those that look alike (i l 1, o 0), in one case."""
_GROUPS, _GROUP = 3, 6
"""18 letters of 31: 89 bits."""
_EXTENSION = re.compile(r"[1-9]\d{1,5}")
_QUEUE = re.compile(NAME)


class AgentError(Exception):
    """An account cannot be made or found; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class AgentAccount:
    """An agent's SIP account. `ha1`: hex MD5 of "extension:REALM:password"; `queues`: where they serve."""

    extension: str
    name: str
    ha1: str
    queues: tuple[str, ...] = ()


async def load_agents(settings: Settings) -> list[AgentAccount]:
    """All accounts, by extension."""
    async with operations(settings) as store:
        rows = await store.execute(select(table).order_by(table.c.extension))
        return [AgentAccount(r.extension, r.name, r.ha1, tuple(r.queues)) for r in rows]


def make_password() -> str:
    """A new password, such as "k7mq2x-9hpdtv-3wzrcb"."""
    groups = ("".join(map(secrets.choice, [_LETTERS] * _GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


async def add_agent(settings: Settings, extension: str, name: str, queues: Sequence[str]) -> str:
    """Make an account; gives its password, which is kept nowhere. Raises AgentError."""
    password = make_password()
    await add_agents(settings, [new_account(extension, name, password, queues)])
    return password


def new_account(extension: str, name: str, password: str, queues: Sequence[str]) -> AgentAccount:
    """An account that is not in the store yet. Raises AgentError where a value cannot be used."""
    if not _EXTENSION.fullmatch(extension):
        raise AgentError(
            tr(f"{extension!r}: ekstensi terdiri dari 2–6 angka", f"{extension!r}: an extension is 2–6 digits")
        )
    if not name.strip() or any(c in name for c in '"\r\n;[]<>'):
        raise AgentError(tr(f"{name!r}: nama tidak dapat dipakai", f"{name!r}: this name cannot be used"))
    for queue in queues:
        if not _QUEUE.fullmatch(queue):
            raise AgentError(tr(f"{queue!r}: bukan nama antrean", f"{queue!r} is no name of a queue"))
    return AgentAccount(extension, name.strip(), _ha1(extension, password), tuple(queues))


async def add_agents(settings: Settings, made: Sequence[AgentAccount]) -> None:
    """Store accounts, all or none. Raises AgentError where one exists already."""
    async with operations(settings) as store:
        for agent in made:
            row = {"extension": agent.extension, "name": agent.name, "ha1": agent.ha1, "queues": list(agent.queues)}
            try:
                await store.execute(insert(table).values(**row, created_at=time.time()))
            except IntegrityError:
                raise AgentError(
                    tr(f"Agen {agent.extension} sudah ada", f"Agent {agent.extension} exists already")
                ) from None


async def new_password(settings: Settings, extension: str) -> str:
    """Give an account a new password. Raises AgentError when there is no such account."""
    password = make_password()
    async with operations(settings) as store:
        changed = await store.execute(
            update(table).where(table.c.extension == extension).values(ha1=_ha1(extension, password))
        )
        _found(changed.rowcount, extension)
    return password


async def remove_agent(settings: Settings, extension: str) -> None:
    """Remove an account. Raises AgentError when there is none."""
    async with operations(settings) as store:
        _found((await store.execute(delete(table).where(table.c.extension == extension))).rowcount, extension)


async def find_agent(settings: Settings, extension: str) -> AgentAccount:
    """One account. Raises AgentError when there is none."""
    found = [agent for agent in await load_agents(settings) if agent.extension == extension]
    _found(len(found), extension)
    return found[0]


async def log_in(ami: Ami, agent: AgentAccount) -> None:
    """Log an agent in to all of their queues. One who is there already stays. Raises AmiDown."""
    interface = interface_of(agent.extension)
    for queue in agent.queues:
        try:
            await ami.action(
                "QueueAdd", Queue=queue, Interface=interface, MemberName=agent.extension, StateInterface=interface
            )
        except AmiRefused as e:
            if "Already there" not in str(e):
                raise


async def log_out(ami: Ami, agent: AgentAccount) -> None:
    """Log an agent out of all of their queues; a call that they are in goes on. Raises AmiDown."""
    for queue in agent.queues:
        try:
            await ami.action("QueueRemove", Queue=queue, Interface=interface_of(agent.extension))
        except AmiRefused as e:
            if "Not there" not in str(e):
                raise


async def pause(ami: Ami, agent: AgentAccount, *, paused: bool) -> None:
    """Pause an agent, or end the pause; without Sambung they ring all the same.

    Raises AgentError (not logged in), AmiDown.
    """
    interface = interface_of(agent.extension)
    members = await ami.action("QueueStatus", Member=interface)
    # Every agent is always in the fallback queue, which is none of their own: that is no log-in.
    if not any(m.event == "QueueMember" and m["Queue"] in agent.queues for m in members):
        raise AgentError(
            tr(
                f"Agen {agent.extension} belum masuk; masuk dulu dengan *11 atau `sambung agents login`",
                f"Agent {agent.extension} is not logged in; first *11 or `sambung agents login`",
            )
        )
    await ami.action("QueuePause", Interface=interface, Paused="true" if paused else "false")
    with contextlib.suppress(AmiRefused):  # an account newer than Asterisk's configuration
        await ami.action("QueuePause", Queue="fallback", Interface=interface, Paused="false")


def transfer_target(settings: Settings, agents: Sequence[AgentAccount], target: str) -> str:
    """The dial string for a flow's transfer; "" where none may go.

    Only agents' extensions and the numbers of `transfer_numbers` are reached, whatever was dialled.
    """
    if any(target == agent.extension for agent in agents):
        return interface_of(target)
    if target in settings.transfer_numbers and settings.trunk.host:
        return f"PJSIP/{target}@trunk"
    return ""


def _found(rows: int, extension: str) -> None:
    if not rows:
        raise AgentError(
            tr(
                f"Tidak ada agen {extension}; `sambung agents` menampilkan semuanya",
                f"There is no agent {extension}; `sambung agents` lists them all",
            )
        )


def _ha1(extension: str, password: str) -> str:
    return hashlib.md5(f"{extension}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
