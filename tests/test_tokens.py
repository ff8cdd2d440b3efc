"""The token counter: right, cheap the second time, and off the loop."""

import asyncio
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.tokens import TokenCounter, counter
from ccr_middleware.tokens.cache import CountCache
from ccr_middleware.tokens.encoding import EncodingUnavailable, count_tokens, estimate_tokens, load_encoding
from ccr_middleware.tokens.parts import MESSAGE_TOKENS

# Words that lead the walk into every branch, among ones that lead nowhere.
FIELDS = st.sampled_from(["type", "content", "source", "data", "text", "thinking", "input", "name", "url", "title"])
TYPES = st.sampled_from(
    ["text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document", "base64", "content"]
)
WORDS = FIELDS | TYPES | st.sampled_from(["search_result", "web_search_tool_result", "web_search_result", "odd"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)
BODIES = JSON | st.fixed_dictionaries(
    {},
    optional={
        "system": JSON,
        "messages": st.lists(st.fixed_dictionaries({"content": JSON}) | JSON, max_size=4),
        "tools": JSON,
    },
)


def user(*texts: str) -> dict[str, Any]:
    """A request of one message with these text blocks."""
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": text} for text in texts]}]}


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is really encoded."""
    texts: list[str] = []

    def spy(text: str) -> int:
        texts.append(text)
        return count_tokens(text)

    load_encoding()
    monkeypatch.setattr(counter, "count_tokens", spy)
    return texts


@pytest.fixture
def encoding_threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The thread of every encoding."""
    threads: list[int] = []

    def spy(text: str) -> int:
        threads.append(threading.get_ident())
        return len(text)

    load_encoding()
    monkeypatch.setattr(counter, "count_tokens", spy)
    return threads


def test_known_count() -> None:
    body = {"system": "You are a helpful assistant.", "messages": [{"role": "user", "content": "Hello!"}]}
    assert TokenCounter().count_now(body) == 8 + MESSAGE_TOKENS


def test_special_tokens_and_missing_content_are_no_failure() -> None:
    content = [{"type": "text", "text": "<|endoftext|>"}, {"type": "tool_result", "tool_use_id": "t"}, {"type": "text"}]
    assert TokenCounter().count_now({"messages": [{"role": "user", "content": content}]}) == 7 + MESSAGE_TOKENS


def test_c31_everything_the_model_reads_counts() -> None:
    words = "one two three four five " * 20
    blocks: dict[str, dict[str, Any]] = {
        "thinking": {"type": "thinking", "thinking": words},
        "tool_use": {"type": "tool_use", "name": "Read", "input": {"path": words}},
        "tool_result": {"type": "tool_result", "content": [{"type": "text", "text": words}]},
        "image": {"type": "image", "source": {"type": "url", "url": "https://example.com/x.png"}},
    }
    counts = {name: TokenCounter().count_now({"messages": [{"content": [block]}]}) for name, block in blocks.items()}
    counts["system"] = TokenCounter().count_now({"system": words})
    counts["tools"] = TokenCounter().count_now({"tools": [{"name": "Read", "description": words}]})
    assert min(counts.values()) > 100


def test_c42_an_estimate_is_never_zero_for_a_message() -> None:
    assert TokenCounter().count_now({"messages": [{"role": "user", "content": ""}]}) > 0


@given(st.lists(BODIES, max_size=6))
def test_counts_never_raise_and_never_depend_on_the_cache(bodies: list[Any]) -> None:
    warm, tiny = TokenCounter(), TokenCounter(max_cached_texts=4)

    async def counts() -> list[int]:
        return [await warm.count(body) for body in bodies + bodies]

    fresh = [TokenCounter().count_now(body) for body in bodies]
    assert [tiny.count_now(body) for body in bodies + bodies] == fresh + fresh
    assert asyncio.run(counts()) == fresh + fresh
    assert all(0 <= count <= warm.at_most(body) for count, body in zip(fresh, bodies, strict=True))


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"content": [{"type": "image", "source": {"type": "url", "url": "https://example.com"}}]}]},
        {"messages": [{}]},
        {"messages": [{"content": [{"type": "tool_use", "name": "n", "input": [1e15] * 9}]}]},
        {"tools": [{"name": "\ud83d", "description": "\u4f60\u597d"}]},
    ],
)
def test_at_most_holds_where_the_length_of_the_body_would_not(body: Any) -> None:
    assert TokenCounter().count_now(body) <= TokenCounter().at_most(body)


def test_at_most_does_not_encode(encoded: list[str]) -> None:
    assert TokenCounter().at_most(user("\u00e9t\u00e9")) == 5 + MESSAGE_TOKENS
    assert encoded == []


def test_a_growing_conversation_costs_only_what_is_new(encoded: list[str]) -> None:
    tokens = TokenCounter()
    body = user("first", "second") | {"system": "sys", "tools": [{"name": "Read"}]}
    before = tokens.count_now(body)
    assert encoded == ["sys", "first", "second", '[{"name":"Read"}]']
    body["messages"] += [{"role": "assistant", "content": "third"}]
    assert tokens.count_now(body) == before + MESSAGE_TOKENS + count_tokens("third")
    assert encoded[4:] == ["third"]


def test_an_answer_counted_by_its_text_is_known_when_it_comes_back(encoded: list[str]) -> None:
    tokens = TokenCounter()
    assert tokens.count_text("the answer") == count_tokens("the answer") == tokens.count_text("the answer")
    tokens.count_now(user("the answer"))
    assert encoded == ["the answer"]


def test_count_text_never_blocks(encoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    long = "word " * 10_000
    assert TokenCounter().count_text(long) == estimate_tokens(long)
    monkeypatch.setattr(counter, "is_loaded", lambda: False)
    assert TokenCounter().count_text("Hello!") == estimate_tokens("Hello!")
    assert encoded == []


def test_counters_do_not_share_what_they_know(encoded: list[str]) -> None:
    TokenCounter().count_now(user("same"))
    TokenCounter().count_now(user("same"))
    assert encoded == ["same", "same"]


def test_little_is_encoded_inline_and_much_in_a_worker(encoding_threads: list[int]) -> None:
    asyncio.run(TokenCounter().count(user("short", "x" * 1000)))
    assert set(encoding_threads) == {threading.get_ident()}
    encoding_threads.clear()
    asyncio.run(TokenCounter().count(user(*(str(i) * 1000 for i in range(100, 110)))))
    assert threading.get_ident() not in encoding_threads


def test_the_encoding_is_loaded_in_a_worker(encoding_threads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "is_loaded", lambda: False)
    asyncio.run(TokenCounter().count(user("short")))
    assert threading.get_ident() not in encoding_threads


def test_what_is_cached_needs_no_worker(encoding_threads: list[int]) -> None:
    tokens, body = TokenCounter(), user("x" * 100_000)
    first = asyncio.run(tokens.count(body))
    assert (asyncio.run(tokens.count(body)), tokens.count_now(body)) == (first, first)
    assert len(encoding_threads) == 1


def test_c40_another_stream_goes_on_while_a_megabyte_is_counted() -> None:
    load_encoding()
    body = user("    return self._counts[key]  # see §3\n" * 25_000)

    async def ticks_while_counting() -> int:
        ticks = 0
        task = asyncio.create_task(TokenCounter().count(body))
        while not task.done():
            await asyncio.sleep(0.001)
            ticks += 1
        assert await task > 200_000
        return ticks

    assert asyncio.run(ticks_while_counting()) > 10


def test_a_cancelled_count_stops_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    load_encoding()
    started, go_on, encoded = threading.Event(), threading.Event(), []

    def blocked(text: str) -> int:
        encoded.append(text)
        started.set()
        assert go_on.wait(5)
        return 1

    monkeypatch.setattr(counter, "count_tokens", blocked)

    async def run() -> None:
        task = asyncio.create_task(TokenCounter().count(user(*(str(i) * 9000 for i in range(10, 20)))))
        await asyncio.to_thread(started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await asyncio.sleep(0.05)

    asyncio.run(run())
    assert len(encoded) == 1


def test_workers_are_few_and_every_loop_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    load_encoding()
    lock, running, most = threading.Lock(), 0, 0

    def slow(text: str) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return 1

    monkeypatch.setattr(counter, "count_tokens", slow)
    tokens = TokenCounter()

    async def burst(letter: str) -> list[int]:
        return await asyncio.gather(*(tokens.count(user(f"{i}" + letter * 30_000)) for i in range(26)))

    for letter in "ab":
        assert asyncio.run(burst(letter)) == [1 + MESSAGE_TOKENS] * 26
    assert 1 < most <= counter.MAX_WORKERS


def test_without_an_encoding_tokens_are_estimated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> int:
        raise EncodingUnavailable("the ranks are gone")

    monkeypatch.setattr(counter, "count_tokens", broken)
    tokens = TokenCounter()
    expected = estimate_tokens("Hello, world") + estimate_tokens("again") + MESSAGE_TOKENS
    assert tokens.count_now(user("Hello, world", "again")) == expected
    assert asyncio.run(tokens.count(user("Hello, world", "again"))) == expected
    assert [record.getMessage() for record in caplog.records] == [
        "Tokens are estimated from now on: the ranks are gone"
    ]


def test_the_cache_is_bounded_and_keeps_what_is_used() -> None:
    cache = CountCache(max_entries=20)
    cache.put("always", 1)
    for number in range(500):
        cache.put(f"text {number}", number)
        assert cache.get("always") == 1
        assert len(cache) <= 20
    assert cache.get("text 499") == 499
    assert cache.get("text 1") is None
