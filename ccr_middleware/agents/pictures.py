"""The images of a conversation, numbered, and text in their places."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..jsonio import dumps
from ..lenient import dicts, text_of
from ..unified import Json

#: How Claude Code and the gateway refer to an image.
_REFERENCE = re.compile(r"\[Image #(\d+)\]")


class Picture(NamedTuple):
    """An image block and what it is known by: the hash of its source."""

    block: Json
    digest: str


class Gallery:
    """The images of one conversation, from 1 on in the order of their first appearance. Equal ones have one number."""

    def __init__(self) -> None:
        self.pictures: dict[int, Picture] = {}
        self._numbers: dict[str, int] = {}

    def add(self, block: Json) -> int:
        """The number of an image."""
        digest = hashlib.sha256(dumps(block.get("source"))).hexdigest()
        number = self._numbers.setdefault(digest, len(self._numbers) + 1)
        self.pictures.setdefault(number, Picture({"type": "image", "source": block.get("source")}, digest))
        return number


def has_images(messages: Any) -> bool:
    """Whether there is an image in any user message, itself or in a tool result."""
    return any(True for message in _user_messages(messages) for _ in _images(message.get("content")))


def _user_messages(messages: Any) -> Iterator[Json]:
    return (message for message in dicts(messages) if message.get("role") == "user")


def _images(content: Any) -> Iterator[Json]:
    for block in dicts(content):
        if block.get("type") == "image":
            yield block
        elif block.get("type") == "tool_result":
            yield from _images(block.get("content"))


class Marking:
    """Puts text in the places of images, from the first message to the last. `describe`: the text for a number."""

    def __init__(self, describe: Callable[[int, Picture], str]) -> None:
        self.gallery = Gallery()
        self._describe = describe
        self._renamed: dict[str, int] = {}  # the numbers of the client → ours

    def messages(self, messages: Any) -> list[Json]:
        """The messages without images. What has none stays the same object."""
        return [self._message(message) if message.get("role") == "user" else message for message in dicts(messages)]

    def _message(self, message: Json) -> Json:
        content = message.get("content")
        if isinstance(content, str):
            return {**message, "content": self._text(content)} if _REFERENCE.search(content) else message
        if not isinstance(content, list):
            return message
        self._learn(dicts(content))
        return {**message, "content": [self._block(block) for block in content]}

    def _learn(self, content: list[Json]) -> None:
        """Claude Code counts the images of a session in its texts, and puts those of a message behind them in order."""
        texts = [text_of(block.get("text")) for block in content if block.get("type") == "text"]
        written = sorted({int(number) for text in texts for number in _REFERENCE.findall(text)})
        images = [block for block in content if block.get("type") == "image"]
        if len(written) == len(images):
            pairs = zip(written, images, strict=True)
            self._renamed.update({str(number): self.gallery.add(image) for number, image in pairs})

    def _block(self, block: Any) -> Any:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "image":
            number = self.gallery.add(block)
            text = {"type": "text", "text": self._describe(number, self.gallery.pictures[number])}
            return {**text, "cache_control": block["cache_control"]} if "cache_control" in block else text
        if kind == "text" and _REFERENCE.search(text_of(block.get("text"))):
            return {**block, "text": self._text(block["text"])}
        if kind == "tool_result" and any(True for _ in _images(block.get("content"))):
            return {**block, "content": [self._block(inner) for inner in block["content"]]}
        return block

    def _text(self, text: str) -> str:
        """A text with our numbers; a reference to an image that is not there is no reference any more."""
        return _REFERENCE.sub(self._reference, text)

    def _reference(self, found: re.Match[str]) -> str:
        number = self._renamed.get(found[1])
        return f"[Image #{number}]" if number else "[an image]"
