"""Reasoning in answers, in its known wire forms (fixtures facts 29 to 32).

One text may come twice under two names, so the first form found is the only one read. Order: `reasoning_details`
(the only one with signatures), `reasoning_content`, `reasoning`, `thinking`.
"""

from __future__ import annotations

from typing import Any

from ...jsonio import dumps_str
from ...unified import Json, UnifiedChunk

_OPEN, _CLOSE = "<think>", "</think>"


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


class ThinkTags:
    """Takes a leading `<think>…</think>` out of the text (models served without a reasoning parser).

    Only at the very beginning: further in, the tag is something the model writes about.
    """

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._held = ""
        self._state = "begin"

    @property
    def passed(self) -> bool:
        """Whether there can be no tag any more: text is text."""
        return self._state == "text"

    def take(self, text: str, out: UnifiedChunk) -> None:
        """Sort a piece of text into the chunk's `text` and `thinking`."""
        if self._state == "text":
            if text:
                out["text"] = out.get("text", "") + text
            return
        text, self._held = self._held + text, ""
        if self._state == "begin":
            self._begin(text, out)
        elif self._state == "thinking":
            self._think(text, out)
        else:
            self._after(text, out)

    def finish(self, out: UnifiedChunk) -> None:
        """No more text: what was held back belongs where it seemed to belong."""
        held, self._held = self._held, ""
        if held and self._state != "after":
            _append(out, "thinking" if self._state == "thinking" else "text", held)
        self._state = "text" if self._state != "thinking" else self._state

    def _begin(self, text: str, out: UnifiedChunk) -> None:
        stripped = text.lstrip()
        if stripped.startswith(_OPEN):
            self._state = "thinking"
            self._think(stripped[len(_OPEN) :], out)
        elif _OPEN.startswith(stripped):
            self._held = text
        else:
            self._state = "text"
            _append(out, "text", text)

    def _think(self, text: str, out: UnifiedChunk) -> None:
        thinking, tag, rest = text.partition(_CLOSE)
        if tag:
            self._state = "after"
            _append(out, "thinking", thinking)
            self._after(rest, out)
            return
        keep = _tail_of(text, _CLOSE)
        _append(out, "thinking", text[: len(text) - keep])
        self._held = text[len(text) - keep :]

    def _after(self, text: str, out: UnifiedChunk) -> None:
        """The blank lines between the tag and the answer belong to neither."""
        text = text.lstrip("\n")
        if text:
            self._state = "text"
            _append(out, "text", text)


def _append(out: Any, key: str, text: str) -> None:
    if text:
        out[key] = out.get(key, "") + text


def _tail_of(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-size:]):
            return size
    return 0
