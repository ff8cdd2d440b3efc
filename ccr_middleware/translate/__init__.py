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

The gateway answers every request with the same code.
"""

from __future__ import annotations

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
