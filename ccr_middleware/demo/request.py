"""What the demo model was asked: a chat-completions body, read and checked as strictly as a real endpoint does.

The checks are there for our own sake too: whoever breaks the pairing of tool calls and results finds out here and
not at a provider that charges for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import jsonio
from . import DEMO_MODELS

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

Message = dict[str, Any]


class Refused(Exception):
    """A request the model refuses: an HTTP status, and an error in OpenAI's shape."""

    def __init__(self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function on offer; `parameters` is its JSON schema."""

    name: str
    parameters: Any


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """A checked request.

    `tool_choice`: `auto`, `none`, `required`, or the name of a tool after `tool:`. `max_tokens` None: no limit.
    `response_schema`: the schema a JSON answer must have, True for any JSON, None for text. `size` in bytes.
    """

    model: str
    messages: list[Message]
    tools: tuple[Tool, ...]
    tool_choice: str
    stream: bool
    include_usage: bool
    thinking: bool
    max_tokens: int | None
    response_schema: Any
    size: int


def read_request(data: bytes) -> DemoRequest:
    """Parse and check a body. Raises Refused."""
    try:
        body = jsonio.loads(data)
    except ValueError:
        raise Refused("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused("the body must be a JSON object")
    model = _model(body)
    tools = tuple(_tools(body.get("tools")))
    options = body.get("stream_options")
    return DemoRequest(
        model=model,
        messages=_messages(body.get("messages")),
        tools=tools,
        tool_choice=_tool_choice(body.get("tool_choice"), tools),
        stream=body.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        thinking=model == "demo-thinking" or _asks_for_thinking(body),
        max_tokens=_max_tokens(body),
        response_schema=_response_schema(body.get("response_format")),
        size=len(data),
    )


def _model(body: dict[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refused("a model is missing", "model")
    if model.lower() not in DEMO_MODELS:
        raise Refused(
            f"the demo provider has no model `{model[:80]}`; it has {' and '.join(DEMO_MODELS)}",
            "model",
            status=404,
            code="model_not_found",
        )
    return model.lower()


def _messages(messages: Any) -> list[Message]:
    if not isinstance(messages, list) or not messages:
        raise Refused("messages must be a list with at least one message", "messages")
    for at, message in enumerate(messages):
        _check_message(message, f"messages[{at}]")
    _check_pairing(messages)
    return messages


def _check_message(message: Any, place: str) -> None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise Refused(f"{place}.role must be one of {', '.join(sorted(_ROLES))}", f"{place}.role")
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                raise Refused(f"{place}.content: every part must be an object with a type", f"{place}.content")
    elif not isinstance(content, str) and not (content is None and message["role"] == "assistant"):
        raise Refused(f"{place}.content must be a string or a list of parts", f"{place}.content")


def _check_pairing(messages: list[Message]) -> None:
    """Every tool call is answered by the tool messages right after it, and every tool message answers one."""
    open_ids: set[Any] = set()
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_ids:
                raise Refused(f"messages[{at}]: a tool message must answer a tool call right before it", "messages")
            open_ids.discard(message["tool_call_id"])
            continue
        if open_ids:
            raise Refused(f"messages[{at}]: tool calls have no results: {_listed(open_ids)}", "messages")
        open_ids = {call_id for call_id, _ in calls_of(message)}
    if open_ids:
        raise Refused(f"tool calls at the end have no results: {_listed(open_ids)}", "messages")


def _listed(ids: set[Any]) -> str:
    return ", ".join(sorted(map(str, ids)))


def calls_of(message: Message) -> Iterator[tuple[Any, str]]:
    """The id and name of each tool call of a message."""
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise Refused("tool_calls: every call must have an id and a function with name and arguments", "messages")
        yield call.get("id"), function["name"]


def _tools(tools: Any) -> Iterator[Tool]:
    if tools is None:
        return
    if not isinstance(tools, list):
        raise Refused("tools must be a list", "tools")
    for at, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str):
            raise Refused(f"tools[{at}] must be a function with a name", f"tools[{at}]")
        if not _TOOL_NAME.fullmatch(name):
            raise Refused(f"tools[{at}].function.name must match [a-zA-Z0-9_-]{{1,64}}", f"tools[{at}].function.name")
        yield Tool(name, function.get("parameters", {"type": "object"}))


def _tool_choice(choice: Any, tools: tuple[Tool, ...]) -> str:
    if choice is None or choice in ("auto", "none", "required"):
        return choice or "auto"
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if name not in [tool.name for tool in tools]:
        raise Refused("tool_choice names no tool of this request", "tool_choice")
    return f"tool:{name}"


def _asks_for_thinking(body: dict[str, Any]) -> bool:
    """Any of the spellings in use (`ChatDialect.reasoning_style`)."""
    reasoning, thinking = body.get("reasoning"), body.get("thinking")
    return (
        body.get("reasoning_effort") not in (None, "none", "minimal")
        or body.get("enable_thinking") is True
        or (isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive"))
        or (isinstance(reasoning, dict) and reasoning.get("enabled") is not False and reasoning.get("effort") != "none")
    )


def _max_tokens(body: dict[str, Any]) -> int | None:
    for key in ("max_completion_tokens", "max_tokens"):
        value = body.get(key)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise Refused(f"{key} must be a whole number of at least 1", key)
        return value
    return None


def _response_schema(wanted: Any) -> Any:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "json_object":
        return True
    if kind == "json_schema":
        described = wanted.get("json_schema")
        return described.get("schema", True) if isinstance(described, dict) else True
    return None
