"""Anthropic events to the parts of a Gemini candidate: what it says, piece by piece.

Thoughts are shown when the client asked for them. Shown or not, a thinking block travels whole in the
`thoughtSignature` of the next part, or of an empty one at the end. A function call is given when its arguments are
whole; one that was cut is left out, as Gemini does, and the finish reason tells. Blocks between Anthropic and its own
tools say nothing here, but for the sources of a search.
"""

from __future__ import annotations

from ....anthropic.arguments import parse_arguments
from ....unified import Json
from ...inbound.answer_reader import AnswerReader
from .thoughts import seal

_FINISH = {"max_tokens": "MAX_TOKENS", "model_context_window_exceeded": "MAX_TOKENS", "refusal": "SAFETY"}


class AnswerParts(AnswerReader):
    """The parts of one answer. `show_thoughts`: the client asked for them."""

    def __init__(self, *, show_thoughts: bool) -> None:
        super().__init__()
        self._show_thoughts = show_thoughts
        self._queries: list[str] = []
        self._carried: list[Json] = []  # thinking blocks no part has carried yet

    @property
    def finish_reason(self) -> str:
        """Why the answer ended; `""` until it has."""
        return _FINISH.get(self.stop_reason, "STOP") if self.stop_reason else ""

    def end(self) -> list[Json]:
        """Thinking that no other part has carried."""
        return [self._carry({"text": ""})] if self._carried else []

    def say(self, text: str) -> list[Json]:
        """A text."""
        return [self._carry({"text": text})]

    def think(self, text: str) -> list[Json]:
        """A thought."""
        return [{"text": text, "thought": True}] if self._show_thoughts else []

    def end_thinking(self, thinking: str, signature: str) -> list[Json]:
        """Nothing yet: the next part carries it."""
        if thinking or signature:
            self._carried.append({"type": "thinking", "thinking": thinking, "signature": signature})
        return []

    def redacted(self, data: str) -> list[Json]:
        """Nothing yet either."""
        self._carried.append({"type": "redacted_thinking", "data": data})
        return []

    def end_call(self, call: Json, arguments: str) -> list[Json]:
        """A call, unless it was cut."""
        given = parse_arguments(arguments)
        if given is None:
            return []
        return [self._carry({"functionCall": {"id": call.get("id"), "name": call.get("name"), "args": given}})]

    def searched(self, query: str) -> None:
        """Told at the end, with the sources."""
        self._queries.append(query)

    def length(self, text: str) -> int:
        """In bytes of UTF-8, as Google counts."""
        return len(text.encode("utf-8", "surrogatepass"))

    def _carry(self, part: Json) -> Json:
        if self._carried:
            part["thoughtSignature"] = seal(self._carried)
            self._carried = []
        return part

    def grounding(self) -> Json | None:
        """The metadata of the sources; None when there are none."""
        sources = self.sources.all()
        if not sources and not self._queries:
            return None
        pages = list(dict.fromkeys((source.url, source.title) for source in sources))
        supports = [
            {
                "segment": {"startIndex": source.start, "endIndex": source.end},
                "groundingChunkIndices": [pages.index((source.url, source.title))],
            }
            for source in sources
            if source.end > source.start
        ]
        found: Json = {"groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in pages]}
        found |= {"groundingSupports": supports} if supports else {}
        return found | ({"webSearchQueries": self._queries} if self._queries else {})


def join(parts: list[Json]) -> list[Json]:
    """Neighbouring texts as one part, as a client shows them. A signature stays on the text it came with."""
    joined: list[Json] = []
    for part in parts:
        last = joined[-1] if joined else {}
        if (
            "text" in part
            and "text" in last
            and "thoughtSignature" not in part
            and part.get("thought") == last.get("thought")
        ):
            last["text"] += part["text"]
        else:
            joined.append(dict(part))
    return joined
