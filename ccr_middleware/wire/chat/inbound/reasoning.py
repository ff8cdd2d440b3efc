"""Reasoning on its way through a chat client: thinking blocks to what the client is shown, and back.

Chat completions has no place for a signature, so blocks travel in `reasoning_details`, OpenRouter's form, which many
clients give back as they got it: one entry for each block, with all of its text. In a stream an entry comes in pieces,
the signature last; clients put those of one `index` together, or give them back one by one. Clients that know only
`reasoning_content` give back its text, unsigned, which is what DeepSeek-like providers want to see again.
"""

from __future__ import annotations

from ....anthropic.signature import PREFIX, is_genuine
from ....lenient import dicts, text_of
from ....losses import Losses
from ....unified import Json

#: What OpenRouter calls the form of Anthropic's own signatures.
_ANTHROPIC_FORMAT = "anthropic-claude-v1"


def thinking_detail(index: int, text: str, signature: str) -> Json:
    """The entry for a thinking block. `index` counts entries: the OpenAI SDK merges lists of deltas by it."""
    detail: Json = {"type": "reasoning.text", "text": text}
    if signature:
        detail |= {"signature": signature, "format": _format(signature)}
    return detail | {"index": index}


def redacted_detail(index: int, data: str) -> Json:
    """The entry for thinking only its issuer can read."""
    return {"type": "reasoning.encrypted", "data": data, "format": _format(data), "index": index}


def _format(signature: str) -> str:
    return _ANTHROPIC_FORMAT if is_genuine(signature) else "unknown"


def read_thinking(message: Json, losses: Losses) -> list[Json]:
    """The thinking blocks of an assistant message, from `reasoning_details`, else from the plain fields."""
    details = join_details(dicts(message.get("reasoning_details")))
    blocks = [block for detail in details if (block := _read_detail(detail, losses))]
    if blocks:
        return blocks
    text = text_of(message.get("reasoning_content")) or text_of(message.get("reasoning"))
    return [_thinking(text, "")] if text else []


def join_details(details: list[Json]) -> list[Json]:
    """The entries with pieces of one text (equal `index`, none of them signed but the last) put together."""
    joined: list[Json] = []
    for detail in details:
        last = joined[-1] if joined else {}
        texts = last.get("text"), detail.get("text")
        same = last.get("index") is not None and last.get("index") == detail.get("index")
        if same and not last.get("signature") and isinstance(texts[0], str) and isinstance(texts[1], str):
            joined[-1] = last | detail | {"text": texts[0] + texts[1]}
        else:
            joined.append(detail)
    return joined


def _thinking(text: str, signature: str) -> Json:
    return {"type": "thinking", "thinking": text, "signature": signature}


def _read_detail(detail: Json, losses: Losses) -> Json | None:
    text = text_of(detail.get("text")) or text_of(detail.get("summary"))
    signature = _signature(detail, "signature")
    if data := _signature(detail, "data"):
        return {"type": "redacted_thinking", "data": data}
    if text_of(detail.get("data")):
        losses.add("thinking.foreign", "dropped", "Encrypted reasoning of another service cannot be used here.")
    return _thinking(text, signature) if text or signature else None


def _signature(detail: Json, key: str) -> str:
    """A signature of this gateway or of Anthropic. Those of other services would be taken for Anthropic's."""
    value = text_of(detail.get(key))
    return value if value.startswith(PREFIX) or detail.get("format") == _ANTHROPIC_FORMAT else ""
