"""Records, prices, and what is kept of bodies."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config.operation import Price
from ccr_middleware.history.bodies import BodyCapture, without_base64
from ccr_middleware.history.prices import Prices
from ccr_middleware.history.record import CallRecord

from .support.operated import record

FIELDS = (
    "id time endpoint caller caller_name session project asked_model provider model scenario reason attempts status "
    "stop_reason stream input_tokens output_tokens cache_read_tokens cache_write_tokens first_token_seconds "
    "total_seconds tokens_per_second losses error cost request_body response_body"
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 480).decode()
KEY = "sk-or-v1-0123456789abcdef"


def capture(text: str, *, mode="all", max_bytes=1000, failed=False):
    """What is kept of a request with that text."""
    bodies = BodyCapture(mode, max_bytes, lambda kept: kept.replace(KEY, "***"))
    bodies.request(text.encode())
    return bodies.texts(failed=failed)[0]


def test_a_record_as_json_has_every_field_of_the_contract():
    shown = record().to_json()
    assert " ".join(shown) == FIELDS
    assert shown["attempts"] == [
        {"provider": "openrouter", "model": "qwen", "status": 200, "error": None, "seconds": 1.9}
    ]
    assert shown["losses"] == [{"feature": "tool.strict", "action": "dropped", "detail": "not taken there"}]
    assert shown["tokens_per_second"] == 20.0  # 30 tokens in the 1.5 seconds after the first one


def test_a_record_survives_json_and_bodies_are_shown_only_when_asked_for():
    kept = record(request_body="{}", response_body="hi", cost=0.5, error="late")
    assert CallRecord.from_json(json.loads(json.dumps(kept.to_json(bodies=True)))) == kept
    assert kept.to_json()["request_body"] is None


def test_records_of_other_versions_can_be_read():
    old = {"id": "a", "time": 1.0, "endpoint": "chat", "asked_model": "m", "status": 200, "total_seconds": 1.0}
    assert CallRecord.from_json({**old, "shoe_size": 43}) == CallRecord(**old)


@pytest.mark.parametrize(
    ("fields", "speed"),
    [
        ({"first_token_seconds": None}, 15.0),
        ({"output_tokens": 0}, None),
        ({"first_token_seconds": 2.0}, None),  # all of it in one moment
        ({"first_token_seconds": 5.0}, None),
    ],
)
def test_tokens_per_second(fields, speed):
    assert record(**fields).tokens_per_second == speed


@pytest.mark.parametrize(("status", "error", "failed"), [(200, None, False), (200, "cut", True), (429, "slow", True)])
def test_a_stream_that_broke_off_after_status_200_has_failed(status, error, failed):
    assert record(status=status, error=error).failed is failed


# -- prices ----------------------------------------------------------------------------------------------


def price_of(patterns: list[str], provider: str, model: str) -> str | None:
    """Which of the patterns gives the price."""
    prices = Prices({pattern: Price(input=number + 1) for number, pattern in enumerate(patterns)})
    found = prices.find(provider, model)
    return patterns[int(found.input) - 1] if found else None


def test_the_most_specific_price_counts():
    patterns = ["*", "gpt*", "gpt-5*", "openai,*", "openai,gpt*", "gpt-5", "openai,gpt-5"]
    asked = {
        ("openai", "gpt-5"): "openai,gpt-5",
        ("azure", "GPT-5"): "gpt-5",
        ("OpenAI", "gpt-4"): "openai,gpt*",
        ("openai", "o3"): "openai,*",
        ("azure", "gpt-5-mini"): "gpt-5*",
        ("azure", "gpt-4"): "gpt*",
        ("azure", "o3"): "*",
    }
    assert {target: price_of(patterns, *target) for target in asked} == asked
    assert {target: price_of(patterns[::-1], *target) for target in asked} == asked


def test_brackets_in_a_models_name_are_no_pattern():
    assert price_of(["claude-sonnet-4[1m]"], "a", "claude-sonnet-4[1m]") == "claude-sonnet-4[1m]"
    assert price_of(["claude-sonnet-4[1m]"], "a", "claude-sonnet-41") is None


def test_cost_counts_the_cache_as_input_unless_it_has_its_own_price():
    tokens = {"input_tokens": 1000, "output_tokens": 100, "cache_read_tokens": 5000, "cache_write_tokens": 200}
    plain = Prices({"m": Price(input=3, output=15)})
    cached = Prices({"m": Price(input=3, output=15, cache_read=0.3, cache_write=3.75)})
    assert plain.cost("p", "m", **tokens) == pytest.approx((6200 * 3 + 100 * 15) / 1e6)
    assert cached.cost("p", "m", **tokens) == pytest.approx((3000 + 1500 + 1500 + 750) / 1e6)
    assert Prices({"m": Price(input=3, output=15, cache_read=0)}).cost("p", "m", **tokens) == pytest.approx(0.0051)
    assert plain.cost("p", "other", **tokens) is None
    assert Prices({}).cost("p", "m", **tokens) is None


# -- bodies ----------------------------------------------------------------------------------------------


def test_bodies_are_kept_only_as_the_mode_says():
    assert capture("{}", mode="off", failed=True) is None
    assert capture("{}", mode="errors") is None
    assert capture("{}", mode="errors", failed=True) == "{}"
    assert capture("{}", mode="all") == "{}"


def test_the_answer_is_put_together_and_cut_with_a_note():
    bodies = BodyCapture("all", 10, str)
    for piece in (b"abcd ", b"efgh ", b"ijkl "):
        bodies.response(piece)
    assert bodies.texts(failed=False) == (None, "abcd efgh \n[cut here: 15 bytes in all]")


def test_a_huge_answer_is_not_held():
    bodies = BodyCapture("all", 10, str)
    for _ in range(1000):
        bodies.response(b"x" * 1000)
    assert sum(map(len, bodies._answer)) < 10_000
    assert "1000000 bytes" in bodies.texts(failed=False)[1]


@given(before=st.integers(0, 1100), max_bytes=st.integers(1, 1100), parts=st.integers(1, 9), pad=st.integers(0, 5000))
def test_secrets_are_masked_wherever_the_cut_is(before, max_bytes, parts, pad):
    """S-11: no part of a key is kept, not even where the body was cut."""
    text = "x " * (before // 2) + KEY + " y" * pad
    bodies = BodyCapture("all", max_bytes, lambda kept: kept.replace(KEY, "***"))
    bodies.request(text.encode())
    size = len(text) // parts + 1
    for start in range(0, len(text), size):
        bodies.response(text[start : start + size].encode())
    for kept in bodies.texts(failed=False):
        assert "sk-or" not in kept
        assert len(kept) <= max_bytes + 40


def test_pictures_and_documents_become_notes():
    body = {
        "messages": [
            {"content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]},
            {"content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]},
            {"content": json.dumps({"data": PNG})},
            {"content": "The end."},
        ]
    }
    kept = json.loads(capture(json.dumps(body), max_bytes=2000))
    assert kept["messages"][0]["content"][0]["source"]["data"] == "<image 120 KB>"
    assert kept["messages"][1]["content"][0]["image_url"]["url"] == "<image 120 KB>"
    assert kept["messages"][2]["content"] == '{"data": "<image 120 KB>"}'
    assert kept["messages"][3]["content"] == "The end."


def test_base64_is_known_by_its_beginning_and_text_is_left_alone():
    pdf, other = base64.b64encode(b"%PDF-1.7" + b"x" * 3000), base64.b64encode(b"abc" * 1000)
    assert without_base64(b'{"data":"%s"}' % pdf) == b'{"data":"<document 2 KB>"}'
    assert without_base64(b'{"signature":"%s"}' % other) == b'{"signature":"<base64 2 KB>"}'
    assert without_base64(b'{"data":"%s"}' % other[:200]) == b'{"data":"%s"}' % other[:200]
    words = json.dumps({"text": "word " * 50_000}).encode()
    assert without_base64(words) == words


@given(offset=st.integers(65_536 - 500, 65_536 + 10))
def test_base64_at_the_edge_of_a_step_is_found(offset):
    data = b" " * offset + b'"' + PNG.encode() + b'"'
    assert without_base64(data) == b" " * offset + b'"<image 120 KB>"'


def test_half_a_character_at_the_cut_is_left_out():
    assert capture('"é" "é"' * 500, max_bytes=5).startswith('"é" \n')
