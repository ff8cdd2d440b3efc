"""The endpoint table: path and method to handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
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
from . import about, api, gemini, messages, models, openai

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
    "/api/explain": {"POST": Endpoint(api.explain)},
    "/api/health/targets": {"GET": Endpoint(api.target_health)},
    "/api/transformers": {"GET": Endpoint(api.transformers)},
    "/v1/messages": {"POST": Endpoint(messages.messages)},
    "/v1/messages/count_tokens": {"POST": Endpoint(messages.count_tokens)},
    "/v1/chat/completions": {"POST": Endpoint(openai.chat_completions, client=CHAT_CLIENT)},
    "/v1/responses": {"POST": Endpoint(openai.responses, client=RESPONSES_CLIENT)},
    "/v1/models": {"GET": Endpoint(models.models)},
    "/v1/models/{id}": {"GET": Endpoint(models.model)},
    "/v1beta/models/{model}:{action}": {"POST": Endpoint(gemini.generate, client=GEMINI_CLIENT)},
    "/v1beta/models": {"GET": Endpoint(models.gemini_models, client=GEMINI_CLIENT)},
    "/v1beta/models/{model}": {"GET": Endpoint(models.gemini_model, client=GEMINI_CLIENT)},
}

#: Gemini's clients may be set to any of these versions of its API.
_GEMINI_VERSIONS = frozenset({"/v1beta", "/v1", "/v1alpha", "/v1beta1"})


def find_endpoint(method: str, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> Endpoint:
    """The endpoint of a request. Raises `NotFound` or `MethodNotAllowed`.

    `/v1/models` is a path of all clients; Google's, whose SDK calls it, are known by the header of their key.
    """
    if path.startswith("/v1/models") and "x-goog-api-key" in headers:
        path = path.replace("/v1", "/v1beta", 1)
    methods = ENDPOINTS.get(path) or ENDPOINTS.get(_pattern(method, path))
    if methods is None:
        raise NotFound(f"there is nothing at {path}; clients are given the address of the gateway without /v1")
    endpoint = methods.get("GET" if method == "HEAD" else method)
    if endpoint is None:
        allowed = ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
        raise MethodNotAllowed(f"{path} does not take {method}; it takes {allowed}", headers={"allow": allowed})
    return endpoint


def _pattern(method: str, path: str) -> str:
    """The path of the table that a path under some `/models` is meant by; empty for any other."""
    version, slash, model = f"{path}/".partition("/models/")
    if not slash or version not in _GEMINI_VERSIONS:
        return ""
    if method == "POST" and ":" in model:
        return "/v1beta/models/{model}:{action}"
    if version == "/v1":
        return "/v1/models/{id}"
    return "/v1beta/models/{model}" if model else "/v1beta/models"
