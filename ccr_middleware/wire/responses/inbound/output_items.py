"""The items of an answer while they are written, one class for each kind.

Each tells its events as OpenAI does (fixtures facts 42 to 47): added with nothing in it, deltas, the whole again in a
`done`, and the finished item. `delta` takes the deltas of an Anthropic block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ....anthropic.arguments import parse_arguments
from ....jsonio import dumps_str
from ....lenient import as_dict, dicts, text_of
from ....unified import Json
from ...inbound.answer_reader import free_text
from .reasoning import seal_thinking

#: Takes an event without its sequence number, and must be done with it when it returns: items change afterwards.
Tell = Callable[[Json], None]


class Place:
    """Where an item stands in the output: its events have its id and index."""

    __slots__ = ("_tell", "index", "item")

    def __init__(self, item: Json, index: int, tell: Tell) -> None:
        self.item = item
        self.index = index
        self._tell = tell
        tell({"type": "response.output_item.added", "output_index": index, "item": item})

    def tell(self, kind: str, **fields: Any) -> None:
        """An event about the item."""
        self._tell({"type": f"response.{kind}", "item_id": self.item["id"], "output_index": self.index, **fields})

    def done(self) -> None:
        """The item is as it will stay."""
        self._tell({"type": "response.output_item.done", "output_index": self.index, "item": self.item})


class OpenItem(Protocol):
    """An item that is being written."""

    def delta(self, delta: Json) -> None:
        """Take a delta of the block."""

    def stop(self) -> None:
        """The block is complete."""

    def close(self, status: str) -> None:
        """Nothing follows: `completed` or `incomplete`."""


class MessageItem:
    """Text. `begin` says that another text block starts in it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._parts: list[str] = []
        self._length = 0
        self._start = 0
        self._cited: list[Json] = []
        self._annotations: list[Json] = []
        place.tell("content_part.added", content_index=0, part=self._part())

    def begin(self) -> None:
        """A text block starts."""
        self._start = self._length

    def delta(self, delta: Json) -> None:
        """Text, or a citation."""
        if text := text_of(delta.get("text")):
            self._parts.append(text)
            self._length += len(text)
            self._place.tell("output_text.delta", content_index=0, delta=text, logprobs=[])
        elif citation := as_dict(delta.get("citation")):
            self._cited.append(citation)

    def stop(self) -> None:
        """Annotate the block's text with its sources."""
        for citation in self._cited:
            if url := text_of(citation.get("url")):
                title, end = text_of(citation.get("title")), self._length
                span = {"start_index": self._start, "end_index": end}
                annotation = {"type": "url_citation", **span, "url": url, "title": title}
                where = {"content_index": 0, "annotation_index": len(self._annotations)}
                self._annotations.append(annotation)
                self._place.tell("output_text.annotation.added", **where, annotation=annotation)
        self._cited = []

    def close(self, status: str) -> None:
        """The text as a whole."""
        part = self._part()
        self._place.tell("output_text.done", content_index=0, text=part["text"], logprobs=[])
        self._place.tell("content_part.done", content_index=0, part=part)
        self._place.item |= {"status": status, "content": [part]}
        self._place.done()

    def _part(self) -> Json:
        return {
            "type": "output_text",
            "text": "".join(self._parts),
            "annotations": self._annotations,
            "logprobs": [],
        }


class ReasoningItem:
    """Thinking, as one part of a summary. `sealed`: what a redacted block holds."""

    def __init__(self, place: Place, sealed: str | None = None) -> None:
        self._place = place
        self._parts: list[str] = []
        self._signature = ""
        self._sealed = sealed

    def delta(self, delta: Json) -> None:
        """Thinking, or its signature."""
        self._signature += text_of(delta.get("signature"))
        if not (text := text_of(delta.get("thinking"))):
            return
        if not self._parts:
            self._tell("part.added", part={"type": "summary_text", "text": ""})
        self._parts.append(text)
        self._tell("text.delta", delta=text)

    def stop(self) -> None:
        """Nothing is known that was not."""

    def close(self, status: str) -> None:
        """The summary as a whole, and what only its issuer can read."""
        item = self._place.item
        if text := "".join(self._parts):
            part = {"type": "summary_text", "text": text}
            self._tell("text.done", text=text)
            self._tell("part.done", part=part)
            item["summary"] = [part]
        item["encrypted_content"] = self._sealed or seal_thinking(self._signature)
        item["status"] = status
        self._place.done()

    def _tell(self, kind: str, **fields: Any) -> None:
        self._place.tell(f"reasoning_summary_{kind}", summary_index=0, **fields)


class FunctionItem:
    """A call of a function, its arguments as they come. `given`: arguments that came with the start of the block."""

    def __init__(self, place: Place, given: Json) -> None:
        self._place = place
        self._given = given
        self._parts: list[str] = []

    def delta(self, delta: Json) -> None:
        """A piece of the arguments."""
        if piece := text_of(delta.get("partial_json")):
            self._parts.append(piece)
            self._show(piece)

    def stop(self) -> None:
        """Arguments that did not come in pieces."""
        if not self._parts:
            self._parts.append(dumps_str(self._given))
            self._show(self._parts[0])

    def close(self, status: str) -> None:
        """The arguments as a whole."""
        arguments = "".join(self._parts)
        self._place.tell("function_call_arguments.done", arguments=arguments, name=self._place.item["name"])
        self._place.item |= {"arguments": arguments, "status": status}
        self._place.done()

    def _show(self, piece: str) -> None:
        self._place.tell("function_call_arguments.delta", delta=piece)


class CustomItem:
    """A call of a tool that takes text. The text is inside JSON, so it is shown when that is whole."""

    def __init__(self, place: Place, given: Json) -> None:
        self._place = place
        self._given = given
        self._parts: list[str] = []

    def delta(self, delta: Json) -> None:
        """Keep a piece."""
        self._parts.append(text_of(delta.get("partial_json")))

    def stop(self) -> None:
        """Show the text."""
        text = free_text("".join(self._parts) or dumps_str(self._given))
        self._place.item["input"] = text
        if text:
            self._place.tell("custom_tool_call_input.delta", delta=text)

    def close(self, status: str) -> None:
        """The text as a whole."""
        self._place.tell("custom_tool_call_input.done", input=self._place.item["input"])
        self._place.item["status"] = status
        self._place.done()


class SearchItem:
    """A web search. It stays open until its result comes, while other items may begin and end."""

    def __init__(self, place: Place, given: Json) -> None:
        self._place = place
        self._given = given
        self._parts: list[str] = []
        place.tell("web_search_call.in_progress")

    def delta(self, delta: Json) -> None:
        """A piece of the query."""
        self._parts.append(text_of(delta.get("partial_json")))

    def stop(self) -> None:
        """The query is known."""
        arguments = parse_arguments("".join(self._parts)) or self._given
        query = text_of(arguments.get("query"))
        self._place.item["action"] = {"type": "search", "query": query, "queries": [query], "sources": []}
        self._place.tell("web_search_call.searching")

    def result(self, content: Any) -> None:
        """What was found: a list of results, or an object that tells an error."""
        urls = [url for result in dicts(content) if (url := text_of(result.get("url")))]
        self._place.item["action"]["sources"] = [{"type": "url", "url": url} for url in urls]
        self.close("completed" if isinstance(content, list) else "failed")

    def close(self, status: str) -> None:
        """The search is over."""
        if status == "completed":
            self._place.tell("web_search_call.completed")
        self._place.item["status"] = status
        self._place.done()
