"""Builders of what Responses providers send: events, output items, whole responses.

responses.sse(*responses.begin(), *responses.message("Hel", "lo"), responses.completed())
responses.response([responses.message_item("Hello")])
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .base import Json, Writer

USAGE = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}


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


def call_item(name: str = "read", arguments: Any = "{}", call_id: str = "call_0001", id: str = "fc_1") -> Json:
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


def reasoning(*pieces: str, index: int = 0, id: str = "rs_1") -> list[Json]:
    """A streamed summary of reasoning."""
    text = "".join(pieces)
    about = {"output_index": index, "item_id": id, "summary_index": 0}
    part = {"type": "summary_text", "text": text}
    return [
        added(reasoning_item(text, id=id), index),
        event("reasoning_summary_part.added", part={"type": "summary_text", "text": ""}, **about),
        *(event("reasoning_summary_text.delta", delta=piece, **about) for piece in pieces),
        event("reasoning_summary_text.done", text=text, **about),
        event("reasoning_summary_part.done", part=part, **about),
        done(reasoning_item(text, id=id), index),
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


# -- an answer ---------------------------------------------------------------------------------------------

_INCOMPLETE = {"max_tokens": "max_output_tokens", "refusal": "content_filter"}

#: The codes of OpenAI's errors inside a stream.
_CODES = {429: "rate_limit_exceeded", 400: "invalid_prompt"}


class ResponsesWriter(Writer):
    """Writes an answer as OpenAI's Responses API does."""

    def begin(self) -> Iterator[Json]:
        """The items, told in every way OpenAI tells them. What is cut is cut before the last item is done."""
        started = response(status="in_progress", usage=None, model=self.model)
        events = [event("created", response=started), event("in_progress", response=started)]
        for index, (item, pieces) in enumerate(self._items()):
            events += _streamed(item, pieces, index)
        if self.unfinished and not self.answer.empty:
            events = events[: -_CLOSING[events[-1]["item"]["type"]]]
        yield from events

    def end(self) -> Iterator[Json]:
        """The whole response in one event."""
        if self.finish is not None:
            body = self.whole()
            yield event(body["status"], response=body)

    def whole(self) -> Json:
        """A response object."""
        reason = _INCOMPLETE.get(self.finish or "")
        more: Json = {"model": self.model, "usage": self._usage()}
        if reason:
            more["incomplete_details"] = {"reason": reason}
        return response([item for item, _ in self._items()], "incomplete" if reason else "completed", **more)

    def failure(self) -> Json:
        """OpenAI's error object."""
        code = _CODES.get(self.status, "server_error")
        return {"error": {"message": self.answer.message, "type": code, "param": None, "code": code}}

    def failure_event(self) -> Json:
        """A response that failed."""
        told = self.failure()["error"]
        error = {"code": told["code"], "message": told["message"]}
        return event("failed", response=response(status="failed", error=error, model=self.model))

    def frame(self, event: Json) -> bytes:
        """An event with its name."""
        return f"{_block(event, True)}\n\n".encode()

    def _items(self) -> Iterator[tuple[Json, list[str]]]:
        """Each item with the pieces it comes in."""
        answer = self.answer
        if thinking := answer.thinking_pieces:
            yield reasoning_item("".join(thinking)), thinking
        if text := answer.text_pieces:
            yield message_item("".join(text)), text
        for number, call in enumerate(answer.calls, 1):
            yield call_item(call.name, call.json, call.id, f"fc_{number}"), call.pieces

    def _usage(self) -> Json | None:
        told = self.answer.usage
        if told is None:
            return None
        return {
            "input_tokens": told.input + told.cached,
            "input_tokens_details": {"cached_tokens": told.cached},
            "output_tokens": told.output,
            "output_tokens_details": {"reasoning_tokens": told.reasoning},
            "total_tokens": told.input + told.cached + told.output,
        }


def _streamed(item: Json, pieces: list[str], index: int) -> list[Json]:
    if item["type"] == "message":
        return message(*pieces, index=index, id=item["id"])
    return call(item, *pieces, index=index) if item["type"] == "function_call" else reasoning(*pieces, index=index)


#: How many events close an item of each type.
_CLOSING = {"message": 3, "function_call": 2, "reasoning": 3}
