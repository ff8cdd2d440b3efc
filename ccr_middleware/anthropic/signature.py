"""Who wrote a thinking block: our own signatures, and how to tell them from genuine ones.

Claude Code sends thinking back with the signature it came with, and only the issuer can use it: Anthropic refuses a
conversation with a signature it did not make (failure-modes F10), Gemini and OpenRouter want theirs back unchanged
(F5). So what another provider gave us travels through the client wrapped as `ccr1.<issuer>.<payload>`: the issuer is
the provider family, the payload whatever that provider wants to see again, in unpadded base64url.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import NamedTuple

#: What every signature of ours begins with. Genuine ones are plain base64, which has no full stop.
PREFIX = "ccr1."

#: The issuer of a signature we did not make.
ANTHROPIC = "anthropic"

_ISSUER = re.compile(r"[a-z0-9][a-z0-9_-]*")
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]*")


class Signed(NamedTuple):
    """What one of our signatures holds."""

    issuer: str
    payload: str


def sign(issuer: str, payload: str = "") -> str:
    """Wrap a provider's own signature. `issuer`: lower-case letters, digits, `-` and `_`, else ValueError."""
    if not _ISSUER.fullmatch(issuer):
        raise ValueError(f"an issuer is lower-case letters, digits, '-' and '_', not {issuer!r}")
    encoded = urlsafe_b64encode(payload.encode("utf-8", "surrogatepass")).rstrip(b"=").decode("ascii")
    return f"{PREFIX}{issuer}.{encoded}"


def read_signature(signature: str) -> Signed | None:
    """Unwrap a signature of ours; None when it is somebody else's or was damaged on its way."""
    if not signature.startswith(PREFIX):
        return None
    issuer, _, encoded = signature[len(PREFIX) :].partition(".")
    if not _ISSUER.fullmatch(issuer) or not _PAYLOAD.fullmatch(encoded):
        return None
    try:
        payload = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "surrogatepass")
    except (Base64Error, UnicodeDecodeError):
        return None
    return Signed(issuer, payload)


def issuer_of(signature: str) -> str:
    """Who signed: `""` nobody (or a damaged one of ours, which is worth as much), `anthropic`, or our issuer."""
    if not signature.startswith(PREFIX):
        return ANTHROPIC if signature else ""
    signed = read_signature(signature)
    return signed.issuer if signed else ""


def text_key(text: str) -> str:
    """What the signature of a turn that ended in text is remembered by: there is no tool id, but the client sends the
    text back."""
    return "text:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_genuine(signature: str) -> bool:
    """Whether Anthropic may be shown this signature: there is one, and it is not of our making."""
    return bool(signature) and not signature.startswith(PREFIX)
