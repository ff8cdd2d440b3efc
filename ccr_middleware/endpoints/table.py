"""The endpoint table: path and method to handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from ..errors import MethodNotAllowed, NotFound
from ..http import Request
from ..state import State
from ..targets import Snapshot
from ..wire.chat.inbound.format import CHAT_CLIENT
from ..wire.client import ClientFormat
from ..wire.gemini.inbound.format import GEMINI_CLIENT
from ..wire.messages import MESSAGES_CLIENT
from ..wire.responses.inbound.format import RESPONSES_CLIENT
from . import about, api, gemini, messages, openai

Handler = Callable[[Request, Snapshot, State, str], Awaitable[None]]


class Endpoint(NamedTuple):
    """A handler, whether anybody may call it (what is not `public` needs a key), and whose format its errors have."""

    handler: Handler
    public: bool = False
    client: ClientFormat = MESSAGES_CLIENT


#: path -> method -> endpoint. HEAD is answered wherever GET is.
ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "/": {"GET": Endpoint(about.root, public=True)},
    "/health": {"GET": Endpoint(about.health, public=True)},
    "/api/hello": {"GET": Endpoint(about.hello, public=True)},
    "/api/transformers": {"GET": Endpoint(api.transformers)},
    "/v1/messages": {"POST": Endpoint(messages.messages)},
    "/v1/messages/count_tokens": {"POST": Endpoint(messages.count_tokens)},
    "/v1/chat/completions": {"POST": Endpoint(openai.chat_completions, client=CHAT_CLIENT)},
    "/v1/responses": {"POST": Endpoint(openai.responses, client=RESPONSES_CLIENT)},
    "/v1beta/models/{model}:{action}": {"POST": Endpoint(gemini.generate, client=GEMINI_CLIENT)},
    "/v1/models": {"GET": Endpoint(about.models)},
    "/v1/models/{id}": {"GET": Endpoint(about.model)},
}


def find_endpoint(method: str, path: str) -> Endpoint:
    """The endpoint of a request. Raises `NotFound` or `MethodNotAllowed`."""
    methods = ENDPOINTS.get(path)
    if methods is None and ":" in path and path.startswith(gemini.PREFIXES) and method == "POST":
        methods = ENDPOINTS["/v1beta/models/{model}:{action}"]
    if methods is None and path.startswith("/v1/models/"):
        methods = ENDPOINTS["/v1/models/{id}"]
    if methods is None:
        raise NotFound(f"there is nothing at {path}; clients are given the address of the gateway without /v1")
    endpoint = methods.get("GET" if method == "HEAD" else method)
    if endpoint is None:
        allowed = ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
        raise MethodNotAllowed(f"{path} does not take {method}; it takes {allowed}", headers={"allow": allowed})
    return endpoint
