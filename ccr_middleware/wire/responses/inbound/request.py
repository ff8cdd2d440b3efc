"""A Responses request as a Messages request.

| field                                           | becomes                                                           |
|-------------------------------------------------|-------------------------------------------------------------------|
| `input`, `instructions`                         | `messages`, `system`; see `items`                                 |
| `tools`, `tool_choice`, `parallel_tool_calls`   | the same of Messages; see `tools`                                 |
| `max_output_tokens`                             | `max_tokens`; without it, none: most providers have a better one  |
| `max_tool_calls`                                | `max_uses` of the web search, the only tool a provider runs       |
| `temperature`, `top_p`, `stream`, `model`       | the same                                                          |
| `reasoning.effort`                              | `thinking` adaptive or disabled, and `output_config.effort`       |
| `reasoning.summary`                             | `thinking.display: summarized`                                    |
| `text.format` json_schema                       | `output_config.format`                                            |
| `user`, `safety_identifier`, `prompt_cache_key` | `metadata.user_id`: person and session, as Claude Code writes it  |
| `text.format` json_object                       | a line of the system prompt                                       |
| `metadata`                                      | nothing but the answer's: it is a label of the stored response    |
| no loss                                         | `client_metadata`, `stream_options`, `prompt_cache_options`,      |
|                                                 | `prompt_cache_retention`, `background_options`, `include` of what |
|                                                 | is always there, and defaults of anything                         |
| dropped                                         | `store` true, `truncation` auto, `top_logprobs`, other `include`, |
|                                                 | `text.verbosity`, `service_tier`, `_DROPPED`, and unknown fields  |
| refused                                         | `previous_response_id`, `conversation`, `prompt`, `background`    |
"""

from __future__ import annotations

from ....errors import BadRequest
from ....fields import read_count, read_flag, read_list, read_number, read_object, read_text, report_unknown
from ....losses import Losses
from ....unified import Json
from ...client import Inbound
from ...inbound.blocks import text_block
from ...openai.inbound.request import set_caller, set_effort, set_format
from .echo import to_echo
from .items import KEEPS_NOTHING, Turns, read_items
from .tools import Offered, add_tools, to_tool_choice

_ALWAYS_INCLUDED = frozenset({"reasoning.encrypted_content", "web_search_call.action.sources"})

_REFUSED = {
    "previous_response_id": KEEPS_NOTHING,
    "conversation": KEEPS_NOTHING,
    "prompt": "the gateway keeps no prompts; send instructions and input instead",
    "background": "the gateway keeps no responses to be fetched later; leave it out, or set stream",
}
_DROPPED = {
    "access_programs": "Access programs are OpenAI's own.",
    "context_management": "The conversation is not compacted by the provider.",
    "image": "How images are compressed cannot be chosen.",
    "moderation": "Nothing is moderated besides what the provider does anyway.",
    "top_logprobs": "The chances of single tokens are not told.",
}
_KNOWN = frozenset(
    {
        *("model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens"),
        *("max_tool_calls", "temperature", "top_p", "stream", "reasoning", "text", "user", "safety_identifier"),
        *("prompt_cache_key", "service_tier", "metadata", "store", "truncation", "include", "client_metadata"),
        *("stream_options", "prompt_cache_options", "prompt_cache_retention", "background_options"),
        *_REFUSED,
        *_DROPPED,
    }
)


def read_request(body: Json, losses: Losses) -> Inbound:
    """Convert a request. The body is not changed. Raises BadRequest naming the place and what belongs there."""
    if not isinstance(body, dict):
        raise BadRequest("the request must be a JSON object")
    try:
        return _read(body, losses)
    except RecursionError:
        raise BadRequest("the request is nested too deeply") from None


def _read(body: Json, losses: Losses) -> Inbound:
    _check_fields(body, losses)
    turns = read_items(body.get("input"), losses)
    offered = Offered()
    for path, holder in [("", body), *turns.tools]:
        add_tools(holder, path, offered, losses, read_count(body, "max_tool_calls"))
    choice = to_tool_choice(body, offered, losses)
    request: Json = {"messages": _messages(turns, losses), "stream": bool(read_flag(body, "stream"))}
    _set_sampling(request, body)
    if offered.tools:
        request["tools"] = offered.tools
    if choice is not None:
        request["tool_choice"] = choice
    _set_thinking(request, body, losses)
    _set_form(request, body, turns.system, losses)
    if instructions := read_text(body, "instructions"):
        turns.system.insert(0, text_block(instructions))
    if turns.system:
        request["system"] = turns.system
    read_object(body, "metadata")
    set_caller(request, body, losses)
    return Inbound(request, to_echo(body, offered.names))


# -- fields ------------------------------------------------------------------------------------------------


def _check_fields(body: Json, losses: Losses) -> None:
    """Refuse what cannot be done, report what is left out."""
    for name, problem in _REFUSED.items():
        if body.get(name):
            raise BadRequest(f"{name}: {problem}")
    for name, detail in _DROPPED.items():
        if body.get(name):
            losses.add(name, "dropped", detail)
    if read_flag(body, "store"):
        losses.add("store", "dropped", "Responses are not kept.")
    if body.get("truncation") not in (None, "disabled"):
        losses.add("truncation", "dropped", "A conversation that is too long is refused, not shortened.")
    if set(map(str, read_list(body, "include"))) - _ALWAYS_INCLUDED:
        losses.add("include", "dropped", "Only encrypted reasoning and the sources of searches can be included.")
    report_unknown(body, _KNOWN, "unknown_fields", losses)


def _messages(turns: Turns, losses: Losses) -> list[Json]:
    """The messages; where there are only instructions, the last of them is what the model answers to."""
    if turns.messages:
        return turns.messages
    if not turns.system:
        raise BadRequest("input: at least one item must say something")
    losses.add("input.instructions_only", "emulated", "A message of the developer is sent as the user's.")
    return [{"role": "user", "content": [turns.system.pop()]}]


def _set_sampling(request: Json, body: Json) -> None:
    if model := read_text(body, "model"):
        request["model"] = model
    if (limit := read_count(body, "max_output_tokens")) is not None:
        request["max_tokens"] = limit
    for name in ("temperature", "top_p"):
        if (number := read_number(body, name)) is not None:
            request[name] = number


def _set_thinking(request: Json, body: Json, losses: Losses) -> None:
    """From `reasoning`. Claude leaves its thinking out unless asked, from version 4.7 on."""
    reasoning = read_object(body, "reasoning") or {}
    effort = read_text(reasoning, "effort", "reasoning")
    summary = read_text(reasoning, "summary", "reasoning") or read_text(reasoning, "generate_summary", "reasoning")
    if effort == "none":
        request["thinking"] = {"type": "disabled"}
        return
    if effort:
        set_effort(request, effort, "reasoning.effort", losses)
    if summary:
        request["thinking"] = {"type": "adaptive", "display": "summarized"}
    if summary not in ("", "auto"):
        losses.add("reasoning.summary", "clamped", "How detailed the summary is is left to the provider.")


def _set_form(request: Json, body: Json, system: list[Json], losses: Losses) -> None:
    """From `text`."""
    text = read_object(body, "text") or {}
    if text.get("verbosity") not in (None, "medium"):
        losses.add("text.verbosity", "dropped", "The length of the answer is left to the model.")
    set_format(request, read_object(text, "format", "text") or {}, "text.format", system, losses)
