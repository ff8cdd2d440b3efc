"""Whether a provider could read a body at all: the rules every endpoint of a wire format holds its callers to.

They are fewer than those of any single provider, so that a transformer may add whatever fields its provider knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..jsonio import dumps
from ..lenient import as_list, dicts
from ..unified import Json
from ..wire.format import WireName


def faults(wire: WireName, body: Json) -> list[str]:
    """What is wrong with a body of a format that is translated, one sentence each."""
    try:
        dumps(body)
    except (TypeError, ValueError) as problem:
        return [f"the body is not JSON: {problem}"]
    return list(_RULES[wire](body))


def _chat(body: Json) -> Iterator[str]:
    messages = dicts(body.get("messages"))
    if not messages or len(messages) != len(as_list(body.get("messages"))):
        yield "messages must be a list of objects, with at least one"
    for place, message in enumerate(messages):
        if not isinstance(message.get("role"), str):
            yield f"messages[{place}] has no role"
        if not isinstance(message.get("content"), str | list) and not message.get("tool_calls"):
            yield f"messages[{place}] has no content"
    for message in messages:
        for call in dicts(message.get("tool_calls")):
            function = call.get("function")
            if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
                yield "a call must have a function with its arguments as JSON text"
    yield from _unanswered(
        [
            [call.get("id") for call in dicts(message.get("tool_calls"))],
            [message.get("tool_call_id")] if message.get("role") == "tool" else [],
        ]
        for message in messages
    )
    names = [
        function.get("name") for tool in dicts(body.get("tools")) if isinstance(function := tool.get("function"), dict)
    ]
    choice = body.get("tool_choice")
    named = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    yield from _tools(names, named)


def _responses(body: Json) -> Iterator[str]:
    given = body.get("input")
    items = dicts(given)
    if not (isinstance(given, str) and given) and not items:
        yield "input must be a text or a list of items"
    yield from _unanswered(
        [
            [item.get("call_id")] if item.get("type") == "function_call" else [],
            [item.get("call_id")] if item.get("type") == "function_call_output" else [],
        ]
        for item in items
    )
    choice = body.get("tool_choice")
    names = [tool.get("name") for tool in dicts(body.get("tools")) if tool.get("type") == "function"]
    yield from _tools(names, choice.get("name") if isinstance(choice, dict) else None)


def _gemini(body: Json) -> Iterator[str]:
    contents = dicts(body.get("contents"))
    if not contents:
        yield "contents must be a list of objects, with at least one"
    expected = 0
    for place, content in enumerate(contents):
        parts = dicts(content.get("parts"))
        if not parts or content.get("role") not in ("user", "model"):
            yield f"contents[{place}] must have a role and parts"
        answered = sum("functionResponse" in part for part in parts)
        if answered != expected:
            yield f"contents[{place}] answers {answered} calls instead of {expected}"
        expected = sum("functionCall" in part for part in parts)
    declared = [one.get("name") for tool in dicts(body.get("tools")) for one in dicts(tool.get("functionDeclarations"))]
    yield from _tools(declared, None)


def _unanswered(steps: Iterator[list[list[Any]]]) -> Iterator[str]:
    """Calls and results by their ids, step by step: every result answers a call before it, every call is answered."""
    open_ids: list[Any] = []
    for calls, results in steps:
        for result in results:
            if result in open_ids:
                open_ids.remove(result)
            else:
                yield f"the result {result} answers no call"
        open_ids += calls
    if open_ids:
        yield f"the calls {', '.join(map(str, open_ids))} have no result"


def _tools(names: list[Any], chosen: Any) -> Iterator[str]:
    if not all(isinstance(name, str) and name for name in names):
        yield "a tool has no name"
    if len({str(name) for name in names}) < len(names):
        yield "two tools have one name"
    if chosen is not None and chosen not in names:
        yield f"tool_choice names {chosen}, which is not among the tools"


_RULES: Mapping[WireName, Callable[[Json], Iterator[str]]] = {
    "chat": _chat,
    "responses": _responses,
    "gemini": _gemini,
}
