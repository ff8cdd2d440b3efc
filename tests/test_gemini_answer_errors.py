"""What Google says when it fails, as one error a client can use (C41)."""

import json
from typing import Any

import pytest

from ccr_middleware.errors import UpstreamError
from ccr_middleware.wire.provider_errors import error_from_chunk, read_error

Json = dict[str, Any]

RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "PerMinute"}]}


def told(code: int, message: str, status: str, **more: Any) -> Json:
    return {"error": {"code": code, "message": message, "status": status, **more}}


def read(body: Any, status: int | None = None, **more: Any) -> UpstreamError:
    inner = body[0] if isinstance(body, list) else body
    return read_error(
        status or inner["error"]["code"], {}, json.dumps(body).encode(), provider="google", model="m", **more
    )


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("details", [[RETRY], [QUOTA, RETRY], ["x", None, RETRY]])
def test_c41_the_wait_of_retry_info_is_kept(details: list[Any], wrapped: bool) -> None:
    body = told(429, "You exceeded your current quota.", "RESOURCE_EXHAUSTED", details=details)
    error = read([body] if wrapped else body)
    assert (error.status, error.headers, error.retryable) == (429, {"retry-after": "34"}, True)
    assert error.message == 'provider "google" (model m): You exceeded your current quota.'


def test_c41_the_wait_is_kept_beside_a_list_of_errors() -> None:
    """The older form of Google's errors repeats the message in a list."""
    twice = [{"message": "Resource exhausted.", "domain": "global", "reason": "rateLimitExceeded"}]
    error = read([told(429, "Resource exhausted.", "RESOURCE_EXHAUSTED", errors=twice, details=[RETRY])])
    assert (error.status, error.headers) == (429, {"retry-after": "34"})
    assert error.message.endswith(": Resource exhausted.")


def test_c41_the_wait_in_the_sentence_is_kept() -> None:
    text = "Quota exceeded for metric: requests, limit: 5\nPlease retry in 51.074824224s."
    assert read(told(429, text, "RESOURCE_EXHAUSTED")).headers == {"retry-after": "52"}


@pytest.mark.parametrize(
    ("text", "tokens", "most"),
    [
        (
            "The input token count (3475108) exceeds the maximum number of tokens allowed (1048576).",
            3_475_108,
            1_048_576,
        ),
        ("The input token count exceeds the maximum number of tokens allowed (1048576).", 0, 0),
        (
            "Unable to submit request because the input token count is 1251952 but model only supports up to 1048576. "
            "Reduce the input token count and try again.",
            1_251_952,
            1_048_576,
        ),
    ],
)
def test_c41_an_overflow_is_told_in_the_words_that_compact(text: str, tokens: int, most: int) -> None:
    error = read([told(400, text, "INVALID_ARGUMENT", errors=[{"message": text, "reason": "badRequest"}])])
    start = f"prompt is too long: {tokens} tokens > {most} maximum (" if tokens else "prompt is too long ("
    assert error.message.startswith(start)
    assert (error.status, error.should_retry) == (400, False)


@pytest.mark.parametrize("asked", [None, 65_536])
def test_a_too_large_limit_is_told_in_the_words_that_heal(asked: int | None) -> None:
    text = (
        "Unable to submit request because it has a maxOutputTokens value of 65536 but the supported range is from 1 "
        "(inclusive) to 65536 (exclusive). Update the value and try again."
    )
    error = read(told(400, text, "INVALID_ARGUMENT"), max_tokens=asked)
    assert error.message.startswith("max_tokens: 65536 > 65535, which is the maximum allowed")


def test_c41_a_wrong_key_is_a_wrong_key() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = read(told(400, "API key not valid.", "INVALID_ARGUMENT", details=details))
    assert (error.status, error.type, error.should_retry) == (401, "authentication_error", False)


def test_c41_a_body_that_is_too_large_is_told_so() -> None:
    error = read(told(400, "Request payload size exceeds the limit: 20971520 bytes.", "INVALID_ARGUMENT"))
    assert (error.status, error.type) == (413, "request_too_large")


def test_c41_other_invalid_arguments_stay_what_they_are() -> None:
    text = "Function call is missing a thought_signature in functionCall parts."
    error = read(told(400, text, "INVALID_ARGUMENT"))
    assert (error.status, error.message) == (400, f'provider "google" (model m): {text}')


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("INVALID_ARGUMENT", 400),
        ("UNAUTHENTICATED", 401),
        ("PERMISSION_DENIED", 403),
        ("NOT_FOUND", 404),
        ("RESOURCE_EXHAUSTED", 429),
        ("INTERNAL", 500),
        ("UNAVAILABLE", 503),
        ("DEADLINE_EXCEEDED", 504),
    ],
)
def test_c41_inside_a_stream_the_word_tells_where_the_number_does_not(word: str, status: int) -> None:
    """Errors of a stream may have the number of a remote procedure call (8, 13, 14)."""
    error = error_from_chunk({"code": 14, "message": "no", "status": word}, provider="google", model="m")
    assert error.status == status
