"""Chat-completions chunks to unified chunks: every provider's spelling in one form.

A whole JSON answer takes the same way: its `message` is one big delta. Only the first choice counts. Whatever has an
unexpected type is passed over; nothing a provider sends may raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import GatewayError
from ...jsonio import dumps_str
from ...lenient import as_dict, dicts, text_of
from ...transformers.tags import Piece, Tags
from ...unified import Annotation, Json, ToolDelta, UnifiedChunk
from ..openai.usage import read_usage
from .answer_reasoning import read_reasoning
from .chunks import TextRun

_NOTHING: Json = {}
#: A delta of these alone has no reasoning and no refusal.
_PLAIN = frozenset({"role", "content", "tool_calls"})

#: Makes an error of the error object a provider put into its answer.
ReadError = Callable[[Any], GatewayError]


class ChatReader:
    """A stage from chunks to unified chunks; `read_whole` is the same for an answer that came at once."""

    __slots__ = ("_plain", "_read_error", "_stop", "_tags")

    def __init__(self, read_error: ReadError, stop: tuple[str, ...] = ()) -> None:
        self._read_error = read_error
        self._stop = stop
        # Models served without a reasoning parser.
        self._tags = Tags("<think>", "</think>", leading=True)
        self._plain = False  # there can be no tag any more: text is text

    def feed(self, chunk: Json) -> list[UnifiedChunk]:
        """One chunk of a stream."""
        if type(chunk) is not TextRun:
            return self._read(chunk, "delta")
        if self._plain:
            return [{"text": chunk.text}] if chunk.text else []
        out: UnifiedChunk = {}
        self._take_text(chunk.text, out)
        return [out] if out else []

    def read_whole(self, body: Json) -> list[UnifiedChunk]:
        """A whole answer."""
        return self._read(body, "message") + self.finish()

    def finish(self) -> list[UnifiedChunk]:
        """The answer has ended: text that might have been the beginning of a tag was text."""
        rest: UnifiedChunk = {}
        self._settle_text(rest)
        return [rest] if rest else []

    def _take_text(self, text: str, out: UnifiedChunk) -> None:
        """A piece of text, as far as it is sure whether it is thinking."""
        if self._plain:
            out["text"] = out.get("text", "") + text
            return
        _add(self._tags.split(text), out)
        self._plain = self._tags.passed and self._tags.idle

    def _settle_text(self, out: UnifiedChunk) -> None:
        """No text follows here: what might have been the beginning of a tag was text."""
        if not self._plain:
            _add(self._tags.settle(), out)

    def _read(self, chunk: Json, key: str) -> list[UnifiedChunk]:
        out: UnifiedChunk = {}
        choice = _first_choice(chunk)
        delta = choice.get(key) or choice.get("message") or choice.get("delta")
        delta = delta if isinstance(delta, dict) else _NOTHING
        if delta:
            self._read_delta(delta, out, whole=key == "message")
        if choice.get("finish_reason"):
            self._read_finish(choice, out)
        # Most chunks have none of the rest; asking for the keys is cheaper than reading what is not there.
        if ("annotations" in delta or "citations" in chunk or "search_results" in chunk) and (
            sources := _annotations(chunk, delta)
        ):
            out["annotations"] = sources
        if (chunk.get("usage") or "x_groq" in chunk or "usage" in choice) and (usage := _usage_of(chunk, choice)):
            out["usage"] = read_usage(usage)
        if not choice or "error" in chunk or "error" in choice or choice.get("native_finish_reason") or "finish" in out:
            error = _error_of(chunk, choice, out)
            if error is not None:
                out["error"] = self._read_error(error)
        return [out] if out else []

    def _read_delta(self, delta: Json, out: UnifiedChunk, *, whole: bool) -> None:
        if not _PLAIN.issuperset(delta):
            read_reasoning(delta, out)
            refusal = delta.get("refusal")
            if isinstance(refusal, str) and refusal:
                out["refusal"] = refusal
        content = delta.get("content")
        if isinstance(content, str) and content:
            self._take_text(content, out)
        elif isinstance(content, list):
            _read_parts(content, out)
        if not delta.get("tool_calls") and "function_call" not in delta:
            return
        if (mark := _thought_signature(delta)) and "signature" not in out:
            out["signature"] = mark
        if calls := _tool_deltas(delta, whole=whole):
            self._settle_text(out)
            out["tool_calls"] = calls

    def _read_finish(self, choice: Json, out: UnifiedChunk) -> None:
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            out["finish"] = reason.lower()
            # vLLM tells which stop sequence it met; others put token ids or null here.
            if choice.get("stop_reason") in self._stop and self._stop:
                out["stop_sequence"] = choice["stop_reason"]


def _add(pieces: list[Piece], out: UnifiedChunk) -> None:
    for kind, text in pieces:
        out[kind] = out.get(kind, "") + text


def _first_choice(chunk: Json) -> Json:
    choices = chunk.get("choices")
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict) and not choice.get("index"):
                return choice
        if choices and isinstance(choices[0], dict) and len(choices) == 1:
            return choices[0]
    return {}


def _read_parts(parts: list[Any], out: UnifiedChunk) -> None:
    """Content as a list (Mistral, fixtures fact 29): text parts and thinking parts."""
    for part in parts:
        if not isinstance(part, dict):
            continue
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            pieces = inner if isinstance(inner, list) else [{"text": inner}]
            text = "".join(p["text"] for p in pieces if isinstance(p, dict) and isinstance(p.get("text"), str))
            if text:
                out["thinking"] = out.get("thinking", "") + text
        elif isinstance(part.get("text"), str) and part["text"]:
            out["text"] = out.get("text", "") + part["text"]


def _thought_signature(delta: Json) -> str:
    """Gemini's mark on the first call of a turn, without which it refuses the turn later (F5)."""
    for call in dicts(delta.get("tool_calls")):
        google = as_dict(as_dict(call.get("extra_content")).get("google"))
        if mark := text_of(google.get("thought_signature")):
            return mark
    return ""


def _tool_deltas(delta: Json, *, whole: bool) -> list[ToolDelta]:
    calls = delta.get("tool_calls")
    if not isinstance(calls, list):
        legacy = delta.get("function_call")
        calls = [{"index": 0, "function": legacy}] if isinstance(legacy, dict) and legacy else []
    deltas = (_tool_delta(call, position if whole else None) for position, call in enumerate(calls))
    return [found for found in deltas if found is not None]


def _tool_delta(call: Any, position: int | None) -> ToolDelta | None:
    """One entry. `position`: its place in a whole answer, where every entry is a call of its own."""
    if not isinstance(call, dict):
        return None
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    delta: ToolDelta = {}
    index = call.get("index") if position is None else position
    if isinstance(index, int):
        delta["index"] = index
    given_id = call.get("id")
    if isinstance(given_id, str | int) and str(given_id):
        delta["id"] = str(given_id)
    if isinstance(name := function.get("name"), str) and name:
        delta["name"] = name
    if arguments := _arguments_text(function.get("arguments")):
        delta["arguments"] = arguments
    return delta or None


def _arguments_text(arguments: Any) -> str:
    """Arguments as JSON text: some providers send an object, or null for none."""
    if arguments is None or arguments in ("null", ""):
        return ""
    try:
        return arguments if isinstance(arguments, str) else dumps_str(arguments)
    except RecursionError:
        return "{"  # nested too deeply to be written, it counts as cut


def _annotations(chunk: Json, delta: Json) -> list[Annotation]:
    """Web sources: annotations on the message, or lists beside the choices (Perplexity, xAI)."""
    found = delta.get("annotations")
    if isinstance(found, list) and found:
        cited = (a.get("url_citation") if isinstance(a, dict) else None for a in found)
        return [_source(c) for c in cited if isinstance(c, dict) and isinstance(c.get("url"), str)]
    for key in ("search_results", "citations"):
        listed = chunk.get(key)
        if isinstance(listed, list) and listed:
            entries = [{"url": entry} if isinstance(entry, str) else entry for entry in listed]
            return [_source(e) for e in entries if isinstance(e, dict) and isinstance(e.get("url"), str)]
    return []


def _source(entry: Json) -> Annotation:
    source: Annotation = {"url": entry["url"], "title": str(entry.get("title") or entry["url"])}
    text = entry.get("content") or entry.get("snippet")
    if isinstance(text, str) and text:
        source["text"] = text
    return source


def _usage_of(chunk: Json, choice: Json) -> Json | None:
    """The usage object, wherever it is (fixtures fact 18)."""
    groq = chunk.get("x_groq")
    for holder in (chunk, choice, groq if isinstance(groq, dict) else {}):
        usage = holder.get("usage")
        if isinstance(usage, dict) and usage:
            return usage
    return None


def _error_of(chunk: Json, choice: Json, out: UnifiedChunk) -> Any:
    """The error a chunk reports: an object beside or instead of the choices, or only a finish reason (fact 50)."""
    for holder in (chunk, choice):
        if holder.get("error"):
            return holder["error"]
    if out.get("finish") == "error" or choice.get("native_finish_reason") == "error":
        return {"message": "the provider ended its answer with an error"}
    if not choice and (chunk.get("detail") or chunk.get("object") == "error"):
        return chunk
    return None
