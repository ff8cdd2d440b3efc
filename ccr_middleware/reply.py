"""What the pipeline writes to: an answer to one client, as a stream or as one JSON document.

Nothing is sent before the first `write`: until then an attempt may fail, and the client gets an HTTP status.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Protocol

from .anthropic.events import PING
from .anthropic.fold import Fold
from .config.schema import Streaming
from .errors import GatewayError, UpstreamBroken
from .http import STREAM_HEADERS, ClientLeft, Request, header_list, send_bytes
from .jsonio import dumps
from .unified import Event, Json
from .wire.client import ClientFormat, ClientWriter

#: Makes the answer's headers at the moment they are sent, when everything about the attempt is known.
Headers = Callable[[], Mapping[str, str]]

_OPENING = re.compile(rb"event: ?message_start")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class Reply(Protocol):
    """The client's side of one call."""

    @property
    def started(self) -> bool:
        """Whether anything was sent: from then on there is no other status and no other provider."""

    def wait(self, opening: Callable[[], list[Event]]) -> None:
        """An attempt begins. `opening` gives the events to begin with should the provider stay silent."""

    async def write(self, events: list[Event]) -> None:
        """Events, in order."""

    async def relay(self, data: bytes, events: list[Event]) -> None:
        """Whole events as the provider wrote them, and the same parsed."""

    async def end(self) -> None:
        """The answer is complete."""

    async def fail(self, error: GatewayError) -> None:
        """The answer broke off after it had started."""

    def close(self) -> None:
        """Nothing will be written any more, whatever happened."""


class EventReply:
    """A streamed answer in the client's format, kept alive by pings while the provider is silent."""

    def __init__(
        self, request: Request, client: ClientFormat, writer: ClientWriter, headers: Headers, streaming: Streaming
    ) -> None:
        self.started = False  # from the moment this is decided: a sign of life is sent a moment later
        self._headed = False
        self._request = request
        self._client = client
        self._writer = writer
        self._headers = headers
        self._streaming = streaming
        self._loop = asyncio.get_running_loop()
        self._opening: Callable[[], list[Event]] = list
        self._opened = False  # whether message_start has gone out: pings are events and must come after it
        self._sent_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._beat: asyncio.Task[None] | None = None
        self._writing = False

    def wait(self, opening: Callable[[], list[Event]]) -> None:
        """Begin to count the silence."""
        self._opening = opening
        self._sent_at = self._loop.time()
        self._arm(self._streaming.ping_seconds if self.started else self._streaming.commit_seconds)

    async def write(self, events: list[Event]) -> None:
        """Frame and send, all events of one read at once."""
        if self._opened and events and events[0]["type"] == "message_start":
            events = events[1:]  # another attempt, or silence, has opened the message
        self._opened = True
        if data := self._writer.feed(events):
            await self._send(data)

    async def relay(self, data: bytes, events: list[Event]) -> None:
        """Send what the provider wrote, unchanged if the client reads that."""
        if not self._client.relays:
            await self.write(events)
            return
        if self._opened and any(event["type"] == "message_start" for event in events):
            data = _without_opening(data)
        self._opened = self._opened or bool(events)
        if data:
            await self._send(data)

    async def end(self) -> None:
        """Close the stream."""
        self.close()
        await self._send(self._writer.finish(), more=False)

    async def fail(self, error: GatewayError) -> None:
        """An honest end: an error, and nothing that looks like success."""
        self.close()
        await self._send(self._writer.fail(error), more=False)

    def close(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _send(self, data: bytes, *, more: bool = True) -> None:
        if self._beat is not None:
            await asyncio.wait([self._beat])
            self._beat = None
        await self._put(data, more=more)

    async def _begin(self) -> None:
        self.started = self._headed = True
        head = [(b"content-type", self._client.content_type), *STREAM_HEADERS, *header_list(self._headers())]
        await self._request.send({"type": "http.response.start", "status": 200, "headers": head, "trailers": False})

    async def _put(self, data: bytes, *, more: bool = True) -> None:
        self._writing = True
        if not self._headed:
            await self._begin()
        await self._request.send({"type": "http.response.body", "body": data, "more_body": more})
        self._writing = False
        self._sent_at = self._loop.time()

    # -- silence -----------------------------------------------------------------------------------------

    def _arm(self, seconds: float) -> None:
        self.close()
        self._timer = self._loop.call_at(self._sent_at + seconds, self._tick)

    def _tick(self) -> None:
        """Runs when the client may have heard nothing for too long. A write under way is no silence."""
        pause = self._streaming.ping_seconds if self.started else self._streaming.commit_seconds
        if not self._writing and self._loop.time() >= self._sent_at + pause:
            self._beat = self._loop.create_task(self._beat_once(self._sign_of_life()))
            self.started, self._sent_at = True, self._loop.time()
        self._arm(self._streaming.ping_seconds if self.started else pause)

    async def _beat_once(self, data: bytes) -> None:
        with suppress(ClientLeft):  # `Presence` notices that by itself
            await self._put(data)

    def _sign_of_life(self) -> bytes:
        if not self._opened and (events := self._opening()):
            self._opened = True
            return self._writer.feed([*events, PING])
        return self._writer.feed([PING]) if self._opened else self._client.waiting


def _without_opening(data: bytes) -> bytes:
    """Whole events without the message_start among them."""
    start = _OPENING.search(data)
    if start is None:
        return data
    end = _BLANK_LINE.search(data, start.end())
    return data[: start.start()] + data[end.end() :] if end else data


class WholeReply:
    """A reply that is put together before anybody gets it; what becomes of it then is the subclass's `end`."""

    started = False

    def __init__(self) -> None:
        self._fold = Fold()
        self._whole: bytes | None = None

    def wait(self, opening: Callable[[], list[Event]]) -> None:
        """An attempt begins: forget what a failed one left."""
        self._fold = Fold()
        self._whole = None

    async def write(self, events: Iterable[Event]) -> None:
        """Keep the events until the end."""
        self._fold.feed(events)

    async def relay(self, data: bytes, events: list[Event]) -> None:
        """The provider's own JSON document when there are no events in it; else as `write`."""
        if events:
            self._fold.feed(events)
        else:
            self._whole = data

    @property
    def _folded(self) -> Json:
        """The message of the events. Raises `UpstreamBroken` when they never made one."""
        if self._fold.message is None:
            raise UpstreamBroken("the provider's answer holds no message")
        return self._fold.message

    async def fail(self, error: GatewayError) -> None:
        """Nothing has been sent, so the error gets its status."""
        raise error

    def close(self) -> None:
        """Nothing to stop."""


class MessageReply(WholeReply):
    """A whole JSON answer, put together from the same events."""

    def __init__(self, request: Request, writer: ClientWriter, headers: Headers) -> None:
        super().__init__()
        self._request = request
        self._writer = writer
        self._headers = headers

    async def end(self) -> None:
        """Send the message. Raises `UpstreamBroken` when the events never made one."""
        body = self._whole
        if body is None:
            body = dumps(self._writer.whole(self._folded))
        self.started = True
        await send_bytes(self._request, 200, body, self._headers())
