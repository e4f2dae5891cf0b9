"""Which version is in force, which ones were, and which will be: the pointer, its journal, its plans.

    versions/current          link to the version in force, replaced in one go
    versions/journal.jsonl    every move of that link, oldest first
    versions/plans.json       moves to come

A plan says at what time a version is to follow which other. Where that other one is not in force by then, somebody
has published meanwhile: the plan is held, for people to decide, rather than undo what they published.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from ivr.i18n import tr
from ivr.settings import Settings
from ivr.synced import replace_synced


class PlanError(Exception):
    """A plan cannot be made or found; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move of the pointer. `at`: Unix seconds; `action`: "publish", "rollback" or "return" (after its time).

    `forced`: why it was published although its tests failed; "" where they passed.
    """

    at: float
    hash: str
    author: str
    action: str
    forced: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A move to come: from the version `base` ("": from none). `held`: its time came, but another one was in force."""

    id: int
    move: Move
    base: str
    held: bool = False


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """One who changes versions at a time; a second one waits."""
    settings.versions.mkdir(parents=True, exist_ok=True)
    with (settings.versions / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def current_hash(settings: Settings) -> str | None:
    """The hash of the version in force, None if nothing is published. One system call: fit for polling."""
    try:
        return str((settings.versions / "current").readlink())
    except OSError:
        return None


def moves(settings: Settings) -> list[Move]:
    """All moves of the pointer, oldest first."""
    path = settings.versions / "journal.jsonl"
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            found.append(Move(**json.loads(line)))
        except (ValueError, TypeError):
            continue  # a line cut short when the power went
    return found


def move(settings: Settings, to: Move) -> None:
    """Put a version in force, unless it is. Under the lock."""
    versions = settings.versions
    if current_hash(settings) == to.hash:
        return
    new = versions / f".current-{secrets.token_hex(6)}"
    new.symlink_to(to.hash)
    new.replace(versions / "current")
    with (versions / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(asdict(to), ensure_ascii=False) + "\n")
        journal.flush()
        os.fsync(journal.fileno())
    folder = os.open(versions, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# --- what is planned ----------------------------------------------------------------------------------
def plans(settings: Settings) -> list[Plan]:
    """What is to come and what was held, in the order of time. Raises PlanError where the file cannot be read."""
    path = settings.versions / "plans.json"
    try:
        read = json.loads(path.read_bytes())
        return [Plan(**(plan | {"move": Move(**plan["move"])})) for plan in read]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as e:
        raise PlanError(
            tr(
                f"{path} rusak ({e}); hapus berkas itu, lalu rencanakan lagi dengan `sambung publish --at`",
                f"{path} is damaged ({e}); remove it and plan again by `sambung publish --at`",
            )
        ) from e


def in_force_at(settings: Settings, at: float) -> str | None:
    """The version that a move planned now for that time (Unix seconds) follows, if nobody publishes until then."""
    hash = current_hash(settings)
    for plan in plans(settings):
        if plan.move.at <= at and _comes_about(plan, hash):
            hash = plan.move.hash
    return hash


def to_be_held(settings: Settings) -> list[Plan]:
    """Plans that cannot come about, because they follow a version that will not be in force."""
    hash, held = current_hash(settings), []
    for plan in plans(settings):
        if _comes_about(plan, hash):
            hash = plan.move.hash
        elif not plan.held:
            held.append(plan)
    return held


def _comes_about(plan: Plan, in_force: str | None) -> bool:
    """Whether the plan may be followed while that version is in force; one that is fulfilled has nothing to undo."""
    return not plan.held and (in_force or "") in (plan.base, plan.move.hash)


def plan(settings: Settings, to: Move, *, base: str | None) -> Plan:
    """Note a move to come. Under the lock."""
    known = plans(settings)
    new = Plan(max((plan.id for plan in known), default=0) + 1, to, base or "")
    _write(settings, [*known, new])
    return new


def cancel(settings: Settings, id: int) -> Plan:
    """Forget a plan, also one that was held. Raises PlanError."""
    with locked(settings):
        known = plans(settings)
        for found in known:
            if found.id == id:
                _write(settings, [plan for plan in known if plan is not found])
                return found
    raise PlanError(
        tr(f"tidak ada rencana {id}; lihat `sambung versions`", f"there is no plan {id}; see `sambung versions`")
    )


def follow_plans(settings: Settings) -> list[Plan]:
    """Make the moves whose time has come; gives these plans, the held ones marked. Raises PlanError."""
    if not any(_due(plan) for plan in plans(settings)):
        return []
    done: list[Plan] = []
    with locked(settings):
        left: list[Plan] = []
        for plan in plans(settings):
            if not _due(plan):
                left.append(plan)
            elif _comes_about(plan, current_hash(settings)):
                move(settings, replace(plan.move, at=time.time()))
                done.append(plan)
            else:
                left.append(replace(plan, held=True))
                done.append(left[-1])
        _write(settings, left)
    return done


def _due(plan: Plan) -> bool:
    return not plan.held and plan.move.at <= time.time()


def _write(settings: Settings, known: Sequence[Plan]) -> None:
    ordered = sorted(known, key=lambda plan: (plan.move.at, plan.id))
    content = json.dumps([asdict(plan) for plan in ordered], ensure_ascii=False, indent=1)
    replace_synced(settings.versions / "plans.json", content.encode())
