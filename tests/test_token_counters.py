"""Which counter counts for a model, what a calibration factor does to it, and what the configuration may say."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config import Config, load_config
from ccr_middleware.config.tokenizer import Tokenizer, Tokenizers
from ccr_middleware.errors import ConfigError
from ccr_middleware.tokens import NO_BOUND, Counter, Counters, TokenCounter
from ccr_middleware.tokens.calibrated import Calibrated
from ccr_middleware.tokens.counters import MAX_KEPT
from ccr_middleware.tokens.encoding import O200K, R50K
from ccr_middleware.tokens.parts import MESSAGE_TOKENS

#: A text whose tokens the encodings count differently.
TEXT = "Привет, как дела?"
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": TEXT}]}
PROVIDER = {"name": "p", "api_base_url": "https://p.example.org/v1", "api_key": "sk-provider", "models": ["m", "n"]}


async def unreachable(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """No endpoint is asked."""
    raise AssertionError(f"{url} was asked")


def counter_of(counters: Counters, **setting: Any) -> Counter:
    """The counter of a model `m` with this tokenizer."""
    return counters.counter_for(Tokenizer(**setting), "m", unreachable)


def count(counter: Counter, body: Any = BODY) -> int:
    """What it counts."""
    return asyncio.run(counter.count(body))


def load(tokenizer: Any, **more: Any) -> Config:
    """A configuration with one provider that has this tokenizer."""
    return load_config({"Providers": [{**PROVIDER, "tokenizer": tokenizer}], "Router": {"default": "p,m"}}, **more)


def tokenizers_of(config: Config) -> Tokenizers:
    """Those of its provider."""
    found = config.providers[0].tokenizer
    assert found is not None
    return found


def test_without_a_tokenizer_all_share_one_counter():
    counters = Counters()
    assert counters.counter_for(None, "m", unreachable) is counters.standard
    assert counter_of(counters) is counter_of(counters, encoding="cl100k_base") is counters.standard


@pytest.mark.parametrize(("name", "encoding"), [("o200k_harmony", O200K), (" O200k_base ", O200K), ("gpt2", R50K)])
def test_an_encoding_counts_as_it_is_named(name: str, encoding: Any):
    counter = counter_of(Counters(), encoding=name)
    assert count(counter) == MESSAGE_TOKENS + encoding.count(TEXT) != count(TokenCounter())
    assert count(counter) <= counter.at_most(BODY)
    assert counter.count_text(TEXT) == encoding.count(TEXT)


@pytest.mark.parametrize(
    "setting",
    [{"encoding": "o900k"}, {"type": "huggingface"}, {"type": "api"}, {"type": "api", "fallback": "nothing known"}],
)
def test_what_cannot_count_is_replaced(setting: dict[str, Any]):
    assert count(counter_of(Counters(), **setting)) == count(TokenCounter())
    fallback = counter_of(Counters(), **setting, fallback="o200k_base") if "fallback" not in setting else None
    assert fallback is None or count(fallback) == MESSAGE_TOKENS + O200K.count(TEXT)


@pytest.mark.parametrize("setting", [{"encoding": "o200k_base"}, {"type": "huggingface", "path": "/nowhere.json"}])
def test_what_was_counted_outlives_a_reload(setting: dict[str, Any]):
    counters = Counters()
    first = counter_of(counters, **setting)
    assert counter_of(counters, **setting) is first
    assert counter_of(counters, **setting, factor=2.0)._counter is first  # type: ignore[attr-defined]


def test_what_is_kept_is_bounded():
    counters = Counters()
    for number in range(3 * MAX_KEPT):
        counter_of(counters, type="huggingface", path=f"/{number}.json")
        counter_of(counters, type="api", url=f"https://{number}.example.org")
    assert len(counters._tokenizers) == len(counters._endpoints) == MAX_KEPT


def test_a_factor_multiplies_every_count_and_rounds_up():
    counter = counter_of(Counters(), factor=1.25)
    plain = TokenCounter()
    assert count(counter) == -(-count(plain) * 5 // 4)
    assert counter.count_text(TEXT) == -(-plain.count_text(TEXT) * 5 // 4)
    assert counter.at_most(BODY) >= count(counter)


class Fixed:
    """Always the same number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def at_most(self, body: Any) -> int:
        return self.number

    async def count(self, body: Any) -> int:
        return self.number

    def count_text(self, text: str) -> int:
        return self.number


def test_rounding_is_not_misled_by_floats():
    assert Calibrated(Fixed(100), 1.1).count_text("") == 110
    assert Calibrated(Fixed(101), 1.1).count_text("") == 112
    assert Calibrated(Fixed(NO_BOUND), 0.5).at_most({}) == NO_BOUND


@given(number=st.integers(0, 10**7), hundredths=st.integers(1, 1000))
def test_a_calibrated_number_is_the_exact_product_rounded_up(number: int, hundredths: int):
    assert Calibrated(Fixed(number), hundredths / 100).count_text("") == -(-number * hundredths // 100)


def test_the_form_of_ccr_v2_is_understood():
    config = load(
        {
            "default": {"type": "tiktoken", "encoding": "o200k_base"},
            "models": {
                "m": {"type": "huggingface", "model": "deepseek-ai/DeepSeek-V3"},
                "n": {
                    "type": "api",
                    "url": "https://count.example.org",
                    "apiKey": "sk-count",
                    "requestFormat": "custom",
                    "responseField": "data.tokens",
                    "headers": {"x-team": "tools"},
                    "fallback": "tiktoken",
                    "timeoutSeconds": 2,
                },
            },
        }
    )
    assert config.warnings == ()
    found = tokenizers_of(config)
    assert found.of("M") == Tokenizer(type="huggingface", model="deepseek-ai/DeepSeek-V3")
    assert found.of("other") == Tokenizer(encoding="o200k_base")
    endpoint = found.of("n")
    assert endpoint is not None
    assert (endpoint.api_key, endpoint.request_format, endpoint.response_field) == ("sk-count", "custom", "data.tokens")
    assert (endpoint.timeout_seconds, endpoint.fallback, endpoint.allow_download) == (2.0, "tiktoken", False)


def test_a_single_tokenizer_is_the_one_for_all_models():
    found = tokenizers_of(load({"type": "huggingface", "path": "t.json", "allowDownload": "true", "factor": 1.2}))
    assert found == Tokenizers(default=Tokenizer(type="huggingface", path="t.json", allow_download=True, factor=1.2))
    beside = tokenizers_of(load({"encoding": "gpt2", "models": {"m": {"encoding": "p50k_base"}}}))
    assert (beside.of("m"), beside.of("n")) == (Tokenizer(encoding="p50k_base"), Tokenizer(encoding="gpt2"))


def test_only_models_have_one():
    found = tokenizers_of(load({"default": None, "models": {"m": {"factor": 2}}}))
    assert found.of("n") is None
    assert found.of("m") == Tokenizer(factor=2)


@pytest.mark.parametrize(
    ("tokenizer", "text"),
    [
        ({"type": "sentencepiece"}, "Providers[0].tokenizer.type: must be 'tiktoken', 'huggingface' or 'api'; write {"),
        ({"models": {"m": {"factor": 0}}}, "Providers[0].tokenizer.models.m.factor: must be greater than 0; write {"),
        ({"default": "o200k_base"}, "Providers[0].tokenizer.default: must be an object; write {"),
        ("o200k_base", "Providers[0].tokenizer: must be an object; write {"),
        ({"apiKey": ["k"]}, "Providers[0].tokenizer.apiKey: must be text; write {"),
    ],
)
def test_what_cannot_be_is_named_as_it_was_written(tokenizer: Any, text: str):
    with pytest.raises(ConfigError) as error:
        load(tokenizer)
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("tokenizer", "warning"),
    [
        (
            {"encoding": "o200kbase"},
            'tokenizer.encoding: no encoding is called "o200kbase"; did you mean "o200k_base"?',
        ),
        ({"default": {"encoding": "zz"}}, 'tokenizer.default.encoding: no encoding is called "zz"; known are cl100k_'),
        ({"type": "huggingface"}, "tokenizer: names no tokenizer; write the path of a tokenizer.json, or a model"),
        ({"type": "api", "url": "count.example.org"}, "tokenizer.url: is no address; write the endpoint's, beginning"),
        ({"type": "api"}, "tokenizer.url: is no address"),
        ({"fallback": "gpt3"}, 'tokenizer.fallback: no encoding is called "gpt3"; did you mean "gpt2"?'),
        ({"encodingg": "gpt2"}, 'tokenizer.encodingg: this key is not known; did you mean "encoding"?'),
        ({"models": {"o": {}}}, 'tokenizer.models.o: "o" is not among the models of "p"'),
        ({"apiKey": "a", "api_key": "b"}, 'tokenizer.api_key: means the same as "apiKey", which is used'),
    ],
)
def test_what_will_not_work_is_warned_about(tokenizer: Any, warning: str):
    (found,) = load(tokenizer).warnings
    assert found.startswith(f"Providers[0].{warning}")


def test_the_keys_of_tokenizers_are_secrets():
    config = load(
        {"models": {"m": {"apiKey": "$COUNT_KEY", "headers": {"x-api-token": "tok-123456"}}}},
        env={"COUNT_KEY": "sk-count-1"},
    )
    assert {"sk-count-1", "tok-123456", "sk-provider"} <= config.secrets()
    assert "sk-count-1" not in repr(config)
