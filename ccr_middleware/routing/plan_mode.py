"""Whether Claude Code is in plan mode. No field says so plainly, so this reads the signs (client report §4).

Signs, the newest in the conversation wins: the permission mode in `safeguards`, where it is sent; the reminder that
plan mode is active; the notice that it was left; an `ExitPlanMode` call that was not refused. Reminders are sent
once in several turns, hence the walk back. The wordings are those of public issue threads (claude-code 47331,
14004); a client that words them otherwise is simply not seen as planning.
"""

from __future__ import annotations

from ..lenient import as_dict, as_list, dicts, text_of
from ..unified import Json

_ENTERED = ("Plan mode is active", "Plan mode still active")
_LEFT = "Exited Plan Mode"
_LEAVE_TOOL = "ExitPlanMode"


def in_plan_mode(body: Json) -> bool:
    """Whether the client is planning. Walks the conversation backwards when `safeguards` do not tell."""
    if "safeguards" in body and (mode := _permission_mode(body)):
        return mode == "plan"
    refused: set[str] = set()
    for message in reversed(as_list(body.get("messages"))):
        if not isinstance(message, dict):
            continue
        if message.get("role") == "assistant":
            if _leaves(message, refused):
                return False
        elif (told := _told(message, refused)) is not None:
            return told
    return False


def _permission_mode(body: Json) -> str:
    """`safeguards[n].classifier_context.permission_mode`, or `""`."""
    contexts = (as_dict(item.get("classifier_context")) for item in dicts(body.get("safeguards")))
    return next((mode for context in contexts if (mode := text_of(context.get("permission_mode")))), "")


def _told(message: Json, refused: set[str]) -> bool | None:
    """Whether the client says here that plan mode is on, or off; None when it does not speak of it.

    What the client says is in system messages and in the reminders of user messages. The rest are the user's words.
    The calls that were refused or failed are added to `refused`.
    """
    content = message.get("content")
    any_text = message.get("role") == "system"
    for block in reversed(content if isinstance(content, list) else [{"type": "text", "text": content}]):
        if not isinstance(block, dict):
            continue
        kind = block.get("type")
        if kind == "text":
            text = block.get("text")
            if isinstance(text, str) and (any_text or text.startswith("<system-reminder>")):
                if _LEFT in text:
                    return False
                if any(words in text for words in _ENTERED):
                    return True
        elif kind == "tool_result" and block.get("is_error") is True:
            refused.add(text_of(block.get("tool_use_id")))
    return None


def _leaves(message: Json, refused: set[str]) -> bool:
    """Whether the model asked to leave plan mode here, and was allowed to."""
    content = message.get("content")
    for block in content if isinstance(content, list) else ():
        leaves = isinstance(block, dict) and block.get("type") == "tool_use" and block.get("name") == _LEAVE_TOOL
        if leaves and text_of(block.get("id")) not in refused:
            return True
    return False
