"""Errors as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`.

The SDKs choose their exception by the HTTP status; programs look at `code`. The words are OpenAI's where it has one
(https://developers.openai.com/api/docs/guides/error-codes).
"""

from __future__ import annotations

from collections.abc import Mapping

from ....errors import GatewayError
from ....unified import Json

#: HTTP status -> type, code.
_KINDS: Mapping[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("authentication_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("permission_error", "permission_denied"),
    404: ("invalid_request_error", "not_found"),
    408: ("timeout_error", "timeout"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("server_error", "server_is_overloaded"),
    504: ("timeout_error", "timeout"),
    529: ("server_error", "server_is_overloaded"),
}

#: Begins the text of every error about a prompt that does not fit, whatever the provider said.
_TOO_LONG = "prompt is too long"


def error_body(error: GatewayError, request_id: str | None) -> Json:
    """The body of an HTTP error, and the last event of a stream that broke off. The request id is in a header."""
    fallback = ("server_error", None) if error.status >= 500 else ("invalid_request_error", None)
    kind, code = _KINDS.get(error.status, fallback)
    text = error.message.lower()
    if error.status == 404 and "model" in text:
        code = "model_not_found"
    elif error.status in (400, 413) and _TOO_LONG in text:
        code = "context_length_exceeded"
    return {"error": {"message": error.message, "type": kind, "param": None, "code": code}}
