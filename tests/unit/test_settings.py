"""Settings: what is wrong is said with its place and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('timezone = "WIB"', ': timezone = "WIB": no such time zone; WIB: Asia/Jakarta'),
        ("[network]\nrtp_start = 12000\nrtp_end = 11000", ": network: rtp_start (12000) must be below"),
        ('[network]\nsip_address = "::"', 'sip_address = "::": not an IPv4 address; write 0.0.0.0'),
        ('[network]\nexternal_address = "203.0.113.5:5060"', "no IP address and no host name"),
        ('[network]\nexternal_address = "203.0.113.500"', "no IP address and no host name"),
        ('[network]\nlocal_networks = ["10.1.2.3/8"]', 'local_networks = "10.1.2.3/8": not a network'),
        ("[network]\nsip_port = 99999", "sip_port = 99999: must be at most 65535"),
        ('[network]\nsip_port = "lima"', 'sip_port = "lima": must be a whole number'),
        ('[emergency]\npin = "12345"', "write 6 to 12 digits"),
        ('[emergency]\npin = "rahasia"', "write 6 to 12 digits"),
        ("[emergency]\npin = 246810", "pin = 246810: write it in quotes"),
        ("network = 1", "network = 1: this is a section"),
        ("fallback_number = 112", "fallback_number = 112: write it in quotes"),
        ('fallback_number = "021-555"', "not a telephone number; digits only"),
        ('transfer_numbers = ["112", ""]', 'transfer_numbers = "": not a telephone number'),
        ('transfer_numbers = "112"', "must be a list"),
        ('[trunk]\nkeys = "dtmf"', "keys = \"dtmf\": choose 'rfc4733', 'inband', 'info' or 'auto'"),
        ("[trunk]\nregister_account = 2", "register_account = 2: write true or false"),
        ("[trunk]\npassword = 2", "trunk.password: write it in quotes"),
        ("[guard]\nwithin_seconds = 0", "within_seconds = 0: must be more than 0"),
        ("[limits]\nstep_per_call = 5", "'limits.step_per_call' is not known; did you mean 'limits.steps_per_call'?"),
        ("sip_port = 5070", "'sip_port' is not known; did you mean 'network.sip_port'? Write it below [network]"),
        ("[mail]\ntransfer_numbers = []", "did you mean 'transfer_numbers'? Write it on top, before the first section"),
        ("zzz = 5", "'zzz' is not known"),
        ('[connections.a]\nurl = "dinas.example"', 'connections.a.url = "dinas.example": no web address'),
        ('[connections.a]\nurl = "https://u:p@dinas.example"', "without a user's name"),
        ('[connections.a]\nurl = "https://dinas.example:99999"', "no web address"),
        ("[connections.a]", "connections.a: write either 'url' or 'database'"),
        ('[connections.a]\nurl = "https://d.example"\ndatabase = "/d.db"', "write either 'url' or 'database'"),
        ('[connections.a]\nurl = "http://d.example"\nsecret = "x"', "no secret goes over http; write https://"),
        ('[connections.a]\ndatabase = "d.db"', 'connections.a.database = "d.db": write the whole path, from / on'),
        ("[connections.a]\nsecret = 5", "connections.a.secret: write it in quotes"),
        ('[connections."Dinas A"]\nurl = "https://d.example"', "must look like"),
        ('[queries.q]\nconnection = "dinas"\nget = "/"', "queries.q: there is no [connections.dinas]; there are: –"),
        ('[queries.q]\nconnection = "d"', "queries.q: write one of 'get', 'post', 'sql'"),
        ('[queries.q]\nconnection = "d"\nget = "/"\nbody = {a = "b"}', "queries.q: 'body' is for 'post' only"),
        ('[queries.q]\nconnection = "d"\nget = "warga"', 'queries.q.get = "warga": must look like'),
        (
            '[connections.d]\ndatabase = "/d.db"\n[queries.q]\nconnection = "d"\nget = "/"',
            "queries.q: 'sql' for a database, 'get' or 'post' for a url",
        ),
        ("[recipients.r]", "recipients.r: write either 'url' or 'mail_to'"),
        ('[recipients.r]\nurl = "https://d.example"', "must be base64 of 24 bytes or more; make one: openssl"),
        ('[recipients.r]\nurl = "https://d.example"\nsecret = "rahasia"', "must be base64 of 24 bytes or more"),
        ('[recipients.r]\nmail_to = ["piket"]', 'recipients.r.mail_to = "piket": must look like'),
        ('[recipients.r]\nmail_to = ["a@b"]\nsubject = "a\\nb"', "recipients.r.subject"),
        ('[mail]\nhost = "surel.example"\npassword = "x"', 'mail: no password goes unencrypted; write encryption = "s'),
        ('[mail]\nencryption = "ssl"', "choose 'none', 'starttls' or 'tls'"),
        ("[speech]\n[mail]\n[speech]\n", ":3:8: there is a section [speech] above; write its lines there"),
        ('[connections."a b"]\n[connections."a b"]\n', "there is a section [connections.a b] above"),
        ("[speech]\nservers = 1\nservers = 2", ": this name stands above in the same section; remove one"),
        ("[limits\n", ":1:8: cannot be read; write like"),
    ],
)
def test_a_wrong_setting_is_named_with_its_cure(
    tmp_path: Path, toml: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    path = tmp_path / "sambung.toml"
    path.write_text(toml)
    with pytest.raises(SettingsError) as e:
        load_settings(tmp_path)
    (line,) = str(e.value).splitlines()
    assert line.startswith(str(path))
    assert words in line


@pytest.mark.parametrize(
    "toml",
    [
        'fallback_number = "119"\ntransfer_numbers = ["+622155501234", "0215550123", "14045"]',
        '[network]\nexternal_address = "sip.dinas.example"\nlocal_networks = ["10.20.0.0/16", "fd00::/8"]',
        '[emergency]\npin = "024681"',
        '[mail]\nhost = "127.0.0.1"\nusername = "a"\npassword = "x"',
        '[mail]\nhost = "surel.example"\nusername = "a"\npassword = "x"\nencryption = "starttls"',
        '[network]\nexternal_address = "2001:db8::5"\nsip_address = "127.0.0.1"',
    ],
)
def test_what_is_right_is_taken(tmp_path: Path, toml: str) -> None:
    (tmp_path / "sambung.toml").write_text(toml)
    load_settings(tmp_path)


def test_every_wrong_setting_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "sambung.toml").write_text('timezone = "WIB"\nzone = 1\n')
    with pytest.raises(SettingsError) as e:
        load_settings(tmp_path)
    assert len(str(e.value).splitlines()) == 2


def test_without_a_file_all_is_as_documented(tmp_path: Path) -> None:
    assert load_settings(tmp_path).timezone == "Asia/Jakarta"


def test_secrets_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first = load_settings(tmp_path).secrets
    assert load_settings(tmp_path).secrets == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    assert first.keys() == {"ami", "agi", "speech", "speakers"}
    assert len(set(first.values())) == 4


def test_a_secret_that_an_older_sambung_did_not_know_is_made_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"ami": "a", "agi": "b"}')
    assert load_settings(tmp_path).secrets == load_settings(tmp_path).secrets
    assert load_settings(tmp_path).secrets | {"speech": "", "speakers": ""} == {
        "ami": "a",
        "agi": "b",
        "speech": "",
        "speakers": "",
    }


def test_secrets_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sambung.toml").write_text(
        '[connections.pajak-kota]\nurl = "https://d.example"\nsecret = "lama"\n[recipients.r]\nurl = "https://d.example"'
    )
    monkeypatch.setenv("SAMBUNG_CONNECTIONS_PAJAK_KOTA_SECRET", "Bearer baru")
    monkeypatch.setenv("SAMBUNG_RECIPIENTS_R_SECRET", "d" * 32)
    monkeypatch.setenv("SAMBUNG_MAIL_PASSWORD", "pos")
    monkeypatch.setenv("SAMBUNG_TRUNK_PASSWORD", "saluran")
    settings = load_settings(tmp_path)
    assert settings.connections["pajak-kota"].secret.get_secret_value() == "Bearer baru"
    assert len(settings.recipients["r"].key) == 24
    assert (settings.mail.password.get_secret_value(), settings.trunk.password) == ("pos", "saluran")
    assert "Bearer baru" not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_a_secret_may_go_over_http_to_this_machine(tmp_path: Path, host: str) -> None:
    (tmp_path / "sambung.toml").write_text(f'[connections.a]\nurl = "http://{host}:80/api/"\nsecret = "x"')
    assert load_settings(tmp_path).connections["a"].url == f"http://{host}:80/api"


def test_a_wrong_secret_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "sambung.toml").write_text('[recipients.r]\nurl = "https://d.example"\nsecret = "rahasia"')
    with pytest.raises(SettingsError) as e:
        load_settings(tmp_path)
    assert "rahasia" not in str(e.value)
