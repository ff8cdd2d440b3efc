"""`messages` of a chat request to the system prompt and the messages of a Messages request.

| role                  | becomes                                                                           |
|-----------------------|-----------------------------------------------------------------------------------|
| `system`, `developer` | the system prompt while nothing else came; later a message of role `system`       |
| `user`                | a user message                                                                    |
| `assistant`           | thinking, then text, then tool calls: the only order Anthropic takes (fact 60)    |
| `tool`, `function`    | a tool result; results in a row are one user message                              |

Messages with nothing in them are left out: no provider takes them. A request of system messages alone, which OpenAI
answers, is sent as a user message.
"""

from __future__ import annotations

from ....anthropic.arguments import keep_arguments, parse_arguments
from ....errors import BadRequest
from ....fields import at, entries, read_list, read_name, read_object, read_text, report_unknown
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import text_block
from .parts import read_content
from .reasoning import read_thinking

#: What is read here, and what clients give back of an answer that is about the answer only.
_KNOWN = frozenset({
    *("role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "cache_control"),
    *("reasoning", "reasoning_content", "reasoning_details", "annotations", "prompt_cache_breakpoint"),
})  # fmt: skip


class Conversation:
    """The system prompt's blocks, and the messages after it."""

    def __init__(self, losses: Losses) -> None:
        self.system: list[Json] = []
        self.messages: list[Json] = []
        self._losses = losses
        self._open: list[tuple[str, str]] = []  # id and name of the calls that have no result yet

    def add_system(self, message: Json, path: str) -> None:
        """Instructions, before the conversation or in the middle of it."""
        blocks = read_content(message, path, self._losses, only_text=True)
        if not self.messages:
            self.system += blocks
        elif blocks:
            self.messages.append({"role": "system", "content": blocks})

    def add_user(self, message: Json, path: str) -> None:
        """What the user says."""
        if blocks := read_content(message, path, self._losses):
            self.messages.append({"role": "user", "content": blocks})

    def add_assistant(self, message: Json, path: str) -> None:
        """What the model said and called."""
        blocks = read_thinking(message, self._losses) + read_content(message, path, self._losses, only_text=True)
        if refusal := read_text(message, "refusal", path):
            blocks.append(text_block(refusal))
        calls = self._calls(message, path)
        self._open = [(call["id"], call["name"]) for call in calls] or self._open
        if blocks or calls:
            self.messages.append({"role": "assistant", "content": [*blocks, *calls]})

    def _calls(self, message: Json, path: str) -> list[Json]:
        made = f"call_{len(self.messages)}"
        calls = []
        for number, (place, call) in enumerate(entries(read_list(message, "tool_calls", path), at(path, "tool_calls"))):
            identifier = read_text(call, "id", place) or f"{made}_{number}"
            if call.get("type") == "custom":
                calls.append(_custom_call(call, identifier, place))
            else:
                function = read_object(call, "function", place) or {}
                calls.append(_function_call(function, identifier, at(place, "function"), self._losses))
        if (legacy := read_object(message, "function_call", path)) and not calls:
            calls.append(_function_call(legacy, f"{made}_f", at(path, "function_call"), self._losses))
        return calls

    def add_result(self, message: Json, path: str) -> None:
        """What a tool gave, by the id of its call; without an id it is that of the first call that waits."""
        identifier = read_text(message, "tool_call_id", path)
        waiting = next((call for call in self._open if not identifier or call[0] == identifier), None)
        self._answer(message, path, waiting, identifier, "tool_call_id")

    def add_function_result(self, message: Json, path: str) -> None:
        """What a function gave, by its name, as it was before tools."""
        name = read_name(message, "name", path)
        self._answer(message, path, next((call for call in self._open if call[1] == name), None), "", "name")

    def _answer(self, message: Json, path: str, waiting: tuple[str, str] | None, identifier: str, key: str) -> None:
        if waiting is not None:
            self._open.remove(waiting)
            identifier = waiting[0]
        if not identifier:
            raise BadRequest(f"{at(path, key)}: names no call of an assistant message before it")
        result: Json = {"type": "tool_result", "tool_use_id": identifier}
        if blocks := read_content(message, path, self._losses):
            result["content"] = blocks
        last = self.messages[-1] if self.messages else {}
        if last.get("role") == "user" and last["content"][-1]["type"] == "tool_result":
            last["content"].append(result)
        else:
            self.messages.append({"role": "user", "content": [result]})


def read_messages(body: Json, losses: Losses) -> Conversation:
    """Read all messages. Raises BadRequest naming the place."""
    conversation = Conversation(losses)
    roles = {
        "system": conversation.add_system,
        "developer": conversation.add_system,
        "user": conversation.add_user,
        "assistant": conversation.add_assistant,
        "tool": conversation.add_result,
        "function": conversation.add_function_result,
    }
    for path, message in entries(read_list(body, "messages"), "messages"):
        role = message.get("role")
        if not isinstance(role, str) or role not in roles:
            raise BadRequest(f"{path}.role: must be one of {', '.join(roles)}")
        if message.get("name") and role in ("system", "developer", "user", "assistant"):
            losses.add("message.name", "dropped", "Who of several participants speaks is not told to the model.")
        report_unknown(message, _KNOWN, "message.unknown_fields", losses)
        roles[role](message, path)
    if not conversation.messages and conversation.system:
        losses.add("messages", "emulated", "A request of system messages alone is sent as a user message.")
        conversation.messages.append({"role": "user", "content": conversation.system})
        conversation.system = []
    if not conversation.messages:
        raise BadRequest("messages: at least one message must say something")
    return conversation


def _function_call(function: Json, identifier: str, path: str, losses: Losses) -> Json:
    name = read_name(function, "name", path)
    arguments = function.get("arguments")
    if not isinstance(arguments, dict):
        arguments = _arguments(read_text(function, "arguments", path), losses)
    return {"type": "tool_use", "id": identifier, "name": name, "input": arguments}


def _arguments(text: str, losses: Losses) -> Json:
    """The arguments of a call. Models do write ones that are no JSON object, and the history keeps them."""
    if parse_arguments(text) is None:
        losses.add("tool_call.arguments", "emulated", "Arguments that are no JSON are sent as text in an object.")
    return keep_arguments(text)


def _custom_call(call: Json, identifier: str, path: str) -> Json:
    """A call of a custom tool, whose input is plain text (see `tools`)."""
    custom = read_object(call, "custom", path) or {}
    name = read_name(custom, "name", at(path, "custom"))
    text = read_text(custom, "input", at(path, "custom"))
    return {"type": "tool_use", "id": identifier, "name": name, "input": {"input": text}}
