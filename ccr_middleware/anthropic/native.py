"""A request of another format made fit for Anthropic itself, which is stricter about Messages than other readers.

Inside the gateway a request that was made of chat completions, Responses or Gemini keeps the order it was said in.
Anthropic wants the user to begin, the calls of a turn last, a result for each of them first in the very next message
(fixtures fact 60), a limit, no temperature above 1, and next to thinking no sampling, no forced tool and a budget below
the limit.
"""

from __future__ import annotations

import re
from typing import Any

from ..lenient import as_dict, dicts
from ..losses import Losses
from ..pairing import MISSING_RESULT
from ..unified import Json

#: The limit for clients that set none: what Claude Code asks for.
DEFAULT_MAX_TOKENS = 32_000
#: Begins a conversation whose beginning was cut off.
BEGINNING = "[The beginning of the conversation is not shown.]"
#: The Claude that first decided by itself how much to think; older ones refuse `adaptive`, and `effort` with it.
ADAPTIVE_SINCE = (4, 6)
_BUDGETS = {"low": 2048, "medium": 8192, "high": 16_384, "xhigh": 24_576, "max": 31_999}
_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)")
#: The smallest thinking budget Anthropic takes.
MIN_BUDGET = 1024


def to_native(body: Json, model: str, losses: Losses) -> Json:
    """The body as Anthropic's `model` takes it; the one given is not changed."""
    native = {"max_tokens": DEFAULT_MAX_TOKENS, **body}
    if as_dict(native.get("thinking")).get("type") == "enabled" and "budget_tokens" not in native["thinking"]:
        native["thinking"] = {"type": "adaptive"}  # DeepSeek's and GLM's way to say it
    if _version(model) < ADAPTIVE_SINCE:
        _budget_for_effort(native, losses)
    _settle_thinking(native, losses)
    temperature = native.get("temperature")
    if isinstance(temperature, int | float) and temperature > 1:
        native["temperature"] = 1
        losses.add("temperature", "clamped", f"Anthropic knows temperatures up to 1; {temperature:g} was asked for.")
    ordered = _results_next([_in_order(message) for message in body["messages"]])
    native["messages"] = _beginning(ordered) + _answered(ordered, losses)
    return native


def _version(model: str) -> tuple[int, int]:
    """The version in a name of Claude's: (4, 5) for `claude-sonnet-4-5-20250929`. A name without one is a new model."""
    found = _VERSION.search(model.lower())
    return (int(found[1]), int(found[2] or 0)) if found else ADAPTIVE_SINCE


def _budget_for_effort(native: Json, losses: Losses) -> None:
    """Say in tokens what older models are not told in words."""
    config = dict(as_dict(native.get("output_config")))
    effort = config.pop("effort", None)
    thinks = as_dict(native.get("thinking")).get("type") == "adaptive"
    if thinks:
        native["thinking"] = {"type": "enabled", "budget_tokens": _BUDGETS.get(str(effort), _BUDGETS["medium"])}
    if effort is None:
        return
    native.pop("output_config")
    if config:
        native["output_config"] = config
    if thinks:
        losses.add("output_config.effort", "emulated", "This Claude is told a budget.")
    else:
        losses.add("output_config.effort", "dropped", "This Claude knows no effort.")


def _settle_thinking(native: Json, losses: Losses) -> None:
    """Take out what Anthropic refuses beside thinking; a forced tool is what the client needs more."""
    thinking = as_dict(native.get("thinking"))
    if thinking.get("type") not in ("enabled", "adaptive"):
        return
    if as_dict(native.get("tool_choice")).get("type") in ("any", "tool"):
        native["thinking"] = {"type": "disabled"}
        losses.add("thinking", "dropped", "Anthropic does not think before a call that is forced.")
        return
    for name in ("temperature", "top_p", "top_k"):
        if native.get(name) not in (None, 1):
            losses.add(name, "dropped", "Anthropic lets sampling not be set while it thinks.")
        native.pop(name, None)
    budget, limit = thinking.get("budget_tokens"), native["max_tokens"]
    if isinstance(budget, int) and isinstance(limit, int) and not MIN_BUDGET <= budget < limit:
        settled = max(MIN_BUDGET, min(budget, limit - 1))
        native["thinking"] = {**thinking, "budget_tokens": settled}
        native["max_tokens"] = max(limit, settled + 1)
        losses.add("thinking.budget_tokens", "clamped", f"{budget} is sent as {settled}.")


def _in_order(message: Any) -> Any:
    """Calls behind everything else of an assistant turn, results before everything else of a user turn."""
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list):
        return message
    marked = "tool_use" if message.get("role") == "assistant" else "tool_result"
    found = [block for block in content if isinstance(block, dict) and block.get("type") == marked]
    others = [block for block in content if not (isinstance(block, dict) and block.get("type") == marked)]
    ordered = others + found if marked == "tool_use" else found + others
    return message if ordered == content else {**message, "content": ordered}


def _results_next(messages: list[Any]) -> list[Any]:
    """A system message between calls and their results goes behind the results."""
    out: list[Any] = []
    waiting: list[Any] = []
    for message in messages:
        if message.get("role") == "system" and out and _calls(out[-1]):
            waiting.append(message)
            continue
        out.append(message)
        out += waiting
        waiting = []
    return out + waiting


def _calls(message: Json) -> bool:
    content = message.get("content")
    return (
        message.get("role") == "assistant"
        and isinstance(content, list)
        and bool(content)
        and (content[-1].get("type") == "tool_use")
    )


def _beginning(messages: list[Any]) -> list[Any]:
    """What stands for the beginning of a conversation that was cut off: Anthropic wants the user to speak first."""
    return [{"role": "user", "content": BEGINNING}] if messages and messages[0].get("role") != "user" else []


def _answered(messages: list[Any], losses: Losses) -> list[Any]:
    """A failure for each call that has no result in the next message."""
    out: list[Any] = []
    for message in messages:
        missing = _unanswered(out[-1], message) if out else []
        if missing and message.get("role") == "user":
            message = {**message, "content": missing + _blocks(message)}
        elif missing:
            out.append({"role": "user", "content": missing})
        out.append(message)
        if missing:
            losses.add("tool_result.missing", "emulated", "A call without a result got an error in its place.")
    return out


def _unanswered(message: Any, following: Any) -> list[Json]:
    """A failure for each call of a message that the following one does not answer."""
    calls = [block["id"] for block in _blocks(message) if block.get("type") == "tool_use"] if _calls(message) else []
    given = {block.get("tool_use_id") for block in _blocks(following) if block.get("type") == "tool_result"}
    return [
        {"type": "tool_result", "tool_use_id": call, "content": MISSING_RESULT, "is_error": True}
        for call in calls
        if call not in given
    ]


def _blocks(message: Any) -> list[Json]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else dicts(content)
