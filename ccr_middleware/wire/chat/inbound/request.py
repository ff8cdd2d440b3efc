"""A chat completions request to a Messages request.

Every field is in one row of this table; one that is null counts as absent.

| row      | fields                                                                                              |
|----------|-----------------------------------------------------------------------------------------------------|
| carried  | `model`, `messages`, `stream`, `temperature`, `top_p`, `top_k`, `stop`, `max_completion_tokens`,    |
|          | `max_tokens`, `tools`, `tool_choice`, `parallel_tool_calls`, `functions`, `function_call`,          |
|          | `web_search_options`, `reasoning_effort`, `reasoning`, `thinking`, `response_format`, `user`,       |
|          | `safety_identifier`, `prompt_cache_key`, `stream_options.include_usage`                             |
| no loss  | `prompt_cache_options`, `prompt_cache_retention`, `include_reasoning`, and the fields below while   |
|          | they ask for what happens anyway (`n: 1`, `store: false`, a penalty of 0, `service_tier: auto`)     |
| dropped  | `frequency_penalty`, `presence_penalty`, `logit_bias`, `logprobs`, `top_logprobs`, `seed`, `store`, |
|          | `metadata`, `prediction`, `modalities` with more than text, `audio`, `moderation`, `verbosity`,     |
|          | `service_tier`; unknown ones as `unknown_fields`                                                    |
| refused  | `n` above 1; `modalities` without text: an answer could not have the form the client waits for      |

`max_tokens` stays away when the client sets no limit: most providers then have a better one of their own than this
gateway could make up. `temperature` keeps its value, which may be up to 2.
"""

from __future__ import annotations

from typing import Any

from ....errors import BadRequest
from ....fields import read_count, read_flag, read_number, read_object, read_text, read_texts, report_unknown
from ....losses import Losses
from ....unified import Json
from ...client import Inbound
from ...openai.inbound.request import set_caller, set_effort, set_format
from .messages import read_messages
from .tools import Tools, read_tools

#: Field -> (values that change nothing, what is lost by any other).
_DROPPED: dict[str, tuple[tuple[Any, ...], str]] = {
    "audio": ((), "The answer is text."),
    "frequency_penalty": ((0,), "The model is not told to avoid words it has used."),
    "logit_bias": (({},), "Tokens cannot be preferred or banned."),
    "logprobs": ((False,), "The answer holds no probabilities."),
    "metadata": (({},), "Nothing is stored that it could be attached to."),
    "moderation": ((), "The request and its answer are not moderated."),
    "prediction": ((), "The answer is not predicted."),
    "presence_penalty": ((0,), "The model is not told to avoid words it has used."),
    "seed": ((), "The answer cannot be repeated."),
    "store": ((False,), "The answer is not stored."),
    "top_logprobs": ((0,), "The answer holds no probabilities."),
    "verbosity": (("medium",), "The length of the answer is left to the model."),
}
_KNOWN = frozenset({
    *_DROPPED,
    *("model", "messages", "stream", "temperature", "top_p", "top_k", "stop", "max_completion_tokens", "max_tokens"),
    *("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "web_search_options"),
    *("reasoning_effort", "reasoning", "thinking", "response_format", "user", "safety_identifier"),
    *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "include_reasoning"),
    *("service_tier", "stream_options", "n", "modalities"),
})  # fmt: skip


def read_request(body: Json, losses: Losses) -> Inbound:
    """Read a request. The echo: `include_usage`, and of tools `custom` and `legacy` (see `tools.Tools`).

    Raises BadRequest that names the place and what belongs there.
    """
    _report_fields(body, losses)
    conversation = read_messages(body, losses)
    tools = read_tools(body, losses)
    request: Json = {"messages": conversation.messages, "stream": bool(read_flag(body, "stream"))}
    if model := read_text(body, "model"):
        request["model"] = model
    _set_sampling(request, body)
    _set_tools(request, tools)
    _set_thinking(request, body, losses)
    form = read_object(body, "response_format") or {}
    set_format(request, form, "response_format", conversation.system, losses, within="json_schema")
    if conversation.system:
        request["system"] = conversation.system
    set_caller(request, body, losses)
    options = read_object(body, "stream_options") or {}
    include_usage = bool(read_flag(options, "include_usage", "stream_options"))
    return Inbound(request, {"include_usage": include_usage, "custom": tools.custom, "legacy": tools.legacy})


def _report_fields(body: Json, losses: Losses) -> None:
    if (read_count(body, "n") or 1) > 1:
        raise BadRequest("n: must be 1, since this gateway gives one answer to a request")
    modalities = read_texts(body, "modalities")
    if modalities and "text" not in modalities:
        raise BadRequest("modalities: must hold text, the only form of answer there is")
    if set(modalities) - {"text"}:
        losses.add("modalities", "dropped", "The answer is text.")
    for name, (meaningless, detail) in _DROPPED.items():
        value = body.get(name)
        if value is not None and value not in meaningless:
            losses.add(name, "dropped", detail)
    report_unknown(body, _KNOWN, "unknown_fields", losses)


def _set_sampling(request: Json, body: Json) -> None:
    for name in ("temperature", "top_p"):
        if (number := read_number(body, name)) is not None:
            request[name] = number
    if (top_k := read_count(body, "top_k", least=0)) is not None:
        request["top_k"] = top_k
    limit = read_count(body, "max_completion_tokens")
    if limit is None:
        limit = read_count(body, "max_tokens")
    if limit is not None:
        request["max_tokens"] = limit
    stop = body.get("stop")
    if stop := [stop] if isinstance(stop, str) and stop else stop and read_texts(body, "stop"):
        request["stop_sequences"] = stop


def _set_tools(request: Json, tools: Tools) -> None:
    if tools.tools:
        request["tools"] = tools.tools
    if tools.choice is not None:
        request["tool_choice"] = tools.choice


def _set_thinking(request: Json, body: Json, losses: Losses) -> None:
    """From `reasoning_effort`; from `reasoning`, OpenRouter's form of it; or from `thinking`, as Anthropic has it and
    several chat providers too. `reasoning.exclude` is a wish about the answer's form that clients can meet alone."""
    thinking = read_object(body, "thinking")
    if thinking is not None:
        request["thinking"] = thinking
    reasoning = read_object(body, "reasoning") or {}
    effort, place = read_text(body, "reasoning_effort"), "reasoning_effort"
    if not effort:
        effort, place = read_text(reasoning, "effort", "reasoning"), "reasoning.effort"
    budget = read_count(reasoning, "max_tokens", "reasoning")
    enabled = read_flag(reasoning, "enabled", "reasoning")
    if effort == "none" or enabled is False:
        request["thinking"] = {"type": "disabled"}
    elif effort:
        set_effort(request, effort, place, losses)
    elif budget is not None:
        request["thinking"] = {"type": "enabled", "budget_tokens": budget}
    elif enabled:
        request.setdefault("thinking", {"type": "adaptive"})
