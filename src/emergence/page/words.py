"""The words of the page, from one file that can be translated: static/words.json."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "static"


@lru_cache
def all_words() -> dict[str, Any]:
    """Return everything that the page says, by key."""
    return dict(json.loads((FOLDER / "words.json").read_text(encoding="utf-8")))


def say(key: str, **parts: object) -> str:
    """Return a sentence of the server's, with its parts put in; ``one|many`` chooses by the part ``n``."""
    text: str = all_words()["said"][key]
    if "|" in text:
        one, many = text.split("|")
        text = one if parts.get("n") == 1 else many
    return text.format(**parts)
