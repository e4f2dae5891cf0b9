"""What hotline.yaml says of surge, blocklist and holidays, and what is told of mistakes in it."""

from pathlib import Path

import pytest
from flow_kit import english, load, site, steps  # noqa: F401 - english is a fixture

from ivr.flow import lint

pytestmark = pytest.mark.usefixtures("english")

FLOW = steps("a: {type: play, say: Halo., next: z}")
BUSY = FLOW.replace("flow: utama", "flow: ramai")
LINE = """\
lines:
  110:
    title: T
    flow: utama
    after_hours: utama
"""
QUEUES = "queues: {umum: {title: Umum}}\n"


def told(folder: Path, hotline: str) -> list[str]:
    return [str(p).partition("hotline.yaml:")[2] for p in load(folder, FLOW, hotline=hotline).problems]


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("    surge: {say: Ramai., flow: ramei}\n", "6:32: error: there is no flow 'ramei'"),
        ("    surge: {waiting: 5}\n", "6:12: error: write 'say' (an announcement), 'flow' (another flow), or both"),
        ("    surge: {say: Ramai., waiting: banyak}\n", "6:35: error: 'banyak' is not a whole number"),
        (
            "    surge: {say: Ramai., queues: [umun]}\n",
            "6:35: error: there is no queue 'umun' below 'queues'; did you mean 'umum'?",
        ),
        ("    surge: {say: Ramai., wating: 5}\n", "6:26: error: 'wating' is not known here"),
        ("    surge: {say: 'Ramai, {nma}.'}\n", "6:26: error: the variable 'nma' is never set"),
        (
            "    hours: {week: {senin: 08:00-16:00}, closing_soon: 15m, closing_say: 'Tutup {tutp:jam}.'}\n",
            "6:80: error: the variable 'tutp' is never set; did you mean 'tutup'?",
        ),
        ("    hours: {week: {senin: 08:00-16:00}, closing_soon: 9h}\n", "6:55: error: must be 0 to 14400 seconds"),
        (
            "    hours: {week: {senin: 08:00-16:00}, zone: WITTA}\n",
            "6:47: error: 'WITTA' is no choice here: WIB, WITA, WIT; did you mean 'WITA'?",
        ),
        ("    hours: {week: {senin: 08:00-16:00}, national_holidays: ada}\n", "6:60: error: 'ada': write yes or no"),
        ("    blocklist: mungkin\n", "6:16: error: 'mungkin': write yes or no"),
        ("blocklist: {strikes: 0}\n", "6:22: error: must be 1 to 100"),
        ("blocklist: {say: 'Maaf {nama}.'}\n", "6:24: error: the variable 'nama' is never set"),
        ("blocklist: tidak\n", "6:12: error: a list of 'name: value' belongs here"),
    ],
)
def test_mistakes_are_told_at_their_place_with_their_cure(tmp_path: Path, added: str, expected: str) -> None:
    (problem,) = told(tmp_path, LINE + added + QUEUES)
    assert problem.startswith(expected)


def test_what_is_said_before_the_flow_is_among_the_prompts(tmp_path: Path) -> None:
    hours = "hours: {week: {senin: 08:00-16:00}, closing_soon: 15m}"
    hotline = f"{LINE}    {hours}\n    surge: {{say: Ramai.}}\n{QUEUES}blocklist: {{say: Maaf.}}\n"
    prompts = {p.text: p.where for p in site(tmp_path, FLOW, hotline=hotline).prompts()}
    assert prompts["Ramai."] == prompts["Layanan petugas kami hari ini tutup {tutup:jam}."] == "hotline.yaml: 110"
    assert prompts["Maaf."] == "hotline.yaml: blocklist"


def test_a_flow_for_surges_is_used(tmp_path: Path) -> None:
    hotline = f"{LINE}    surge: {{flow: ramai}}\n{QUEUES}"
    assert load(tmp_path, FLOW, BUSY, hotline=hotline).problems == []
    unused = load(tmp_path, FLOW, BUSY, hotline=LINE + QUEUES).problems
    assert ["the flow 'ramai' is not used" in p.message for p in unused] == [True]


def test_joint_leave_that_is_not_known_yet_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = "    hours: {week: {senin: 08:00-16:00}, joint_leave: ya}\n"
    monkeypatch.setattr(lint, "joint_leave", lambda year: {})
    (problem,) = told(tmp_path, LINE + hours + QUEUES)
    assert problem.startswith("6:41: warning: the joint leave of 20")
    assert "write its dates into 'closed'" in problem
    monkeypatch.setattr(lint, "joint_leave", lambda year: {"some": "day"})
    assert told(tmp_path, LINE + hours + QUEUES) == []
