"""The translation core without the gateway: no network, no event loop, no state.

    from ccr_middleware.translate import open_stream, translate_request

    sent = translate_request(body, base_url="https://api.deepseek.com/v1", model="deepseek-chat")
    sent.url, sent.body, sent.losses
    stream = open_stream(sent)
    events = stream.feed(data) + stream.finish()

| from            | to              |                                                                          |
|-----------------|-----------------|--------------------------------------------------------------------------|
| Messages        | provider's form | `translate_request`                                                      |
| provider's form | Messages        | `open_stream`, `translate_answer`, `translate_error`                     |
| client's form   | Messages        | `read_request`                                                           |
| Messages        | client's form   | `open_writer`, `write_answer`, `write_error`                             |

The gateway answers every request with the same code, but not through these names: they are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import AnswerStream, open_stream, translate_answer, translate_error
    from .client import ClientName, ClientRequest, open_writer, read_request, write_answer, write_error
    from .provider import Translated, Use, translate_request

__all__ = [
    "AnswerStream",
    "ClientName",
    "ClientRequest",
    "Translated",
    "Use",
    "open_stream",
    "open_writer",
    "read_request",
    "translate_answer",
    "translate_error",
    "translate_request",
    "write_answer",
    "write_error",
]

_HOMES = {
    "answers": ("AnswerStream", "open_stream", "translate_answer", "translate_error"),
    "client": ("ClientName", "ClientRequest", "open_writer", "read_request", "write_answer", "write_error"),
    "provider": ("Translated", "Use", "translate_request"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
