"""A real gateway on a real socket, with its web interface, in front of a provider that plays.

    with serve_ui(tmp_path, filled, mount="/llm/ccr") as gateway:
        gateway.url                    # where it is, the mount point included
        gateway.document()             # its config.json now
        gateway.ask("Hello")           # what another client does meanwhile

It runs in a thread, with a configuration file in a home folder of its own. The fixture `serve` (import `serve_fixture`)
does the same for the rest of a test; ask for it before `visit`, so that pages end before their gateway does.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import json5
import pytest
import uvicorn
from fastapi import FastAPI

from ccr_middleware import Gateway
from ccr_middleware.testing import Answer, Exchange, FakeServer, Usage

from .presets import PLAIN, SIMPLE

MOUNT = "/llm/ccr"
ADMIN_KEY = "the-key-of-the-admin"
PATIENCE_SECONDS = 20


@dataclass
class Served:
    """A gateway that runs. `url` has no slash at its end."""

    url: str
    provider: FakeServer
    home: Path

    @property
    def path(self) -> Path:
        """The configuration file."""
        return self.home / "config.json"

    def document(self) -> Any:
        """What is in the configuration file."""
        return json5.loads(self.path.read_text(encoding="utf-8"))

    def ask(self, text: str = "Hello", *, key: str = "", **fields: Any) -> httpx.Response:
        """A Messages request of another client, answered."""
        body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
        headers = {"x-api-key": key} if key else {}
        return httpx.post(f"{self.url}/v1/messages", json=body | fields, headers=headers, timeout=PATIENCE_SECONDS)

    def session(self) -> str:
        """The cookie of somebody who logged in with the admin key."""
        answer = httpx.post(
            f"{self.url}/api/session", json={"key": ADMIN_KEY}, headers={"sec-fetch-site": "same-origin"}
        )
        return answer.cookies["ccr_session"]

    def models_asked(self) -> list[str]:
        """The models that the provider was asked for, in their order."""
        return [body["model"] for body in self.provider.bodies]


def speak(exchange: Exchange) -> Answer:
    """What the provider says: its model's name. A model `broken-…` fails, `slow-…` takes a while for each word."""
    model = str(json.loads(exchange.body)["model"])
    if model.startswith("broken-"):
        return Answer(error=529, message="overloaded, come back later")
    words = [f"I am {model}", ", and", " I say", " what I", " was told", " to say."]
    return Answer(text=words, usage=Usage(321, 45, cached=123), pace_seconds=0.05 if model.startswith("slow-") else 0)


def provider_at(url: str, name: str = "acme", *models: str) -> dict[str, Any]:
    """An entry of `Providers` for the one that plays."""
    listed = list(models) or ["acme-large", "acme-small"]
    return {
        "name": name,
        "api_base_url": f"{url}/v1/chat/completions",
        "api_key": "sk-acme-0123456789",
        "models": listed,
    }


def plain(url: str, home: Path) -> dict[str, Any]:
    """A configuration with one provider and a default."""
    return {"Providers": [provider_at(url)], "Router": {"default": "acme,acme-large"}}


def filled(url: str, home: Path) -> dict[str, Any]:
    """A configuration with something on every page."""
    rested = provider_at(url, "backup", "broken-1", "spare-1") | {
        "transformer": {"use": [["maxtoken", {"max_tokens": 9}]]}
    }
    elsewhere = {
        "name": "elsewhere",
        "api_base_url": "https://llm.example.com/v1",
        "api_key": "${ELSEWHERE_KEY:-sk-no}",
    }
    alice = {"id": "alice", "name": "Alice", "key_hash": f"sha256:{'a' * 64}", "rpm": 60, "models": ["acme,*"]}
    bob = {"id": "bob", "name": "Bob's laptop", "key_hash": f"sha256:{'b' * 64}", "expires_at": "2026-02-01"}
    return {
        "Providers": [provider_at(url), rested, elsewhere | {"models": ["m-1"]}],
        "Router": {"default": "acme,acme-large", "background": "acme,acme-small", "think": "backup,broken-1"},
        "fallback": {"think": ["acme,acme-large"]},
        "aliases": {"best": "acme,acme-large"},
        "rules": [{"name": "legal", "when": {"header": {"x-team": "legal"}}, "target": "acme,acme-small"}],
        "APIKEYS": [alice, bob],
        "ADMIN_KEY": ADMIN_KEY,
        "prices": {"acme,*": {"input": 3, "output": 15}},
        "history": {"bodies": "all"},
        "logs": {"dir": str(home / "logs")},
        "retry": {"attempts": 0},
    }


def add_presets(home: Path) -> None:
    """Two presets in the gateway's home."""
    for manifest in (SIMPLE, PLAIN):
        folder = home / "presets" / str(manifest["name"])
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"description": "An example", **manifest}), encoding="utf-8")


@contextmanager
def serve_ui(
    home: Path,
    document: Callable[[str, Path], Mapping[str, Any]] | None = None,
    *,
    mount: str = "",
    local: bool = True,
    plan: Any = speak,
) -> Iterator[Served]:
    """Serve a gateway until the block is left. `document` makes its configuration from the provider's address and the
    home; without it there is no file. With `mount` it is in a FastAPI application."""
    home.mkdir(parents=True, exist_ok=True)
    with FakeServer(plan) as provider:
        if document:
            text = json.dumps(document(provider.url, home), indent=2)
            (home / "config.json").write_text(f"// The gateway of the tests\n{text}\n", encoding="utf-8")
        config = str(home / "config.json") if document else None
        gateway = Gateway(config, env={}, local=local, home=str(home))
        with _serving(_mounted(gateway, mount) if mount else gateway) as port:
            yield Served(f"http://127.0.0.1:{port}{mount}", provider, home)


#: `serve(document, **options of serve_ui)`: the gateway runs until the end of the test.
Serve = Callable[..., Served]


@pytest.fixture(name="serve")
def serve_fixture(tmp_path: Path) -> Iterator[Serve]:
    """Serves gateways for the rest of a test."""
    with ExitStack() as stack:
        homes = iter(range(9))
        yield lambda *document, **options: stack.enter_context(
            serve_ui(tmp_path / f"home-{next(homes)}", *document, **options)
        )


def _mounted(gateway: Gateway, mount: str) -> FastAPI:
    host = FastAPI(openapi_url=None)
    host.router.on_shutdown.append(gateway.aclose)
    host.mount(mount, gateway)
    return host


@contextmanager
def _serving(app: Any) -> Iterator[int]:
    """An ASGI application in a thread; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), name="web interface")
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listener.close()
    assert not thread.is_alive(), "the server does not end"
