"""Agents' accounts: their passwords, and that several are made together or not at all."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path

import pytest

from ivr.routing.agents import (
    AgentError,
    add_agent,
    add_agents,
    load_agents,
    make_password,
    new_account,
    new_password,
)
from ivr.settings import Settings


def test_a_password_is_easy_to_read_out_and_hard_to_guess() -> None:
    passwords = [make_password() for _ in range(200)]
    assert len(set(passwords)) == len(passwords)
    letters = set("".join(passwords)) - {"-"}
    assert not letters & set("il1o0")
    assert not any(letter.isupper() for letter in letters)
    for password in passwords:
        assert re.fullmatch(r"[a-z2-9]{6}-[a-z2-9]{6}-[a-z2-9]{6}", password)
    assert 18 * math.log2(len(letters)) >= 80


async def test_a_password_opens_its_account_until_there_is_a_new_one(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    first = await add_agent(settings, "101", " Sari ", ["umum"])
    assert await load_agents(settings) == [new_account("101", "Sari", first, ["umum"])]
    second = await new_password(settings, "101")
    ha1 = hashlib.md5(f"101:sambung:{second}".encode()).hexdigest()
    assert [agent.ha1 for agent in await load_agents(settings)] == [ha1]


async def test_accounts_are_made_all_or_none(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    await add_agent(settings, "102", "Budi", ["umum"])
    made = [new_account(extension, "Agen", make_password(), ["umum"]) for extension in ("101", "102")]
    with pytest.raises(AgentError, match="102"):
        await add_agents(settings, made)
    assert [agent.extension for agent in await load_agents(settings)] == ["102"]
