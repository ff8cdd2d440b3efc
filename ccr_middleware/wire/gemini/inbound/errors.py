"""Errors as Google's clients read them: `{"error": {"code", "message", "status"}}` (google.rpc.Status)."""

from __future__ import annotations

from collections.abc import Mapping

from ....errors import GatewayError
from ....unified import Json

#: HTTP status -> google.rpc.Code (https://ai.google.dev/gemini-api/docs/troubleshooting).
_STATUSES: Mapping[int, str] = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}


def error_body(error: GatewayError, request_id: str | None) -> Json:
    """The body of an HTTP error, and the last event of a stream that broke off. When to try again is said as Google
    says it, since its clients do not look at `retry-after`."""
    fallback = "INTERNAL" if error.status >= 500 else "INVALID_ARGUMENT"
    body: Json = {"code": error.status, "message": error.message, "status": _STATUSES.get(error.status, fallback)}
    seconds = error.headers.get("retry-after", "")
    if seconds.isdecimal():
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        body["details"] = [{"@type": kind, "retryDelay": f"{seconds}s"}]
    return {"error": body}
