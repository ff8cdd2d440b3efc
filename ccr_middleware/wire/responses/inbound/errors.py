"""Errors as a Responses client reads them: as the body of an HTTP answer, and at the end of a stream.

The body is that of chat completions. In a stream the SDK raises on an event with an `error` object in it and gives
`ResponseErrorEvent` the fields beside it; Codex and others look only at `response.failed`. OpenAI sends both (fixtures
fact 47), and so does this gateway.
"""

from __future__ import annotations

from ....errors import GatewayError
from ....unified import Json
from ...openai.inbound.errors import error_body

#: Codes of a failed response that Codex acts upon. It tries again after any that does not blame the request.
_CODES = frozenset({"context_length_exceeded", "insufficient_quota", "rate_limit_exceeded"})


def error_event(error: GatewayError) -> Json:
    """The event before `response.failed`, without its sequence number."""
    told = error_body(error, None)["error"]
    return {"type": "error", "code": told["code"], "message": told["message"], "param": None, "error": told}


def failure(error: GatewayError) -> Json:
    """`response.error` of a failed response."""
    code = error_body(error, None)["error"]["code"]
    if code not in _CODES:
        code = "invalid_prompt" if 400 <= error.status < 500 and error.status != 408 else "server_error"
    return {"code": code, "message": error.message}
