"""Responses events to unified chunks: every provider's order and spelling in one form.

The same text comes up to four times: in deltas, in the `done` event of its part, in that of its item, and in the
response that ends the stream (fixtures fact 42). Each later telling only adds what the earlier ones lacked, so that
a provider may leave out any of them. A JSON answer is the last telling alone.

Nothing a provider sends may raise; events and items of unknown kinds are passed over (fact 47).
"""

from __future__ import annotations

from ...jsonio import dumps_str
from ...lenient import as_dict, dicts, text_of
from ...unified import Annotation, Json, ToolDelta, UnifiedChunk
from ..format import ReadError
from ..openai.usage import read_usage
from . import output_item as finished
from .output_item import Place
from .streamed_items import StreamedItem, StreamedItems

#: Events that carry a text -> (its form, the field of the whole text in `done`, the field of the part's number).
_TEXTS = {
    "output_text": ("text", "text", "content_index"),
    "refusal": ("refusal", "refusal", "content_index"),
    "reasoning_summary_text": ("summary", "text", "summary_index"),
    "reasoning_text": ("raw", "text", "content_index"),
    "function_call_arguments": ("arguments", "arguments", ""),
    "custom_tool_call_input": ("input", "input", ""),
}
_PARTS = {"content_part": "content_index", "reasoning_summary_part": "summary_index"}

#: Kinds of items that have a form of their own; others are told in notes.
_SHOWN = frozenset({"message", "reasoning", "function_call", "custom_tool_call", "web_search_call"})

#: What is put between two texts that were separate (fact 44: summaries come without separators).
_BREAK = "\n\n"


class ResponsesReader:
    """A stage from events to unified chunks; `read_whole` is the same for an answer that came at once.

    `stop` is not used: there are no stop sequences in this format.
    """

    def __init__(self, read_error: ReadError, stop: tuple[str, ...] = ()) -> None:
        self._read_error = read_error
        self._items = StreamedItems()
        self._out: list[UnifiedChunk] = []
        self._speaker: StreamedItem | None = None  # whose text or call was shown last
        self._place = Place("")
        self._calls = 0
        self._answered = False  # text, a refusal or a call has been shown
        self._ended = False

    def feed(self, chunk: Json) -> list[UnifiedChunk]:
        """One event of a stream. Behind the last one nothing counts."""
        if self._ended:
            return []
        kind = text_of(chunk.get("type")).removeprefix("response.")
        name, _, step = kind.rpartition(".")
        if name in _TEXTS and step in ("delta", "done"):
            self._text_event(chunk, name, step)
        elif name == "output_item":
            self._item_event(chunk, step)
        elif name in _PARTS and step == "done":
            self._part_event(chunk, _PARTS[name])
        elif kind == "output_text.annotation.added":
            self._cite(self._items.of_text(chunk, "text"), finished.citation(chunk.get("annotation")))
        elif kind == "created":
            self._name(as_dict(chunk.get("response")))
        elif kind in ("completed", "incomplete", "failed"):
            self._end(as_dict(chunk.get("response")) or chunk, kind)
        elif kind == "done":
            told = as_dict(chunk.get("response"))
            self._end(told, text_of(told.get("status")) or "completed")
        elif kind == "error" or ("." not in kind and chunk.get("error")):
            self._fail(chunk)
        return self._taken()

    def finish(self) -> list[UnifiedChunk]:
        """The stream has ended. Without its last event, what was begun and never told in pieces is told now."""
        if not self._ended:
            for known in self._items.order:
                if not known.closed:
                    self._cut_short(known)
            self._close()
        return self._taken()

    def read_whole(self, document: Json) -> list[UnifiedChunk]:
        """A JSON answer: a response object."""
        response = as_dict(document.get("response")) or document
        self._name(response)
        if response.get("error"):
            self._fail(response)
        elif "output" in response or "output_text" in response:
            self._end(response, text_of(response.get("status")) or "completed")
        elif response:
            self._fail({"error": response})
        return self._taken()

    # -- events ------------------------------------------------------------------------------------------

    def _text_event(self, event: Json, name: str, step: str) -> None:
        form, field, number = _TEXTS[name]
        known = self._items.of_text(event, form)
        place = Place(form, _index(event, number))
        if step == "delta":
            self._say(known, place, text_of(event.get("delta")))
            return
        text = finished.arguments_text(event) if form == "arguments" else text_of(event.get(field))
        self._say(known, place, known.rest(place, text))
        if form == "input":
            self._give_input(known)

    def _part_event(self, event: Json, number: str) -> None:
        form, text = finished.part_text(as_dict(event.get("part")))
        if form:
            known, place = self._items.of_text(event, form), Place(form, _index(event, number))
            self._say(known, place, known.rest(place, text))

    def _item_event(self, event: Json, step: str) -> None:
        item = as_dict(event.get("item"))
        if step == "added":
            known = self._items.begun(event, item)
            if known.kind in ("function_call", "custom_tool_call") and item.get("name"):
                self._call(known)
        elif step == "done":
            self._read_item(self._items.ended(event, item), item)

    # -- items -------------------------------------------------------------------------------------------

    def _read_item(self, known: StreamedItem, item: Json) -> None:
        """An item as its provider has finished it."""
        first, known.closed = not known.closed, True
        if known.kind == "function_call":
            self._read_arguments(known, item)
        elif known.kind == "custom_tool_call":
            place = Place("input")
            self._say(known, place, known.rest(place, text_of(item.get("input"))))
            self._give_input(known)
        elif known.kind in ("message", "reasoning"):
            for place, text in finished.texts(item):
                self._say(known, place, known.rest(place, text))
            for source in finished.citations(item):
                self._cite(known, source)
            if known.kind == "reasoning" and first:
                self._seal(known, item)

    def _read_arguments(self, known: StreamedItem, item: Json) -> None:
        """The arguments of a finished call; none are an empty object, so that what follows need not wait for more."""
        place, text = Place("arguments"), finished.arguments_text(item)
        if place in known.said or text:
            self._say(known, place, known.rest(place, text))
        else:
            self._say(known, place, "{}")
        if not known.named:
            self._call(known)

    def _give_input(self, known: StreamedItem) -> None:
        """The free text of a custom tool call, as the one argument Anthropic's object can hold."""
        if not known.told:
            known.told = True
            self._call(known, dumps_str({"input": known.text(Place("input"))}))

    def _cut_short(self, known: StreamedItem) -> None:
        """An item that was begun and never finished, with what its beginning already held."""
        for place, text in finished.texts(known.item):
            self._say(known, place, known.rest(place, text))
        if known.kind == "function_call":
            place = Place("arguments")
            self._say(known, place, known.rest(place, finished.arguments_text(known.item)))
        elif known.kind == "custom_tool_call" and known.said and not known.told:
            # No end of the object: a client must not run a call that was cut.
            self._call(known, dumps_str({"input": known.text(Place("input"))}).removesuffix('"}'))

    def _seal(self, known: StreamedItem, item: Json) -> None:
        """What the provider wants back with its reasoning: on the thinking block while that is the open one."""
        sealed = finished.seal(item)
        if sealed and self._speaker is known:
            known.told = True
            self._out.append({"signature": sealed})
        elif sealed and text_of(item.get("encrypted_content")):
            self._speaker, known.told = known, True
            self._out.append({"redacted": sealed})

    def _say(self, known: StreamedItem, place: Place, text: str) -> None:
        """A piece of text, in the form it is shown in."""
        if not text:
            return
        known.said.setdefault(place, []).append(text)
        if place.form == "arguments":
            self._call(known, text)
        elif place.form in ("summary", "raw"):
            # The summary of a reasoning that is there itself would tell it twice, and so would the reverse.
            if known.form == place.form:
                self._out.append({"thinking": self._apart(known, place) + text})
        elif place.form != "input":
            self._answered = True
            shown = self._apart(known, place) + text
            self._out.append({"text": shown} if place.form == "text" else {"refusal": shown})

    def _apart(self, known: StreamedItem, place: Place) -> str:
        """A blank line where a text follows one that was separate and would stand in the same block."""
        before, self._speaker = self._speaker, known
        last, self._place = self._place, place
        if before is None or before.kind != known.kind or before.told:
            return ""
        if before is known:
            return _BREAK if place.form == "summary" and last != place else ""
        return _BREAK

    def _call(self, known: StreamedItem, arguments: str = "") -> None:
        """A piece of a tool call. Name and id are told once: `call_id`, to which results refer, or else `id`."""
        self._speaker = known
        self._answered = True
        if known.number is None:
            known.number, self._calls = self._calls, self._calls + 1
        delta: ToolDelta = {"index": known.number}
        if not known.named and (name := text_of(known.item.get("name"))):
            known.named = True
            delta["name"] = name
            if call_id := known.call_id or known.id:
                delta["id"] = call_id
        if arguments:
            delta["arguments"] = arguments
        self._out.append({"tool_calls": [delta]})

    def _cite(self, known: StreamedItem, source: Annotation | None) -> None:
        if source is not None and source not in known.cited:
            known.cited.append(source)
            self._out.append({"annotations": [source]})

    # -- the beginning and the end -----------------------------------------------------------------------

    def _name(self, response: Json) -> None:
        chunk: UnifiedChunk = {}
        if given := text_of(response.get("id")):
            chunk["id"] = given
        if model := text_of(response.get("model")):
            chunk["model"] = model
        if chunk:
            self._out.append(chunk)

    def _end(self, response: Json, status: str) -> None:
        """The response as it ended: what of it has not come yet, why it stopped, and the usage."""
        if status in ("failed", "cancelled"):
            self._fail(response)
            return
        for known, item in self._items.matched(dicts(response.get("output"))):
            self._read_item(known, item)
        for known in self._items.order:
            if known.kind == "custom_tool_call" and not known.closed:
                self._give_input(known)
        if not self._answered and (text := text_of(response.get("output_text"))):
            self._say(StreamedItem("message"), Place("text"), text)
        self._close()
        last: UnifiedChunk = {}
        if reason := _finish(response, status):
            last["finish"] = reason
        usage = read_usage(as_dict(response.get("usage")))
        if searches := sum(finished.is_search(known.item) for known in self._items.order):
            usage["web_searches"] = searches
        if usage:
            last["usage"] = usage
        if last:
            self._out.append(last)

    def _close(self) -> None:
        """What is told last: sources that nothing cited, and items that have no other form."""
        self._ended = True
        cited = {source["url"] for known in self._items.order for source in known.cited}
        for known in self._items.order:
            for source in finished.search_sources(known.item):
                if source["url"] not in cited:
                    self._cite(known, source)
        others = [known.item for known in self._items.order if known.kind not in _SHOWN]
        for note in finished.notes(others, silent=not self._answered):
            self._out.append({"text": self._apart(StreamedItem("message"), Place("text")) + note})

    def _fail(self, told: Json) -> None:
        """An error: `error` events (flat or nested), a failed response, or an object that is no answer at all."""
        self._ended = True
        error = told.get("error")
        if not error:
            known = {key: told[key] for key in ("code", "message", "param", "status") if told.get(key)}
            error = known if "message" in known else {"message": "the provider reported a failure without a message"}
        elif isinstance(error, dict) and isinstance(told.get("status"), int):
            error = {"status": told["status"], **error}
        self._out.append({"error": self._read_error(error)})

    def _taken(self) -> list[UnifiedChunk]:
        out, self._out = self._out, []
        return out


def _index(event: Json, field: str) -> int:
    index = event.get(field)
    return index if isinstance(index, int) else 0


def _finish(response: Json, status: str) -> str:
    """The finish reason. An answer that was cut for reasons untold counts as cut by its length."""
    if status != "incomplete":
        return "" if status in ("queued", "in_progress") else "stop"
    return text_of(as_dict(response.get("incomplete_details")).get("reason")).lower() or "max_output_tokens"
