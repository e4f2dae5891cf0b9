"""A small Asterisk of the kit's own, for the kit's proof and for the benchmarks' comparison.

It knows nothing of Sambung: a dialplan given as text, one open SIP endpoint on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from subprocess import DEVNULL

from ivr.asterisk.program import library_folder
from tests.e2e.kit.machine import LOOPBACK, bundle_root, free_sip_port, free_udp_range, program, until

MODULES = (
    "app_dial",
    "app_echo",
    "app_playback",
    "app_playtones",
    "app_queue",
    "app_read",
    "app_stack",
    "app_verbose",
    "bridge_builtin_features",
    "bridge_native_rtp",
    "bridge_simple",
    "chan_pjsip",
    "codec_alaw",
    "codec_ulaw",
    "format_pcm",
    "format_wav",
    "func_callerid",
    "func_channel",
    "func_logic",
    "func_strings",
    "pbx_config",
    "res_aeap",
    "res_agi",
    "res_http_websocket",
    "res_musiconhold",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_anonymous",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_pubsub",
    "res_pjsip_refer",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "res_pjsip_session",
    "res_rtp_asterisk",
    "res_sorcery_astdb",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_speech",
    "res_speech_aeap",
    "res_timing_timerfd",
)

ASTERISK_CONF = """
[directories]
astetcdir => {home}/etc
astmoddir => {modules}
astvarlibdir => {home}/lib
astdbdir => {home}/lib
astkeydir => {home}/lib
astdatadir => {data}
astagidir => {home}/agi
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
[options]
documentation_language = en_US
"""

PJSIP_CONF = """
[global]
type=global
endpoint_identifier_order=username,anonymous
[udp]
type=transport
protocol=udp
bind={address}:{port}
[endpoint](!)
type=endpoint
context=main
disallow=all
allow=ulaw
direct_media=no
rtp_symmetric=yes
dtmf_mode=rfc4733
[anonymous](endpoint)
"""

PJSIP_AGENT = """
[{name}](endpoint)
aors={name}
auth={name}
[{name}]
type=auth
auth_type=userpass
username={name}
password={password}
[{name}]
type=aor
max_contacts=1
remove_existing=yes
"""


AEAP_CLIENT = """
[sambung]
type=client
protocol=speech_to_text
codecs=!all,slin
url={url}
"""


class SmallAsterisk:
    """`dialplan` is extensions.conf below `[main]`; `accounts` are SIP names with their passwords.

    `speech_url` is the speech server's, of the speech engine "sambung".
    """

    def __init__(
        self,
        home: Path,
        dialplan: str,
        *,
        accounts: dict[str, str] | None = None,
        queues: str = "",
        speech_url: str = "",
        address: str = LOOPBACK,
        sip_port: int | None = None,
    ) -> None:
        self.home = home
        self.address = address
        self.sip_port = sip_port or free_sip_port(address)
        self._process: asyncio.subprocess.Process | None = None
        self._write(dialplan, accounts or {}, queues, AEAP_CLIENT.format(url=speech_url) if speech_url else "")

    @property
    def sip(self) -> str:
        """Host and port that it takes calls on."""
        return f"{self.address}:{self.sip_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until calls are taken. Raises TimeoutError."""
        self._process = await asyncio.create_subprocess_exec(
            *program("asterisk"), "-C", str(self.home / "etc/asterisk.conf"), "-f", stdout=DEVNULL, stderr=DEVNULL
        )

        async def booted() -> bool:
            return "fully booted" in (await self.console("core waitfullybooted")).lower()

        await until("the small Asterisk's start", booted, seconds=20)

    async def stop(self) -> None:
        """End it, with its calls."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def console(self, command: str) -> str:
        """What Asterisk's console answers to `command`; empty when it cannot be reached."""
        process = await asyncio.create_subprocess_exec(
            *program("asterisk"), "-C", str(self.home / "etc/asterisk.conf"), "-rx", command,
            stdout=asyncio.subprocess.PIPE, stderr=DEVNULL,
        )  # fmt: skip
        return (await process.communicate())[0].decode(errors="replace")

    def _write(self, dialplan: str, accounts: dict[str, str], queues: str, speech: str) -> None:
        for folder in ("etc", "lib", "spool", "run", "log", "agi"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        rtp = free_udp_range(800)
        sip = PJSIP_CONF.format(address=self.address, port=self.sip_port)
        sip += "".join(PJSIP_AGENT.format(name=n, password=p) for n, p in accounts.items())
        loads = "".join(f"load={name}.so\n" for name in MODULES)
        files = {
            "asterisk.conf": ASTERISK_CONF.format(
                home=self.home,
                modules=library_folder(bundle_root()) / "asterisk/modules",
                data=bundle_root() / "usr/share/asterisk",
            ),
            "modules.conf": f"[modules]\nautoload=no\n{loads}",
            "pjsip.conf": sip,
            "extensions.conf": f"[main]\n{dialplan}",
            "queues.conf": queues,
            "aeap.conf": speech,
            "rtp.conf": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 799}\n",
            "logger.conf": "[logfiles]\nmessages => notice,warning,error,verbose\n",
        }
        for name, text in files.items():
            (self.home / "etc" / name).write_text(text)
