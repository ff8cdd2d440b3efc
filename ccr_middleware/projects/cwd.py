"""The working directory that Claude Code names in its prompts (client report §4). Pure.

`Working directory: …` inside `<env>` of the system prompt (2.0 and before); `Primary working directory: …` in a system
message or, for models that take none, in a `<system-reminder>` of a user message (2.1). What the user writes does not
count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..lenient import dicts
from ..routing.blocks import texts
from ..unified import Json

#: How far into a conversation it is looked for; it is told at the beginning.
_MESSAGES = 4

#: Long enough for any path, in characters.
_MAX_LENGTH = 4096

_ANY = "orking directory: "
_LINE = re.compile(r"^[ \t]*(?:[-*][ \t]+)?(?:Primary w|W)orking directory: (.+)$", re.MULTILINE)


def working_directory(body: Json) -> str:
    """The directory as the prompt names it, `""` when it names none."""
    for text in _prompts(body):
        # The plain search first: prompts are long, and most have no such line.
        if _ANY in text and (found := _LINE.search(text)):
            path = found[1].strip()
            return path if len(path) <= _MAX_LENGTH else ""
    return ""


def _prompts(body: Json) -> Iterator[str]:
    """The texts that come from the client itself."""
    yield from texts(body.get("system"))
    messages = body.get("messages")
    for message in dicts(messages[:_MESSAGES] if isinstance(messages, list) else None):
        for text in texts(message.get("content")):
            if message.get("role") == "system" or text.startswith("<system-reminder>"):
                yield text
