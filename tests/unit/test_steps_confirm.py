"""confirm: yes and no, by key and voice."""

from pathlib import Path

import pytest
from flow_kit import (
    call,
    data,
    english,  # noqa: F401 - a fixture
    load,
    said,
    site,
    steps,
    way,
)

from ivr.flow.model import Site
from ivr.sim.caller import Press, Say, SpeechServer

HALF = 0.6


@pytest.fixture
def question(tmp_path: Path) -> Site:
    flow = steps(
        "a: {type: confirm, say: 'Ya tekan satu, tidak tekan dua.', yes: y, no: n, failed: z}\n"
        "y: {type: play, say: Baik., next: z}\n"
        "n: {type: play, say: Tidak apa., next: z}",
        constants="policy: {silence: Diam., wrong_key: Bukan itu., not_understood: Bagaimana?, tries: 2}\n",
    )
    return site(tmp_path, flow)


@pytest.mark.parametrize(
    ("script", "exit_"),
    [
        ([Press("1", hears="Ya tekan")], "yes"),
        ([Press("2", hears="Ya tekan")], "no"),
        ([Say("betul", hears="Ya tekan")], "yes"),
        ([Say("nggak benar", hears="Ya tekan")], "no"),
        ([Say("ya", hears="Ya tekan", confidence=HALF), Press("1", hears="Anda memilih ya, benar?")], "yes"),
        ([Say("bukan", hears="Ya tekan", confidence=HALF), Say("ya", hears="Anda memilih tidak")], "no"),
        ([SpeechServer(at=0.1), Press("2", hears="Ya tekan", after=3)], "no"),
        ([], "failed"),
    ],
    ids=["1", "2", "said yes", "said no", "half sure", "half sure no", "deaf", "silence"],
)
def test_an_answer(question: Site, script: list[Press | Say | SpeechServer], exit_: str) -> None:
    assert way(call(question, *script))[0] == f"a:{exit_}"


@pytest.mark.parametrize(
    ("words", "exit_"),
    [
        *(
            (words, "yes")
            for words in ("ya", "iya dong", "bener", "betul sekali", "sudah benar", "ya sudah", "tidak salah")
        ),
        *(
            (words, "yes")
            for words in ("mau", "saya mau", "boleh", "oke", "ok", "setuju", "siap", "silakan", "ya boleh")
        ),
        *(
            (words, "no")
            for words in ("ga", "gak", "ngga", "engga", "kagak", "bukan itu", "ga benar", "ada yang salah")
        ),
        *(
            (words, "no")
            for words in ("jangan", "tidak usah", "nggak usah", "ga usah pak", "tidak mau", "belum", "nanti saja")
        ),
        *((words, "failed") for words in ("tidak tahu", "siapa ini", "sebentar", "sudah", "udah pak")),
    ],
)
def test_people_say_yes_and_no_in_many_ways(question: Site, words: str, exit_: str) -> None:
    assert way(call(question, *(Say(words, hears="Ya tekan") for _ in range(2))))[0] == f"a:{exit_}"


@pytest.mark.parametrize(
    ("script", "why", "told"),
    [
        ([Press("3", hears="Ya tekan")], "wrong_key", "Bukan itu."),
        ([Say("pajak", hears="Ya tekan")], "not_understood", "Bagaimana?"),
        ([Press("#", hears="Ya tekan")], "silence", "Diam."),
    ],
)
def test_what_is_no_answer_is_asked_again(question: Site, script: list[Press | Say], why: str, told: str) -> None:
    trial = call(question, *script)
    assert (data(trial, "input_rejected")[0]["why"], said(trial)[1]) == (why, told)


def test_all_it_may_say_is_built(question: Site) -> None:
    prompts = [use.text for use in question.prompts()]
    assert "Anda memilih tidak, benar? Tekan satu jika benar, dua jika salah." in prompts


@pytest.mark.usefixtures("english")
def test_both_answers_lead_somewhere(tmp_path: Path) -> None:
    loaded = load(tmp_path, steps("a: {type: confirm, say: Ya?, yes: z, failed: z}"))
    assert [problem.message for problem in loaded.problems] == ["'no' is missing"]
