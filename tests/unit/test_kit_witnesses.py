"""Reading what Asterisk logged."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.kit import witnesses

QUEUE_LOG = """1795528092|NONE|NONE|NONE|QUEUESTART|
1795528105|1795528096.1|pengaduan|NONE|ENTERQUEUE||0812|1
1795528106|1795528096.1|pengaduan|990|CONNECT|1|1795528105.2|1
1795528109|17955280"""

CEL = (
    '"CHAN_START","1795528096.040660","0812","1500124","public","PJSIP/anonymous-1","","1.1","1.1","",""\n'
    '"BRIDGE_EXIT","1795528110.002679","990","s","agents","PJSIP/990-2","AppQueue","1.2","1.1","PJSIP/anonymous-1",'
    '"{""bridge_id"":""e57c"",""bridge_technology"":""simple_bridge""}"\n'
    '"CHAN_END","17955'
)


def test_queue_log_of_one_call_without_its_torn_last_line(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text(QUEUE_LOG)
    assert [e.event for e in witnesses.queue_log(path)] == ["QUEUESTART", "ENTERQUEUE", "CONNECT"]
    connect = witnesses.queue_log(path, "1795528096.1")[-1]
    assert (connect.at, connect.agent, connect.data) == (1795528106, "990", ("1", "1795528105.2", "1"))


def test_cel_rows_of_all_channels_of_a_call(tmp_path: Path) -> None:
    path = tmp_path / "cel.csv"
    path.write_text(CEL)
    start, leave = witnesses.cel(path, "1.1")
    assert (start.at, start.caller, start.uniqueid) == (1795528096.04066, "0812", "1.1")
    assert (leave.event, leave.uniqueid, leave.peer) == ("BRIDGE_EXIT", "1.2", "PJSIP/anonymous-1")
    assert leave.extra == '{"bridge_id":"e57c","bridge_technology":"simple_bridge"}'


def test_no_log_yet_is_no_event(tmp_path: Path) -> None:
    assert witnesses.queue_log(tmp_path / "none") == witnesses.cel(tmp_path / "none") == []
