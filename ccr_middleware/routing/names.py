"""What two spellings of one model have in common (F12): case, Claude Code's marks, dates."""

from __future__ import annotations

import re

#: What an id needs to be shown by Claude Code's model picker, which drops all others (client report §1).
PICKER_PREFIX = "claude:"

#: Claude Code's mark for the large context window. No provider's model has it in its name.
_LARGE_WINDOW = "[1m]"
_DATE = re.compile(r"[-@]20\d{2}-?\d{2}-?\d{2}$")


def is_claude_name(model: str) -> bool:
    """Whether this is a bare `claude-…`: what Claude Code sends when nobody chose anything."""
    return model.lower().startswith("claude-") and "," not in model and "/" not in model


def quoted(text: str) -> str:
    """A name for a message: quoted, escaped, and cut, since clients choose it."""
    return repr(text if len(text) <= 100 else text[:100] + "…")


def without_mark(text: str) -> str:
    """The name without the mark of the large context window."""
    text = text.strip()
    return text[: -len(_LARGE_WINDOW)].rstrip() if text.lower().endswith(_LARGE_WINDOW) else text


def without_date(text: str) -> str:
    """The name without the date of its edition, which stands at its end."""
    return _DATE.sub("", text)


def key_of(model: str) -> str:
    """The form in which names are compared."""
    return without_mark(model).lower()
