"""`contents` and `systemInstruction` of a Gemini request to messages.

| part                                         | becomes                                                            |
|----------------------------------------------|--------------------------------------------------------------------|
| `text`                                       | text                                                               |
| `text` with `thought`, `thoughtSignature`    | a thinking block, in front of the part that carries the signature  |
| `functionCall`                               | a tool call                                                        |
| `functionResponse`                           | a tool result, in front of all else the user says                  |
| `inlineData`, `fileData`                     | an image or a document; from the model: a note                     |
| `executableCode`, `codeExecutionResult`, `toolCall`, `toolResponse` | text: what Google's own tools did           |
"""

from __future__ import annotations

from ....anthropic.server_blocks import bounded_json
from ....errors import BadRequest
from ....fields import at, entries, read_list, read_name, read_object, read_text, report_unknown
from ....lenient import as_dict, text_of
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import text_block
from .calls import Calls, OpenCall, response_text
from .media import file_block, inline_block
from .proto import camel, many
from .thoughts import thinking, unseal

_BUILT_IN = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
_KNOWN = frozenset(
    {"text", "thought", "thoughtSignature", "inlineData", "fileData", "functionCall", "functionResponse", *_BUILT_IN}
)
_ROLES = {"user": False, "function": False, "tool": False, "": False, "model": True}


class Conversation:
    """The messages of a request, put together content by content."""

    def __init__(self, losses: Losses) -> None:
        self.messages: list[Json] = []
        self.losses = losses
        self.calls = Calls()

    def add(self, content: Json, path: str) -> None:
        """One turn. Raises BadRequest naming the place."""
        content = many(camel(content), "parts")
        role = read_text(content, "role", path)
        if role not in _ROLES:
            raise BadRequest(f"{at(path, 'role')}: must be user or model")
        turn = _Turn(self, by_model=_ROLES[role], number=path.rpartition("[")[2].rstrip("]"))
        for place, part in entries(read_list(content, "parts", path), at(path, "parts")):
            turn.add(camel(part), place)
        turn.end()


class _Turn:
    """One content on its way to a message."""

    def __init__(self, conversation: Conversation, *, by_model: bool, number: str) -> None:
        self._conversation = conversation
        self._losses = conversation.losses
        self._by_model = by_model
        self._number = number
        self._blocks: list[Json] = []
        self._results: list[Json] = []
        self._open: list[OpenCall] = []
        self._thoughts: list[str] = []  # shown, and not yet a block

    def add(self, part: Json, place: str) -> None:
        """One part."""
        report_unknown(part, _KNOWN, "part.unknown_fields", self._losses)
        text, thought = read_text(part, "text", place), self._by_model and part.get("thought") is True
        if thought:
            self._thoughts.append(text)
        behind = self._sign(part, read_text(part, "thoughtSignature", place))
        if text and not thought:
            self._blocks.append(text_block(text))
        self._blocks += behind
        for key, read in _READERS.items():
            if (value := read_object(part, key, place)) is not None:
                read(self, value, at(place, key))
        for key in _BUILT_IN:
            if (value := read_object(part, key, place)) is not None:
                self._losses.add(f"part.{key}", "emulated", "What a tool of Google's did is told in text.")
                self._blocks.append(text_block(_told(key, value)))

    def _sign(self, part: Json, signature: str) -> list[Json]:
        """Turn the thoughts so far into blocks, unless this part goes on with them. A signature of ours holds all of
        them. Returns what belongs behind the part: Google's own signature of a text."""
        if not self._by_model:
            return []
        thought, carried = part.get("thought") is True, unseal(signature)
        if carried is not None:
            self._blocks += carried
            self._thoughts = []
        elif signature and (thought or "functionCall" in part):
            self._blocks.append(thinking("".join(self._thoughts), signature, "thought" if thought else "call"))
            self._thoughts = []
        elif not thought:
            self._close_thoughts()
            return [thinking("", signature, "text")] if signature else []
        return []

    def _close_thoughts(self) -> None:
        if text := "".join(self._thoughts):
            self._blocks.append({"type": "thinking", "thinking": text, "signature": ""})
        self._thoughts = []

    def call(self, call: Json, path: str) -> None:
        """A `functionCall`."""
        if not self._by_model:
            raise BadRequest(f"{path}: belongs into a content of role model")
        call = camel(call)
        name, given = read_name(call, "name", path), read_text(call, "id", path)
        identifier = given or f"call_{self._number}_{len(self._open)}"
        self._open.append(OpenCall(identifier, name, bool(given)))
        arguments = read_object(call, "args", path) or {}
        self._blocks.append({"type": "tool_use", "id": identifier, "name": name, "input": arguments})

    def result(self, response: Json, path: str) -> None:
        """A `functionResponse`. One that answers no call stays as text of the user."""
        if self._by_model:
            raise BadRequest(f"{path}: belongs into a content of role user")
        response = many(camel(response), "parts")
        name = read_text(response, "name", path)
        text, failed = response_text(read_object(response, "response", path) or {})
        content = [text_block(text)] if text else []
        for place, part in entries(read_list(response, "parts", path), at(path, "parts")):
            content += _media(camel(part), place)
        identifier = self._conversation.calls.answer(read_text(response, "id", path), name)
        if not identifier:
            self._losses.add("tool_result.orphan", "emulated", "A result without a call is sent as user text.")
            self._blocks += [text_block(f"[Result of an earlier call of {name}]"), *content]
            return
        result: Json = {"type": "tool_result", "tool_use_id": identifier}
        if content:
            result["content"] = content
        self._results.append(result | {"is_error": True} if failed else result)

    def media(self, block: Json) -> None:
        """An image or document. The model's own cannot be given back: no provider takes them from it."""
        if self._by_model:
            self._losses.add("part.media", "dropped", "Images the model made are not shown to it again.")
            block = text_block("[an image was here]")
        self._blocks.append(block)

    def end(self) -> None:
        """The message, if the turn says anything."""
        self._close_thoughts()
        messages = self._conversation.messages
        if self._by_model:
            self._conversation.calls.begin_turn(self._open)
            self._blocks = _calls_last(self._blocks)
            if self._blocks:
                messages.append({"role": "assistant", "content": self._blocks})
            return
        last = messages[-1] if messages else {}
        if self._results and last.get("role") == "user" and last["content"][-1]["type"] == "tool_result":
            last["content"] += self._results  # results of one turn may come in several contents
            self._results = []
        if content := self._results + self._blocks:
            messages.append({"role": "user", "content": content})


def _calls_last(blocks: list[Json]) -> list[Json]:
    """Text behind a call moves in front of all calls: Anthropic refuses it when results follow (fixtures fact 60)."""
    calls = [position for position, block in enumerate(blocks) if block["type"] == "tool_use"]
    if not calls or all(block["type"] != "text" for block in blocks[calls[0] :]):
        return blocks
    return sorted(blocks, key=lambda block: bool(block["type"] == "tool_use"))


def _media(part: Json, path: str) -> list[Json]:
    blocks = []
    if (data := read_object(part, "inlineData", path)) is not None:
        blocks.append(inline_block(data, at(path, "inlineData")))
    if (data := read_object(part, "fileData", path)) is not None:
        blocks.append(file_block(data, at(path, "fileData")))
    return blocks


_READERS = {
    "inlineData": lambda turn, value, path: turn.media(inline_block(value, path)),
    "fileData": lambda turn, value, path: turn.media(file_block(value, path)),
    "functionCall": _Turn.call,
    "functionResponse": _Turn.result,
}


def _told(key: str, value: Json) -> str:
    """What a built-in tool did, in words."""
    if key == "executableCode":
        return f"```{text_of(value.get('language')).lower()}\n{text_of(value.get('code'))}\n```"
    if key == "codeExecutionResult":
        return f"[code execution result: {text_of(value.get('outcome'))}]\n{text_of(value.get('output'))}"
    return f"[{'tool call' if key == 'toolCall' else 'tool result'}: {bounded_json(value)}]"


def read_contents(body: Json, losses: Losses) -> list[Json]:
    """The messages. Raises BadRequest naming the place."""
    conversation = Conversation(losses)
    for path, content in entries(read_list(many(body, "contents"), "contents"), "contents"):
        conversation.add(content, path)
    if not conversation.messages:
        raise BadRequest("contents: at least one content must say something")
    return conversation.messages


def read_system(body: Json) -> list[Json]:
    """The blocks of `systemInstruction`, which is a content of text parts; a string is taken too."""
    value, path = body.get("systemInstruction"), "systemInstruction"
    if isinstance(value, str):
        return [text_block(value)] if value else []
    content = many(as_dict(read_object(body, path)), "parts")
    texts = [
        read_text(part, "text", place) for place, part in entries(read_list(content, "parts", path), f"{path}.parts")
    ]
    return [text_block(text) for text in texts if text]
