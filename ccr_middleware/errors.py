"""Every error of the gateway, as one tree.

    GatewayError                 anything a client may be told; knows its HTTP status
    ├── BadRequest               400 invalid_request_error
    ├── NotAuthenticated         401 authentication_error (never retried)
    ├── NotPermitted             403 permission_error
    ├── NotFound                 404 not_found_error
    ├── MethodNotAllowed         405 invalid_request_error, with Allow
    ├── Conflict                 409 invalid_request_error: somebody else changed it meanwhile
    ├── RequestTooLarge          413 request_too_large
    ├── RateLimited              429 rate_limit_error: a limit of the caller's key, with Retry-After
    ├── InternalError            500 api_error (never retried: a second try cannot help)
    └── UpstreamError            the provider answered with an error, or not at all
        ├── UpstreamUnreachable  502 api_error: DNS, refused, TLS, proxy
        ├── UpstreamTimeout      504 timeout_error: connect, first byte, idle or total
        ├── UpstreamBroken       502 api_error: the answer was cut or is not what it claims to be
        └── EmptyAnswer          529 overloaded_error: 200 with nothing in it
    ConfigError                  the configuration cannot be used; never reaches a client

The texts are written for the person at the keyboard: they name the place and, where there is one, the fix.
No stack trace, path of ours or key may ever be put into one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

#: HTTP status -> Anthropic error type (https://docs.claude.com/en/api/errors).
ERROR_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    409: "invalid_request_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}

#: Statuses worth another try somewhere else (failure-modes F16).
RETRYABLE_STATUSES = frozenset({408, 409, 429, 500, 502, 503, 504, 529})


def error_type_for(status: int) -> str:
    """The Anthropic error type that belongs to an HTTP status."""
    return ERROR_TYPES.get(status) or ("api_error" if status >= 500 else "invalid_request_error")


class About(TypedDict, total=False):
    """What may be said of an error besides its text; None is what its class says. See `GatewayError`."""

    status: int | None
    type: str | None
    headers: Mapping[str, str] | None
    should_retry: bool | None
    details: Mapping[str, Any] | None


class GatewayError(Exception):
    """An error with everything needed to answer a client.

    `headers` are sent with the answer (`retry-after`, `allow`). `should_retry` becomes `x-should-retry`, which
    Claude Code and the SDKs obey; None leaves the decision to the client. `details` are for programs: the SDKs act
    on its `error_code` (`thread_not_found`: send the whole conversation).
    """

    status = 500
    should_retry: bool | None = None

    def __init__(self, message: str, **about: Unpack[About]) -> None:
        super().__init__(message)
        self.message = message
        self.status = about.get("status") or self.status
        self.type = about.get("type") or error_type_for(self.status)
        self.headers: dict[str, str] = dict(about.get("headers") or {})
        self.details = about.get("details")
        if (should_retry := about.get("should_retry")) is not None:
            self.should_retry = should_retry

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later or elsewhere."""
        return self.status in RETRYABLE_STATUSES and self.should_retry is not False


class BadRequest(GatewayError):
    """The request cannot be understood."""

    status = 400


class NotAuthenticated(GatewayError):
    """No key, or a wrong one. Without `x-should-retry: false` Claude Code would try for three minutes."""

    status = 401
    should_retry = False


class NotPermitted(GatewayError):
    """The caller is known and may not do this."""

    status = 403


class NotFound(GatewayError):
    """No such path, provider or model."""

    status = 404


class MethodNotAllowed(GatewayError):
    """The path exists and the method does not."""

    status = 405


class RequestTooLarge(GatewayError):
    """The body is over the limit."""

    status = 413


class Conflict(GatewayError):
    """It was changed by somebody else since it was read, or is there already."""

    status = 409
    should_retry = False


class RateLimited(GatewayError):
    """The caller has used up what its key is good for, until `retry_after_seconds` have passed."""

    status = 429

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        whole_seconds = max(1, math.ceil(retry_after_seconds))
        super().__init__(message, headers={"retry-after": str(whole_seconds)})


class InternalError(GatewayError):
    """A fault of ours. A retry cannot help, so clients are told not to."""

    status = 500
    should_retry = False


class UpstreamError(GatewayError):
    """The provider failed. `provider` and `model` name the target that was asked."""

    status = 502

    def __init__(self, message: str, *, provider: str = "", model: str = "", **about: Unpack[About]) -> None:
        super().__init__(message, **about)
        self.provider = provider
        self.model = model


class UpstreamUnreachable(UpstreamError):
    """No connection could be made: DNS, refused, TLS, proxy."""

    status = 502


class UpstreamTimeout(UpstreamError):
    """The provider did not connect, begin, go on or end in time."""

    status = 504


class UpstreamBroken(UpstreamError):
    """The connection was cut, or the answer is not what its headers say."""

    status = 502


class EmptyAnswer(UpstreamError):
    """The provider said 200 and nothing else. Nothing is made up in its place."""

    status = 529


class ConfigError(Exception):
    """The configuration cannot be used. The text is one line that names the place and the fix."""
