"""What endpoints are given, and what the table knows of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from ..access.door import Access
from ..access.principal import Principal
from ..http import Request
from ..state import State
from ..targets import Snapshot
from ..wire.client import ClientFormat
from ..wire.messages import MESSAGES_CLIENT


class Visit(NamedTuple):
    """One request to an endpoint: its id, the configuration of this moment, the gateway's memory, and who calls."""

    id: str
    snapshot: Snapshot
    state: State
    caller: Principal


#: Answers a request, or raises `GatewayError` or `ClientLeft` as long as nothing was sent.
Handler = Callable[[Request, Visit], Awaitable[None]]


class Endpoint(NamedTuple):
    """A handler, who may call it, and whose format its errors have."""

    handler: Handler
    access: Access = "client"
    client: ClientFormat = MESSAGES_CLIENT


#: path -> method -> endpoint. A path may have one `{id}` in it.
Table = Mapping[str, Mapping[str, Endpoint]]
