"""Texts of ours that a model reads in a request, the same in every format."""

from __future__ import annotations

from ..jsonio import dumps_str
from ..unified import Json

#: Between the texts of a message where they are sent as one.
PARAGRAPH = "\n\n"

#: Stand where a provider takes nothing empty.
NO_OUTPUT = "(no output)"
EMPTY_MESSAGE = "(empty message)"

#: Asks for what a last assistant message asks for where it is not understood.
CONTINUE = "Continue your last message exactly where it ends. Do not repeat any of it and do not comment on this."

#: Ends the text of a tool's result whose images and documents have no place in it.
MORE_FOLLOWS = "What else the tool returned follows in the next user message."


def note(text: str) -> str:
    """A remark, marked as none of the user's words."""
    return f"[{text}]"


def reminder(text: str) -> str:
    """A system text that is sent as the user's, in the mark that Claude Code's models know."""
    mark = "system-reminder"
    return text if text.startswith(f"<{mark}>") else f"<{mark}>\n{text}\n</{mark}>"


def failed(text: str) -> str:
    """A failed tool's output, recognisable as such where a format has no flag for it."""
    return text if text[:5].lower() == "error" else f"Error: {text}"


def returned_by(name: str, call_id: str) -> str:
    """Heads the images and documents of a tool's result. `name` is empty when the call is not in the history."""
    return f"Returned by the tool {name} (call {call_id}):" if name else f"Returned by tool call {call_id}:"


def answer_in(schema: Json) -> str:
    """Asks for what a provider cannot be made to answer with: JSON of this schema."""
    return f"Answer with one JSON object and nothing else. It must follow this JSON schema:\n{dumps_str(schema)}"
