"""The shipped encoding: the right one, without network, exact in pieces."""

import functools
import hashlib
import importlib.resources
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.tokens import encoding
from ccr_middleware.tokens.encoding import (
    EncodingUnavailable,
    count_tokens,
    estimate_tokens,
    load_encoding,
    pieces,
    utf8_length,
)

# Runs of what the pattern treats differently, blanks above all: \x1c is one for Python and none for tiktoken.
RUNS = st.lists(
    st.tuples(st.sampled_from(" \t\n\r\u00a0\u3000\x1c\x85aZ\u00e9\u4f601!'s.\U0001f600\ud800"), st.integers(1, 9)),
    max_size=14,
).map(lambda runs: "".join(char * times for char, times in runs))


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of a new process: nothing built yet."""
    build = encoding._build_encoding.__wrapped__
    monkeypatch.setattr(encoding, "_build_encoding", functools.cache(build))


def test_the_shipped_ranks_are_the_published_ones() -> None:
    data = importlib.resources.files("ccr_middleware.tokens").joinpath("cl100k_base.tiktoken").read_bytes()
    assert hashlib.sha256(data).hexdigest() == "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
    assert load_encoding().n_vocab == 100277


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("tiktoken is great!", [83, 1609, 5963, 374, 2294, 0]),
        ("antidisestablishmentarianism", [519, 85342, 34500, 479, 8997, 2191]),
        ("2 + 2 = 4", [17, 489, 220, 17, 284, 220, 19]),
        ("hello world", [15339, 1917]),
    ],
)
def test_published_examples_of_cl100k(text: str, tokens: list[int]) -> None:
    assert load_encoding().encode_ordinary(text) == tokens
    assert count_tokens(text) == len(tokens)


def test_special_tokens_are_counted_as_text() -> None:
    assert count_tokens("<|endoftext|>") == 7
    assert count_tokens("a<|fim_prefix|>b<|endofprompt|>") > 8


@pytest.mark.parametrize("text", ["\ud800", "cut \udc00 off", "\ud83d\ude00", "x" * 300_000 + " \ud83d"])
def test_lone_surrogates_are_counted(text: str) -> None:
    assert 0 < count_tokens(text) <= utf8_length(text)


def test_c40_loads_without_network(unloaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert not encoding.is_loaded()
    assert count_tokens("Hello!") == 2
    assert encoding.is_loaded()


def test_the_encoding_is_built_once(unloaded: None) -> None:
    assert load_encoding() is load_encoding()


def test_damaged_ranks_are_named(unloaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "RANKS_SHA256", "0" * 64)
    with pytest.raises(EncodingUnavailable, match=r"cl100k_base\.tiktoken .* damaged .*install the package again"):
        count_tokens("Hello!")
    assert not encoding.is_loaded()


def test_missing_ranks_are_named(unloaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "RANKS_FILE", "gone.tiktoken")
    with pytest.raises(EncodingUnavailable, match=r"gone\.tiktoken is missing .*install the package again"):
        count_tokens("Hello!")


def test_missing_tiktoken_is_named(unloaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(EncodingUnavailable, match=r"tiktoken cannot be imported .*install tiktoken>=0\.13"):
        count_tokens("Hello!")


def test_importing_the_counter_does_not_import_tiktoken() -> None:
    code = "import sys, ccr_middleware.tokens; sys.exit('tiktoken' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False).returncode == 0


@given(text=RUNS, size=st.integers(0, 12), gap=st.integers(1, 8))
def test_pieces_lose_nothing_and_count_the_same(text: str, size: int, gap: int) -> None:
    encode = load_encoding().encode_ordinary
    parts = list(pieces(text, size, gap))
    assert "".join(parts) == text
    assert sum(len(encode(part)) for part in parts) == len(encode(text))


def test_long_text_is_cut_into_pieces() -> None:
    text = "def f(x):  return x + 1\n" * 40_000
    parts = list(pieces(text))
    assert len(parts) > 3
    assert max(map(len, parts)) < encoding.PIECE_CHARS + 100
    assert count_tokens(text) == len(load_encoding().encode_ordinary(text))


def test_a_million_blanks_before_a_word_are_counted() -> None:
    """Given to tiktoken in one piece they end in a panic, which is no Exception."""
    blanks = " " * 1_100_000
    assert count_tokens("x\n" + blanks + "x") == 3 + count_tokens(blanks[:-1])


def test_estimates_lie_between_nothing_and_the_bytes() -> None:
    assert estimate_tokens("") == 0
    for text in ("a", "Hello, world", "\u4f60\u597d", "\ud800"):
        assert 0 < estimate_tokens(text) <= utf8_length(text)
