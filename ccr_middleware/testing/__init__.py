"""Testing a gateway, or an application with one: a fake provider, a strict reader of answers, pytest fixtures.

from ccr_middleware.testing import Answer, ask

def test_hello(fake_provider, ccr_gateway):
    fake_provider.play(Answer(error=429), Answer(text="Hello"))
    ...

- `Answer`, `ToolCall`, `Usage`: what the provider says, in any wire format. `Script`: the same to the byte.
- `FakeProvider` (in the process), `FakeServer` (on a socket): who says it, and what they were asked.
- `check_stream`, `check_message`, `check_error`: a reader as strict as the strictest client.
- `fake_gateway`, `fake_config`, `ask`: the gateway in front of it. `post`, `get`, `open_stream`: an ASGI client.
- `features`: every feature of a Messages request, with an example. `wires`: builders of odd answers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import Answer as Answer
    from .answers import ToolCall as ToolCall
    from .answers import Usage as Usage
    from .asgi import get as get
    from .asgi import open_stream as open_stream
    from .asgi import post as post
    from .gateways import ask as ask
    from .gateways import fake_config as fake_config
    from .gateways import fake_gateway as fake_gateway
    from .grammar import Checked as Checked
    from .grammar import Tool as Tool
    from .grammar import Violation as Violation
    from .provider import Exchange as Exchange
    from .provider import FakeProvider as FakeProvider
    from .script import CUT as CUT
    from .script import RESET as RESET
    from .script import STALL as STALL
    from .script import Script as Script
    from .script import Signal as Signal
    from .script import json_answer as json_answer
    from .script import stream as stream
    from .server import FakeServer as FakeServer
    from .strict import check_error as check_error
    from .strict import check_message as check_message
    from .strict import check_stream as check_stream

#: Where each name is; imported on first use, since the pytest plugin is loaded at every start of pytest.
_PLACES = {
    "answers": ("Answer", "ToolCall", "Usage"),
    "asgi": ("get", "open_stream", "post"),
    "gateways": ("ask", "fake_config", "fake_gateway"),
    "grammar": ("Checked", "Tool", "Violation"),
    "provider": ("Exchange", "FakeProvider"),
    "script": ("CUT", "RESET", "STALL", "Script", "Signal", "json_answer", "stream"),
    "server": ("FakeServer",),
    "strict": ("check_error", "check_message", "check_stream"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{module}", __name__), name)
