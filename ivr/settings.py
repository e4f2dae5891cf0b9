"""Settings of one installation: `sambung.toml` in the state folder, folders, ports and secrets.

The state folder (`var/` in the project, or `$SAMBUNG_STATE`) holds all that an installation makes:
settings, secrets, stores, Asterisk, published versions, logs. Deleting it is a fresh start.
"""

from __future__ import annotations

import json
import os
import re
import secrets as random_secrets
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, IPvAnyNetwork, ValidationError, field_validator, model_validator

from ivr.i18n import tr
from ivr.settings_connections import Connection, Mail, Query, Recipient, SectionName, check_together
from ivr.settings_errors import explain, explain_toml
from ivr.settings_fields import Host, NumberOrNone, OwnAddress, Part, TelephoneNumber

PROJECT = Path(__file__).resolve().parent.parent
SECRETS = ("ami", "agi", "speech", "speakers")


class SettingsError(Exception):
    """The settings file is wrong; the message says where and what to do."""


class Network(Part):
    """Who listens where. SIP and RTP face the network; AGI, AMI and speech stay on loopback."""

    sip_address: OwnAddress = Field("0.0.0.0", description="address that SIP listens on")  # noqa: S104
    sip_port: int = Field(5060, ge=1, le=65535)
    rtp_start: int = Field(10000, ge=1024, le=65000)
    rtp_end: int = Field(10999, ge=1025, le=65535)
    external_address: Host = Field("", description="public address when behind NAT, else empty")
    local_networks: list[IPvAnyNetwork] = Field(
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        validate_default=True,
        description="networks that are not behind the NAT",
    )
    agi_port: int = Field(4573, ge=1, le=65535)
    ami_port: int = Field(5038, ge=1, le=65535)
    speech_port: int = Field(4574, ge=1, le=65535)

    @model_validator(mode="after")
    def _rtp_in_order(self) -> Self:
        if self.rtp_start >= self.rtp_end:
            raise ValueError(
                tr(
                    f"rtp_start ({self.rtp_start}) harus di bawah rtp_end ({self.rtp_end})",
                    f"rtp_start ({self.rtp_start}) must be below rtp_end ({self.rtp_end})",
                )
            )
        return self


class Agi(Part):
    """How Asterisk hands a call to the engine."""

    script: bool = Field(False, description="by a process per call (sambung-agi), where FastAGI cannot be used")


class Trunk(Part):
    """The line to the telephone company. Without a host there is no trunk."""

    host: Host = Field("", description="host name or address of the provider; empty: no trunk")
    port: int = Field(5060, ge=1, le=65535)
    username: str = Field("", description="user name when the provider wants a registration")
    password: str = Field("", description="its password; better in the environment: SAMBUNG_TRUNK_PASSWORD")
    register_account: bool = Field(False, description="register with the provider; otherwise known by address")
    addresses: list[str] = Field([], description="addresses that its calls come from; default: host")
    caller_id: str = Field("", description="number shown on transfers to the outside")
    keys: Literal["rfc4733", "inband", "info", "auto"] = Field("rfc4733", description="how keys arrive")
    trust_caller_identity: bool = Field(True, description="believe P-Asserted-Identity from this trunk")
    session_timers: Literal["yes", "no", "required", "always"] = "yes"
    qualify_seconds: int = Field(60, ge=0, description="probe the provider this often; 0: never")
    max_calls: int = Field(30, ge=1, description="more calls than this hear a notice and are ended")


class Recording(Part):
    """Recording of conversations, and the notice of any recording, which UU 27/2022 (PDP) demands."""

    conversations: bool = True
    notice: str = Field(
        "Untuk menjaga mutu layanan, panggilan ini direkam.",
        description="Sambung says it before the first recording of a call; empty: the flow says it itself",
    )
    minimum_free_mb: int = Field(500, ge=0, description="below this much free disk nothing is recorded")


class Limits(Part):
    """What ends a call that would never end by itself."""

    steps_per_call: int = Field(500, ge=10)
    minutes_in_flow: int = Field(60, ge=1, description="minutes outside conversations")
    standing_calls: int = Field(200, ge=1, description="calls at once; more hear a notice and are ended")


class GuardSettings(Part):
    """Who guesses passwords: after so many failures within a time an address is refused for a while."""

    failures: int = Field(10, ge=2, description="failed log-ins of one address that are one too many")
    within_seconds: float = Field(60, gt=0, description="… when they come within this time")
    refused_seconds: float = Field(600, gt=0, description="how long the address is refused then")
    trusted_seconds: float = Field(3600, ge=0, description="never within this time after a right password")
    never: list[IPvAnyNetwork] = Field(
        ["127.0.0.0/8", "::1/128"], validate_default=True, description="networks that are never refused"
    )


class Emergency(Part):
    """The emergency telephone: `*15` on an agent's telephone switches announcements and surge, with this PIN."""

    pin: str = Field("", description="6 to 12 digits; empty: no emergency telephone")

    @field_validator("pin")
    @classmethod
    def _digits(cls, pin: str) -> str:
        if pin and not re.fullmatch(r"[0-9]{6,12}", pin):
            raise ValueError(tr("tulis 6 sampai 12 angka", "write 6 to 12 digits"))
        return pin


class Logs(Part):
    """Asterisk's queue_log and CEL: who called, who talked with whom, as Asterisk saw it."""

    days_kept: int = Field(30, ge=1, description="days that Asterisk's queue_log and CEL are kept")


class Speech(Part):
    """Callers who say what they need. Keys work beside it, and alone where there is no speech."""

    servers: int = Field(
        len(os.sched_getaffinity(0)),
        ge=0,
        description="speech servers, a process each; by default one per core; 0: no speech, keys only",
    )
    calls_per_server: int = Field(60, ge=1, description="calls that one server hears at once; more go on with keys")
    model: Path = Field(PROJECT / "models" / "id-telephony", description="folder of the recogniser's model")
    keep_audio: bool = Field(False, description="keep what callers said to the menus, once they were told")
    keep_audio_days: int = Field(90, ge=1, description="days that it is kept, then it is deleted")


class Settings(Part):
    """All settings. Unknown names are errors, so that a typing mistake is noticed."""

    network: Network = Network()
    agi: Agi = Agi()
    trunk: Trunk = Trunk()
    recording: Recording = Recording()
    speech: Speech = Speech()
    limits: Limits = Limits()
    guard: GuardSettings = GuardSettings()
    emergency: Emergency = Emergency()
    logs: Logs = Logs()
    mail: Mail = Mail()
    timezone: str = Field("Asia/Jakarta", description="WIB Asia/Jakarta, WITA Asia/Makassar, WIT Asia/Jayapura")
    transfer_numbers: list[TelephoneNumber] = Field([], description="outside numbers that a flow may transfer to")
    fallback_number: NumberOrNone = Field("", description="outside number for callers when no agent can be reached")
    connections: dict[SectionName, Connection] = Field({}, description="whom queries are asked; docs/connections.md")
    queries: dict[SectionName, Query] = Field({}, description="what steps `lookup` may ask")
    recipients: dict[SectionName, Recipient] = Field({}, description="whom steps `notify` may tell")
    debian_mirror: str = Field("", description="Debian mirror where this machine's apt has none")
    state: Path = Field(default=PROJECT / "var", exclude=True)
    flows: Path = Field(PROJECT / "ivr" / "flows", description="folder of the flows")
    prompts: Path = Field(PROJECT / "prompts", description="folder of the prompts")
    recordings: Path = Field(PROJECT / "recordings", description="folder of the recordings")

    @model_validator(mode="after")
    def _connections_fit(self) -> Self:
        check_together(self.connections, self.queries)
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                tr("zona waktu ini tidak ada", "no such time zone")
                + "; WIB: Asia/Jakarta, WITA: Asia/Makassar, WIT: Asia/Jayapura"
            ) from None
        return zone

    @property
    def history_db(self) -> Path:
        return self.state / "history.db"

    @property
    def operations_db(self) -> Path:
        return self.state / "operations.db"

    @property
    def versions(self) -> Path:
        """Published versions, one immutable folder each; `current` is a link to the one in force."""
        return self.state / "versions"

    @property
    def asterisk(self) -> Path:
        """Asterisk's folders: etc, lib, spool, run, log."""
        return self.state / "asterisk"

    @property
    def queue_log(self) -> Path:
        """app_queue's log, a witness that Sambung does not write."""
        return self.asterisk / "log/queue_log"

    @property
    def cel(self) -> Path:
        """The channel event log, the other one."""
        return self.asterisk / "log/cel-custom/cel.csv"

    @property
    def bundle(self) -> Path:
        """Root of the unpacked Debian packages, where the machine has no Asterisk of its own."""
        return self.state / "debian"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def run(self) -> Path:
        """Sockets and pid files of the running processes."""
        return self.state / "run"

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Generated secrets: `ami`, `agi`, `speech`, `speakers`. Made on first use, readable by the owner alone."""
        path = self.state / "secrets.json"
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in SECRETS if name not in found]  # some, where an older Sambung wrote the file
        if missing:
            found |= {name: random_secrets.token_urlsafe(24) for name in missing}
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
                json.dump(found, f)
            part.replace(path)
        return found


def state_folder() -> Path:
    """`$SAMBUNG_STATE`, or `var/` in the project."""
    return Path(os.environ.get("SAMBUNG_STATE") or PROJECT / "var").resolve()


def load_settings(state: Path | None = None) -> Settings:
    """Read `sambung.toml` from the state folder; defaults where it is missing.

    Raises SettingsError, which names the file, the setting and what is wrong.
    """
    state = state or state_folder()
    path = state / "sambung.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        given = {}
    except UnicodeDecodeError as e:
        raise SettingsError(f"{path}: " + tr("simpan berkas ini sebagai UTF-8", "save this file as UTF-8")) from e
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(explain_toml(path, e)) from e
    _add_secrets(given)
    try:
        return Settings.model_validate({**given, "state": state})
    except ValidationError as e:
        raise SettingsError(explain(path, e, Settings)) from e


def _add_secrets(given: dict[str, Any]) -> None:
    """Put in the secrets of the environment, each named by its place: `SAMBUNG_CONNECTIONS_<NAME>_SECRET`."""
    for part in ("trunk", "mail"):
        _add_secret(given.setdefault(part, {}), part, "password")
    for part in ("connections", "recipients"):
        sections = given.get(part)
        for name, section in sections.items() if isinstance(sections, dict) else ():
            _add_secret(section, f"{part}_{name}", "secret")


def _add_secret(section: object, place: str, field: str) -> None:
    value = os.environ.get(f"SAMBUNG_{place}_{field}".upper().replace("-", "_"))
    if value and isinstance(section, dict):
        section[field] = value
