"""The real `anthropic` SDK, two versions of it, against the gateway alone and in every host.

`sdk/check.py` is what runs, in a process of its own; one server for each place serves both versions.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.demo import DEMO_MODELS, DEMO_URL
from ccr_middleware.testing import FakeServer

from .sdk import plays
from .support.servers import ROOT, run_server, serve_host

API_KEY = "sk-test-key"
CHECK = Path(__file__).parent / "sdk" / "check.py"

#: How long all the checks of one run may take, in seconds.
PATIENCE_SECONDS = 90
#: How long a provider may be kept after its client has left, in seconds.
LEAVING_SECONDS = 5

#: Where the gateway is; None: it runs alone.
PLACES = {
    "alone": None,
    "fastapi": "uvicorn-fastapi-mount",
    "starlette": "uvicorn-starlette-wrap",
    "django": "uvicorn-django",
    "flask": "gunicorn-gthread-flask",
}


@dataclass(frozen=True)
class SDK:
    """A version: the folder it is in (None: among the installed packages), and the checks of what it does not have."""

    folder: Path | None = None
    skips: frozenset[str] = frozenset()


SDKS = {
    "2.": SDK(),
    "0.125.": SDK(Path(sys.prefix) / "sdk-0.125", frozenset({"thread", "thread_streamed_async"})),
}


@dataclass(frozen=True)
class Place:
    """A gateway that runs, and the provider behind it."""

    base_url: str
    provider: FakeServer

    def check(self, sdk: Path | None) -> list[dict[str, Any]]:
        """Run all the checks, none of which may fail; give what they said."""
        outcomes = run_check(self.base_url, sdk)
        failed = [f"\n  {outcome['name']}: {outcome['detail']}" for outcome in outcomes if not outcome["ok"]]
        assert not failed, f"{len(failed)} of {len(outcomes)} checks failed:{''.join(failed)}"
        return outcomes


def run_check(base_url: str, sdk: Path | None) -> list[dict[str, Any]]:
    """What all the checks said."""
    run = subprocess.run(
        [sys.executable, CHECK, base_url, API_KEY],
        env={**os.environ, "PYTHONPATH": str(sdk or ""), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert run.stdout, run.stderr
    outcomes = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == int(not all(outcome["ok"] for outcome in outcomes)), run.stderr
    return outcomes


@contextmanager
def serve_alone(config: Path) -> Iterator[str]:
    """The gateway as a program of its own."""
    command = ["ccr_middleware", "--port", "0", "--config", str(config)]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with run_server("alone", command, ROOT, environ) as port:
        yield f"http://127.0.0.1:{port}"


def serve(place: str, config: Path) -> AbstractContextManager[str]:
    kind = PLACES[place]
    return serve_alone(config) if kind is None else serve_host(kind, config)


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with FakeServer(plays.plan()) as provider:
        config = tmp_path_factory.mktemp("config") / "config.json"
        config.write_text(json.dumps(config_of(provider.url)))
        with serve(request.param, config) as base_url:
            yield Place(base_url, provider)


def config_of(url: str) -> dict[str, Any]:
    demo = {"name": "demo", "api_base_url": DEMO_URL, "api_key": "k", "models": DEMO_MODELS}
    chat = {"name": "scripted", "api_base_url": f"{url}/v1/chat/completions", "models": plays.CHAT_MODELS}
    messages = {"name": "relay", "api_base_url": f"{url}/v1/messages", "models": plays.MESSAGES_MODELS}
    router = {"default": "demo,demo"}
    # What the SDK retries is not to be retried by the gateway.
    return {"APIKEY": API_KEY, "Providers": [demo, chat, messages], "Router": router, "retry": {"attempts": 0}}


@pytest.mark.parametrize("version", SDKS)
def test_sdk(place, version):
    sdk = SDKS[version]
    if sdk.folder and not sdk.folder.is_dir():
        pytest.skip(f"anthropic {version}x is not installed beside the newest; `make sdk` does that")
    outcomes = {outcome["name"]: outcome["detail"] for outcome in place.check(sdk.folder)}
    assert outcomes["version"].startswith(version)
    assert {name for name, detail in outcomes.items() if detail.startswith("skipped")} == sdk.skips
    assert_clients_left(place.provider)


def assert_clients_left(provider: FakeServer) -> None:
    """The streams that the checks close early reach the provider as closed connections."""
    left = [exchange for exchange in provider.exchanges if exchange.json()["model"] == "endless"]
    assert len(left) >= 2
    assert all(exchange.closed.wait(LEAVING_SECONDS) for exchange in left)
