"""Walking the messages of a request that nobody has validated; see `lenient`.

A request must not fail for what routing alone wanted to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..unified import Json


def texts(content: Any) -> Iterator[str]:
    """The texts of a `system` or `content` value: the string itself, or the text of each text block, in order."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if isinstance(block, dict) and block.get("type") == "text" and isinstance(text := block.get("text"), str):
                yield text


def newest_first(messages: Any) -> Iterator[Json]:
    """The objects of a list, the last first; of anything else: none. Goes no further than it is asked to."""
    for message in reversed(messages) if isinstance(messages, list) else ():
        if isinstance(message, dict):
            yield message


def last_messages(messages: Any) -> Iterator[Json]:
    """The messages since the model last spoke, newest first; an answer begun for it (prefill) is passed over."""
    for position, message in enumerate(newest_first(messages)):
        if message.get("role") != "assistant":
            yield message
        elif position:
            return
