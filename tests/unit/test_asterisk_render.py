"""Asterisk's files: the real templates, filled for a small site."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ivr.asterisk import unloaded
from ivr.asterisk.find import Installation
from ivr.asterisk.render import TEMPLATES, Rendered, RenderError, render
from ivr.flow.hotline import Line, Queue
from ivr.routing.agents import AgentAccount
from ivr.settings import Emergency, Network, Settings, Speech, Trunk

SARI = AgentAccount("101", "Sari", "0123456789abcdef0123456789abcdef", ("umum",))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("chan_pjsip", "res_pjsip", "app_queue", "app_voicemail"):
        (modules / f"{name}.so").touch()
    return Installation(("/usr/sbin/asterisk",), modules, tmp_path / "data", "Asterisk 22.10.1")


def fill(
    settings: Settings, installation: Installation, *agents: AgentAccount, templates: Path = TEMPLATES
) -> Rendered:
    return render(
        settings,
        installation,
        agents=agents or [SARI],
        lines={"14045": Line(title="Halo", flow="halo")},
        queues={"umum": Queue(title="Umum")},
        exit_keys={},
        templates=templates,
    )


def section(settings: Settings, file: str, name: str) -> list[str]:
    """The lines of all sections of this name, without comments and blank lines."""
    found, inside = [], False
    for line in (settings.asterisk / "etc" / file).read_text().splitlines():
        if line.startswith("["):
            inside = line.startswith(f"[{name}]")
        if inside and line and not line.startswith(";"):
            found.append(line)
    return found


def test_every_template_becomes_a_file_for_the_owner_alone(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    changed = fill(settings, installation).changed
    assert set(changed) == {p.name.removesuffix(".j2") for p in TEMPLATES.iterdir()}
    for name in changed:
        assert stat.S_IMODE((settings.asterisk / "etc" / name).stat().st_mode) == 0o600


def test_nothing_changes_where_nothing_changed(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    fill(settings, installation)
    before = {p: p.stat().st_mtime_ns for p in (settings.asterisk / "etc").iterdir()}
    assert fill(settings, installation).changed == ()
    assert {p: p.stat().st_mtime_ns for p in (settings.asterisk / "etc").iterdir()} == before


def test_a_new_agent_is_taken_up_by_a_reload(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    first = fill(settings, installation)
    unloaded.remove(settings, first.unloaded)  # Asterisk is started
    done = fill(settings, installation, SARI, AgentAccount("102", "Budi", "f" * 32, ("umum",)))
    assert {"module reload res_pjsip.so", "dialplan reload", "queue reload all"} == set(done.reloads.values())
    assert done.needs_restart == []
    assert "md5_cred=" + "f" * 32 in section(settings, "pjsip.conf", "102")


def test_what_asterisk_did_not_take_up_is_reloaded_the_next_time(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    first = fill(settings, installation)
    unloaded.remove(settings, [name for name in first.unloaded if name != "queues.conf"])
    assert fill(settings, installation).reloads == {"queues.conf": "queue reload all"}


def test_a_changed_port_needs_a_restart(tmp_path: Path, installation: Installation) -> None:
    fill(Settings(state=tmp_path), installation)
    done = fill(Settings(state=tmp_path, network=Network(rtp_start=12000, rtp_end=12999)), installation)
    assert done.needs_restart == ["rtp.conf"]


def test_only_modules_that_are_there_are_loaded(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    fill(settings, installation)
    lines = section(settings, "modules.conf", "modules")
    assert "autoload = no" in lines
    assert {line for line in lines if line.startswith("load")} == {
        "load = res_pjsip.so",
        "load = chan_pjsip.so",
        "load = app_queue.so",
    }


def test_strangers_reach_the_public_context_and_are_not_believed(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    fill(settings, installation)
    stranger = section(settings, "pjsip.conf", "anonymous")
    assert "context=public" in stranger
    assert "trust_id_inbound=no" in stranger
    assert not any(line.startswith("auth") for line in stranger)


def test_without_a_host_there_is_no_trunk(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    fill(settings, installation)
    assert section(settings, "pjsip.conf", "trunk") == []


def test_a_trunk_known_by_address_with_registration(tmp_path: Path, installation: Installation) -> None:
    trunk = Trunk(
        host="sip.penyedia.example", username="0215551234", password="rahasia", register_account=True,
        addresses=["192.0.2.10", "192.0.2.11"], keys="inband", qualify_seconds=20, session_timers="required",
    )  # fmt: skip
    settings = Settings(state=tmp_path, trunk=trunk)
    fill(settings, installation)
    lines = section(settings, "pjsip.conf", "trunk")
    assert {
        "type=registration", "client_uri=sip:0215551234@sip.penyedia.example:5060", "match=192.0.2.10",
        "match=192.0.2.11", "dtmf_mode=inband", "qualify_frequency=20", "timers=required", "trust_id_inbound=yes",
        "password=rahasia", "context=trunk", "identify_by=ip", "server_uri=sip:sip.penyedia.example:5060",
        "contact_user=0215551234", "outbound_auth=trunk", "from_user=0215551234",
    } <= set(lines)  # fmt: skip


def test_whom_we_call_outside_sees_our_number(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path, trunk=Trunk(host="192.0.2.10", caller_id="0215550100"))
    fill(settings, installation)
    (shown,) = (line for line in section(settings, "extensions.conf", "callee") if line.startswith("exten"))
    assert "Set(CONNECTEDLINE(all,i)=<0215550100>)" in shown


def test_behind_a_nat_the_outer_address_is_told(tmp_path: Path, installation: Installation) -> None:
    network = Network(external_address="203.0.113.5", local_networks=["10.0.0.0/8"])
    settings = Settings(state=tmp_path, network=network)
    fill(settings, installation)
    lines = section(settings, "pjsip.conf", "transport-udp")
    assert {
        "external_media_address=203.0.113.5",
        "external_signaling_address=203.0.113.5",
        "local_net=10.0.0.0/8",
    } <= set(lines)


def test_the_manager_is_on_loopback_with_the_secret(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path)
    fill(settings, installation)
    assert "bindaddr=127.0.0.1" in section(settings, "manager.conf", "general")
    assert f"secret={settings.secrets['ami']}" in section(settings, "manager.conf", "sambung")


def test_the_speech_servers_are_on_loopback_and_known_by_the_secret(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path, speech=Speech(servers=1))
    fill(settings, installation)
    url = f"url=ws://127.0.0.1:{settings.network.speech_port}/{settings.secrets['speech']}"
    assert {"type=client", "codecs=!all,slin", url} <= set(section(settings, "aeap.conf", "sambung"))


def test_without_speech_servers_there_is_no_speech_engine(tmp_path: Path, installation: Installation) -> None:
    settings = Settings(state=tmp_path, speech=Speech(servers=0))
    fill(settings, installation)
    assert section(settings, "aeap.conf", "sambung") == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Sari\n[admin]", "a line break"),
        ("Sari\r", "a line break"),
        ("Sari;", "';'"),
        ("Sari]", "']'"),
        ("S\0", "a NUL"),
    ],
)
def test_a_value_cannot_leave_its_line(tmp_path: Path, installation: Installation, name: str, what: str) -> None:
    settings = Settings(state=tmp_path)
    with pytest.raises(RenderError) as caught:
        fill(settings, installation, AgentAccount("101", name, "f" * 32, ("umum",)))
    line = next(n for n, t in enumerate((TEMPLATES / "pjsip.conf.j2").read_text().splitlines(), 1) if "agent.name" in t)
    assert str(caught.value).startswith(f"{TEMPLATES / 'pjsip.conf.j2'}:{line}: callerid=")
    assert what in str(caught.value)
    assert list((settings.asterisk / "etc").iterdir()) == []  # nothing was written by halves


def test_a_template_with_a_wrong_name_in_it_says_where(tmp_path: Path, installation: Installation) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "a.conf.j2").write_text("[general]\nport={{ network.sip_prot }}\n")
    with pytest.raises(RenderError, match=r"a\.conf\.j2:2: port=.*sip_prot"):
        fill(Settings(state=tmp_path), installation, templates=templates)


def test_a_state_folder_too_deep_for_a_socket_is_refused_with_the_remedy(
    tmp_path: Path, installation: Installation
) -> None:
    with pytest.raises(RenderError, match="SAMBUNG_STATE"):
        fill(Settings(state=tmp_path / ("x" * 90)), installation)


def test_the_emergency_telephone_is_there_only_with_a_pin(tmp_path: Path, installation: Installation) -> None:
    fill(Settings(state=tmp_path), installation)
    assert not any("*15" in line for line in section(Settings(state=tmp_path), "extensions.conf", "agents"))
    settings = Settings(state=tmp_path, emergency=Emergency(pin="246810"))
    fill(settings, installation)
    (number,) = [line for line in section(settings, "extensions.conf", "agents") if "*15" in line]
    assert number == "exten => *15,1,Answer()"
    assert not any("*15" in line for line in section(settings, "extensions.conf", "public"))
    assert "246810" not in (settings.asterisk / "etc" / "extensions.conf").read_text()
