"""Small changes to a Messages request, none of which touches the request that is given."""

from __future__ import annotations

from collections.abc import Iterable

from ..lenient import as_dict, as_list, dicts, text_of
from ..unified import Json


def add_instructions(body: Json, text: str) -> Json:
    """The request with a text at the end of its system prompt, which may be a string, blocks, or missing."""
    system = body.get("system")
    if isinstance(system, list):
        return {**body, "system": [*system, {"type": "text", "text": text}]}
    return {**body, "system": f"{system}\n\n{text}" if text_of(system) else text}


def add_tools(body: Json, definitions: Iterable[Json]) -> Json:
    """The request with more tools, behind the client's, so that what is cached of those stays good."""
    return {**body, "tools": [*as_list(body.get("tools")), *definitions]}


def client_tools(body: Json) -> set[str]:
    """The names of the tools in a request."""
    return {text_of(tool.get("name")) for tool in dicts(body.get("tools"))}


def add_round(body: Json, content: list[Json], results: list[Json]) -> Json:
    """The request that follows a round: what the model said, and the results of its calls.

    A prefill, an answer that the client began for the model, becomes part of what it said.
    """
    messages = as_list(body.get("messages"))
    if messages and as_dict(messages[-1]).get("role") == "assistant":
        *messages, prefill = messages
        content = [*blocks_of(prefill), *content]
    said = {"role": "assistant", "content": content}
    return {**body, "messages": [*messages, said, {"role": "user", "content": results}]}


def with_free_choice(body: Json, names: Iterable[str]) -> Json:
    """The request without a forced choice that has been obeyed: of one of these tools, or of any when there are no
    others. Otherwise the model would have to call for ever."""
    choice, names = as_dict(body.get("tool_choice")), set(names)
    forced = choice.get("type") == "tool" and choice.get("name") in names
    if forced or (choice.get("type") == "any" and client_tools(body) <= names):
        rest = {key: value for key, value in choice.items() if key not in ("type", "name")}
        return {**body, "tool_choice": {**rest, "type": "auto"}}
    return body


def blocks_of(message: Json) -> list[Json]:
    """The content of a message as blocks."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return dicts(content)
