"""Asterisk's names for agents' telephones, one way each."""


def interface_of(extension: str) -> str:
    """The interface that app_queue and Dial know an agent by: "101" → "PJSIP/101"."""
    return f"PJSIP/{extension}"


def agent_of(name: str) -> str:
    """The extension in a member's, interface's or channel's name: "101", "PJSIP/101-0000001f" → "101"."""
    return name.rpartition("/")[2].partition("-")[0]
