"""The wire formats that are translated, by name. A format is imported when a provider first needs it."""

from __future__ import annotations

from typing import Any

from .format import WireFormat, WireName


def wire_format(name: WireName) -> WireFormat[Any]:
    """The format of that name. Raises KeyError for `messages`, which is relayed and not translated."""
    if name == "chat":
        from .chat.format import CHAT

        return CHAT
    if name == "gemini":
        from .gemini.format import GEMINI

        return GEMINI
    if name == "responses":
        from .responses.format import RESPONSES

        return RESPONSES
    raise KeyError(name)
