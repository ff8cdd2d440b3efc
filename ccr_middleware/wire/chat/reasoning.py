"""How a provider is asked to think: exactly one consistent setting (failure-modes F1, acceptance C16).

| the client        | effort         | openrouter        | thinking         | enable_thinking |
|-------------------|----------------|-------------------|------------------|-----------------|
| `enabled: False`  | nothing        | nothing           | nothing          | nothing         |
| enabled, effort   | that effort    | `{effort}`        | on, that effort  | on, a budget    |
| enabled, budget   | such an effort | `{max_tokens}`    | on, such an effort | on, that budget |
| enabled           | `medium`       | `{enabled: true}` | on               | on              |
| effort only       | that effort    | nothing           | nothing          | nothing         |

With the style `thinking` the effort is told only where the provider has a word for it (`thinking_effort`).
Effort without thinking is how Claude Code with thinking switched off looks, so it switches nothing on; models that
always reason get it as the depth.
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, Reasoning
from ..efforts import BUDGETS, nearest, report_unsaid, told_effort
from .dialect import ChatDialect
from .tools import WireTools


def to_wire_reasoning(
    wish: Reasoning | None, dialect: ChatDialect, losses: Losses, tools: WireTools, max_tokens: int | None
) -> Json:
    """The fields of the body. `tools`: what is offered; `max_tokens`: the limit sent, which a budget must leave room
    in."""
    wish = wish or {}
    enabled = wish.get("enabled")
    if "tools" in tools.fields and dialect.reasoning_style == "effort" and dialect.effort_with_tools != "sent":
        if dialect.effort_with_tools != "none" or enabled is not False:
            report_unsaid(wish, losses)
        return {"reasoning_effort": "none"} if dialect.effort_with_tools == "none" else {}
    if tools.forced and not dialect.forced_with_thinking:
        if enabled:
            losses.add("thinking", "clamped", "A forced tool call excludes thinking.")
        return _off(dialect)
    if enabled is False:
        fields = _off(dialect) if dialect.disable_thinking else {}
        if not fields:
            report_unsaid(wish, losses)
        return fields
    if not enabled and (dialect.reasoning_style != "effort" or not wish.get("effort")):
        report_unsaid(wish, losses)
        return {}
    return _on(wish, dialect, losses, max_tokens)


def _on(wish: Reasoning, dialect: ChatDialect, losses: Losses, max_tokens: int | None) -> Json:
    style = dialect.reasoning_style
    if style == "effort":
        return {"reasoning_effort": told_effort(wish, dialect.efforts, losses) or nearest("medium", dialect.efforts)}
    if style == "openrouter":
        return {"reasoning": _openrouter(wish, dialect, losses, max_tokens)}
    if style == "thinking":
        fields: Json = {"thinking": {"type": "enabled", **dialect.thinking_options}}
        if not dialect.thinking_effort:
            report_unsaid(wish, losses)
        elif effort := told_effort(wish, dialect.efforts, losses):
            fields["reasoning_effort"] = effort
        return fields
    if style == "enable_thinking":
        budget = _budget(wish, losses, max_tokens)
        return {"enable_thinking": True} | ({} if budget is None else {"thinking_budget": budget})
    report_unsaid(wish, losses)
    return {}


def _openrouter(wish: Reasoning, dialect: ChatDialect, losses: Losses, max_tokens: int | None) -> Json:
    """Never effort and budget together (openrouter.ai reasoning tokens: "one of the following, not both")."""
    if "effort" in wish:
        return {"effort": told_effort(wish, dialect.efforts, losses)}
    if "max_tokens" in wish:
        return {"max_tokens": _within(wish["max_tokens"], losses, max_tokens)}
    return {"enabled": True}


def _off(dialect: ChatDialect) -> Json:
    """What says that the model shall not think; nothing where it does so only when told to."""
    if dialect.reasoning_style == "thinking":
        return {"thinking": {"type": "disabled"}}
    if dialect.reasoning_style == "enable_thinking":
        return {"enable_thinking": False}
    return {}


def _budget(wish: Reasoning, losses: Losses, max_tokens: int | None) -> int | None:
    """A budget in tokens: the one asked for, or that of the effort; None leaves it to the provider."""
    if "effort" not in wish:
        budget = wish.get("max_tokens")
        return None if budget is None else _within(budget, losses, max_tokens)
    size = BUDGETS.get(wish["effort"])
    losses.add("thinking.effort", "emulated", "The effort is sent as a budget.")
    return None if size is None else _within(size, losses, max_tokens)


def _within(budget: int, losses: Losses, max_tokens: int | None) -> int:
    """A budget that leaves half of the answer's limit to the answer."""
    if max_tokens is None or budget < max_tokens:
        return budget
    losses.add("thinking.budget_tokens", "clamped", "The budget is larger than the answer may be.")
    return max(max_tokens // 2, 1)
