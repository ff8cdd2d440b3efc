"""Counts from an endpoint: what it is asked, what its answers may look like, and what happens without one."""

import asyncio
import json
import logging
from functools import partial
from typing import Any

import pytest

from ccr_middleware.config.tokenizer import Tokenizer
from ccr_middleware.testing import CUT, STALL, FakeProvider, Script, Signal, json_answer
from ccr_middleware.testing.provider import Plan
from ccr_middleware.testing.script import until
from ccr_middleware.tokens import NO_BOUND, Counter, Counters, TokenCounter
from ccr_middleware.tokens.encoding import O200K
from ccr_middleware.tokens.endpoint import REST_SECONDS, Endpoint, EndpointCounter, request_of
from ccr_middleware.tokens.media import MAX_IMAGE_TOKENS
from ccr_middleware.tokens.parts import MESSAGE_TOKENS
from ccr_middleware.upstream.post import MAX_ANSWER_BYTES, post

URL = "https://count.example.org/v1/count?key=in-the-url"
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.org/i.png"}}
BODY: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 10,
    "stream": True,
    "system": "Be brief.",
    "tools": [{"name": "Read"}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, IMAGE]},
        {"role": "assistant", "content": "Hi"},
    ],
}


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def endpoint(plan: Plan, clock: Clock | None = None, **setting: Any) -> tuple[EndpointCounter, FakeProvider]:
    """The counter of an endpoint that plays a script, and what it was asked."""
    transport = FakeProvider(plan)
    asked = Endpoint(Tokenizer(type="api", **{"url": URL, **setting}), clock or Clock())
    return EndpointCounter(asked, "m", partial(post, transport), TokenCounter()), transport


def count(counter: Counter, body: Any = BODY) -> int:
    """What it counts."""
    return asyncio.run(counter.count(body))


ESTIMATE = count(TokenCounter())


@pytest.mark.parametrize(
    ("request_format", "sent", "besides"),
    [
        ("standard", {"model": "m", **{key: BODY[key] for key in ("messages", "system", "tools")}}, 0),
        ("anthropic", {"model": "m", **{key: BODY[key] for key in ("messages", "system", "tools")}}, 0),
        (
            "openai",
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": 'Be brief.\n[{"name":"Read"}]'},
                    {"role": "user", "content": "Hello"},
                    {"role": "assistant", "content": "Hi"},
                ],
            },
            MAX_IMAGE_TOKENS,
        ),
        ("custom", {"text": 'Be brief.\nHello\nHi\n[{"name":"Read"}]'}, MAX_IMAGE_TOKENS + 2 * MESSAGE_TOKENS),
    ],
)
def test_what_is_sent_and_what_is_added(request_format: str, sent: Any, besides: int):
    counter, transport = endpoint(json_answer({"token_count": 1000}), request_format=request_format)
    assert count(counter) == 1000 + besides
    assert transport.bodies == [sent]
    assert (transport.requests[0].url, transport.requests[0].method) == (URL, "POST")


def test_the_model_of_the_setting_goes_before_the_one_counted_for():
    counter, transport = endpoint(json_answer({"token_count": 1}), model="their-name")
    count(counter)
    assert transport.bodies[0]["model"] == "their-name"


def test_a_request_that_is_none_is_no_failure():
    for body in (None, [], {"messages": 1}, {"messages": [None, 5, {"role": "user", "content": 3}]}):
        for request_format in ("standard", "anthropic", "openai", "custom"):
            assert json.dumps(request_of(body, request_format, "m"))
    counter, transport = endpoint(json_answer({"token_count": 1}))
    unwritable = {"messages": [{"role": "user", "content": {1, 2}}]}
    assert count(counter, unwritable) == count(TokenCounter(), unwritable)
    assert transport.requests == []


@pytest.mark.parametrize(
    ("setting", "headers"),
    [
        ({"api_key": "k"}, {"authorization": "Bearer k"}),
        ({"api_key": "k", "request_format": "anthropic"}, {"x-api-key": "k", "anthropic-version": "2023-06-01"}),
        ({"api_key": "k", "headers": {"Authorization": "Basic b", "X-Team": "t"}},
         {"authorization": "Basic b", "x-team": "t"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_the_headers(setting: dict[str, Any], headers: dict[str, str]):
    counter, transport = endpoint(json_answer({"token_count": 1}), **setting)
    count(counter)
    assert transport.requests[0].headers == {"content-type": "application/json", **headers}


@pytest.mark.parametrize(
    ("answer", "field", "number"),
    [
        ({"token_count": 7}, None, 7),
        ({"input_tokens": 7}, None, 7),
        ({"token_count": None, "input_tokens": 0}, None, 0),
        ({"data": {"usage": [{"n": 7.2}]}}, "data.usage.0.n", 8),
        ({"token_count": 7, "n": 3}, "n", 3),
    ],
)
def test_where_the_number_is(answer: Any, field: str | None, number: int):
    assert count(endpoint(json_answer(answer), response_field=field)[0]) == number


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (json_answer({"error": "key=in-the-url"}, 500), "it answered 500"),
        (json_answer({"error": "no"}, 401), "it answered 401"),
        (json_answer("<html>"), "its answer is no JSON"),
        (json_answer([]), "its answer has no number at token_count or input_tokens"),
        (json_answer({"token_count": "7"}), "its answer has no number at"),
        (json_answer({"token_count": True}), "its answer has no number at"),
        (json_answer({"token_count": -1}), "its answer has no number at"),
        (json_answer(b'{"token_count": 1' + b" " * MAX_ANSWER_BYTES + b"}"), "its answer is no JSON"),
        (Script([b'{"token_', CUT]), ""),
        (Script(before=[RuntimeError("key=in-the-url")]), "RuntimeError"),
        (Script(before=[STALL]), "no answer within 0.05 seconds"),
        (Script([b'{"token_', STALL]), "no answer within 0.05 seconds"),
    ],
)
def test_without_a_number_the_fallback_counts(script: Script, reason: str, caplog: pytest.LogCaptureFixture):
    counter, transport = endpoint(script, timeout_seconds=0.05)
    assert count(counter) == ESTIMATE
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"The token counts of count.example.org are estimated for now: {reason}")
    assert "in-the-url" not in record.getMessage()
    assert all(exchange.releases for exchange in transport.exchanges if not script.before)


def test_an_endpoint_that_failed_is_left_in_peace_and_then_asked_again(caplog: pytest.LogCaptureFixture):
    clock = Clock()
    answers = [json_answer({}, 503), json_answer({}, 503), json_answer({"token_count": 5}), json_answer({}, 503)]
    counter, transport = endpoint(answers, clock)
    assert [count(counter), count(counter)] == [ESTIMATE, ESTIMATE]
    assert (len(transport.requests), len(caplog.records)) == (1, 1)
    clock.now += REST_SECONDS
    assert count(counter) == ESTIMATE
    assert (len(transport.requests), len(caplog.records)) == (2, 1)
    clock.now += REST_SECONDS
    assert count(counter) == 5
    other = {**BODY, "system": "Be long."}
    assert count(counter, other) == count(TokenCounter(), other)
    assert (len(transport.requests), len(caplog.records)) == (4, 2)
    assert count(counter) == 5, "what is known needs no endpoint"


def test_a_refused_request_says_nothing_of_the_next():
    counter, _ = endpoint([json_answer({}, 400), json_answer({"token_count": 5})])
    assert [count(counter), count(counter)] == [ESTIMATE, 5]


def test_a_request_is_asked_for_once():
    counter, transport = endpoint(json_answer({"token_count": 5}), request_format="custom")
    assert count(counter) == count(counter)
    count(counter, {**BODY, "system": "Other."})
    assert len(transport.requests) == 2


def test_other_calls_go_on_while_the_endpoint_is_waited_for():
    answer = Signal()
    counter, transport = endpoint(Script([answer, b'{"token_count": 5}']))

    async def main() -> None:
        waiting = asyncio.create_task(counter.count(BODY))
        assert await until(lambda: transport.requests)
        assert await TokenCounter().count({"messages": []}) == 0
        assert not waiting.done()
        answer.set()
        assert await waiting == 5

    asyncio.run(asyncio.wait_for(main(), 5))


def test_a_client_that_leaves_is_no_failure_of_the_endpoint(caplog: pytest.LogCaptureFixture):
    counter, transport = endpoint([Script([STALL]), json_answer({"token_count": 5})])

    async def main() -> None:
        waiting = asyncio.create_task(counter.count(BODY))
        assert await until(lambda: transport.requests)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await counter.count(BODY) == 5

    asyncio.run(asyncio.wait_for(main(), 5))
    assert not caplog.records
    assert transport.exchanges[0].releases


def test_single_texts_and_bounds_are_no_matter_of_the_endpoint():
    counter, transport = endpoint(json_answer({"token_count": 5}))
    assert counter.count_text("Hello!") == TokenCounter().count_text("Hello!")
    assert counter.at_most(BODY) == NO_BOUND
    assert transport.requests == []


def test_an_endpoint_by_its_setting():
    """Through `Counters`: kept over reloads with what it knows, calibrated, and with a fallback of its own."""
    counters, transport = Counters(), FakeProvider([json_answer({"token_count": 10}), json_answer({}, 500)])
    setting = {"type": "api", "url": URL, "fallback": "o200k_base"}

    def counter(**more: Any) -> Counter:
        return counters.counter_for(Tokenizer.model_validate({**setting, **more}), "m", partial(post, transport))

    assert [count(counter()), count(counter(factor=1.25))] == [10, 13]
    assert len(transport.requests) == 1
    other = {"messages": [{"role": "user", "content": "Привет"}]}
    assert count(counter(factor=2), other) == 2 * (MESSAGE_TOKENS + O200K.count("Привет"))
