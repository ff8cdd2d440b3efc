"""Tokenizers from a tokenizer.json: loaded once, off the loop, and replaced when they cannot be."""

import asyncio
import sys
import threading
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from blockbuster import blockbuster_ctx
from tokenizers import Tokenizer as Library
from tokenizers import models, normalizers, pre_tokenizers, processors

from ccr_middleware.config.tokenizer import Tokenizer
from ccr_middleware.tokens import NO_BOUND, Counter, Counters, TokenCounter, huggingface
from ccr_middleware.tokens.encoding import O200K
from ccr_middleware.tokens.huggingface import HuggingFaceVocabulary, find_tokenizer, read_tokenizer
from ccr_middleware.tokens.parts import MESSAGE_TOKENS
from ccr_middleware.tokens.vocabulary import EncodingNotReady, EncodingUnavailable, estimate_tokens


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A tokenizer that makes one token of each word, and would mark beginning and end, cut off and fill up."""
    library = Library(models.WordLevel({"[UNK]": 0, "[BOS]": 1, "[EOS]": 2, "hello": 3}, unk_token="[UNK]"))
    library.normalizer = normalizers.NFKC()
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    library.post_processor = processors.TemplateProcessing(
        single="[BOS] $A [EOS]", special_tokens=[("[BOS]", 1), ("[EOS]", 2)]
    )
    library.enable_truncation(4)
    library.enable_padding(length=16)
    path = tmp_path / "tokenizer.json"
    library.save(str(path))
    return str(path)


async def unreachable(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """No endpoint is asked."""
    raise AssertionError(f"{url} was asked")


def counter_of(**setting: Any) -> Counter:
    """A new gateway's counter with this tokenizer."""
    return Counters().counter_for(Tokenizer(type="huggingface", **setting), "m", unreachable)


def user(text: str) -> dict[str, Any]:
    """A request of one message."""
    return {"messages": [{"role": "user", "content": text}]}


def count(counter: Counter, text: str) -> int:
    """The tokens of a message with that text."""
    return asyncio.run(counter.count(user(text))) - MESSAGE_TOKENS


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged."""
    return [record.getMessage() for record in caplog.records]


def test_a_file_counts_its_own_tokens(file: str, caplog: pytest.LogCaptureFixture):
    counter = counter_of(path=file)
    words = "one two three four five six seven " * 3
    assert (count(counter, words), count(counter, "hello")) == (21, 1)
    assert count(counter_of(path=file, factor=1.5), words) == 34  # with those of the message's marks: 25 times 1.5
    assert counter.count_text("hello hello") == 2
    assert messages(caplog) == []


def test_nobody_knows_a_bound(file: str):
    counter = counter_of(path=file)
    text = "\ufdfa"  # three bytes that are normalised to four words
    assert count(counter, text) == 4 > len(text.encode())
    assert counter.at_most(user(text)) == NO_BOUND


def test_a_home_is_understood(file: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(Path(file).parent))
    assert count(counter_of(path="~/tokenizer.json"), "a b c") == 3


@pytest.mark.parametrize("text", ["a \ud800 b", "\udc00", "x " * 200_000 + "\ud83d"])
def test_lone_surrogates_are_counted(file: str, text: str):
    assert count(counter_of(path=file), text) == len(text.split())


def test_what_the_library_cannot_read_is_estimated(file: str):
    class Panic(BaseException):
        """What a panic comes out as."""

    class Broken:
        def encode_batch_fast(self, *args: Any, **kwargs: Any) -> Any:
            raise Panic

    vocabulary = HuggingFaceVocabulary("t", lambda: Broken(), 5)  # type: ignore[arg-type, return-value]
    assert vocabulary.count("Hello, world") == estimate_tokens("Hello, world")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "no such file; write the path of a tokenizer.json"), ("{", "is no tokenizer.json that can be read")],
)
def test_a_file_that_cannot_be_read_is_told_once(
    content: str | None, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "t.json"
    if content is not None:
        path.write_text(content)
    counter = counter_of(path=str(path), fallback="o200k_base")
    assert [count(counter, "Привет"), count(counter, "Привет, как дела")] == [
        O200K.count("Привет"),
        O200K.count("Привет, как дела"),
    ]
    (message,) = messages(caplog)
    assert message.startswith(f"Tokens of {path} are counted with o200k_base from now on: {path}")
    assert reason in message


def test_without_the_library_the_extra_is_named(
    file: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    assert count(counter_of(path=file), "Hello!") == 2
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert count(counter_of(model="a/b"), "Hello!") == 2
    assert all("install ccr_middleware[tokenizers]" in message for message in messages(caplog))
    assert len(messages(caplog)) == 2


def test_a_model_is_not_downloaded_unless_allowed(no_network: list[str], caplog: pytest.LogCaptureFixture):
    counter = counter_of(model="nobody/nothing")
    assert count(counter, "Hello!") == count(TokenCounter(), "Hello!")
    assert no_network == []
    assert messages(caplog) == [
        "Tokens of nobody/nothing are counted with cl100k_base from now on: tokenizer.json of nobody/nothing "
        'is not on this machine; set "allowDownload", or its path'
    ]


def test_a_model_in_the_cache_of_the_hub_needs_no_download(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "hub"
    for folder, name, content in (
        ("refs", "main", b"abc"),
        ("snapshots/abc", "tokenizer.json", Path(file).read_bytes()),
    ):
        path = cache / "models--a--b" / folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    assert count(counter_of(model="a/b"), "antidisestablishmentarianism") == 1


def test_a_model_is_fetched_once_where_that_is_allowed(file: str, monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []

    def download(model: str, name: str, **options: Any) -> str:
        asked.append((model, name, options))
        return file

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    counter = counter_of(model="a/b", allow_download=True, api_key="hf_1")
    assert [count(counter, "a b"), count(counter, "a b c")] == [2, 3]
    assert asked == [("a/b", "tokenizer.json", {"token": "hf_1"})]


def test_a_failed_download_names_no_url(monkeypatch: pytest.MonkeyPatch):
    def download(*args: Any, **options: Any) -> str:
        raise OSError("https://user:pass@hub.invalid/")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(EncodingUnavailable) as error:
        find_tokenizer("a/b", allow_download=True)
    assert str(error.value) == "tokenizer.json of a/b cannot be had (OSError)"


def test_one_load_for_many_requests_and_none_on_the_loop(file: str, monkeypatch: pytest.MonkeyPatch):
    loads: list[int] = []

    def load(path: str) -> Library:
        loads.append(threading.get_ident())
        return read_tokenizer(path)

    monkeypatch.setattr("ccr_middleware.tokens.counters.read_tokenizer", load)
    counter = counter_of(path=file)

    async def main() -> list[int]:
        return await asyncio.gather(*(counter.count(user("word " * (1 + n))) for n in range(12)))

    with blockbuster_ctx():
        assert asyncio.run(main()) == [1 + n + MESSAGE_TOKENS for n in range(12)]
    assert len(loads) == 1
    assert loads[0] != threading.get_ident()


def test_a_slow_load_is_not_waited_for_longer_than_told(file: str, caplog: pytest.LogCaptureFixture):
    go_on, loads = threading.Event(), []

    def load() -> Library:
        loads.append(1)
        assert go_on.wait(5)
        return read_tokenizer(file)

    vocabulary = HuggingFaceVocabulary("t", load, 0.05)
    tokens = TokenCounter(vocabulary, fallback=O200K)
    assert count(tokens, "Привет") == O200K.count("Привет")
    with pytest.raises(EncodingNotReady):
        vocabulary.count("x")
    go_on.set()
    assert vocabulary._loading is not None
    vocabulary._loading.result(5)
    assert vocabulary.is_loaded()
    assert count(tokens, "Привет") == 1, "what another counted meanwhile is not remembered"
    assert (loads, messages(caplog)) == ([1], [])


def test_whatever_a_load_raises_is_no_failure(caplog: pytest.LogCaptureFixture):
    def load() -> Library:
        raise MemoryError("secret")

    tokens = TokenCounter(HuggingFaceVocabulary("t", load, 5), fallback=O200K)
    assert count(tokens, "Hello!") == 2
    assert messages(caplog) == ["Tokens of t are counted with o200k_base from now on: t cannot be loaded (MemoryError)"]


def test_a_large_text_lets_others_run_while_it_is_counted(file: str, monkeypatch: pytest.MonkeyPatch):
    """By order, not by time: the worker is held until the loop has turned."""
    counting, turned = threading.Event(), threading.Event()
    really = huggingface._count

    def held(tokenizer: Library, text: str) -> int:
        counting.set()
        assert turned.wait(5), "the loop stood still"
        return really(tokenizer, text)

    monkeypatch.setattr(huggingface, "_count", held)
    counter = counter_of(path=file)

    async def main() -> int:
        task = asyncio.create_task(counter.count(user("word " * 300_000)))
        while not counting.is_set():  # noqa: ASYNC110 - it is set in a thread
            await asyncio.sleep(0.001)
        turned.set()
        return await task

    assert asyncio.run(asyncio.wait_for(main(), 20)) == 300_000 + MESSAGE_TOKENS
