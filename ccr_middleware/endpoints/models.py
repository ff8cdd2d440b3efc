"""The configured models: `/v1/models` for clients of Anthropic and OpenAI at once, `/v1beta/models` for Gemini's."""

from __future__ import annotations

from ..access.models import may_use
from ..access.principal import Principal
from ..errors import BadRequest, NotFound
from ..http import Request, send_json
from ..routing.catalogue import Shown, find_model, list_models, page_of
from ..unified import Json
from .visit import Visit

#: What Gemini calls the calls that a model takes, as it tells them itself.
_METHODS = ["generateContent", "countTokens"]


async def models(request: Request, visit: Visit) -> None:
    """`GET /v1/models`: what can be asked for, in pages."""
    size, query = _size(request, "limit"), request.query
    listed = list_models(visit.snapshot.config, shown=_shown_to(visit.caller))
    page = page_of(listed, size, query.get("after_id"), query.get("before_id"))
    await send_json(request, page, {"request-id": visit.id})


async def model(request: Request, visit: Visit) -> None:
    """`GET /v1/models/{id}`: one of them."""
    await send_json(request, _find(request, visit), {"request-id": visit.id})


async def gemini_models(request: Request, visit: Visit) -> None:
    """`GET /v1beta/models`: the same as Gemini lists them. A page's token is the last name on the page before."""
    listed = list_models(visit.snapshot.config, aliases=False, shown=_shown_to(visit.caller))
    page = page_of(listed, _size(request, "pageSize"), request.query.get("pageToken"))
    body: Json = {"models": [_as_gemini(entry) for entry in page["data"]]}
    if page["has_more"]:
        body["nextPageToken"] = page["last_id"]
    await send_json(request, body, {"request-id": visit.id})


async def gemini_model(request: Request, visit: Visit) -> None:
    """`GET /v1beta/models/{model}`: one of them."""
    await send_json(request, _as_gemini(_find(request, visit)), {"request-id": visit.id})


def _shown_to(caller: Principal) -> Shown:
    """What a caller may use: no more is shown."""
    return lambda provider, model: may_use(caller, provider, model, "", "explicit")


def _find(request: Request, visit: Visit) -> Json:
    """The entry of the model that the path names. Raises `NotFound`."""
    listing, _, name = request.path.partition("/models/")
    found = find_model(visit.snapshot.config, name, _shown_to(visit.caller))
    if found is None:
        raise NotFound(f'there is no model "{name}"; GET {listing}/models lists them')
    return found


def _as_gemini(entry: Json) -> Json:
    return {
        "name": f"models/{entry['id']}",
        "displayName": entry["display_name"],
        "supportedGenerationMethods": _METHODS,
    }


def _size(request: Request, name: str) -> int | None:
    """How many models on a page, None when nobody said. Raises `BadRequest`."""
    text = request.query.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < 1:
        raise BadRequest(f"{name}: must be a positive number")
    return int(text)
