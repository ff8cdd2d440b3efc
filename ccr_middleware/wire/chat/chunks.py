"""The bytes of a chat-completions stream to its parsed chunks.

Nearly all of a stream is one shape repeated: the same event with another few characters of text in it. The first
text chunk teaches what stands before and behind its text; later events that begin and end alike, and have no quote
in between, are text and nothing else, and need no JSON parser. Adjacent ones of one network read become one chunk.
Anything that does not match takes the ordinary way, so the shortcut can only be missed, never be wrong.
"""

from __future__ import annotations

from typing import Any

from ...jsonio import dumps, loads
from ...sse import SSEDecoder, parse_block
from ...unified import Json

_DONE = b"[DONE]"


class TextRun(dict[str, Any]):
    """The chunk that stands for a run of text events. `text` is all it says; the keys say it for transformers."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__(choices=[{"index": 0, "delta": {"content": text}}])
        self.text = text


class ChatChunks:
    """A stage from bytes to chunks (dicts, as the provider wrote them).

    `done`: the provider said `[DONE]`. `malformed`: how many events were no JSON objects; they are skipped.
    """

    __slots__ = ("_after", "_before", "_decoder", "done", "malformed")
    cut = False

    def __init__(self) -> None:
        self.done = False
        self.malformed = 0
        self._decoder = SSEDecoder()
        self._before = b""
        self._after = b""

    def feed(self, data: bytes) -> list[Json]:
        """The chunks completed by these bytes."""
        return self._read(self._decoder.feed_blocks(data))

    def finish(self) -> list[Json]:
        """The stream has ended; an event without its blank line still counts."""
        chunks: list[Json] = []
        for event in self._decoder.finish():
            self._parse(event.data, chunks)
        return chunks

    def _read(self, blocks: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        run: list[bytes] = []
        before, after = self._before, self._after
        for block in blocks:
            if before and block.startswith(before) and block.endswith(after):
                text = block[len(before) : -len(after)]
                if b'"' not in text and b"\\" not in text:
                    run.append(text)
                    continue
            if run:
                _add_run(run, chunks)
                run = []
            self._parse_block(block, chunks)
            before, after = self._before, self._after
        if run:
            _add_run(run, chunks)
        return chunks

    def _parse_block(self, block: bytes, chunks: list[Json]) -> None:
        event = parse_block(block)
        if event is not None:
            chunk = self._parse(event.data, chunks)
            if chunk is not None:
                self._learn(block, chunk)

    def _parse(self, data: bytes, chunks: list[Json]) -> Json | None:
        if data.strip() == _DONE:
            self.done = True
            return None
        try:
            chunk = loads(data)
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict):
            self.malformed += 1
            return None
        chunks.append(chunk)
        return chunk

    def _learn(self, block: bytes, chunk: Json) -> None:
        """Remember what surrounds the text of a chunk that carries text only."""
        text = _only_text(chunk)
        if not text:
            return
        literal = dumps(text)
        if block.count(literal) == 1:
            start = block.index(literal)
            self._before = block[: start + 1]
            self._after = block[start + len(literal) - 1 :]


def _only_text(chunk: Json) -> str | None:
    """The text of a chunk that says nothing else."""
    choices: Any = chunk.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choice := choices[0], dict):
        return None
    delta = choice.get("delta")
    if not isinstance(delta, dict) or not isinstance(text := delta.get("content"), str):
        return None
    if any(value for key, value in delta.items() if key not in ("content", "role")):
        return None
    if chunk.get("usage") or chunk.get("error") or choice.get("finish_reason") or choice.get("index"):
        return None
    return text


def _add_run(run: list[bytes], chunks: list[Json]) -> None:
    """One chunk for a run of text events. Bytes that are no UTF-8 would have failed the parser as well."""
    chunks.append(TextRun(b"".join(run).decode("utf-8", "replace")))
