"""The tree of errors: statuses, Anthropic types, and what is worth another try."""

import inspect

import pytest

from ccr_middleware import errors
from ccr_middleware.errors import (
    ERROR_TYPES,
    RETRYABLE_STATUSES,
    ConfigError,
    GatewayError,
    InternalError,
    NotAuthenticated,
    UpstreamError,
    error_type_for,
)

CLASSES = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, GatewayError) and kind.__module__ == errors.__name__
}

#: The types the Messages API is documented to answer with.
ANTHROPIC_TYPES = {
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "timeout_error",
    "overloaded_error",
}


@pytest.mark.parametrize(
    ("name", "status", "type", "retryable"),
    [
        ("GatewayError", 500, "api_error", True),
        ("BadRequest", 400, "invalid_request_error", False),
        ("NotAuthenticated", 401, "authentication_error", False),
        ("NotPermitted", 403, "permission_error", False),
        ("NotFound", 404, "not_found_error", False),
        ("MethodNotAllowed", 405, "invalid_request_error", False),
        ("RequestTooLarge", 413, "request_too_large", False),
        ("InternalError", 500, "api_error", False),
        ("UpstreamError", 502, "api_error", True),
        ("UpstreamUnreachable", 502, "api_error", True),
        ("UpstreamTimeout", 504, "timeout_error", True),
        ("UpstreamBroken", 502, "api_error", True),
        ("EmptyAnswer", 529, "overloaded_error", True),
    ],
)
def test_each_class_knows_its_status(name: str, status: int, type: str, retryable: bool) -> None:
    error = CLASSES[name]("what happened")
    assert (error.status, error.type, error.retryable) == (status, type, retryable)
    assert str(error) == error.message == "what happened"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    tree = errors.__doc__ or ""
    for name, kind in CLASSES.items():
        assert f" {name} " in tree, f"{name} is not drawn"
        if kind not in (GatewayError, UpstreamError):
            line = next(one for one in tree.splitlines() if f" {name} " in one)
            assert str(kind.status) in line
    assert not issubclass(ConfigError, GatewayError)


def test_every_status_has_a_documented_type() -> None:
    assert set(ERROR_TYPES.values()) <= ANTHROPIC_TYPES
    for status in range(400, 600):
        general = "api_error" if status >= 500 else "invalid_request_error"
        assert error_type_for(status) == ERROR_TYPES.get(status, general)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529])
def test_an_upstream_status_decides_type_and_retry(status: int) -> None:
    error = UpstreamError("no", status=status, provider="p", model="m")
    assert error.type == ERROR_TYPES[status]
    assert error.retryable == (status in RETRYABLE_STATUSES)
    assert (error.provider, error.model) == ("p", "m")


def test_what_is_given_wins_and_is_not_shared() -> None:
    headers = {"retry-after": "3"}
    error = UpstreamError("busy", status=429, type="overloaded_error", headers=headers, should_retry=False)
    assert (error.type, error.headers, error.retryable) == ("overloaded_error", {"retry-after": "3"}, False)
    error.headers["x"] = "y"
    assert headers == {"retry-after": "3"}
    other = UpstreamError("busy")
    assert (other.status, other.headers, other.should_retry) == (502, {}, None)


def test_clients_are_told_not_to_retry_what_cannot_succeed() -> None:
    assert NotAuthenticated("no key").should_retry is False
    assert InternalError("ours").should_retry is False
    assert NotAuthenticated("wait", should_retry=True).should_retry is True
