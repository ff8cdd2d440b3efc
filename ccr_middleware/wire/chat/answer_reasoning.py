"""Reasoning in answers, in its known wire forms (fixtures facts 29 to 32).

One text may come twice under two names, so the first form found is the only one read. Order: `reasoning_details`
(the only one with signatures), `reasoning_content`, `reasoning`, `thinking`.
"""

from __future__ import annotations

from ...jsonio import dumps_str
from ...unified import Json, UnifiedChunk


def read_reasoning(delta: Json, out: UnifiedChunk) -> None:
    """Take the reasoning of a delta (or message) into a unified chunk."""
    details = delta.get("reasoning_details")
    if isinstance(details, list) and details:
        for detail in details:
            if isinstance(detail, dict):
                _read_detail(detail, out)
    if "thinking" in out:
        return
    for key in ("reasoning_content", "reasoning", "thinking"):
        text = delta.get(key)
        if isinstance(text, dict):
            text = text.get("content")
        if isinstance(text, str) and text:
            out["thinking"] = text
            return


def _read_detail(detail: Json, out: UnifiedChunk) -> None:
    text = detail.get("text") or detail.get("summary")
    if isinstance(text, str) and text:
        out["thinking"] = out.get("thinking", "") + text
    signed = {key: value for key in ("signature", "format") if isinstance(value := detail.get(key), str) and value}
    if "signature" in signed:
        out["signature"] = dumps_str(signed)
    opaque = {key: value for key in ("data", "format", "id") if isinstance(value := detail.get(key), str) and value}
    if detail.get("type") == "reasoning.encrypted" and "data" in opaque:
        out["redacted"] = dumps_str(opaque)
