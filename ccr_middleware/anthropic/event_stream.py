"""Amazon's binary event stream to Anthropic's text stream, for Claude on Bedrock.

A message is: total length (4 bytes), length of the headers (4), checksum of those 8 (4), headers, payload, checksum
of all (4); numbers are big-endian. The payload of a `chunk` is `{"bytes": "<base64 of an Anthropic event>"}`; an
`exception` holds `{"message": …}`. (AWS: "Amazon EventStream encoding"; Bedrock: `ResponseStream`.)
"""

from __future__ import annotations

import struct
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import crc32

from ..jsonio import dumps, loads
from ..lenient import as_dict, text_of
from ..sse import MAX_EVENT_BYTES

_PRELUDE = struct.Struct(">III")
_OVERHEAD = _PRELUDE.size + 4

#: What Bedrock calls its failures, in Anthropic's words.
_ERROR_TYPES = {
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
    "modelTimeoutException": "timeout_error",
    "serviceUnavailableException": "overloaded_error",
}

#: Sizes of header values by their type; a type that is not here has its length in front.
_VALUE_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class EventStreamDecoder:
    """Binary messages, cut anywhere, to `event: …\\ndata: …` text. Raises ValueError when it is no such stream."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        """The text of the messages completed by these bytes."""
        data = self._pending + data
        out: list[bytes] = []
        start = 0
        while len(data) - start >= _PRELUDE.size:
            total, headers, checksum = _PRELUDE.unpack_from(data, start)
            if crc32(data[start : start + 8]) != checksum or not _OVERHEAD <= total <= MAX_EVENT_BYTES:
                raise ValueError("the provider's stream is no event stream of Amazon's")
            if len(data) - start < total:
                break
            out.append(_text(data[start : start + total], headers))
            start += total
        self._pending = data[start:]
        return b"".join(out)


def _text(message: bytes, headers_size: int) -> bytes:
    """One message as an event; nothing for a message that is not one of Anthropic's events."""
    if crc32(message[:-4]) != int.from_bytes(message[-4:], "big"):
        raise ValueError("a message of the provider's event stream is damaged")
    body = _PRELUDE.size + headers_size
    try:
        headers = _headers(message[_PRELUDE.size : body])
    except IndexError:
        raise ValueError("a message of the provider's event stream has headers that are cut") from None
    payload = message[body:-4]
    kind = headers.get(":exception-type") or headers.get(":error-code")
    try:
        content = as_dict(loads(payload)) if payload else {}
        if kind:
            text = text_of(content.get("message")) or headers.get(":error-message", kind)
            error = {"type": _ERROR_TYPES.get(kind, "api_error"), "message": text}
            return _event("error", dumps({"type": "error", "error": error}))
        event = b64decode(text_of(content.get("bytes")))
        name = text_of(as_dict(loads(event)).get("type")) if event else ""
    except (Base64Error, ValueError):
        return b""
    return _event(name, event) if name else b""


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


def _headers(data: bytes) -> dict[str, str]:
    """The headers whose values are texts."""
    found: dict[str, str] = {}
    position = 0
    while position < len(data):
        size = data[position]
        name = data[position + 1 : position + 1 + size].decode("utf-8", "replace")
        position += 1 + size
        kind = data[position]
        position += 1
        if kind in _VALUE_SIZES:
            position += _VALUE_SIZES[kind]
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        value = data[position + 2 : position + 2 + length]
        if kind == 7:
            found[name] = value.decode("utf-8", "replace")
        position += 2 + length
    return found
