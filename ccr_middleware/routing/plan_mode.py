"""Whether Claude Code is in plan mode. No field says so plainly, so this reads the signs (client report §4).

Signs, the newest in the conversation wins: the permission mode in `safeguards`, where it is sent; the reminder that
plan mode is active; the notice that it was left; an `ExitPlanMode` call that was not refused. Reminders are sent
once in several turns, hence the walk back. The wordings are those of public issue threads (claude-code 47331,
14004); a client that words them otherwise is simply not seen as planning.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..unified import Json
from .blocks import as_dict, dicts, text_of, texts

_ENTERED = ("Plan mode is active", "Plan mode still active")
_LEFT = "Exited Plan Mode"
_LEAVE_TOOL = "ExitPlanMode"


def in_plan_mode(body: Json) -> bool:
    """Whether the client is planning. Walks the conversation backwards when `safeguards` do not tell."""
    if mode := _permission_mode(body):
        return mode == "plan"
    refused: set[str] = set()
    for message in reversed(dicts(body.get("messages"))):
        if message.get("role") == "assistant":
            if _leaves(message, refused):
                return False
            continue
        for text in reversed(list(_reminders(message))):
            if _LEFT in text:
                return False
            if any(words in text for words in _ENTERED):
                return True
        refused.update(_failed_calls(message))
    return False


def _permission_mode(body: Json) -> str:
    """`safeguards[n].classifier_context.permission_mode`, or `""`."""
    contexts = (as_dict(item.get("classifier_context")) for item in dicts(body.get("safeguards")))
    return next((mode for context in contexts if (mode := text_of(context.get("permission_mode")))), "")


def _reminders(message: Json) -> Iterator[str]:
    """What the client itself says: system messages, and the reminders in user messages. Never the user's words."""
    if message.get("role") == "system":
        yield from texts(message.get("content"))
    else:
        yield from (text for text in texts(message.get("content")) if text.startswith("<system-reminder>"))


def _failed_calls(message: Json) -> Iterator[str]:
    """The ids of the calls that were refused or failed."""
    for block in dicts(message.get("content")):
        if block.get("type") == "tool_result" and block.get("is_error") is True:
            yield text_of(block.get("tool_use_id"))


def _leaves(message: Json, refused: set[str]) -> bool:
    """Whether the model asked to leave plan mode here, and was allowed to."""
    return any(
        block.get("type") == "tool_use" and block.get("name") == _LEAVE_TOOL and text_of(block.get("id")) not in refused
        for block in dicts(message.get("content"))
    )
