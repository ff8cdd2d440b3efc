"""Why Gemini stopped, and what a client is told of it (fixtures facts 33, 38, 39 and 53).

The reasons fall into four kinds: a normal end, a limit, a block by a filter, and a failure of the model or the
service. A block becomes a refusal the user can read, because an empty success tells nobody anything. A failure is an
error worth another try as long as nothing was said; afterwards a note tells why the answer ends there.
"""

from __future__ import annotations

from ...lenient import as_dict, dicts, text_of
from ...unified import Json

#: A normal end or a limit. `UNEXPECTED_TOOL_CALL` comes with a whole call of a tool that was not declared (fact 39).
_PLAIN = frozenset({"STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED"})

#: A filter stopped the answer (https://ai.google.dev/api/generate-content#FinishReason; the same with Vertex's own).
_BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MODEL_ARMOR",
        "ESCALATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    }
)

_UNSPECIFIED = "BLOCK_REASON_UNSPECIFIED"


def block_of_prompt(chunk: Json) -> str:
    """The refusal of a chunk whose prompt was blocked: it has no candidate; empty when it was not blocked."""
    feedback = as_dict(chunk.get("promptFeedback"))
    reason = text_of(feedback.get("blockReason"))
    if not reason or reason == _UNSPECIFIED or chunk.get("candidates"):
        return ""
    return _sentence("The prompt was blocked by the provider", reason, feedback, "blockReasonMessage")


def block_of_answer(candidate: Json) -> str:
    """The refusal of a candidate that a filter stopped; empty when none did."""
    reason = text_of(candidate.get("finishReason"))
    if reason not in _BLOCKED:
        return ""
    return _sentence("The answer was blocked by the provider", reason, candidate, "finishMessage")


def failure_of(candidate: Json) -> str:
    """What went wrong, in one sentence, with a candidate that has a finish reason; empty when nothing did."""
    reason = text_of(candidate.get("finishReason"))
    if not reason or reason in _PLAIN or reason in _BLOCKED:
        return ""
    return _sentence("The provider ended its answer", reason, candidate, "finishMessage")


def _sentence(what: str, reason: str, holder: Json, message: str) -> str:
    text = text_of(holder.get(message)).strip()
    told = "; ".join((reason, *_categories(holder)))
    return f"{what} ({told})" + (f": {text}" if text else ".")


def _categories(holder: Json) -> list[str]:
    """The categories that blocked, as words: `hate speech`."""
    blocking = (rating for rating in dicts(holder.get("safetyRatings")) if rating.get("blocked") is True)
    names = (text_of(rating.get("category")).removeprefix("HARM_CATEGORY_") for rating in blocking)
    return [name.replace("_", " ").lower() for name in names if name]
