"""What a request of any wire format says, read as simply as can be, so that two of them can be compared.

    spoken("chat", body) == [Said("user", "Hi"), Call("read", {"path": "a"}), Result(0, "text"), Media("user", url)]

Nothing of the package is imported here. Calls are numbered in their order, and a result names the number of its call:
ids may differ between formats. Gemini's clients may write field names in either spelling.
"""

import json
import re
from typing import Any, NamedTuple

Json = dict[str, Any]


class Said(NamedTuple):
    """A text. `role`: `system`, `user` or `assistant`."""

    role: str
    text: str


class Call(NamedTuple):
    """A tool call of the assistant."""

    name: str
    arguments: Json


class Result(NamedTuple):
    """What a tool gave back, its texts joined by blank lines. `call`: the number of its call, -1 for none."""

    call: int
    text: str


class Media(NamedTuple):
    """An image or document: its URL, or a `data:` URL."""

    role: str
    url: str


Entry = Said | Call | Result | Media


def spoken(form: str, body: Json) -> list[Entry]:
    """Everything a request says, in order. `form`: `chat`, `responses`, `gemini` or `messages`."""
    return {"chat": _chat, "responses": _responses, "gemini": _gemini, "messages": _messages}[form](body)


def texts(entries: list[Entry], role: str) -> str:
    """All a role said, in one piece."""
    return "\n\n".join(one.text for one in entries if isinstance(one, Said) and one.role == role)


def calls(entries: list[Entry]) -> list[Call]:
    """The calls, in order."""
    return [one for one in entries if isinstance(one, Call)]


def results(entries: list[Entry]) -> dict[int, str]:
    """The text of each result by the number of its call."""
    return {one.call: one.text for one in entries if isinstance(one, Result)}


def media(entries: list[Entry]) -> list[str]:
    """The URLs of images and documents, in order."""
    return [one.url for one in entries if isinstance(one, Media)]


def strings(value: Any) -> list[str]:
    """Every string and number in a JSON value, as text, in order. Names of fields do not count."""
    if isinstance(value, dict):
        return [text for member in value.values() for text in strings(member)]
    if isinstance(value, list):
        return [text for member in value for text in strings(member)]
    return [] if value is None else [value if isinstance(value, str) else json.dumps(value)]


class _Calls:
    """Numbers calls by their ids; an id that comes again means its latest call."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self.count = 0

    def add(self, call_id: str | None) -> None:
        if call_id is not None:
            self.found[call_id] = self.count
        self.count += 1

    def of(self, call_id: str) -> int:
        return self.found.get(call_id, -1)


# -- chat ----------------------------------------------------------------------------------------------------


def _chat(body: Json) -> list[Entry]:
    out: list[Entry] = []
    known = _Calls()
    for message in body["messages"]:
        role = "system" if message["role"] == "developer" else message["role"]
        content = message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        if role == "tool":
            joined = "\n\n".join(part["text"] for part in parts if part["type"] == "text")
            out.append(Result(known.of(message["tool_call_id"]), joined))
            continue
        for part in parts:
            if part["type"] == "text" and part["text"]:
                out.append(Said(role, part["text"]))
            elif part["type"] == "image_url":
                out.append(Media(role, part["image_url"]["url"]))
            elif part["type"] == "file":
                out.append(Media(role, part["file"]["file_data"]))
        for call in message.get("tool_calls") or ():
            known.add(call["id"])
            out.append(Call(call["function"]["name"], json.loads(call["function"]["arguments"] or "{}")))
    return out


# -- responses -----------------------------------------------------------------------------------------------


def _responses(body: Json) -> list[Entry]:
    out: list[Entry] = [Said("system", body["instructions"])] if body.get("instructions") else []
    known = _Calls()
    items = body["input"]
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        kind = item.get("type", "message")
        if kind == "message":
            role = "system" if item["role"] == "developer" else item["role"]
            out += _response_parts(role, item["content"])
        elif kind == "function_call":
            known.add(item["call_id"])
            out.append(Call(item["name"], json.loads(item["arguments"] or "{}")))
        elif kind == "function_call_output":
            parts = _response_parts("user", item["output"])
            joined = "\n\n".join(part.text for part in parts if isinstance(part, Said))
            out.append(Result(known.of(item["call_id"]), joined))
            out += [part for part in parts if isinstance(part, Media)]
    return out


def _response_parts(role: str, content: Any) -> list[Entry]:
    out: list[Entry] = []
    for part in [{"type": "input_text", "text": content}] if isinstance(content, str) else content:
        if part["type"] in ("input_text", "output_text") and part["text"]:
            out.append(Said(role, part["text"]))
        elif part["type"] == "input_image":
            out.append(Media(role, part["image_url"]))
        elif part["type"] == "input_file":
            out.append(Media(role, part.get("file_data") or part["file_url"]))
    return out


# -- Gemini --------------------------------------------------------------------------------------------------


def _gemini(body: Json) -> list[Entry]:
    body = _camel(body)
    out: list[Entry] = [Said("system", p["text"]) for p in body.get("systemInstruction", {}).get("parts", ())]
    count = 0
    awaited: list[tuple[int, Json]] = []
    for content in body["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        for part in content["parts"]:
            if call := part.get("functionCall"):
                awaited.append((count, call))
                count += 1
                out.append(Call(call["name"], call.get("args") or {}))
            elif response := part.get("functionResponse"):
                out.append(Result(_taken(awaited, response), "\n\n".join(strings(response["response"]))))
                out += [Media("user", _url(inner)) for inner in response.get("parts", ())]
            elif "inlineData" in part or "fileData" in part:
                out.append(Media(role, _url(part)))
            elif part.get("text") and not part.get("thought"):
                out.append(Said(role, part["text"]))
    return out


def _camel(value: Any) -> Any:
    """Field names in Google's first spelling. What functions are given is left alone."""
    if isinstance(value, list):
        return [_camel(member) for member in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub("_([a-z])", lambda found: found[1].upper(), key): member for key, member in value.items()}
    return {key: member if key in ("args", "response") else _camel(member) for key, member in named.items()}


def _taken(awaited: list[tuple[int, Json]], response: Json) -> int:
    """The number of the call that a response answers: by its id, else the first of that name."""
    for position, (number, call) in enumerate(awaited):
        if call["name"] == response["name"] and call.get("id") == response.get("id"):
            del awaited[position]
            return number
    return -1


def _url(part: Json) -> str:
    if data := part.get("inlineData"):
        return f"data:{data['mimeType']};base64,{data['data']}"
    return str(part["fileData"]["fileUri"])


# -- Messages ------------------------------------------------------------------------------------------------


def _messages(body: Json) -> list[Entry]:
    out: list[Entry] = [Said("system", block["text"]) for block in _blocks(body.get("system", []))]
    known = _Calls()
    for message in body["messages"]:
        role = message["role"]
        for block in _blocks(message["content"]):
            kind = block["type"]
            if kind == "text" and block["text"]:
                out.append(Said(role, block["text"]))
            elif kind == "tool_use":
                known.add(block["id"])
                out.append(Call(block["name"], block["input"]))
            elif kind == "tool_result":
                inner = _blocks(block.get("content", []))
                joined = "\n\n".join(one["text"] for one in inner if one["type"] == "text")
                out.append(Result(known.of(block["tool_use_id"]), joined))
                out += [Media(role, _source(one)) for one in inner if one["type"] in ("image", "document")]
            elif kind in ("image", "document"):
                out.append(Media(role, _source(block)))
    return out


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _source(block: Json) -> str:
    source = block["source"]
    return f"data:{source['media_type']};base64,{source['data']}" if source["type"] == "base64" else source["url"]
