"""A citizen's channel may pass through the hotline more than once: an agent sends the call back to it.

Each pass is a call with a record of its own. The first bears Asterisk's unique id of the channel
("1795527735.3"), the later ones are numbered ("1795527735.3-2"). The dialplan counts
(`asterisk_conf/extensions.conf.j2`, SAMBUNG_CALL), and notes each later pass in app_queue's log.
"""

from __future__ import annotations

import re

_LATER = re.compile(r"(.*\.\d+)-(\d+)")


def channel_id(call: str) -> str:
    """Asterisk's unique id of the channel that a call is a pass of."""
    later = _LATER.fullmatch(call)
    return later[1] if later else call


def earlier_pass(call: str) -> str:
    """The call that this one continues, "" where it is the channel's first."""
    later = _LATER.fullmatch(call)
    if not later:
        return ""
    before = int(later[2]) - 1
    return later[1] if before == 1 else f"{later[1]}-{before}"
