"""Reasoning that a model writes into its text between two tags, taken out of the stream as it comes.

A tag may be cut anywhere between two chunks, so what may be the beginning of one is held back, and nothing else is.
Line breaks right behind a tag belong to the tag, and so does blank text before the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from ..unified import Json

Kind = Literal["text", "thinking"]
Piece = tuple[Kind, str]

#: How much blank text is held back at the beginning of an answer, in characters: it may stand before a tag.
BLANK_LIMIT = 64

#: What ends a run of text: a tag cannot go on behind any of these.
_OTHER_CONTENT = frozenset({"thinking", "signature", "redacted", "tool_calls", "refusal", "finish", "error"})
#: The part of a chunk that comes before its text.
_BEFORE_TEXT = ("thinking", "signature", "redacted")


class Tags:
    """Splits text into text and thinking.

    `once`: behind the first pair of tags all is text. Otherwise they may come anywhere and any number of times, and a
    closing tag alone is dropped. `leading`: like `once`, and the text must begin with it: further in, a tag is
    something the model writes about. `inside`: the text begins behind an opening tag that is not shown.
    """

    __slots__ = ("_behind_tag", "_close", "_held", "_inside", "_leading", "_once", "_open", "_said", "passed")

    def __init__(
        self, open_tag: str, close_tag: str, *, once: bool = False, leading: bool = False, inside: bool = False
    ) -> None:
        self._open = open_tag
        self._close = close_tag
        self._once = once or leading
        self._leading = leading
        self._inside = inside
        self._held = ""
        self._said = False
        self._behind_tag = inside
        self.passed = False

    @property
    def begun(self) -> bool:
        """Whether anything was found yet, if only a tag."""
        return self._said

    @property
    def idle(self) -> bool:
        """Whether text without a `<` is text and nothing else."""
        return self._said and not (self._held or self._inside or self._behind_tag)

    def split(self, text: str) -> list[Piece]:
        """What a further piece of text says, as far as that is sure."""
        text, self._held = self._held + text, ""
        out: list[Piece] = []
        if self._leading and not self._said and not self._may_lead(text):
            self.passed = True
        while text := self._skip_breaks(text):
            at, tag = self._next_tag(text)
            if not tag:
                self._say_sure(text, out)
                break
            if self._said or at > BLANK_LIMIT or text[:at].strip():
                self._say(text[:at], out)
            text = text[at + len(tag) :]
            self._pass(tag)
        return out

    def settle(self) -> list[Piece]:
        """No text follows here: what was held back is what it seemed to be."""
        out: list[Piece] = []
        held, self._held = self._held, ""
        self._say(held, out)
        self._behind_tag = False
        self.passed = self.passed or (self._leading and not self._inside)
        return out

    def leave(self) -> None:
        """Whatever follows is outside of the tags: the model has gone on to a tool call without closing."""
        if self._inside:
            self._pass(self._close)
            self._behind_tag = False

    def _may_lead(self, text: str) -> bool:
        """Whether a text begins with the tag, or may be the beginning of that."""
        stripped = text.lstrip()
        return stripped.startswith(self._open) or self._open.startswith(stripped)

    def _skip_breaks(self, text: str) -> str:
        if self._behind_tag and text:
            text = text.lstrip("\n")
            self._behind_tag = not text
        return text

    def _next_tag(self, text: str) -> tuple[int, str]:
        """Where the next tag is, and which; "" when there is none."""
        found = [(at, tag) for tag in self._watched() if (at := text.find(tag)) >= 0]
        return min(found, default=(len(text), ""))

    def _watched(self) -> tuple[str, ...]:
        if self.passed:
            return ()
        if self._inside:
            return (self._close,)
        return (self._open,) if self._once else (self._open, self._close)

    def _pass(self, tag: str) -> None:
        self.passed = self._once and tag == self._close
        self._inside = tag == self._open
        self._behind_tag = self._said = True

    def _say_sure(self, text: str, out: list[Piece]) -> None:
        """Everything but an end that may be the beginning of a tag."""
        end = len(text) - max((_overlap(text, tag) for tag in self._watched()), default=0)
        if not self._said and end <= BLANK_LIMIT and not text[:end].strip():
            end = 0
        self._held = text[end:]
        self._say(text[:end], out)

    def _say(self, text: str, out: list[Piece]) -> None:
        if text:
            self._said = True
            self.passed = self.passed or (self._leading and not self._inside)
            out.append(("thinking" if self._inside else "text", text))


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    start = text.rfind("<", max(0, len(text) - len(tag) + 1))
    return len(text) - start if start >= 0 and tag.startswith(text[start:]) else 0


class TagStage:
    """Turns tagged text into thinking, in unified chunks."""

    __slots__ = ("_tags",)

    def __init__(self, tags: Tags) -> None:
        self._tags = tags

    def feed(self, piece: Json) -> Sequence[Json]:
        """One chunk, as one or more."""
        tags = self._tags
        text = piece.get("text")
        if text is None:
            if _OTHER_CONTENT.isdisjoint(piece):
                return (piece,)
        elif len(piece) == 1:
            if tags.idle and (tags.passed or "<" not in text):
                return (piece,)
            return _chunks(tags.split(text))
        return self._feed_mixed(piece, text or "")

    def finish(self) -> Iterable[Json]:
        """What was held back."""
        return _chunks(self._tags.settle())

    def _feed_mixed(self, chunk: Json, text: str) -> list[Json]:
        """A chunk with other content than text: its parts in the order in which they are shown."""
        before = {key: chunk[key] for key in _BEFORE_TEXT if key in chunk}
        after = {key: value for key, value in chunk.items() if key != "text" and key not in before}
        out: list[Json] = []
        if before:
            out = [*_chunks(self._tags.settle()), before]
            if not self._tags.begun:  # the reasoning comes apart, so the text holds none
                self._tags.leave()
        out += _chunks(self._tags.split(text))
        if not _OTHER_CONTENT.isdisjoint(after):
            out += _chunks(self._tags.settle())
        if "tool_calls" in after:
            self._tags.leave()
        return [*out, after] if after else out


def _chunks(pieces: list[Piece]) -> list[dict[str, Any]]:
    return [{kind: text} for kind, text in pieces]
