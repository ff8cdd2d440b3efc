"""The words for how much to think, and what corresponds to them (failure-modes F1, acceptance C16).

Thinking settings are a wish about depth. What cannot be told to a provider is reported as `clamped`, never as
`dropped`: the model still answers, and strict mode would otherwise refuse every request of Claude Code.
"""

from __future__ import annotations

from ..losses import Losses
from ..unified import Reasoning

_LADDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_RANK = {word: rank for rank, word in enumerate(_LADDER)}
_HIGH = _RANK["high"]

#: Budgets up to these sizes, in tokens, are that effort (CCR v2's own scale); anything more is `high`.
BUDGETS = {"low": 1024, "medium": 8192}


def nearest(effort: str, efforts: tuple[str, ...]) -> str:
    """The word among `efforts` nearest to the one asked for; of two equally near the one nearer to `high`.

    That is how DeepSeek itself reads words it does not have: medium and xhigh both as high.
    """
    if effort in efforts or not efforts:
        return effort
    rank = _RANK.get(effort, _RANK["medium"])
    known = [word for word in efforts if word in _RANK]
    if not known:
        return efforts[0]
    return min(known, key=lambda word: (abs(_RANK[word] - rank), abs(_RANK[word] - _HIGH)))


def told_effort(wish: Reasoning, efforts: tuple[str, ...], losses: Losses) -> str | None:
    """The word among `efforts` for the depth asked for, by a word or by a budget; None when none was."""
    if effort := wish.get("effort"):
        word = nearest(effort, efforts)
        if word != effort:
            losses.add("thinking.effort", "clamped", f"The effort {effort} is sent as {word}.")
        return word
    if budget := wish.get("max_tokens"):
        losses.add("thinking.budget_tokens", "emulated", "The budget is sent as an effort.")
        return nearest(_effort_of(budget), efforts)
    return None


def report_unsaid(wish: Reasoning, losses: Losses) -> None:
    """Report a wish that cannot be told. Just thinking is what models do that have no switch for it."""
    if wish.get("enabled") is False:
        losses.add("thinking.disabled", "clamped", "Whether to think is left to the model.")
    elif "effort" in wish or "max_tokens" in wish:
        losses.add("thinking.effort", "clamped", "How much to think is left to the model.")
    elif wish.get("enabled"):
        losses.add("thinking", "clamped", "Whether to think is left to the model.")


def _effort_of(budget: int) -> str:
    """The effort that corresponds to a budget in tokens."""
    return next((word for word, size in BUDGETS.items() if budget <= size), "high")
