"""A request of another format made fit for Anthropic itself, which is stricter about Messages than other readers.

Inside the gateway a request that was made of chat completions, Responses or Gemini keeps the order it was said in.
Anthropic wants the calls of a turn last, their results first in the very next message (fixtures fact 60), a limit, no
temperature above 1, and next to thinking no sampling, no forced tool and a budget below the limit.
"""

from __future__ import annotations

from typing import Any

from ..lenient import as_dict
from ..losses import Losses
from ..unified import Json

#: The limit for clients that set none: what Claude Code asks for.
DEFAULT_MAX_TOKENS = 32_000
#: The smallest thinking budget Anthropic takes.
MIN_BUDGET = 1024


def to_native(body: Json, losses: Losses) -> Json:
    """The body as Anthropic takes it; the one given is not changed."""
    native = {"max_tokens": DEFAULT_MAX_TOKENS, **body}
    _settle_thinking(native, losses)
    temperature = native.get("temperature")
    if isinstance(temperature, int | float) and temperature > 1:
        native["temperature"] = 1
        losses.add("temperature", "clamped", f"Anthropic knows temperatures up to 1; {temperature:g} was asked for.")
    native["messages"] = _results_next([_in_order(message) for message in body["messages"]])
    return native


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
