"""`input`: items to the turns of a Messages conversation.

| item                                             | becomes                                                      |
|--------------------------------------------------|--------------------------------------------------------------|
| message of `user` or `assistant`, typed or not   | blocks of that role                                          |
| message of `system` or `developer`               | `system` before anything else was said, a system message later |
| `function_call`, `custom_tool_call`              | `tool_use`                                                   |
| calls of tools that run at the client (`…_call`) | `tool_use` of that name, with the item's fields as input     |
| their `…_output`                                 | `tool_result`                                                |
| `reasoning`                                      | thinking, see `reasoning`                                    |
| `web_search_call`                                | a search and its sources                                     |
| `additional_tools`, `tool_search_output`         | more tools to offer                                          |
| those of `_NOTHING_HERE`                         | nothing, reported                                            |
| `item_reference`                                 | refused: nothing is kept here                                |
| any other                                        | text, so that what it says is not lost                       |

Items of one role that follow each other are one message, in their order; but results of tools come before what else
their message holds, for Anthropic insists on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....anthropic.arguments import keep_arguments
from ....anthropic.citations import SEARCH_ID_PREFIX
from ....anthropic.server_blocks import bounded_json
from ....errors import BadRequest
from ....fields import entries, read_name, read_text
from ....lenient import as_dict, as_list, dicts, text_of
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import text_block
from ...tool_names import ToolIds
from .parts import is_parts, read_parts
from .reasoning import to_block
from .tools import plain_name

#: What the gateway cannot do, and the way out.
KEEPS_NOTHING = "the gateway keeps no responses; send the whole conversation as input, with store false"

#: Longest id of a call that is left as it is; Anthropic takes letters, digits, `-` and `_`.
_ID_LIMIT = 128

#: Fields of an item that are about the item.
_ENVELOPE = frozenset({"type", "id", "call_id", "status", "caller", "pending_safety_checks"})

_NOTHING_HERE = {
    "compaction": "An encrypted summary of the conversation can only be read by who made it.",
    "compaction_trigger": "A request for compaction is answered like any other.",
    "configuration_update": "Settings hold for the whole request.",
}


class Turns:
    """The conversation while it is read. `tools`: the items that hold tools, each with its place. `place`: that of the
    item being read."""

    def __init__(self, losses: Losses) -> None:
        self.system: list[Json] = []
        self.messages: list[Json] = []
        self.tools: list[tuple[str, Json]] = []
        self.losses = losses
        self.ids = ToolIds(None, _ID_LIMIT)
        self.place = "input"

    def say(self, role: str, blocks: list[Json]) -> None:
        """Add blocks to the message of that role."""
        if blocks:
            self._content(role).extend(blocks)

    def answer(self, block: Json) -> None:
        """Add a tool's result, behind the others of its message."""
        content = self._content("user")
        place = next((i for i, one in enumerate(content) if one["type"] != "tool_result"), len(content))
        content.insert(place, block)

    def instruct(self, blocks: list[Json]) -> None:
        """Add what a system or developer message says."""
        if blocks and not self.messages:
            self.system += blocks
        elif blocks:
            self.messages.append({"role": "system", "content": blocks})

    def _content(self, role: str) -> list[Json]:
        if not self.messages or self.messages[-1]["role"] != role:
            self.messages.append({"role": role, "content": []})
        content: list[Json] = self.messages[-1]["content"]
        return content


def read_items(given: Any, losses: Losses) -> Turns:
    """Read `input`. Raises BadRequest naming the place."""
    turns = Turns(losses)
    if isinstance(given, str):
        turns.say("user", [text_block(given)] if given else [])
        return turns
    if not isinstance(given, list):
        raise BadRequest("input: is missing" if given is None else "input: must be a string or a list of items")
    for turns.place, item in entries(given, "input"):
        _read_item(item, turns)
    return turns


def _read_item(item: Json, turns: Turns) -> None:
    kind = _kind(item, turns.place)
    if reader := _READERS.get(kind):
        reader(item, turns)
    elif kind in _NOTHING_HERE:
        turns.losses.add(f"item.{kind}", "dropped", _NOTHING_HERE[kind])
    elif kind.endswith(("_call", "_call_output")) and item.get("call_id") and kind not in _HOSTED:
        turns.losses.add("item.client_tool", "emulated", "Calls of tools only OpenAI knows are told as functions.")
        (_result if kind.endswith("_output") else _client_call)(item, turns)
    else:
        _tell(item, turns)


def _kind(item: Json, place: str) -> str:
    """The type of an item; a message needs none, and neither does a reference (the SDK's types)."""
    if kind := read_text(item, "type", place):
        return kind
    if "role" in item:
        return "message"
    if "id" in item:
        return "item_reference"
    raise BadRequest(f"{place}.type: must be a type of item like message or function_call")


# -- what was said -----------------------------------------------------------------------------------------


def _message(item: Json, turns: Turns) -> None:
    role = read_name(item, "role", turns.place)
    blocks = read_parts(item.get("content"), f"{turns.place}.content", turns.losses)
    if role in ("user", "assistant"):
        turns.say(role, blocks)
    elif role not in ("system", "developer"):
        raise BadRequest(f"{turns.place}.role: must be user, assistant, system or developer")
    elif any(block["type"] != "text" for block in blocks):
        raise BadRequest(f"{turns.place}.content: a {role} message can hold text only")
    else:
        turns.instruct(blocks)


def _reasoning(item: Json, turns: Turns) -> None:
    block = to_block(item, turns.losses)
    turns.say("assistant", [block] if block else [])


def _reference(item: Json, turns: Turns) -> None:
    raise BadRequest(f"{turns.place}: an item_reference cannot be followed: {KEEPS_NOTHING}")


def _search(item: Json, turns: Turns) -> None:
    """A search by the model. The id says that it was not Anthropic's own, whose results are encrypted."""
    action = as_dict(item.get("action"))
    query = text_of(action.get("query")) or ", ".join(filter(None, map(text_of, as_list(action.get("queries")))))
    if not query:
        _tell(item, turns)
        return
    search_id = SEARCH_ID_PREFIX + turns.place.strip("input[]")
    blocks: list[Json] = [{"type": "server_tool_use", "id": search_id, "name": "web_search", "input": {"query": query}}]
    results = [
        {"type": "web_search_result", "url": url, "title": text_of(source.get("title")), "encrypted_content": ""}
        for source in dicts(action.get("sources"))
        if (url := text_of(source.get("url")))
    ]
    if results:
        blocks.append({"type": "web_search_tool_result", "tool_use_id": search_id, "content": results})
    turns.say("assistant", blocks)


def _tell(item: Json, turns: Turns) -> None:
    """What OpenAI's own tools did, in words."""
    kind = _kind(item, turns.place)
    turns.losses.add("item.told", "emulated", "What a tool of OpenAI did is told in text.")
    rest = {key: value for key, value in item.items() if key not in _ENVELOPE}
    if kind == "image_generation_call":
        rest.pop("result", None)  # an image nobody could show the model here
    role = "user" if kind == "mcp_approval_response" else "assistant"
    turns.say(role, [text_block(f"[{kind[:60]}: {bounded_json(rest)}]")])


# -- calls and their results -------------------------------------------------------------------------------


def _call(item: Json, name: str, arguments: Json, turns: Turns) -> None:
    call_id = turns.ids.to_wire(read_name(item, "call_id", turns.place))
    turns.say("assistant", [{"type": "tool_use", "id": call_id, "name": name, "input": arguments}])


def _function_call(item: Json, turns: Turns) -> None:
    name = plain_name(read_name(item, "name", turns.place), read_text(item, "namespace", turns.place))
    _call(item, name, keep_arguments(read_text(item, "arguments", turns.place)), turns)


def _custom_call(item: Json, turns: Turns) -> None:
    name = plain_name(read_name(item, "name", turns.place), read_text(item, "namespace", turns.place))
    _call(item, name, {"input": read_text(item, "input", turns.place)}, turns)


def _client_call(item: Json, turns: Turns) -> None:
    rest = {key: value for key, value in item.items() if key not in _ENVELOPE}
    _call(item, _kind(item, turns.place).removesuffix("_call"), rest, turns)


def _result(item: Json, turns: Turns) -> None:
    block: Json = {
        "type": "tool_result",
        "tool_use_id": turns.ids.to_wire(read_name(item, "call_id", turns.place)),
        "content": _output(item.get("output"), f"{turns.place}.output", turns.losses),
    }
    if item.get("status") == "failed":
        block["is_error"] = True
    turns.answer(block)


def _output(output: Any, path: str, losses: Losses) -> str | list[Json]:
    """A string, parts, a screenshot; what has another form is JSON text."""
    if output is None or isinstance(output, str):
        return output or ""
    if isinstance(output, dict) and output.get("type") == "computer_screenshot":
        output = [{"type": "input_image", "image_url": output.get("image_url"), "file_id": output.get("file_id")}]
    return read_parts(output, path, losses) if is_parts(output) else bounded_json(output)


# -- tools among the items ---------------------------------------------------------------------------------


def _more_tools(item: Json, turns: Turns) -> None:
    turns.tools.append((turns.place, item))


def _found_tools(item: Json, turns: Turns) -> None:
    """Tools that a search for tools has found can be called from then on."""
    _more_tools(item, turns)
    if not item.get("call_id"):
        return
    names = [text_of(tool.get("name")) for tool in dicts(item.get("tools"))]
    _result({**item, "output": f"Tools loaded: {', '.join(names) or 'none'}"}, turns)


#: Ran at OpenAI, so that no output item follows, even if there is a call_id.
_HOSTED = frozenset({"file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call"})

_READERS: dict[str, Callable[[Json, Turns], None]] = {
    "message": _message,
    "reasoning": _reasoning,
    "item_reference": _reference,
    "web_search_call": _search,
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "function_call_output": _result,
    "custom_tool_call_output": _result,
    "additional_tools": _more_tools,
    "tool_search_output": _found_tools,
}
