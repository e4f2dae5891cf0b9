"""The AGI codec: whatever pieces the bytes come in, the messages are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi.codec import (
    AgiDecoder,
    AgiProtocolError,
    Environment,
    HangupNotice,
    Message,
    Recognised,
    Reply,
    SpeechResult,
    encode,
    recognised,
)

HEADER = "agi_network: yes\nagi_uniqueid: 1.2\nagi_callerid: 0812 «é»\nagi_arg_2: b\nagi_arg_1: a: c\n\n"


def decode(text: str | bytes, *, header: bool = True) -> list[Message]:
    decoder = AgiDecoder()
    data = (HEADER.encode() if header else b"") + (text.encode() if isinstance(text, str) else text)
    return list(decoder.feed(data))[header:]


def test_environment_has_names_without_prefix_and_arguments_in_order() -> None:
    (environment,) = decode(HEADER, header=False)
    assert isinstance(environment, Environment)
    assert environment.values["callerid"] == "0812 «é»"
    assert environment.arguments == ["a: c", "b"]


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", Reply(200, "0", "", 0, "result=0")),
        ("200 result=0 endpos=24000", Reply(200, "0", "", 24000, "result=0 endpos=24000")),
        ("200 result=49 endpos=-1", Reply(200, "49", "", -1, "result=49 endpos=-1")),
        ("200 result=1 (a (nested) value)", Reply(200, "1", "a (nested) value", 0, "result=1 (a (nested) value)")),
        ("200 result=0 (timeout) endpos=8", Reply(200, "0", "timeout", 8, "result=0 (timeout) endpos=8")),
        ("200 result=1 ()", Reply(200, "1", "", 0, "result=1 ()")),
        ("510 Invalid or unknown command", Reply(510, text="Invalid or unknown command")),
        ("511 Command Not Permitted on a dead channel", Reply(511, text="Command Not Permitted on a dead channel")),
        (
            "520-Invalid command syntax.  Proper usage follows:\n  Usage: X\n520 End of proper usage.",
            Reply(520, text="Invalid command syntax.  Proper usage follows:\n  Usage: X"),
        ),
    ],
)
def test_replies(line: str, reply: Reply) -> None:
    assert decode(line + "\n") == [reply]


def test_hangup_comes_out_of_band_and_inside_nothing() -> None:
    assert decode("200 result=-1\nHANGUP\n511 dead\n") == [
        Reply(200, "-1", "", 0, "result=-1"),
        HangupNotice(),
        Reply(511, text="dead"),
    ]


@pytest.mark.parametrize(("result", "key"), [("49", "1"), ("35", "#"), ("0", ""), ("-1", ""), ("x", "")])
def test_key_of_a_reply(result: str, key: str) -> None:
    assert Reply(200, result).key == key


@given(st.data())
def test_any_cut_of_the_bytes_gives_the_same_messages(data: st.DataObject) -> None:
    stream = (HEADER + "200 result=0 endpos=5\nHANGUP\n520-a\nb\n520 c\n200 result=1 (é)\n").encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    decoder, messages = AgiDecoder(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        messages += list(decoder.feed(stream[start:end]))
    assert messages == list(AgiDecoder().feed(stream))
    assert len(messages) == 5


@given(st.binary(max_size=300))
def test_a_stranger_s_bytes_are_refused_not_crashed_on(noise: bytes) -> None:
    try:
        list(AgiDecoder().feed(noise))
    except AgiProtocolError as e:
        assert str(e)  # noqa: PT017


@pytest.mark.parametrize("data", [b"GET / HTTP/1.0\n", b"x" * 70_000, b"".join(b"agi_%d: x\n" % i for i in range(300))])
def test_what_is_no_agi_is_refused(data: bytes) -> None:
    with pytest.raises(AgiProtocolError):
        list(AgiDecoder().feed(data))


def test_bytes_that_are_no_utf8_do_not_end_a_call() -> None:
    (reply,) = decode(b"200 result=1 (\xff\xfe)\n")
    assert isinstance(reply, Reply)
    assert reply.code == 200


def test_encode_keeps_every_argument_one_word() -> None:
    assert encode("STREAM FILE", "/a b/c", "") == b'STREAM FILE "/a b/c" ""\n'
    assert encode("EXEC", "Queue", 'q,"x\\y') == b'EXEC Queue "q,\\"x\\\\y"\n'
    assert encode("WAIT FOR DIGIT", 4000) == b"WAIT FOR DIGIT 4000\n"


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b"])
def test_encode_refuses_what_would_be_a_second_command(bad: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode("EXEC", bad)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            # as Asterisk 22 wrote it: the results in reverse, quotes as they are
            '200 result=1 (speech) endpos=0 results=3 score0=10 text0="" grammar0=1.1,1,2,3 '
            'score1=20 text1="a "b" grammar1=1.1,1,2,3 score2=900 text2="ka te pe" grammar2=1.1,1,2,3',
            Recognised(
                "speech",
                "",
                (
                    SpeechResult(900, "ka te pe", "1.1,1,2,3"),
                    SpeechResult(20, 'a "b', "1.1,1,2,3"),
                    SpeechResult(10, "", "1.1,1,2,3"),
                ),
            ),
        ),
        (
            '200 result=1 (speech) endpos=0 results=1 score0=0 text0="" grammar0=onset,1.1',
            Recognised("speech", "", (SpeechResult(0, "", "onset,1.1"),)),
        ),
        ("200 result=1 (speech) endpos=0 results=0 ", Recognised("speech")),
        ("200 result=1 (digit) digit=# endpos=0", Recognised("digit", "#")),
        ("200 result=1 (timeout) endpos=0", Recognised("timeout")),
        ("200 result=1 (hangup) endpos=0", Recognised("hangup")),
        ("200 result=0", Recognised("")),
    ],
)
def test_what_ended_a_listening(line: str, found: Recognised) -> None:
    (reply,) = decode(line + "\n")
    assert isinstance(reply, Reply)
    assert recognised(reply) == found
