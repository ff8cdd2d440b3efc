"""What providers say when they fail."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.errors import ERROR_TYPES, UpstreamError
from ccr_middleware.wire.provider_errors import LONGEST_TEXT, error_from_chunk, read_error

from .support import recorded

Json = dict[str, Any]

HEADING = 'provider "p" (model m): '


def read(status: int, body: Any, headers: dict[str, str] | None = None, **more: Any) -> UpstreamError:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return read_error(status, headers or {}, data, provider="p", model="m", **more)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "No such model", "type": "t", "param": None, "code": "c"}}, "No such model"),
        ({"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}, "Not found"),
        ([{"error": {"code": 400, "message": "In a list", "status": "INVALID_ARGUMENT"}}], "In a list"),
        ({"error": "just text"}, "just text"),
        ({"detail": "codex says no"}, "codex says no"),
        ({"detail": [{"loc": ["body", "tools"], "msg": "Extra inputs"}]}, "body.tools: Extra inputs"),
        ({"object": "error", "message": "flat", "type": "t", "param": None, "code": "3230"}, "flat"),
        (
            {"object": "error", "message": {"detail": [{"loc": ["body", "n"], "msg": "forbidden"}]}, "code": None},
            "body.n: forbidden",
        ),
        ({"type": "error", "error": {"type": "invalid_request_error", "message": "Anthropic's"}}, "Anthropic's"),
        ({"code": 20015, "message": "siliconflow", "data": None}, "siliconflow"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "login fail"),
        ({"error": {"code": 400, "message": "Provider returned error", "metadata": {"raw": "plain"}}}, "plain"),
        (
            {
                "error": {
                    "code": 400,
                    "message": "Provider returned error",
                    "metadata": {"raw": '{"error":{"message":"deep"}}', "provider_name": "Novita"},
                },
                "user_id": "u",
            },
            "Novita: deep",
        ),
        ("upstream connect error", "upstream connect error"),
        (b'event: error\ndata: {"error":{"message":"in a stream"}}\n\ndata: [DONE]\n\n', "in a stream"),
        (b"", "HTTP 400 without a message"),
        ("{not json", "{not json"),
        (
            "<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>",
            "a web page instead of an answer (502 Bad Gateway); check the URL of the provider",
        ),
        ("<!doctype html>", "a web page instead of an answer; check the URL of the provider"),
    ],
)
def test_c41_every_shape_gives_one_clean_text(body: Any, text: str) -> None:
    error = read(400, body)
    assert error.message == HEADING + text
    assert (error.status, error.type, error.provider, error.model) == (400, "invalid_request_error", "p", "m")


@pytest.mark.parametrize(
    ("status", "sent", "kind", "retryable"),
    [
        (400, 400, "invalid_request_error", False),
        (401, 401, "authentication_error", False),
        (402, 402, "billing_error", False),
        (403, 403, "permission_error", False),
        (404, 404, "not_found_error", False),
        (405, 404, "not_found_error", False),
        (408, 408, "timeout_error", True),
        (409, 409, "invalid_request_error", True),
        (413, 413, "request_too_large", False),
        (422, 400, "invalid_request_error", False),
        (429, 429, "rate_limit_error", True),
        (498, 429, "rate_limit_error", True),
        (500, 500, "api_error", True),
        (501, 502, "api_error", True),
        (503, 503, "overloaded_error", True),
        (504, 504, "timeout_error", True),
        (522, 502, "api_error", True),
        (524, 504, "timeout_error", True),
        (529, 529, "overloaded_error", True),
        (302, 502, "api_error", True),
    ],
)
def test_c41_statuses(status: int, sent: int, kind: str, retryable: bool) -> None:
    error = read(status, {"error": {"message": "no"}})
    assert (error.status, error.type, error.retryable) == (sent, kind, retryable)


@pytest.mark.parametrize("status", [401, 403])
def test_c41_a_refused_key_is_not_tried_again(status: int) -> None:
    assert read(status, {"error": {"message": "bad key"}}).should_retry is False


def test_an_exhausted_balance_is_not_waited_for() -> None:
    quota = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": None}}
    error = read(429, quota, {"x-ratelimit-reset": "20s"})
    assert (error.status, error.should_retry, error.headers) == (429, False, {})


def test_a_200_with_an_error_in_it_takes_the_status_of_the_error() -> None:
    assert read(200, {"error": {"message": "slow down", "code": 429}}).status == 429
    assert read(200, {"error": {"message": "no", "type": "invalid_request_error"}}).status == 400
    assert read(200, {"base_resp": {"status_code": 1004, "status_msg": "no"}}).status == 502


def test_c41_a_failed_tool_call_of_groq_is_worth_another_try() -> None:
    body = {"error": {"code": "tool_use_failed", "failed_generation": "maybe", "message": "no call", "type": "x"}}
    error = read(400, body)
    assert error.retryable
    assert error.message == HEADING + "no call"


OVERFLOWS = [
    ("prompt is too long: 213462 tokens > 200000 maximum", 213_462, 200_000),
    ("Your input exceeds the context window of this model. Please adjust your input and try again.", 0, 0),
    ("The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).", 1_196_265, 1_048_575),
    ("This model's maximum prompt length is 131072 but the request contains 537812 tokens.", 537_812, 131_072),
    ("Please reduce the length of the messages or completion.", 0, 0),
    (
        "This model's maximum context length is 131072 tokens. However, you requested 150000 tokens (118000 in the "
        "messages, 32000 in the completion). Please reduce the length of the messages or completion.",
        150_000,
        131_072,
    ),
    ("the request exceeds the available context size, try increasing it", 0, 0),
    (
        "Input tokens exceed the configured limit of 272,000 tokens. Your messages resulted in 289,650 tokens.",
        289650,
        272000,
    ),
    ("invalid params, context window exceeds limit (2013)", 0, 0),
    ("Your request exceeded model token limit: 262144 (requested: 300000)", 300_000, 262_144),
    ("Prompt contains 150000 tokens, too large for model with 131072 maximum context length", 150_000, 131_072),
    ("Range of input length should be [1, 129024]", 0, 0),
    ("prompt token count of 140000 exceeds the limit of 128000", 140_000, 128_000),
]


@pytest.mark.parametrize("status", [400, 413, 422, 500, 502])
@pytest.mark.parametrize(("text", "tokens", "most"), OVERFLOWS)
def test_c41_an_overflow_is_told_in_the_words_that_compact(text: str, tokens: int, most: int, status: int) -> None:
    error = read(status, {"error": {"message": text, "type": "server_error"}})
    start = f"prompt is too long: {tokens} tokens > {most} maximum (" if tokens else "prompt is too long"
    assert error.message.startswith(start)
    assert text in error.message
    assert (error.status, error.type, error.retryable) == (400, "invalid_request_error", False)
    assert error.should_retry is False


def test_c41_an_overflow_can_be_told_by_its_code_alone() -> None:
    assert read(400, {"error": {"message": "no", "code": "context_length_exceeded"}}).message.startswith("prompt is")


def test_c41_a_rate_limit_is_no_overflow() -> None:
    text = "Rate limit reached: please reduce the length of the messages, or try again in 7.66s"
    error = read(429, {"error": {"message": text}})
    assert (error.status, error.headers) == (429, {"retry-after": "8"})


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("max_tokens is too large: 64000. This model supports at most 16384 completion tokens, whereas you", 16384),
        ("`max_completion_tokens` must be less than or equal to `32768`, the maximum value for it", 32768),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        ("<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]", 8192),
        (
            "The parameter `max_completion_tokens` is not valid: integer above maximum, expected a value <= 12288",
            12288,
        ),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_too_large_limit_is_told_in_the_words_that_heal(text: str, limit: int, status: int) -> None:
    error = read(status, {"error": {"message": text}}, max_tokens=64_000)
    expected = f"max_tokens: 64000 > {limit}, which is the maximum allowed number of output tokens for m"
    assert (error.message, error.status) == (expected, 400)


def test_the_limit_asked_for_is_read_from_the_text_when_nobody_knows_it() -> None:
    text = "max_tokens is too large: 64000. This model supports at most 16384 completion tokens"
    assert read(400, {"error": {"message": text}}).message.startswith("max_tokens: 64000 > 16384, which")


@pytest.mark.parametrize(
    "text",
    [
        "messages.1.role: Input should be 'user' or 'assistant'",
        "context_management: Extra inputs are not permitted",
        "Unexpected value(s) `x` for the `anthropic-beta` header",
        "messages.3: Invalid `signature` in `thinking` block",
        "max_tokens: 128000 > 8192, which is the maximum allowed number of output tokens for x",
    ],
)
def test_what_the_client_understands_is_passed_on_as_it_is(text: str) -> None:
    assert read(400, {"type": "error", "error": {"type": "invalid_request_error", "message": text}}).message == text


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "25"}, {}, "25"),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, {}, "Wed, 21 Oct 2026 07:28:00 GMT"),
        ({"retry-after-ms": "1500"}, {}, "2"),
        ({}, {"error": {"message": "m", "details": [{"@type": "x"}, {"retryDelay": "34.4s"}]}}, "35"),
        ({}, {"error": {"message": "Limit reached. Please try again in 1m30.5s."}}, "91"),
        ({}, {"error": {"message": "Please try again in 120ms"}}, "1"),
        ({"x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "6m0s"}, {}, "360"),
        (
            {
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-tokens": "100",
            },
            {},
            "2",
        ),
        ({"x-ratelimit-reset": "1767225630000", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, {}, "30"),
        ({"x-ratelimit-reset": "2026-01-01T00:00:30Z", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, {}, "30"),
        ({"x-ratelimit-reset": "1767225630000"}, {}, None),
        (
            {"date": "Thu, 01 Jan 2026 00:00:00 GMT"},
            {"error": {"message": "m", "metadata": {"headers": {"X-RateLimit-Reset": "1767225660000"}}}},
            "60",
        ),
        ({"retry-after-ms": "soon", "x-ratelimit-reset": "nan"}, {}, None),
        ({"x-ratelimit-reset": "1e7"}, {}, "86400"),
        ({}, {"error": {"message": "m"}}, None),
    ],
)
def test_c41_the_wait_is_kept(headers: dict[str, str], body: Any, seconds: str | None) -> None:
    error = read(429, body, headers)
    assert error.headers == ({} if seconds is None else {"retry-after": seconds})


def test_c41_no_wait_is_made_up_for_what_does_not_get_better() -> None:
    told = {"retry-after-ms": "1500"}
    assert read(400, {}, told).headers == {}
    assert read(400, {}, {**told, "retry-after": "25"}).headers == {"retry-after": "25"}


def test_c41_no_stack_trace_and_no_key() -> None:
    text = "Bad\nError: at home\n    at qn (/usr/lib/cli.js:582:7451)\n    at hn (/usr/lib/x.js:1)"
    assert read(500, {"error": {"message": text}}).message == HEADING + "Bad\nError: at home"
    python = 'boom\nTraceback (most recent call last):\n  File "/srv/app.py", line 1'
    assert read(500, {"error": {"message": python}}).message == HEADING + "boom"
    keys = "Incorrect API key provided: sk-proj-abcdefgh********wxyz. Header: Bearer abcdefghijkl"
    assert read(401, {"error": {"message": keys}}).message == (
        HEADING + "Incorrect API key provided: ***. Header: Bearer ***"
    )


def test_c41_configured_keys_are_masked_before_the_text_is_cut() -> None:
    secret = "s3cr3t-s3cr3t"
    text = "x" * (LONGEST_TEXT - 6) + secret
    error = read(400, text, mask=lambda given: given.replace(secret, "***"))
    assert "s3cr" not in error.message
    assert read(400, "y" * 9000).message == HEADING + "y" * (LONGEST_TEXT - 1) + "…"


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        ({"code": 400, "message": "Token limit reached"}, 400, "Token limit reached"),
        ({"code": 429, "message": "slow"}, 429, "slow"),
        ({"message": "busy", "type": "overloaded_error"}, 529, "busy"),
        ({"message": "m", "status_code": 400, "code": "tool_use_failed"}, 502, "m"),
        ({"message": "m"}, 502, "m"),
        ("just text", 502, "just text"),
        (None, 502, "HTTP 502 without a message"),
        ({"object": "error", "message": "flat", "code": "503"}, 503, "flat"),
    ],
)
def test_c41_errors_inside_a_stream(error: Any, status: int, text: str) -> None:
    found = error_from_chunk(error, provider="p", model="m")
    assert (found.status, found.message) == (status, HEADING + text)


@given(
    st.integers(200, 599),
    st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["error", "message", "code", "type", "status", "detail", "metadata", "raw", "details"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset", "date", "x-ratelimit-reset-tokens"]),
        st.text(max_size=8) | st.sampled_from(["inf", "nan", "-1", "1e400", "1s", "99999999999999"]),
    ),
)
def test_c41_whatever_comes_is_one_anthropic_error(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = read_error(status, headers, body, provider="p", model="m")
    assert error.status in ERROR_TYPES
    assert error.message
    assert len(error.message) < LONGEST_TEXT + 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":' * 900 + b"1" + b"}" * 900,
        b'{"detail":[' + b"[" * 900 + b"]" * 900 + b"]}",
        b'{"metadata":{"raw":' * 400 + b"1" + b"}}" * 400,
        json.dumps({"message": "maximum context length is " + "9" * 5000}).encode(),
        json.dumps({"message": "max_tokens must be at most " + "9" * 5000, "code": "4" * 5000}).encode(),
        json.dumps({"message": "\n" * 30_000 + "at", "status_code": "\u00b2"}).encode(),
        b"<title" * 10_000,
    ],
)
def test_c41_hostile_bodies_are_read_at_once(body: bytes) -> None:
    assert read(400, body).status == 400


@pytest.mark.parametrize("case", [c for c in recorded.params() if c.values[0] is None or c.values[0].status >= 400])
def test_c41_recorded_errors(case: recorded.Case) -> None:
    error = read_error(case.status, case.headers, case.body, provider="p", model=case.model)
    told = case.json()
    expected = told["error"]["message"]
    assert error.message == HEADING.replace("model m", f"model {case.model}") + expected
    assert error.status == (502 if told["error"].get("code") == "tool_use_failed" else case.status)
    if case.name == "gemini/vai-google-429-retry-info":
        assert error.headers == {"retry-after": "35"}
