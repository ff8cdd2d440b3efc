"""Thought signatures, sent back where they came from (fixtures facts 34 and 35, failure-modes F5, acceptance C18).

What a signature of ours holds is agreed with the reader of answers: a JSON object `{"s": signature, "on": place}`,
where the place is the part it stood on: `call`, `text`, `thought`, or `part` for one that clients never see and that
is in the signature itself (calls of Google's own tools). Chat completions of the same provider store the bare
signature, which belongs to a call. Thinking without a signature is not sent: Gemini does not want it back.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...losses import Losses
from ...unified import Json, Remembered, ThinkingBlock
from ..earlier_thinking import drop_redacted, omit_thinking, unpack
from .builtin_parts import HIDDEN
from .dialect import GeminiDialect

#: Anything else is a 400 "Base64 decoding failed".
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


class Signature(NamedTuple):
    """A signature, the kind of part it stood on, and that part where it is not in the conversation."""

    value: str
    place: str
    part: Json | None = None


def own_signature(block: ThinkingBlock, dialect: GeminiDialect, losses: Losses) -> Signature | None:
    """The signature of a thinking block when it is this provider's. Reports opaque blocks, which only their maker
    can read."""
    if "redacted" in block:
        drop_redacted(losses)
        return None
    signature = _read(block.get("signature", "")) if block.get("issuer") == dialect.name else None
    if signature and signature.place == "part" and not (dialect.mixed_tools and dialect.tool_invocations):
        signature = None  # a model that does not know such parts
    if signature is None:
        omit_thinking(block, losses)
    return signature


def remembered_signature(remembered: Remembered | None, place: str, dialect: GeminiDialect) -> str | None:
    """What signed a call or a text, as the gateway remembers it."""
    if remembered is None or remembered.issuer != dialect.name:
        return None
    signature = _read(remembered.signature)
    return signature.value if signature and signature.place == place else None


def _read(payload: str) -> Signature | None:
    packed = {"on": "call", **unpack(payload, "s")}
    value, place, part = packed.get("s"), packed.get("on"), packed.get("part")
    if not isinstance(value, str) or not _BASE64.fullmatch(value):
        return None
    if place == "part" and isinstance(part, dict) and len(part) == 1 and not part.keys().isdisjoint(HIDDEN):
        return Signature(value, place, part)
    return Signature(value, place) if place in ("call", "text", "thought") else None


class Signer:
    """Puts the signatures of one turn of the model on its parts. `thinking` and the parts come in their order."""

    __slots__ = ("_calls", "_parts", "_pending")

    def __init__(self, parts: list[Json]) -> None:
        self._parts = parts
        self._pending: list[str] = []
        self._calls = 0

    def add_thinking(self, block: ThinkingBlock, signature: Signature) -> None:
        """A signature: on the call to come, on the text that was, on the thought itself, or on its own part."""
        if signature.place == "call":
            self._pending.append(signature.value)
        elif signature.part is not None:
            self._parts.append({**signature.part, "thoughtSignature": signature.value})
        elif signature.place == "thought":
            self._parts.append({"text": block["text"], "thought": True, "thoughtSignature": signature.value})
        elif self._parts and set(self._parts[-1]) == {"text"}:
            self._parts[-1]["thoughtSignature"] = signature.value
        else:
            self._parts.append({"text": "", "thoughtSignature": signature.value})

    def add_call(self, call: Json) -> bool:
        """A call. False when it is the turn's first and has no signature."""
        part: Json = {"functionCall": call}
        if self._pending:
            part["thoughtSignature"] = self._pending.pop(0)
        self._parts.append(part)
        self._calls += 1
        return self._calls > 1 or "thoughtSignature" in part
