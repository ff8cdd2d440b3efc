"""How Gemini is asked to think: one consistent `thinkingConfig`, or none (failure-modes F1, acceptance C16).

| the client        | level (Gemini 3)            | budget (Gemini 2.5)                  | none    |
|-------------------|-----------------------------|--------------------------------------|---------|
| `enabled: False`  | the weakest level           | 0, or the least the model takes      | nothing |
| enabled, effort   | that level, with thoughts   | a budget of that effort, thoughts    | nothing |
| enabled, budget   | such a level, thoughts      | that budget, thoughts                | nothing |
| enabled           | thoughts                    | -1 (the model decides), thoughts     | nothing |
| effort only       | that level                  | nothing                              | nothing |

Off is always said where there is a word for it: thinking counts against the limit of the answer, and a short answer
would come back empty. As with chat completions, a depth that cannot be told is `clamped`, never `dropped`.
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, Reasoning
from ..efforts import report_unsaid, told_effort
from .dialect import GeminiDialect

#: Budgets of the efforts, in tokens, as Google's own OpenAI endpoint reads them; stronger ones are the model's most.
_BUDGETS = {"low": 1024, "medium": 8192, "high": 24_576}


def thinking_config(
    wish: Reasoning | None, dialect: GeminiDialect, losses: Losses, max_tokens: int | None = None
) -> Json | None:
    """The `thinkingConfig`; None when there is nothing to say. `max_tokens`: the limit of the answer that is sent."""
    wish = wish or {}
    enabled = wish.get("enabled")
    if dialect.thinking == "none":
        if enabled is not False:
            report_unsaid(wish, losses)
        return None
    if enabled is False:
        return _off(dialect, losses)
    depth = _level(wish, dialect, losses) if dialect.thinking == "level" else None
    if enabled and dialect.thinking == "budget":
        depth = {"thinkingBudget": _budget(wish, dialect, losses, max_tokens)}
    if enabled:
        return {**(depth or {}), "includeThoughts": True}
    if depth is None:
        report_unsaid(wish, losses)
    return depth


def _off(dialect: GeminiDialect, losses: Losses) -> Json | None:
    if dialect.thinking == "budget" and dialect.off_budget == 0:
        return {"thinkingBudget": 0}
    losses.add("thinking.disabled", "clamped", "This model cannot stop thinking; it is told to think little.")
    if dialect.thinking == "budget":
        return {"thinkingBudget": dialect.off_budget}
    return {"thinkingLevel": dialect.levels[0]} if dialect.levels else None


def _level(wish: Reasoning, dialect: GeminiDialect, losses: Losses) -> Json | None:
    level = told_effort(wish, dialect.levels, losses)
    return {"thinkingLevel": level} if level else None


def _budget(wish: Reasoning, dialect: GeminiDialect, losses: Losses, max_tokens: int | None) -> int:
    """A budget within the model's range that leaves half of the answer's limit to the answer; -1 leaves it open."""
    asked = wish.get("max_tokens")
    if asked is None:
        if "effort" not in wish:
            return -1
        losses.add("thinking.effort", "emulated", "The effort is sent as a budget.")
        asked = _BUDGETS.get(wish["effort"], dialect.max_budget)
    wanted = asked
    if max_tokens is not None and wanted >= max_tokens:
        wanted = max_tokens // 2
    budget = min(max(wanted, dialect.min_budget, 1), dialect.max_budget)
    if budget != asked:
        losses.add("thinking.budget_tokens", "clamped", f"A budget of {asked} is sent as {budget}.")
    return budget
