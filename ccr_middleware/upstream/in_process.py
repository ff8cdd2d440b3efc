"""A transport without a network: the provider is a coroutine function in this process (the demo provider, tests)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import anyio

from .base import WireRequest

#: Answers a request: status, headers (lower-case names) and the body as it comes.
Handler = Callable[[WireRequest], Awaitable[tuple[int, dict[str, str], AsyncIterator[bytes]]]]


class InProcessResponse:
    """What the handler gave. `aclose` ends its body at once, so the handler sees a client that leaves."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: AsyncIterator[bytes]) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    def chunks(self) -> AsyncIterator[bytes]:
        """The handler's own iterator."""
        return self._body

    async def aclose(self) -> None:
        """Close the iterator, if it can be closed (generators can); shielded, so its clean-up runs to the end."""
        close = getattr(self._body, "aclose", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await close()


class InProcessTransport:
    """Sends requests to `handler`. What the handler raises leaves unchanged."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def send(self, request: WireRequest) -> InProcessResponse:
        """Ask the handler."""
        return InProcessResponse(*await self._handler(request))

    async def aclose(self) -> None:
        """Nothing is held."""
