"""Runs a Responses answer through decoder, reader and writer alone: bytes in, checked events out.

body = sse(*begin(), *message("Hel", "lo"), completed())
assert stream(body).text == "Hello"
assert whole(response([message_item("Hello")])).text == "Hello"
"""

import json
from collections.abc import Callable
from typing import Any

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.signature import read_signature
from ccr_middleware.anthropic.stream import MessageStream
from ccr_middleware.errors import UpstreamError
from ccr_middleware.testing import Checked, check_stream
from ccr_middleware.testing.script import feed
from ccr_middleware.testing.wires.responses import call, call_item, message, message_item
from ccr_middleware.unified import UnifiedChunk
from ccr_middleware.wire.responses.chunks import ResponsesChunks
from ccr_middleware.wire.responses.reader import ResponsesReader

from .translate import new_message

Json = dict[str, Any]

#: A call in its three forms: arguments on the wire, the item, and what the client sees.
ARGUMENTS = '{"path": "a.py"}'
CALL = call_item(arguments=ARGUMENTS)
READ = ("call_0001", "read", {"path": "a.py"})
CUSTOM = {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_0001", "name": "patch", "input": 'a "b"\nc'}


def two_of_each() -> tuple[list[Json], list[Json]]:
    """A message and two calls: the events they are streamed in, and the finished items."""
    other = call_item("write", '{"path": "b.py"}', "call_0002", "fc_2")
    events = [
        *message("I look.", index=0),
        *call(CALL, '{"path": ', '"a.py"}', index=1),
        *call(other, '{"path"', ': "b.py"}', index=2),
    ]
    return events, [message_item("I look."), CALL, other]


# -- what becomes of it ------------------------------------------------------------------------------------


def new_reader() -> ResponsesReader:
    """A reader whose errors hold the provider's text."""
    return ResponsesReader(_read_error)


def _read_error(error: Any) -> UpstreamError:
    return UpstreamError(str(error.get("message") if isinstance(error, dict) else error), status=502)


def chunks_of(data: bytes, feeding: str = "whole") -> list[UnifiedChunk]:
    """The unified chunks of a stream."""
    decoder, reader = ResponsesChunks(), new_reader()
    found = [out for read in feed(data, feeding) for chunk in decoder.feed(read) for out in reader.feed(chunk)]
    return found + [out for chunk in decoder.finish() for out in reader.feed(chunk)] + reader.finish()


def whole_chunks(document: Json) -> list[UnifiedChunk]:
    """The unified chunks of a JSON answer."""
    reader = new_reader()
    return reader.read_whole(document) + reader.finish()


def written(chunks: list[UnifiedChunk], **settings: Any) -> tuple[list[Json], MessageStream]:
    """The Anthropic events of unified chunks, and their writer."""
    writer = new_message(**{"issuer": "openai-responses", **settings})
    events = [one for chunk in chunks for one in writer.feed(chunk)]
    return events + writer.finish(), writer


def stream(data: bytes, feeding: str = "whole", **settings: Any) -> Checked:
    """A streamed answer through the strict checker."""
    return _checked(chunks_of(data, feeding), settings)


def whole(document: Json, **settings: Any) -> Checked:
    """A JSON answer, as the stream it becomes, through the strict checker."""
    return _checked(whole_chunks(document), settings)


def error_of(read: Callable[..., list[UnifiedChunk]], *given: Any) -> UpstreamError:
    """The error of an answer that must end in one: `error_of(chunks_of, body)`."""
    _, writer = written(read(*given))
    assert isinstance(writer.error, UpstreamError)
    return writer.error


def sealed(block: Json) -> Json:
    """What the signature of a thinking block, or an opaque block, gives back to the provider."""
    signed = read_signature(block.get("signature") or block["data"])
    assert signed is not None
    assert signed.issuer == "openai-responses"
    return json.loads(signed.payload or "{}")


def _checked(chunks: list[UnifiedChunk], settings: Json) -> Checked:
    events, writer = written(chunks, **settings)
    assert writer.error is None, writer.error
    return check_stream(frame(events))
