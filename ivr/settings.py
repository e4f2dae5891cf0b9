"""Settings of one installation: `sambung.toml` in the state folder, folders, ports and secrets.

The state folder (`var/` in the project, or `$SAMBUNG_STATE`) holds all that an installation makes:
settings, secrets, stores, Asterisk, published versions, logs. Deleting it is a fresh start.
"""

from __future__ import annotations

import json
import os
import secrets as random_secrets
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator

PROJECT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """The settings file is wrong; the message says where and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(_Part):
    """Where Asterisk listens. SIP and RTP face the network; AGI and AMI stay on loopback."""

    sip_address: str = Field("0.0.0.0", description="address that SIP listens on")  # noqa: S104
    sip_port: int = Field(5060, ge=1, le=65535)
    rtp_start: int = Field(10000, ge=1024, le=65000)
    rtp_end: int = Field(10999, ge=1025, le=65535)
    external_address: str = Field("", description="public address when behind NAT, else empty")
    local_networks: list[str] = Field(
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        description="networks that are not behind the NAT",
    )
    agi_port: int = Field(4573, ge=1, le=65535)
    ami_port: int = Field(5038, ge=1, le=65535)

    @model_validator(mode="after")
    def _rtp_in_order(self) -> Self:
        if self.rtp_start >= self.rtp_end:
            raise ValueError(f"rtp_start ({self.rtp_start}) must be below rtp_end ({self.rtp_end})")
        return self


class Agi(_Part):
    """How Asterisk hands a call to the engine."""

    script: bool = Field(False, description="by a process per call (sambung-agi), where FastAGI cannot be used")


class Trunk(_Part):
    """The line to the telephone company. Without a host there is no trunk."""

    host: str = Field("", description="host name or address of the provider; empty: no trunk")
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


class Recording(_Part):
    """Recording of conversations. The notice to the caller is a prompt of the flow: write it there."""

    conversations: bool = True
    minimum_free_mb: int = Field(500, ge=0, description="below this much free disk nothing is recorded")


class Limits(_Part):
    """What ends a call that would never end by itself."""

    steps_per_call: int = Field(500, ge=10)
    minutes_in_flow: int = Field(60, ge=1, description="minutes outside conversations")
    standing_calls: int = Field(200, ge=1, description="calls at once; more hear a notice and are ended")


class GuardSettings(_Part):
    """Who guesses passwords: after so many failures within a time an address is refused for a while."""

    failures: int = Field(10, ge=2, description="failed log-ins of one address that are one too many")
    within_seconds: float = Field(60, gt=0, description="… when they come within this time")
    refused_seconds: float = Field(600, gt=0, description="how long the address is refused then")
    trusted_seconds: float = Field(3600, ge=0, description="never within this time after a right password")
    never: list[IPvAnyNetwork] = Field(
        ["127.0.0.0/8", "::1/128"], validate_default=True, description="networks that are never refused"
    )


class Settings(_Part):
    """All settings. Unknown names are errors, so that a typing mistake is noticed."""

    network: Network = Network()
    agi: Agi = Agi()
    trunk: Trunk = Trunk()
    recording: Recording = Recording()
    limits: Limits = Limits()
    guard: GuardSettings = GuardSettings()
    timezone: str = Field("Asia/Jakarta", description="WIB Asia/Jakarta, WITA Asia/Makassar, WIT Asia/Jayapura")
    transfer_numbers: list[str] = Field([], description="outside numbers that a flow may transfer to")
    fallback_number: str = Field("", description="outside number for callers when no agent can be reached")
    debian_mirror: str = Field("", description="Debian mirror where this machine's apt has none")
    state: Path = Field(default=PROJECT / "var", exclude=True)
    flows: Path = Field(PROJECT / "ivr" / "flows", description="folder of the flows")
    prompts: Path = Field(PROJECT / "prompts", description="folder of the prompts")
    recordings: Path = Field(PROJECT / "recordings", description="folder of the recordings")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("no such time zone; WIB is Asia/Jakarta, WITA Asia/Makassar, WIT Asia/Jayapura") from None
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
        """Generated secrets: `ami`, `agi`. Made on first use, readable by the owner alone."""
        path = self.state / "secrets.json"
        if path.exists():
            found: dict[str, str] = json.loads(path.read_text())
            return found
        made = {name: random_secrets.token_urlsafe(24) for name in ("ami", "agi")}
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            json.dump(made, f)
        return made


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
        given = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(f"{path}: {e}") from e
    if password := os.environ.get("SAMBUNG_TRUNK_PASSWORD"):
        given.setdefault("trunk", {})["password"] = password
    try:
        return Settings.model_validate({**given, "state": state})
    except ValidationError as e:
        lines = [f"{path}: {'.'.join(map(str, p['loc']))}: {p['msg']}" for p in e.errors()]
        raise SettingsError("\n".join(lines)) from e
