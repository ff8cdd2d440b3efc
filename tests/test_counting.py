"""The tokenizer of a provider, as clients and routing see it."""

import asyncio
from typing import Any

import pytest

from ccr_middleware.testing import Exchange, Script, check_stream, json_answer, post, stream
from ccr_middleware.tokens import TokenCounter
from ccr_middleware.tokens.encoding import O200K
from ccr_middleware.tokens.parts import MESSAGE_TOKENS

from .support import chat
from .support.gateway import ask, body, config, gateway

COUNT_URL = "https://count.example.org/v1/count"
#: Fewer tokens in o200k than in cl100k.
TEXT = "Привет, как дела? " * 50
MESSAGES = [{"role": "user", "content": TEXT}]


def configured(tokenizer: Any, **router: Any) -> dict[str, Any]:
    """The usual configuration, with a tokenizer for its first provider, which is the default."""
    document = config(Router={"default": "chat,m1", **router})
    document["Providers"][0]["tokenizer"] = tokenizer
    return document


def counted(document: dict[str, Any], plan: Any = (), **request: Any) -> int:
    """What `count_tokens` says."""
    app, _ = gateway(plan, **document)
    answer = asyncio.run(post(app, "/v1/messages/count_tokens", body(messages=MESSAGES, **request)))
    return int(answer.json()["input_tokens"])


def plain() -> int:
    """The number without a tokenizer."""
    return TokenCounter().count_now({"messages": MESSAGES})


def test_c31_count_tokens_speaks_for_the_target():
    tokenizer = {"encoding": "o200k_base", "models": {"m1": {"encoding": "o200k_base", "factor": 2}}}
    o200k = O200K.count(TEXT) + MESSAGE_TOKENS
    assert counted(configured(tokenizer)) == 2 * o200k != plain()
    assert counted(configured(tokenizer), model="chat,m2") == o200k
    assert counted(configured({"models": {"m9": {"factor": 9}}})) == plain()
    assert counted(configured({"factor": 2}), model="nobody,m") == 2 * plain()


def test_the_start_of_a_stream_says_the_same():
    app, _ = gateway(stream(chat.answer("Hello")), **configured({"factor": 3}))
    answer = asyncio.run(ask(app, body(messages=MESSAGES)))
    start = check_stream(answer.body).events[0]
    assert start["message"]["usage"]["input_tokens"] == 3 * plain()


@pytest.mark.parametrize(("factor", "scenario"), [(1, "default"), (100, "longContext")])
def test_c31_routing_counts_with_the_tokenizer_of_the_default(factor: int, scenario: str):
    threshold = plain() * 10
    document = configured({"factor": factor}, longContext="chat,m2", longContextThreshold=threshold)
    app, provider = gateway(json_answer(chat.whole("Hello")), **document)
    asyncio.run(ask(app, body(messages=MESSAGES, stream=False)))
    assert provider.bodies[0]["model"] == {"default": "m1", "longContext": "m2"}[scenario]


@pytest.mark.parametrize("status", [200, 500])
def test_an_endpoint_is_asked_through_the_gateways_own_connections(status: int):
    def answer(exchange: Exchange) -> Script:
        return json_answer({"token_count": 4321}, status)

    document = configured({"type": "api", "url": COUNT_URL, "apiKey": "k"})
    assert counted(document, answer) == (4321 if status == 200 else plain())


def test_what_was_counted_outlives_a_reload():
    document = configured({"type": "api", "url": COUNT_URL})
    app, provider = gateway(json_answer({"token_count": 7}), **document)

    async def main() -> None:
        for _ in range(2):
            answer = await post(app, "/v1/messages/count_tokens", body(messages=MESSAGES))
            assert answer.json()["input_tokens"] == 7
            app.reload({**document, "LOG_LEVEL": "debug"})

    asyncio.run(main())
    assert len(provider.requests) == 1
