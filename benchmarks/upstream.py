"""A fake model provider that is never the bottleneck: OpenAI chat completions from bytes made beforehand.

The request says how to answer, anywhere in its body:

    answer=json            one JSON document, at once
    answer=burst-50        a stream of 50 text chunks in one write
    answer=turns-50        50 text chunks, one for each turn of the event loop
    answer=paced-100-50    100 text chunks, the first after 20 ms, then one every 50 ms
    answer=tool-200        a stream with a tool call whose arguments come in 200 pieces, in one write

Requests without `"stream":true` get the JSON document whatever they ask for. It speaks as much HTTP/1.1 as the
clients here need: keep-alive and `content-length`.

    python benchmarks/upstream.py --port 9100
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

FIRST_CHUNK_SECONDS = 0.020
#: What the answers say; the load generator looks for the first and the last word.
FIRST_WORD, LAST_WORD = "Firstword", "Lastword"
INPUT_TOKENS = 1234

_ANSWER = re.compile(rb"answer=(json|burst|turns|paced|tool)(?:-(\d+))?(?:-(\d+))?")
_STREAM = b'"stream":true'  # a plain search; a pattern would hold up the other streams while it reads a megabyte
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_LAST_PIECE = b"0\r\n\r\n"


def words(count: int) -> list[str]:
    """The texts of the chunks of an answer."""
    return [f" {FIRST_WORD}", *(f" word{i}" for i in range(count - 2)), f" {LAST_WORD}"]


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _document(value: Any, status: str = "200 OK") -> bytes:
    body = _encode(value)
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def _event(choices: list[Any], **more: Any) -> bytes:
    chunk = {
        "id": "chatcmpl-BenchmarkBenchmarkBenchmark",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "bench-model",
        "system_fingerprint": "fp_0123456789",
        "choices": choices,
    }
    return b"data: " + _encode(chunk | more) + b"\n\n"


def _delta(delta: Any, finish: str | None = None) -> bytes:
    return _event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])


def _usage(output_tokens: int) -> dict[str, Any]:
    return {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": output_tokens,
        "total_tokens": INPUT_TOKENS + output_tokens,
        "prompt_tokens_details": {"cached_tokens": 1024},
    }


def _piece(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@cache
def stream_pieces(kind: str, count: int) -> tuple[bytes, ...]:
    """The events of one streamed answer, each a piece of a chunked body; those that end it are one."""
    events = [_delta({"role": "assistant", "content": "", "refusal": None})]
    if kind == "tool":
        events += [_delta({"content": text}) for text in words(2)]
        call = {"index": 0, "id": "call_Benchmark", "type": "function", "function": {"name": "Write", "arguments": ""}}
        events.append(_delta({"tool_calls": [call]}))
        lines = [f"line{i} = {i}\\n" for i in range(count - 2)]
        for part in ('{"path":"x.py","content":"', *lines, '"}'):
            events.append(_delta({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}))
        finish = "tool_calls"
    else:
        events += [_delta({"content": text}) for text in words(count)]
        finish = "stop"
    end = (_delta({}, finish), _event([], usage=_usage(count)), b"data: [DONE]\n\n")
    return (*map(_piece, events), b"".join(map(_piece, end)) + _LAST_PIECE)


@cache
def whole_stream(kind: str, count: int) -> bytes:
    """A streamed answer with its head, for one write."""
    return _STREAM_HEAD + b"".join(stream_pieces(kind, count))


JSON_ANSWER = _document(
    {
        "id": "chatcmpl-BenchmarkBenchmarkBenchmark",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "bench-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "".join(words(20)), "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": _usage(20),
        "system_fingerprint": "fp_0123456789",
    }
)
_BAD_REQUEST = _document({"error": {"message": "the benchmark's provider needs content-length"}}, "411 Length Required")


class Provider(asyncio.Protocol):
    """One connection."""

    __slots__ = ("_buffer", "_loop", "_need", "_timer", "_transport")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buffer = bytearray()
        self._need = 0  # bytes of the request under way, head included; 0 while its head is incomplete
        self._timer: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._need and not self._read_head():
            return
        if len(self._buffer) >= self._need:
            self._answer(self._buffer)
            del self._buffer[: self._need]
            self._need = 0

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end]).lower()
        at = head.find(b"content-length:")
        if at < 0:
            self._transport.write(_BAD_REQUEST)
            self._transport.close()
            return False
        self._need = end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])
        return True

    def _answer(self, request: bytearray) -> None:
        asked = _ANSWER.match(request, max(0, request.find(b"answer=")))
        kind = asked[1].decode() if asked else "json"
        if kind == "json" or _STREAM not in request:
            self._transport.write(JSON_ANSWER)
            return
        count, milliseconds = int(asked[2] or 50), int(asked[3] or 50)  # type: ignore[index]
        if kind in ("burst", "tool"):
            self._transport.write(whole_stream(kind, count))
            return
        pieces = iter(stream_pieces(kind, count))
        if kind == "turns":
            self._transport.write(_STREAM_HEAD)
            self._next_turn(pieces)
        else:
            first = _STREAM_HEAD + next(pieces) + next(pieces)
            self._timer = self._loop.call_later(FIRST_CHUNK_SECONDS, self._pace, first, pieces, milliseconds / 1000)

    def _next_turn(self, pieces: Iterator[bytes]) -> None:
        piece = next(pieces, None)
        if piece is not None:
            self._transport.write(piece)
            self._timer = self._loop.call_soon(self._next_turn, pieces)

    def _pace(self, piece: bytes, rest: Iterator[bytes], seconds: float) -> None:
        self._transport.write(piece)
        following = next(rest, None)
        if following is not None:
            self._timer = self._loop.call_later(seconds, self._pace, following, rest, seconds)


async def serve(port: int) -> None:
    """Listen on the loopback until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(loop), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="a fake chat provider for benchmarks")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    import uvloop

    gc.freeze()
    uvloop.run(serve(port))


if __name__ == "__main__":
    main()
