"""How fast one answer comes, told from its events. Clocks are passed in.

Until the provider says how many tokens it were, they are estimated from the text: Chinese and Japanese 1.5 characters a
token, anything else 4 (as CCR v2 does).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

from ...unified import Event, Json

#: The speed of the moment is that of the last second.
WINDOW_SECONDS = 1.0

#: Where a delta has its text, by its type.
_TEXTS = {"text_delta": "text", "input_json_delta": "partial_json", "thinking_delta": "thinking"}


def estimated_tokens(text: str) -> float:
    """About how many tokens a piece of text is."""
    if text.isascii():
        return len(text) / 4
    wide = sum(1 for letter in text if "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7af")
    return wide / 1.5 + (len(text) - wide) / 4


class Measure:
    """One answer while it comes. `started`: when the request came. All times in seconds of one clock."""

    __slots__ = ("_estimate", "_recent", "first_at", "last_at", "told_at", "told_tokens")

    def __init__(self, started: float) -> None:
        self.told_at = started
        self.told_tokens: int | None = None
        self.first_at: float | None = None
        self.last_at = started
        self._estimate = 0.0
        self._recent: deque[tuple[float, float]] = deque()

    @property
    def tokens(self) -> int:
        """The tokens of the answer: as the provider says, else about so many until now."""
        return self.told_tokens if self.told_tokens is not None else round(self._estimate)

    def feed(self, event: Event, now: float) -> bool:
        """Take an event. Whether it brought some of the answer."""
        kind = event.get("type")
        if kind == "message_delta":
            self._take_usage(event.get("usage"))
            return False
        if kind not in ("content_block_start", "content_block_delta"):
            return False
        if self.first_at is None:
            self.first_at = now
        delta: Json = event.get("delta") or {}
        text = delta.get(_TEXTS.get(str(delta.get("type")), ""))
        if not isinstance(text, str) or not text:
            return False
        self.last_at = now
        tokens = estimated_tokens(text)
        self._estimate += tokens
        self._recent.append((now, tokens))
        return True

    def _take_usage(self, usage: object) -> None:
        said = usage.get("output_tokens") if isinstance(usage, dict) else None
        if isinstance(said, int) and said > 0:
            self.told_tokens = said

    def speed(self, now: float) -> int:
        """Tokens per second just now."""
        recent = self._recent
        while recent and recent[0][0] <= now - WINDOW_SECONDS:
            recent.popleft()
        return round(sum(tokens for _, tokens in recent) / WINDOW_SECONDS)


@dataclass(slots=True)
class Session:
    """All answers of one session until now."""

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        """Tokens per second of all of them."""
        return round(self.tokens / self.seconds, 1) if self.seconds > 0 else 0.0

    def add(self, tokens: int, seconds: float) -> None:
        """Another answer, and how long it took to come once it had begun."""
        self.calls += 1
        self.tokens += tokens
        self.seconds += seconds


class Sessions:
    """The sessions that had an answer last, no more than `size` of them."""

    def __init__(self, size: int = 500) -> None:
        self._size = size
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, id: str) -> Session:
        """A session, made if it is new."""
        session = self._sessions.setdefault(id, Session())
        self._sessions.move_to_end(id)
        while len(self._sessions) > self._size:
            self._sessions.popitem(last=False)
        return session
