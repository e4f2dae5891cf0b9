"""All understanding of a site: one vocabulary, and what was made ready of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ivr.speech.lexicon import Lexicon
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.understood import Options

if TYPE_CHECKING:  # much code, for commands that only read flows
    from ivr.speech.understanding.meaning import Finder
    from ivr.speech.understanding.understand import Understanding


class Interpreter:
    """Understands what is said at the menus of a site. To make the first one ready takes some tenths of a second."""

    def __init__(self, vocabulary: Vocabulary | None = None, lexicon: Lexicon | None = None) -> None:
        """`lexicon`: knows how the flows say words otherwise than they are written."""
        self._vocabulary, self._lexicon = vocabulary or Vocabulary(), lexicon
        self._ready: dict[tuple[Options, bool], Understanding] = {}

    def at(self, options: Options, *, freely: bool = False) -> Understanding:
        """What understands at a menu with these options, see `Understanding`."""
        ready = self._ready.get((options, freely))
        if ready is None:
            from ivr.speech.understanding.understand import Understanding  # noqa: PLC0415 - see above

            ready = self._ready[options, freely] = Understanding(self._finder, options, freely=freely)
        return ready

    @cached_property
    def _finder(self) -> Finder:
        from ivr.speech.understanding.meaning import Finder  # noqa: PLC0415 - see above

        return Finder(self._vocabulary, self._lexicon)
