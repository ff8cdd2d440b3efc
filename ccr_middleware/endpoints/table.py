"""The endpoint table: path and method to handler."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..errors import MethodNotAllowed, NotFound
from ..wire.chat.inbound.format import CHAT_CLIENT
from ..wire.gemini.inbound.format import GEMINI_CLIENT
from ..wire.responses.inbound.format import RESPONSES_CLIENT
from . import about, gemini, messages, models, openai
from .visit import Endpoint, Table

#: What clients ask. HEAD is answered wherever GET is.
CLIENT_ENDPOINTS: Table = {
    "/": {"GET": Endpoint(about.root, "public")},
    "/health": {"GET": Endpoint(about.health, "recognised")},
    "/api/hello": {"GET": Endpoint(about.hello, "public")},
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


@cache
def api_endpoints() -> Table:
    """What whoever manages the gateway asks. Loaded when somebody does: clients never need it."""
    from . import api, configuration, history, keys, logs, plugins, presets, providers, session

    modules = (api, configuration, history, keys, logs, plugins, presets, providers, session)
    return {path: methods for module in modules for path, methods in module.ENDPOINTS.items()}


#: Gemini's clients may be set to any of these versions of its API.
_GEMINI_VERSIONS = frozenset({"/v1beta", "/v1", "/v1alpha", "/v1beta1"})


def find_endpoint(method: str, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> Endpoint:
    """The endpoint of a request. Raises `NotFound` or `MethodNotAllowed`.

    `/v1/models` is a path of all clients; Google's, whose SDK calls it, are known by the header of their key.
    """
    if path.startswith("/v1/models") and "x-goog-api-key" in headers:
        path = path.replace("/v1", "/v1beta", 1)
    methods = CLIENT_ENDPOINTS.get(path) or CLIENT_ENDPOINTS.get(_pattern(method, path)) or _managing(path)
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


def _managing(path: str) -> Mapping[str, Endpoint] | None:
    """What manages the gateway: the web UI, and paths below `/api`, which may have one `{id}` in them."""
    if path == "/ui" or path.startswith("/ui/"):
        from . import ui

        return ui.find(path)
    if not path.startswith("/api/"):
        return None
    table, parts = api_endpoints(), path.split("/")
    with_id = ("/".join([*parts[:place], "{id}", *parts[place + 1 :]]) for place in range(len(parts) - 1, 2, -1))
    return next((table[pattern] for pattern in (path, *with_id) if pattern in table), None)
