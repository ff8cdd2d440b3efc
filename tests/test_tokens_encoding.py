"""The shipped encodings: the right ones, without network, exact in pieces."""

import hashlib
import importlib.resources
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.load import load_tiktoken_bpe
from tiktoken_ext import openai_public

from ccr_middleware.config.tokenizer import ENCODINGS
from ccr_middleware.tokens.encoding import CL100K, O200K, P50K, R50K, SHIPPED, Ranks, ShippedEncoding
from ccr_middleware.tokens.pieces import PIECE_CHARS, pieces
from ccr_middleware.tokens.vocabulary import EncodingUnavailable, estimate_tokens, utf8_length

# Runs of what the pattern treats differently, blanks above all: \x1c is one for Python and none for tiktoken.
RUNS = st.lists(
    st.tuples(st.sampled_from(" \t\n\r\u00a0\u3000\x1c\x85aZ\u00e9\u4f601!'s.\U0001f600\ud800"), st.integers(1, 9)),
    max_size=14,
).map(lambda runs: "".join(char * times for char, times in runs))


FOLDER = Path(__file__).parents[1] / "ccr_middleware" / "tokens"
ALL = (CL100K, O200K, P50K, R50K)
every = pytest.mark.parametrize("encoding", ALL, ids=lambda encoding: encoding.name)


@pytest.fixture
def new() -> ShippedEncoding:
    """An encoding that was never loaded."""
    return ShippedEncoding(CL100K.name, CL100K.ranks, "")


def of_tiktoken(name: str) -> tiktoken.Encoding:
    """The encoding as tiktoken makes it, from the files of the package instead of downloaded ones."""

    def shipped(url: str, expected_hash: str) -> dict[bytes, int]:
        file = url.rsplit("/", 1)[1]
        if file != "r50k_base.tiktoken":
            assert {known.ranks.file: known.ranks.sha256 for known in ALL}[file] == expected_hash
            return load_tiktoken_bpe(str(FOLDER / file), expected_hash)
        ranks = load_tiktoken_bpe(str(FOLDER / "p50k_base.tiktoken"))
        return {token: rank for token, rank in ranks.items() if rank < 50256}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", "")
        patch.setattr(openai_public, "load_tiktoken_bpe", shipped)
        return tiktoken.Encoding(**openai_public.ENCODING_CONSTRUCTORS[name]())


def test_every_encoding_of_tiktoken_is_shipped() -> None:
    assert set(SHIPPED) == set(ENCODINGS) == set(openai_public.ENCODING_CONSTRUCTORS)


@every
def test_the_shipped_ranks_are_the_published_ones(encoding: ShippedEncoding) -> None:
    data = importlib.resources.files("ccr_middleware.tokens").joinpath(encoding.ranks.file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == encoding.ranks.sha256
    notice = " ".join((FOLDER.parents[1] / "NOTICE").read_text().split())
    assert f"{encoding.ranks.file} sha256 {encoding.ranks.sha256}" in notice


@every
def test_texts_have_the_tokens_tiktoken_finds(encoding: ShippedEncoding) -> None:
    ours, theirs = encoding.load(), of_tiktoken(encoding.name)
    code = (FOLDER / "counter.py").read_text()
    for text in (code, "Größe  \n\n\tÉTÉ it's IT'S 12345 \u4f60\u597d!!\r\n  ", "a  ", " \n  ", "   x"):
        assert ours.encode_ordinary(text) == theirs.encode_ordinary(text)

    @given(text=RUNS)
    def same(text: str) -> None:
        assert ours.encode_ordinary(text) == theirs.encode_ordinary(text)

    same()


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
    assert CL100K.load().encode_ordinary(text) == tokens
    assert CL100K.count(text) == len(tokens)


@every
def test_special_tokens_are_counted_as_text(encoding: ShippedEncoding) -> None:
    assert encoding.count("<|endoftext|>") > 4
    assert encoding.count("a<|fim_prefix|>b<|endofprompt|>") > 8


@every
@pytest.mark.parametrize("text", ["\ud800", "cut \udc00 off", "\ud83d\ude00", "x" * 300_000 + " \ud83d"])
def test_lone_surrogates_are_counted(encoding: ShippedEncoding, text: str) -> None:
    assert 0 < encoding.count(text) <= utf8_length(text)


def test_c40_loads_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for encoding in ALL:
        encoding.forget()
        assert not encoding.is_loaded()
        assert encoding.count("Hello!") == 2
        assert encoding.is_loaded()


def test_the_encoding_is_built_once_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    build = ShippedEncoding._build
    monkeypatch.setattr(ShippedEncoding, "_build", lambda self: [built.append(1), build(self)][1])
    P50K.forget()
    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(lambda _: P50K.load(), range(8))))) == 1
    assert built == [1]


def test_damaged_ranks_are_named(new: ShippedEncoding) -> None:
    new.ranks = Ranks(new.ranks.file, "0" * 64)
    with pytest.raises(EncodingUnavailable, match=r"cl100k_base\.tiktoken .* damaged .*install the package again"):
        new.count("Hello!")
    assert not new.is_loaded()


def test_missing_ranks_are_named(new: ShippedEncoding) -> None:
    new.ranks = Ranks("gone.tiktoken", "")
    with pytest.raises(EncodingUnavailable, match=r"gone\.tiktoken is missing .*install the package again"):
        new.count("Hello!")


def test_missing_tiktoken_is_named(new: ShippedEncoding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(EncodingUnavailable, match=r"tiktoken cannot be imported .*install tiktoken>=0\.13"):
        new.count("Hello!")


def test_importing_the_counter_does_not_import_tiktoken() -> None:
    code = "import sys, ccr_middleware.tokens; sys.exit('tiktoken' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False).returncode == 0


@every
@given(text=RUNS, size=st.integers(0, 12), gap=st.integers(1, 8))
def test_pieces_lose_nothing_and_count_the_same(encoding: ShippedEncoding, text: str, size: int, gap: int) -> None:
    encode = encoding.load().encode_ordinary
    parts = list(pieces(text, size, gap))
    assert "".join(parts) == text
    assert sum(len(encode(part)) for part in parts) == len(encode(text))


@every
def test_long_text_is_cut_into_pieces(encoding: ShippedEncoding) -> None:
    text = "def f(x):  return x + 1\n" * 40_000
    parts = list(pieces(text))
    assert len(parts) > 3
    assert max(map(len, parts)) < PIECE_CHARS + 100
    assert encoding.count(text) == len(encoding.load().encode_ordinary(text))


@every
def test_a_million_blanks_are_counted(encoding: ShippedEncoding) -> None:
    """Given to tiktoken in one piece they end in a panic, which is no Exception: before a word, and in o200k last."""
    blanks = " " * 1_100_000
    assert encoding.count("x\n" + blanks + "x") == 3 + encoding.count(blanks[:-1])
    assert encoding.count("x" + blanks) > 1000


def test_estimates_lie_between_nothing_and_the_bytes() -> None:
    assert estimate_tokens("") == 0
    for text in ("a", "Hello, world", "\u4f60\u597d", "\ud800"):
        assert 0 < estimate_tokens(text) <= utf8_length(text)
