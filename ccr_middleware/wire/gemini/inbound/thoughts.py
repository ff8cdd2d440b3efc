"""Thinking on its way through a Gemini client.

Gemini puts what it wants to see again on the part behind a thought, as `thoughtSignature`, and clients give that back
while most of them drop the thoughts themselves. So the signature of ours holds the thinking blocks whole: text,
signatures and all. It is base64 of JSON, since clients take it for bytes; the SDKs change its alphabet on the way.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from ....anthropic.signature import sign
from ....jsonio import dumps, dumps_str, loads
from ....lenient import dicts, text_of
from ....unified import Json

#: What the JSON of a signature of ours begins with.
_HEAD = b'{"ccr1":'

#: Who signed what Google's own service gave the client before.
_GOOGLE = "gemini"

_KINDS = frozenset({"thinking", "redacted_thinking"})
_STANDARD = str.maketrans("-_", "+/")


def standard_base64(text: str) -> str:
    """Base64 in the standard alphabet and padded: Google's SDKs write the one for URLs."""
    text = text.translate(_STANDARD).rstrip("=")
    return text + "=" * (-len(text) % 4)


def seal(blocks: list[Json]) -> str:
    """The signature that carries these thinking blocks."""
    return b64encode(dumps({"ccr1": blocks})).decode("ascii")


def unseal(signature: str) -> list[Json] | None:
    """The blocks in a signature of ours; None for any other."""
    if not signature:
        return None
    try:
        data = b64decode(standard_base64(signature), validate=True)
        if not data.startswith(_HEAD):
            return None
        return [block for block in dicts(loads(data)["ccr1"]) if text_of(block.get("type")) in _KINDS]
    except (Base64Error, ValueError):
        return None


def thinking(text: str, signature: str, place: str) -> Json:
    """The block for a thought that Google signed. `place`: the part the signature stood on, `call`, `text` or
    `thought`, as the provider's side of this format notes it (`wire.gemini.replay`)."""
    payload = dumps_str({"s": signature, "on": place})
    return {"type": "thinking", "thinking": text, "signature": sign(_GOOGLE, payload)}
