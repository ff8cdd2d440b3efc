"""Builds what Responses providers send, and runs it through decoder, reader and writer: bytes in, checked events out.

body = sse(*begin(), *message("Hel", "lo"), completed())
assert stream(body).text == "Hello"
assert whole(response([message_item("Hello")])).text == "Hello"
"""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.signature import read_signature
from ccr_middleware.anthropic.stream import MessageStream, StreamSettings
from ccr_middleware.errors import UpstreamError
from ccr_middleware.unified import UnifiedChunk
from ccr_middleware.wire.responses.chunks import ResponsesChunks
from ccr_middleware.wire.responses.reader import ResponsesReader

from .scripted import feed
from .strict import Checked, check_stream

Json = dict[str, Any]

USAGE = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}


# -- what a provider sends ---------------------------------------------------------------------------------


def event(kind: str, **fields: Any) -> Json:
    """One event; `response.` is put before its type."""
    return {"type": f"response.{kind}", **fields}


def response(output: list[Json] | None = None, status: str = "completed", **more: Any) -> Json:
    """A response object."""
    body = {"id": "resp_1", "object": "response", "model": "test-model", "status": status, "output": output or []}
    return {**body, "usage": USAGE, **more}


def begin() -> list[Json]:
    """What every stream begins with."""
    started = response(status="in_progress", usage=None)
    return [event("created", response=started), event("in_progress", response=started)]


def completed(output: list[Json] | None = None, status: str = "completed", **more: Any) -> Json:
    """The last event of a stream."""
    return event(status, response=response(output, status, **more))


def message_item(*texts: str, id: str = "msg_1", annotations: list[Json] | None = None, **more: Any) -> Json:
    """A finished message, with one part for each text."""
    parts = [{"type": "output_text", "text": text, "annotations": annotations or []} for text in texts]
    return {"type": "message", "id": id, "role": "assistant", "status": "completed", "content": parts, **more}


def reasoning_item(*summary: str, id: str = "rs_1", **more: Any) -> Json:
    """A finished reasoning item. `encrypted_content=…`; `content=[{"type": "reasoning_text", "text": …}]`."""
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": id, "summary": parts, **more}


def call_item(name: str = "read", arguments: Any = "{}", call_id: str = "call_1", id: str = "fc_1") -> Json:
    """A finished function call."""
    return {"type": "function_call", "id": id, "call_id": call_id, "name": name, "arguments": arguments}


def added(item: Json, index: int = 0) -> Json:
    """The beginning of an item: nothing in it yet."""
    begun = dict(item)
    for key, nothing in (("content", []), ("summary", []), ("arguments", ""), ("input", "")):
        if key in begun:
            begun[key] = nothing
    return event("output_item.added", output_index=index, item=begun)


def done(item: Json, index: int = 0) -> Json:
    """The end of an item."""
    return event("output_item.done", output_index=index, item=item)


def delta(kind: str, text: str, index: int = 0, part: int = 0, **more: Any) -> Json:
    """A piece of text: `delta("output_text", "Hel")`."""
    number = {"summary_index": part} if "summary" in kind else {"content_index": part}
    return event(f"{kind}.delta", output_index=index, delta=text, **number, **more)


def message(*pieces: str, index: int = 0, id: str = "msg_1", **more: Any) -> list[Json]:
    """A streamed message, told in every way OpenAI tells it."""
    text = "".join(pieces)
    item = message_item(text, id=id, **more)
    return [
        added(item, index),
        event("content_part.added", output_index=index, item_id=id, content_index=0, part={"type": "output_text"}),
        *(delta("output_text", piece, index, item_id=id, obfuscation="x7") for piece in pieces),
        event("output_text.done", output_index=index, item_id=id, content_index=0, text=text),
        event("content_part.done", output_index=index, item_id=id, content_index=0, part=item["content"][0]),
        done(item, index),
    ]


def call(item: Json, *pieces: str, index: int = 0) -> list[Json]:
    """A streamed function call: `pieces` of its arguments, then all of them twice."""
    about = {"output_index": index, "item_id": item["id"]}
    return [
        added(item, index),
        *(event("function_call_arguments.delta", delta=piece, **about) for piece in pieces),
        event("function_call_arguments.done", arguments=item["arguments"], **about),
        done(item, index),
    ]


#: A call in its three forms: arguments on the wire, the item, and what the client sees.
ARGUMENTS = '{"path": "a.py"}'
CALL = call_item(arguments=ARGUMENTS)
READ = ("call_1", "read", {"path": "a.py"})
CUSTOM = {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_1", "name": "patch", "input": 'a "b"\nc'}


def two_of_each() -> tuple[list[Json], list[Json]]:
    """A message and two calls: the events they are streamed in, and the finished items."""
    other = call_item("write", '{"path": "b.py"}', "call_2", "fc_2")
    events = [
        *message("I look.", index=0),
        *call(CALL, '{"path": ', '"a.py"}', index=1),
        *call(other, '{"path"', ': "b.py"}', index=2),
    ]
    return events, [message_item("I look."), CALL, other]


def without(events: list[Json], *kinds: str) -> list[Json]:
    """A stream in which a provider leaves out events of these kinds."""
    return [one for one in events if not one["type"].removeprefix("response.").startswith(kinds)]


def sse(*events: Json | str, names: bool = True, end: bool = False) -> bytes:
    """A stream. A str goes in as it stands; `names`: with `event:` lines; `end`: with `[DONE]`."""
    blocks = [one if isinstance(one, str) else _block(one, names) for one in events] + ["data: [DONE]"] * end
    return "".join(f"{block}\n\n" for block in blocks).encode()


def _block(one: Json, names: bool) -> str:
    data = f"data: {json.dumps(one, ensure_ascii=False)}"
    return f"event: {one['type']}\n{data}" if names else data


# -- what becomes of it ------------------------------------------------------------------------------------


def new_message(**settings: Any) -> MessageStream:
    """A writer with predictable ids."""
    numbers = count(1)
    defaults: Json = {
        "message_id": "msg_test",
        "model": "asked-model",
        "input_tokens": 7,
        "new_tool_id": lambda: f"toolu_{next(numbers)}",
        "issuer": "openai-responses",
    }
    return MessageStream(StreamSettings(**(defaults | settings)))


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
    writer = new_message(**settings)
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
