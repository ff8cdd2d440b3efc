"""A Messages request to the pivot.

Every top-level field is in one row of this table; one that is null counts as absent.

| row       | fields                                                                                            |
|-----------|---------------------------------------------------------------------------------------------------|
| carried   | `model`, `messages`, `system`, `max_tokens`, `temperature`, `top_p`, `top_k`, `stop_sequences`,   |
|           | `stream`, `tools`, `tool_choice`, `thinking`, `output_config`, `output_format`, `metadata`,       |
|           | `service_tier`                                                                                    |
| omitted   | `betas`, `billing_policy`, `cache_control`, `diagnostics`, `fallback_credit_token`, `fallbacks`,  |
|           | `safeguards`, `speed`, `user_profile_id`, `workspace_id`: about Anthropic's service, not about    |
|           | what the model shall say, so no answer depends on them. `safeguards`: the client sees by itself   |
|           | whether they were served.                                                                         |
|           | `thread` (create): that nothing is kept, the client is told when it continues.                    |
|           | `context_management` that clears thinking or tool results: all of the history is sent.            |
| dropped   | `compaction`, `container`, `inference_geo`, `mcp_servers`,                                        |
|           | `output_config.task_budget`, `context_management` of another kind; unknown ones as                |
|           | `unknown_fields`                                                                                  |
| refused   | `thread` (continue): the history is with Anthropic, an answer without it would be wrong           |
"""

from __future__ import annotations

from ..errors import BadRequest
from ..fields import read_count, read_flag, read_number, read_object, read_text, read_texts, report_unknown
from ..jsonio import loads
from ..lenient import as_dict, as_list, text_of
from ..losses import Losses
from ..unified import Json, UnifiedRequest
from .messages import to_conversation
from .system import to_system
from .thinking import read_effort, to_reasoning, to_response_format
from .tools import set_tool_choice, to_tools

_CARRIED = {
    *("model", "messages", "system", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "stream"),
    *("tools", "tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier"),
}
_OMITTED = {
    *("betas", "billing_policy", "cache_control", "diagnostics", "fallback_credit_token", "fallbacks"),
    *("safeguards", "speed", "thread", "user_profile_id", "workspace_id"),
}
_DROPPED = {
    "compaction": "A request for compaction is answered like any other.",
    "container": "There is no container for code and skills.",
    "inference_geo": "The region cannot be chosen.",
    "mcp_servers": "Only Anthropic connects to MCP servers by itself.",
}
_KNOWN = frozenset({*_CARRIED, *_OMITTED, *_DROPPED, "context_management"})
#: Fields that are never reported, whatever is in them.
_PLAIN = frozenset(_CARRIED) - {"output_config"}


def to_unified(body: Json, losses: Losses, *, session_id: str | None = None) -> UnifiedRequest:
    """Convert a request. The body is not changed, but the result shares values with it (schemas, cache marks).

    Raises BadRequest naming the place and what belongs there.
    """
    if not isinstance(body, dict):
        raise BadRequest("the request must be a JSON object")
    try:
        return _to_unified(body, losses, session_id)
    except RecursionError:
        raise BadRequest("the request is nested too deeply") from None


def _to_unified(body: Json, losses: Losses, session_id: str | None) -> UnifiedRequest:
    model = read_text(body, "model")
    _report_fields(body, losses)
    system = to_system(body.get("system"), losses)
    conversation = to_conversation(body.get("messages"), losses)
    request: UnifiedRequest = {
        "model": model,
        "messages": [system, *conversation.messages] if system else conversation.messages,
        "stream": bool(read_flag(body, "stream")),
    }
    _set_sampling(request, body, losses)
    tool_set = to_tools(body.get("tools"), conversation.tool_changes, losses)
    if tool_set.functions:
        request["tools"] = list(tool_set.functions.values())
    if tool_set.server_tools:
        request["server_tools"] = tool_set.server_tools
    set_tool_choice(request, body.get("tool_choice"), tool_set, losses)
    effort = read_effort(body.get("output_config"), "output_config", losses)
    if reasoning := to_reasoning(body.get("thinking"), conversation.effort or effort, losses):
        request["reasoning"] = reasoning
    if response_format := to_response_format(body, losses):
        request["response_format"] = response_format
    _set_caller(request, body, session_id)
    return request


def _report_fields(body: Json, losses: Losses) -> None:
    """Report what the pivot has no place for."""
    if _PLAIN.issuperset(body):
        return
    _refuse_continued_thread(body)
    for name in body:
        if name in _OMITTED and body[name]:
            losses.add(name, "omitted", "This is about Anthropic's service.")
    for name, detail in _DROPPED.items():
        if body.get(name):
            losses.add(name, "dropped", detail)
    for edit in as_list(as_dict(body.get("context_management")).get("edits")):
        _report_edit(text_of(as_dict(edit).get("type")), losses)
    if as_dict(body.get("output_config")).get("task_budget"):
        losses.add("output_config.task_budget", "dropped", "The model is not told of a token budget.")
    report_unknown(body, _KNOWN, "unknown_fields", losses)


def _refuse_continued_thread(body: Json) -> None:
    if as_dict(body.get("thread")).get("type") == "continue":
        raise BadRequest(
            "thread: this model cannot continue a thread kept by Anthropic; send all messages instead",
            details={"error_code": "thread_not_found"},  # the SDK's word for it: it sends all messages by itself
        )


def _report_edit(kind: str, losses: Losses) -> None:
    """Report what is asked to become of the history."""
    if kind.startswith(("clear_thinking", "clear_tool_uses")):
        losses.add("context_management", "omitted", "All of the history is sent.")
    else:
        losses.add("context_management", "dropped", "The history is not compacted by the provider.")


def _set_sampling(request: UnifiedRequest, body: Json, losses: Losses) -> None:
    """`max_tokens`, `temperature`, `top_p`, `top_k`, `stop_sequences`."""
    max_tokens = read_count(body, "max_tokens", least=0)
    if max_tokens == 0:
        # Anthropic's way to fill its prompt cache without an answer; others must be asked for a token at least.
        losses.add("max_tokens", "clamped", "max_tokens 0 became 1.")
    if max_tokens is not None:
        request["max_tokens"] = max_tokens or 1
    if (temperature := read_number(body, "temperature")) is not None:
        request["temperature"] = temperature
    if (top_p := read_number(body, "top_p")) is not None:
        request["top_p"] = top_p
    if (top_k := read_count(body, "top_k", least=0)) is not None:
        request["top_k"] = top_k
    if stop := read_texts(body, "stop_sequences"):
        request["stop"] = stop


def _set_caller(request: UnifiedRequest, body: Json, session_id: str | None) -> None:
    """`user`, `session_id`, `service_tier`."""
    user_id = (read_object(body, "metadata") or {}).get("user_id")
    if isinstance(user_id, str) and (user := _person(user_id)):
        request["user"] = user
    if session_id:
        request["session_id"] = session_id
    if tier := read_text(body, "service_tier"):
        request["service_tier"] = tier


def _person(user_id: str) -> str:
    """The part of Claude Code's `user_id` that stays the same from session to session.

    Newer versions send JSON text with account, device and session; older ones
    `user_<hex>_account_<uuid>_session_<uuid>`; other clients whatever they like.
    """
    if user_id.startswith("{"):
        try:
            ids = loads(user_id)
        except ValueError:
            return user_id
        known = [ids.get(key) for key in ("account_uuid", "device_id")] if isinstance(ids, dict) else []
        return next((value for value in known if isinstance(value, str) and value), "")
    return user_id.partition("_account_")[0]
