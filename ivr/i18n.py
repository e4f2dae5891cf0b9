"""Words for people, Indonesian first, English second.

Both stand side by side where they are used, so that neither is forgotten. `SAMBUNG_LANG=en` chooses
English; anything else is Indonesian.
"""

import os


def tr(indonesian: str, english: str) -> str:
    """The text in the language of the person at the terminal."""
    return english if os.environ.get("SAMBUNG_LANG", "id").lower().startswith("en") else indonesian
