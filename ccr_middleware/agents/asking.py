"""What agents ask of the gateway: another model's answer, or a page of an API."""

from __future__ import annotations

from collections.abc import Callable

from ..anthropic.fold import Fold
from ..errors import GatewayError, UpstreamBroken
from ..jsonio import loads
from ..unified import Event, Json
from ..upstream.base import Transport, WireRequest
from .context import Fetch

#: Of a longer answer to `fetch` no more is read (bytes).
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class KeptReply:
    """A `Reply` that nobody is sent: its `message` is there when it has ended."""

    started = False

    def __init__(self) -> None:
        self.message: Json = {}
        self._fold = Fold()

    def wait(self, opening: Callable[[], list[Event]]) -> None:
        """An attempt begins: forget what a failed one left."""
        self._fold = Fold()
        self.message = {}

    async def write(self, events: list[Event]) -> None:
        """Keep the events."""
        self._fold.feed(events)

    async def relay(self, data: bytes, events: list[Event]) -> None:
        """The same, or a message that came whole. Raises `UpstreamBroken` when it is none."""
        if events:
            self._fold.feed(events)
            return
        try:
            self.message = loads(data)
        except ValueError:
            raise UpstreamBroken("the provider's answer is not JSON") from None

    async def end(self) -> None:
        """Put the message together. Raises `UpstreamBroken` when there is none."""
        self.message = self.message or self._fold.message or {}
        if not self.message:
            raise UpstreamBroken("the provider's answer holds no message")

    async def fail(self, error: GatewayError) -> None:
        """Nothing has been sent, so the error is the caller's."""
        raise error

    def close(self) -> None:
        """Nothing to stop."""


def fetching(transport_for: Callable[[str], Transport]) -> Fetch:
    """A `Fetch` over the transports of the gateway; `transport_for` finds the one for a URL."""

    async def fetch(request: WireRequest) -> tuple[int, bytes]:
        response = await transport_for(request.url).send(request)
        answer = bytearray()
        try:
            async for data in response.chunks():
                answer += data
                if len(answer) > MAX_ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return response.status, bytes(answer[:MAX_ANSWER_BYTES])

    return fetch
