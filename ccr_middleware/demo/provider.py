"""The demo model on the wire: chat completions as JSON and as server-sent events."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from typing import Any

import anyio

from .. import jsonio
from ..upstream.base import WireRequest
from ..upstream.in_process import Handler
from .request import DemoRequest, Refused, read_request
from .script import Answer, answer

_WORDS = re.compile(r"\s*\S+\s*")
_WORDS_PER_CHUNK = 3
_ARGUMENT_CHARS_PER_CHUNK = 12

Reply = tuple[int, dict[str, str], AsyncIterator[bytes]]


def make_handler(pace_seconds: float, clock: Callable[[], float]) -> Handler:
    """What `demo_model` gives; each handler counts its own answers."""
    serials = count(1)

    async def handle(request: WireRequest) -> Reply:
        serial = next(serials)
        headers = {"content-type": "application/json", "x-request-id": f"req_demo_{serial}"}
        try:
            asked = read_request(request.body)
        except Refused as refused:
            return refused.status, headers, _whole({"error": refused.error})
        completion = Completion(asked, answer(asked), serial, int(clock()))
        if not asked.stream:
            return 200, headers, _whole(completion.whole())
        return 200, headers | {"content-type": "text/event-stream"}, _stream(completion.chunks(), pace_seconds)

    return handle


async def _whole(body: dict[str, Any]) -> AsyncIterator[bytes]:
    yield jsonio.dumps(body)


async def _stream(chunks: Iterator[dict[str, Any]], pace_seconds: float) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield b"data: " + jsonio.dumps(chunk) + b"\n\n"
        if pace_seconds:
            await anyio.sleep(pace_seconds)
    yield b"data: [DONE]\n\n"


class Completion:
    """One answer, cut to the tokens allowed. A word counts as a token, which is near enough for a demo."""

    def __init__(self, request: DemoRequest, said: Answer, serial: int, created: int) -> None:
        self._request = request
        self._frame = {"id": f"chatcmpl-demo-{serial}", "created": created, "model": request.model}
        left = request.max_tokens
        self._reasoning, left = _cut(_WORDS.findall(said.reasoning), left)
        self._text, left = _cut(_WORDS.findall(said.text), left)
        self._arguments: list[str] = []
        self._call: dict[str, Any] | None = None
        if said.call is not None and left != 0:
            name, arguments = said.call
            self._arguments, left = _cut(_fragments(jsonio.dumps_str(arguments)), left)
            # The number of messages keeps ids unique within a session that outlives this process.
            call_id = f"call_demo_{len(request.messages)}_{serial}"
            self._call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        self._finish = "length" if left == 0 else "stop" if self._call is None else "tool_calls"

    def whole(self) -> dict[str, Any]:
        """The JSON answer."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._text) or None}
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._call is not None:
            function = self._call["function"] | {"arguments": "".join(self._arguments)}
            message["tool_calls"] = [self._call | {"function": function}]
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        return {**self._frame, "object": "chat.completion", "choices": [choice], "usage": self._usage()}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The same answer in pieces."""
        yield self._chunk({"role": "assistant", "content": ""})
        for piece in _joined(self._reasoning):
            yield self._chunk({"reasoning_content": piece})
        for piece in _joined(self._text):
            yield self._chunk({"content": piece})
        if self._call is not None:
            yield self._chunk({"tool_calls": [{"index": 0, **self._call}]})
            for fragment in self._arguments:
                yield self._chunk({"tool_calls": [{"index": 0, "function": {"arguments": fragment}}]})
        yield self._chunk({}, self._finish)
        if self._request.include_usage:
            yield {**self._frame, "object": "chat.completion.chunk", "choices": [], "usage": self._usage()}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**self._frame, "object": "chat.completion.chunk", "choices": [choice]}

    def _usage(self) -> dict[str, Any]:
        prompt = max(1, self._request.size // 4)
        completion = len(self._reasoning) + len(self._text) + len(self._arguments)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": len(self._reasoning)},
        }


def _cut(pieces: list[str], left: int | None) -> tuple[list[str], int | None]:
    """As many pieces as are left, and how many are left then; None: no limit. 0 means the limit is reached."""
    if left is None:
        return pieces, None
    return pieces[:left], max(0, left - len(pieces))


def _joined(words: list[str]) -> Iterator[str]:
    for at in range(0, len(words), _WORDS_PER_CHUNK):
        yield "".join(words[at : at + _WORDS_PER_CHUNK])


def _fragments(arguments: str) -> list[str]:
    step = _ARGUMENT_CHARS_PER_CHUNK
    return [arguments[at : at + step] for at in range(0, len(arguments), step)]
