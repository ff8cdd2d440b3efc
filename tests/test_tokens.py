"""The token counter: right, cheap the second time, and off the loop."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.tokens import NO_BOUND, TokenCounter, counter
from ccr_middleware.tokens.cache import CountCache
from ccr_middleware.tokens.encoding import CL100K
from ccr_middleware.tokens.parts import MESSAGE_TOKENS
from ccr_middleware.tokens.vocabulary import EncodingNotReady, EncodingUnavailable, estimate_tokens

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


class Vocabulary:
    """Counts by a function, in which a test does what it wants to see."""

    name = "a test"
    byte_level = True
    inline_chars = 20_000

    def __init__(self, count: Callable[[str], int] = CL100K.count, *, loaded: bool = True) -> None:
        self.texts: list[str] = []
        self.threads: list[int] = []
        self._count = count
        self._loaded = loaded

    def is_loaded(self) -> bool:
        return self._loaded

    def count(self, text: str) -> int:
        self.texts.append(text)
        self.threads.append(threading.get_ident())
        return self._count(text)


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


def test_at_most_does_not_encode() -> None:
    vocabulary = Vocabulary()
    assert TokenCounter(vocabulary).at_most(user("\u00e9t\u00e9")) == 5 + MESSAGE_TOKENS
    assert vocabulary.texts == []


def test_a_growing_conversation_costs_only_what_is_new() -> None:
    vocabulary = Vocabulary()
    tokens = TokenCounter(vocabulary)
    body = user("first", "second") | {"system": "sys", "tools": [{"name": "Read"}]}
    before = tokens.count_now(body)
    assert vocabulary.texts == ["sys", "first", "second", '[{"name":"Read"}]']
    body["messages"] += [{"role": "assistant", "content": "third"}]
    assert tokens.count_now(body) == before + MESSAGE_TOKENS + CL100K.count("third")
    assert vocabulary.texts[4:] == ["third"]


def test_an_answer_counted_by_its_text_is_known_when_it_comes_back() -> None:
    vocabulary = Vocabulary()
    tokens = TokenCounter(vocabulary)
    assert tokens.count_text("the answer") == CL100K.count("the answer") == tokens.count_text("the answer")
    tokens.count_now(user("the answer"))
    assert vocabulary.texts == ["the answer"]


def test_count_text_never_blocks() -> None:
    long = "word " * 10_000
    loaded, new = Vocabulary(), Vocabulary(loaded=False)
    assert TokenCounter(loaded).count_text(long) == estimate_tokens(long)
    assert TokenCounter(new).count_text("Hello!") == estimate_tokens("Hello!")
    assert loaded.texts == new.texts == []


def test_counters_do_not_share_what_they_know() -> None:
    vocabulary = Vocabulary()
    TokenCounter(vocabulary).count_now(user("same"))
    TokenCounter(vocabulary).count_now(user("same"))
    assert vocabulary.texts == ["same", "same"]


def test_little_is_encoded_inline_and_much_in_a_worker() -> None:
    little, much = Vocabulary(len), Vocabulary(len)
    asyncio.run(TokenCounter(little).count(user("short", "x" * 1000)))
    assert set(little.threads) == {threading.get_ident()}
    asyncio.run(TokenCounter(much).count(user(*(str(i) * 1000 for i in range(100, 110)))))
    assert len(much.threads) == 10
    assert threading.get_ident() not in much.threads


def test_the_encoding_is_loaded_in_a_worker() -> None:
    vocabulary = Vocabulary(len, loaded=False)
    asyncio.run(TokenCounter(vocabulary).count(user("short")))
    assert len(vocabulary.threads) == 1
    assert threading.get_ident() not in vocabulary.threads


def test_what_is_cached_needs_no_worker() -> None:
    vocabulary = Vocabulary(len)
    tokens, body = TokenCounter(vocabulary), user("x" * 100_000)
    first = asyncio.run(tokens.count(body))
    assert (asyncio.run(tokens.count(body)), tokens.count_now(body)) == (first, first)
    assert len(vocabulary.threads) == 1


def test_c40_another_stream_goes_on_while_a_megabyte_is_counted() -> None:
    CL100K.load()
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


def test_a_cancelled_count_stops_its_worker() -> None:
    started, go_on = threading.Event(), threading.Event()

    def blocked(text: str) -> int:
        started.set()
        assert go_on.wait(5)
        return 1

    vocabulary = Vocabulary(blocked)

    async def run() -> None:
        task = asyncio.create_task(TokenCounter(vocabulary).count(user(*(str(i) * 9000 for i in range(10, 20)))))
        await asyncio.to_thread(started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await asyncio.sleep(0.05)

    asyncio.run(run())
    assert len(vocabulary.texts) == 1


def test_workers_are_few_and_every_loop_has_its_own() -> None:
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

    tokens = TokenCounter(Vocabulary(slow))

    async def burst(letter: str) -> list[int]:
        return await asyncio.gather(*(tokens.count(user(f"{i}" + letter * 30_000)) for i in range(26)))

    for letter in "ab":
        assert asyncio.run(burst(letter)) == [1 + MESSAGE_TOKENS] * 26
    assert 1 < most <= counter.MAX_WORKERS


def test_without_an_encoding_tokens_are_estimated(caplog: pytest.LogCaptureFixture) -> None:
    def broken(text: str) -> int:
        raise EncodingUnavailable("the ranks are gone")

    tokens = TokenCounter(Vocabulary(broken))
    expected = estimate_tokens("Hello, world") + estimate_tokens("again") + MESSAGE_TOKENS
    assert tokens.count_now(user("Hello, world", "again")) == expected
    assert asyncio.run(tokens.count(user("Hello, world", "again"))) == expected
    assert [record.getMessage() for record in caplog.records] == [
        "Tokens are estimated from now on: the ranks are gone"
    ]


def test_another_vocabulary_counts_where_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    def broken(text: str) -> int:
        raise EncodingUnavailable("no such file")

    tokens, body = TokenCounter(Vocabulary(broken), fallback=CL100K), user("Hello, world", "x" * 30_000)
    many = asyncio.run(_gathered(tokens, body))
    assert many == [TokenCounter().count_now(body)] * 8
    assert [record.getMessage() for record in caplog.records] == [
        "Tokens of a test are counted with cl100k_base from now on: no such file"
    ]


async def _gathered(tokens: TokenCounter, body: Any) -> list[int]:
    return await asyncio.gather(*(tokens.count(body) for _ in range(8)))


def test_what_is_not_ready_is_counted_otherwise_for_now(caplog: pytest.LogCaptureFixture) -> None:
    ready = False

    def late(text: str) -> int:
        if not ready:
            raise EncodingNotReady("still being loaded")
        return 1000

    tokens, body = TokenCounter(Vocabulary(late), fallback=CL100K), user("Hello!")
    assert tokens.count_now(body) == 2 + MESSAGE_TOKENS
    ready = True
    assert tokens.count_now(body) == 1000 + MESSAGE_TOKENS
    assert not caplog.records


def test_a_vocabulary_that_is_not_made_of_bytes_has_no_bound() -> None:
    vocabulary = Vocabulary()
    vocabulary.byte_level = False
    assert TokenCounter(vocabulary).at_most(user("Hello!")) == NO_BOUND


def test_the_cache_is_bounded_and_keeps_what_is_used() -> None:
    cache = CountCache(max_entries=20)
    cache.put("always", 1)
    for number in range(500):
        cache.put(f"text {number}", number)
        assert cache.get("always") == 1
        assert len(cache) <= 20
    assert cache.get("text 499") == 499
    assert cache.get("text 1") is None
