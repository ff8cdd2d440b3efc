"""Gemini chunks to unified chunks: the parts of the first candidate, in their order.

A whole JSON answer takes the same way as one big chunk. Whatever has an unexpected type is passed over; nothing a
provider sends may raise.

Signatures (`thoughtSignature`, fact 35, failure-modes F5) have to come back on the part they stood on, so each
becomes a `signature` of its own with the payload `{"s": signature, "on": "call" | "text" | "thought"}`: before the
tool call, behind the text, behind the thought. One that stands on an empty text is kept like any other. Parts of
built-in tools that are not shown are kept whole: `{"s": signature, "on": "part", "part": {"toolCall": {…}}}`, since
a signature on another kind of part may be refused. That of code Google ran is not kept: the code is told as text.
"""

from __future__ import annotations

from ...jsonio import dumps_str
from ...lenient import as_dict, dicts, text_of
from ...unified import Json, ToolDelta, UnifiedChunk
from ..format import ReadError
from .builtin_parts import HIDDEN, text_of_builtin
from .ending import block_of_answer, block_of_prompt, failure_of
from .grounding import Grounding
from .streamed_call import StreamedCall
from .usage import counts_of, read_usage


class GeminiReader:
    """A stage from chunks to unified chunks; `read_whole` is the same for an answer that came at once.

    `stop`, the stop sequences, are not needed: Gemini does not tell which of them it met.
    """

    __slots__ = (
        "_calls",
        "_counts",
        "_ended",
        "_grounding",
        "_line_open",
        "_open_call",
        "_read_error",
        "_said",
    )

    def __init__(self, read_error: ReadError, stop: tuple[str, ...] = ()) -> None:
        self._read_error = read_error
        self._grounding = Grounding()
        self._counts: dict[str, int] = {}
        self._calls = 0
        self._open_call: StreamedCall | None = None
        self._said = False  # text or a call: what makes an answer
        self._line_open = False  # text was said last, without a line end
        self._ended = False  # the end was explained

    def feed(self, chunk: Json) -> list[UnifiedChunk]:
        """What one chunk says."""
        if chunk.get("error"):
            return [{"error": self._read_error(chunk["error"])}]
        out: list[UnifiedChunk] = []
        candidate = _first_candidate(chunk)
        searches = self._grounding.searches
        if ("groundingMetadata" in candidate or "urlContextMetadata" in candidate) and (
            sources := self._grounding.take(candidate)
        ):
            out.append({"annotations": sources})
        for part in dicts(as_dict(candidate.get("content")).get("parts")):
            self._read_part(part, out)
        self._read_end(chunk, candidate, out)
        counts = counts_of(as_dict(chunk.get("usageMetadata")))
        if counts or searches != self._grounding.searches:
            self._counts |= counts
            out.append({"usage": read_usage(self._counts, self._grounding.searches)})
        return out

    def read_whole(self, document: Json) -> list[UnifiedChunk]:
        """A whole answer."""
        return self.feed(document) + self.finish()

    def finish(self) -> list[UnifiedChunk]:
        """The answer has ended: a call that was never closed."""
        out: list[UnifiedChunk] = []
        self._close_call(out, cut=True)
        return out

    # -- parts -------------------------------------------------------------------------------------------

    def _read_part(self, part: Json, out: list[UnifiedChunk]) -> None:
        signature = text_of(part.get("thoughtSignature"))
        if isinstance(call := part.get("functionCall"), dict):
            self._take_call(call, signature, out)
            return
        self._close_call(out)
        text = text_of(part.get("text"))
        if part.get("thought") is True:
            if text:
                self._line_open = False
                out.append({"thinking": text})
            _sign(signature, "thought", out)
            return
        if text:
            self._say(text, out)
        elif told := text_of_builtin(part):
            self._say_apart(told, "\n", out)  # as text it cannot carry the signature of what it was
            return
        elif hidden := {key: part[key] for key in HIDDEN if key in part}:
            _sign(signature, "part", out, hidden)
            return
        _sign(signature, "text", out)

    def _say(self, text: str, out: list[UnifiedChunk]) -> None:
        self._said, self._line_open = True, not text.endswith("\n")
        out.append({"text": text})

    def _say_apart(self, text: str, gap: str, out: list[UnifiedChunk]) -> None:
        """Text of ours, on a line of its own."""
        self._say(gap + text if self._line_open else text, out)

    # -- calls -------------------------------------------------------------------------------------------

    def _take_call(self, part: Json, signature: str, out: list[UnifiedChunk]) -> None:
        """A call, or a piece of the open one: only the first piece has a name (fact 37)."""
        if part.get("name"):
            self._close_call(out)
        call = self._open_call or StreamedCall()
        self._open_call = call
        if not call.take(part, signature):
            self._close_call(out)

    def _close_call(self, out: list[UnifiedChunk], *, cut: bool = False) -> None:
        """Give the call that is being built. `cut`: it was not said to be whole, so a client must not run it."""
        call, self._open_call = self._open_call, None
        if call is None:
            return
        if call.empty:
            _sign(call.signature, "text", out)
            return
        _sign(call.signature, "call", out)
        delta: ToolDelta = {"index": self._calls, "name": call.name, "arguments": _arguments(call.arguments, cut)}
        if call.id:
            delta["id"] = call.id
        out.append({"tool_calls": [delta]})
        self._calls += 1
        self._said, self._line_open = True, False

    # -- the end -----------------------------------------------------------------------------------------

    def _read_end(self, chunk: Json, candidate: Json, out: list[UnifiedChunk]) -> None:
        """The finish reason, and what a client must be told of it, once."""
        if "promptFeedback" in chunk and (refusal := block_of_prompt(chunk)):
            self._refuse(refusal, out)
            out.append({"finish": "safety"})
        reason = text_of(candidate.get("finishReason"))
        if not reason:
            return
        self._close_call(out, cut=reason != "STOP")
        if refusal := block_of_answer(candidate):
            self._refuse(refusal, out)
        elif failure := failure_of(candidate):
            self._fail(failure, out)
        out.append({"finish": reason.lower()})

    def _refuse(self, refusal: str, out: list[UnifiedChunk]) -> None:
        if not self._ended:
            self._ended = True
            out.append({"refusal": "\n\n" + refusal if self._line_open else refusal})

    def _fail(self, failure: str, out: list[UnifiedChunk]) -> None:
        """An error where nothing was said. With calls there is nothing to explain: the client runs them."""
        if not self._said:
            out.append({"error": self._read_error({"message": failure})})
        elif not self._calls and not self._ended:
            self._ended = True
            self._say_apart(f"[{failure}]", "\n\n", out)


def _first_candidate(chunk: Json) -> Json:
    candidates = dicts(chunk.get("candidates"))
    return next((candidate for candidate in candidates if not candidate.get("index")), {})


def _sign(signature: str, on: str, out: list[UnifiedChunk], part: Json | None = None) -> None:
    """Add a signature, if there is one."""
    if not signature:
        return
    payload: Json = {"s": signature, "on": on}
    try:
        out.append({"signature": dumps_str(payload if part is None else payload | {"part": part})})
    except RecursionError:  # a part nested too deeply to be written
        out.append({"signature": dumps_str(payload)})


def _arguments(arguments: Json, cut: bool) -> str:
    """Arguments as JSON text; without its end when they were cut, or nested too deeply to be written."""
    try:
        text = dumps_str(arguments)
    except RecursionError:
        return "{"
    return text[:-1] if cut else text
