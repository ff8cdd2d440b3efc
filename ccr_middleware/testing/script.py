"""Answers to the byte: what is sent, in which pieces, and how a provider misbehaves.

    Script([b"data: {", 0.05, gate, CUT])                # bytes, a pause, a signal, a cut connection
    stream(data, STALL, feeding="bytes")                 # a stream in single bytes, after which nothing comes
    json_answer({"error": {...}}, 429, {"retry-after": "3"})

The steps of a script: bytes are sent, a number is waited (seconds), a `Signal` is waited for, `STALL` says nothing
until the client leaves, `CUT` ends the connection before the promised end, `RESET` resets it, an exception is raised
(in the process only).
"""

from __future__ import annotations

import enum
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio

from ..errors import UpstreamBroken

#: How long anything that must happen is waited for before the test is called stuck, in seconds.
PATIENCE_SECONDS = 5.0

#: The ways to cut one stream into network reads.
Feeding = Literal["whole", "bytes", "crlf"]
FEEDINGS: tuple[Feeding, ...] = ("whole", "bytes", "crlf")


class Step(enum.Enum):
    """What a provider can do besides sending and waiting."""

    STALL = enum.auto()
    CUT = enum.auto()
    RESET = enum.auto()


STALL, CUT, RESET = Step.STALL, Step.CUT, Step.RESET


class Signal(threading.Event):
    """An event that threads and coroutines can set and wait for."""

    async def reached(self, timeout_seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait in a coroutine; False when it did not come in time."""
        return await until(self.is_set, timeout_seconds)


async def until(condition: Callable[[], Any], timeout_seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until the condition holds; False when it did not in time."""
    with anyio.move_on_after(timeout_seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread
            await anyio.sleep(0.002)
    return bool(condition())


#: What may happen instead of bytes.
Happening = float | Signal | Step | Exception


@dataclass(frozen=True)
class Script:
    """One answer. `before` holds steps that come before status and headers. `framing` says how a socket's client
    learns the end: `chunked`, `length` (Content-Length: of all bytes, and of more than comes when the script cuts) or
    `close` (the connection ends)."""

    steps: Sequence[bytes | Happening] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    before: Sequence[Happening] = ()
    framing: Literal["chunked", "length", "close"] = "chunked"


def feed(data: bytes, feeding: str = "whole") -> list[bytes]:
    """Cut a stream: as one piece (`whole`), into single bytes (`bytes`), or as one piece with CRLF line ends."""
    if feeding == "bytes":
        return [data[at : at + 1] for at in range(len(data))]
    return [data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if feeding == "crlf" else data]


def stream(data: bytes, *then: Happening, feeding: str = "whole", **options: Any) -> Script:
    """A streamed answer; `then` follows the last byte (`STALL`: the connection stays open; `CUT`). `options` are
    fields of `Script`."""
    return Script(steps=[*feed(data, feeding), *then], **options)


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None, **options: Any) -> Script:
    """A whole answer with Content-Length. Bytes and str are sent as they are, with the content type given."""
    if isinstance(body, bytes | str):
        data = body.encode() if isinstance(body, str) else body
    else:
        data = json.dumps(body).encode()
    return Script([data], status, {"content-type": "application/json", **(headers or {})}, framing="length", **options)


async def play(steps: Iterable[bytes | Happening]) -> AsyncIterator[bytes]:
    """Play steps in the process: give the bytes, wait, stall until cancelled, raise."""
    for step in steps:
        if isinstance(step, bytes):
            yield step
        elif isinstance(step, Signal):
            if not await step.reached():
                raise AssertionError("the test never set this signal")
        elif isinstance(step, Step):
            if step is STALL:
                await anyio.sleep_forever()
            raise UpstreamBroken(f"the script says {step.name}")
        elif isinstance(step, Exception):
            raise step
        else:
            await anyio.sleep(step)
