"""Settings of a request that chat completions and Responses have in common, put on a Messages request."""

from __future__ import annotations

from typing import Any

from ....errors import BadRequest
from ....fields import at, read_object, read_text
from ....jsonio import dumps_str
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import JSON_ONLY, text_block

#: OpenAI's words for depth -> Anthropic's. `none` is no thinking at all.
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}


def set_effort(request: Json, effort: str, place: str, losses: Losses) -> None:
    """Switch thinking on, at a depth in OpenAI's words."""
    if effort not in _EFFORTS:
        raise BadRequest(f"{place}: must be one of none, {', '.join(_EFFORTS)}")
    if effort == "minimal":
        losses.add("reasoning_effort", "clamped", "The effort minimal is sent as low.")
    request.setdefault("thinking", {"type": "adaptive"})
    request.setdefault("output_config", {})["effort"] = _EFFORTS[effort]


def set_format(request: Json, form: Json, place: str, system: list[Json], losses: Losses, *, within: str = "") -> None:
    """The form of the answer, from `response_format` or `text.format`. What can only be told goes to `system`.
    `within`: the member that has the schema in it, if it is not the form itself."""
    kind: Any = form.get("type", "text")
    if kind == "json_schema":
        holder, where = (read_object(form, within, place) or form, at(place, within)) if within else (form, place)
        schema = read_object(holder, "schema", where)
        if schema is None:
            raise BadRequest(f"{where}.schema: must be a JSON schema object")
        request.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": schema}
    elif kind == "json_object":
        losses.add(place, "emulated", "That the answer must be JSON is told in the system prompt.")
        system.append(text_block(JSON_ONLY))
    elif kind != "text":
        raise BadRequest(f"{place}.type: must be text, json_object or json_schema")


def set_caller(request: Json, body: Json, losses: Losses) -> None:
    """`metadata.user_id`; reports `service_tier`.

    `prompt_cache_key` names the conversation whose requests share a prefix, so it is the session, in the form that
    Claude Code gives both in (`routing.session`, `anthropic.request`).
    """
    user = read_text(body, "safety_identifier") or read_text(body, "user")
    if session := read_text(body, "prompt_cache_key"):
        user = dumps_str({"account_uuid": user, "session_id": session})
    if user:
        request["metadata"] = {"user_id": user}
    if read_text(body, "service_tier") not in ("", "auto", "default"):
        losses.add("service_tier", "dropped", "Another tier of service than the default cannot be asked for.")
