"""What a command tells beside its output: on stderr, with a line that shows progress and makes way for others."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

CONSOLE = Console(highlight=False, stderr=True)


def tell(*parts: str | tuple[str, str]) -> None:
    """A line as it is, or parts of it with their style.

    In a mere string rich takes `[…]` for a style, and the `:100:` of a place in a file for an emoji.
    """
    CONSOLE.print(Text.assemble(*parts), soft_wrap=True)
