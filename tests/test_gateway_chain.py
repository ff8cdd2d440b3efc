"""A gateway behind a gateway: the client's side of each format is the provider of that format.

What the `anthropic` SDK asks is translated to the format by the first gateway, read and answered in it by the second,
and translated back: every check of `sdk/check.py` must end as with one gateway, but for those named here.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.demo import DEMO_MODELS
from ccr_middleware.testing import FakeServer

from .sdk import plays
from .test_sdk import API_KEY, config_of, run_check, serve_alone

#: How the first gateway finds the second.
BASES = {"chat": "{}/v1/chat/completions", "responses": "{}/v1/responses", "gemini": "{}/v1beta"}

#: Checks that end otherwise, and why.
_SIGNED = "the signature is the second gateway's, wrapped again by the first"
_EVERYWHERE = {
    "relayed_stream": "the second gateway takes a bare name of Claude's for a wish, not for a model of its own",
    "refused_by_anthropic": "other formats have no place for the details of Anthropic's errors",
    "raw_stream_of_thinking": _SIGNED,
    "stream_helper": _SIGNED,
}
KNOWN = {
    "chat": _EVERYWHERE,
    "responses": _EVERYWHERE,
    "gemini": _EVERYWHERE | {"thinking": "Gemini shows thoughts only to those who ask for them"},
}

#: What nobody can know of a host without a name.
DIALECTS: dict[str, dict[str, Any]] = {
    "chat": {"reasoning_style": "openrouter", "replay_field": "reasoning_details"},
    "responses": {
        "min_output_tokens": 1,
        "efforts": ["low", "medium", "high"],
        "summary": "auto",
        "encrypted_reasoning": True,
    },
    "gemini": {"thinking": "budget"},
}


@pytest.fixture(params=BASES)
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The format between two gateways, and the address of the first."""
    wire = request.param
    with FakeServer(plays.plan()) as provider:
        (tmp_path / "second.json").write_text(json.dumps(config_of(provider.url)))
        with serve_alone(tmp_path / "second.json") as second:
            (tmp_path / "first.json").write_text(json.dumps(config_between(wire, second)))
            with serve_alone(tmp_path / "first.json") as first:
                yield wire, first


def config_between(wire: str, second: str) -> dict[str, Any]:
    """The first gateway's configuration: the models of the second, in that format."""
    names = {"demo": DEMO_MODELS, "scripted": plays.CHAT_MODELS, "relay": plays.MESSAGES_MODELS}
    shared = {"api_base_url": BASES[wire].format(second), "api_key": API_KEY, "wire": wire, "dialect": DIALECTS[wire]}
    providers = [{"name": name, "models": models, **shared} for name, models in names.items()]
    return {"APIKEY": API_KEY, "Providers": providers, "Router": {"default": "demo,demo"}, "retry": {"attempts": 0}}


def test_the_sdk_through_two_gateways(chain: tuple[str, str]) -> None:
    wire, first = chain
    outcomes = run_check(first, None)
    failed = {outcome["name"]: outcome["detail"] for outcome in outcomes if not outcome["ok"]}
    assert failed.keys() <= KNOWN[wire].keys(), failed
    assert len(outcomes) > 60
