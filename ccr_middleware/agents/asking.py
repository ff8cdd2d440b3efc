"""What agents ask of the gateway: another model's answer, or a page of an API."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UpstreamBroken
from ..jsonio import loads
from ..reply import WholeReply
from ..unified import Json
from ..upstream.base import Transport, WireRequest
from ..upstream.post import exchange
from .context import Fetch

#: Of a longer answer to `fetch` no more is read (bytes).
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class KeptReply(WholeReply):
    """A reply that nobody is sent: its `message` is there when it has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.message: Json = {}

    async def end(self) -> None:
        """Put the message together. Raises `UpstreamBroken` when there is none, or what came whole is none."""
        if self._whole is None:
            self.message = self._folded
            return
        try:
            self.message = loads(self._whole)
        except ValueError:
            raise UpstreamBroken("the provider's answer is not JSON") from None
        if not self.message:
            raise UpstreamBroken("the provider's answer holds no message")


def fetching(transport_for: Callable[[str], Transport]) -> Fetch:
    """A `Fetch` over the transports of the gateway; `transport_for` finds the one for a URL."""

    async def fetch(request: WireRequest) -> tuple[int, bytes]:
        return await exchange(transport_for(request.url), request, MAX_ANSWER_BYTES)

    return fetch
