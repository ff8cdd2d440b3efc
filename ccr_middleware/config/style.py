"""How a document is written, so that what is added looks like the rest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .layout import Layout, Spacing, indent_at, layout_of
from .syntax import Entry, Node

#: A list of texts and numbers that is not longer is written on one line, unless the document never does that.
WIDTH = 100

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SURROGATE = re.compile("[\ud800-\udfff]")

Quote = Literal["", '"', "'"]


@dataclass(frozen=True, slots=True)
class Style:
    """The ways of a document, or of a part of it; those of strict JSON where nothing tells.

    - `quote`: of texts; `key_quote`: of keys, "" for none where none is needed.
    - `colon`: what stands between a key and its value.
    - `padding`: inside the braces of an object on one line.
    - `comma`: whether one stands behind the last entry of what has a line for each.
    - `one_line`: whether everything is on one line; `long_lists`: whether lists of texts have a line for each.
    """

    spacing: Spacing = field(default_factory=Spacing)
    quote: Quote = '"'
    key_quote: Quote = '"'
    colon: str = ": "
    padding: str = ""
    comma: bool = False
    one_line: bool = False
    long_lists: bool = False

    def text(self, value: str, quote: str = "") -> str:
        """A text in quotes."""
        return quoted(value, quote or self.quote)

    def key(self, name: str) -> str:
        """A key with the colon behind it."""
        bare = not self.key_quote and _NAME.fullmatch(name)
        return (name if bare else quoted(name, self.key_quote or self.quote)) + self.colon

    def scalar(self, value: Any) -> str:
        """Anything but an object or a list."""
        if isinstance(value, str):
            return self.text(value)
        return json.dumps(value)

    def value(self, value: Any, indent: str, *, lines: bool) -> str:
        """Any value. `indent`: of the line it begins on; `lines`: whether it may take several."""
        if not isinstance(value, Mapping | list | tuple):
            return self.scalar(value)
        if not value:
            return "{}" if isinstance(value, Mapping) else "[]"
        if not lines or self._is_short(value):
            return self._on_one_line(value)
        inner = indent + self.spacing.unit
        parts = self._entries(value, inner, lines=True)
        between = f",{self.spacing.eol}{inner}"
        opening, closing = "{}" if isinstance(value, Mapping) else "[]"
        comma = "," if self.comma else ""
        return f"{opening}{self.spacing.eol}{inner}{between.join(parts)}{comma}{self.spacing.eol}{indent}{closing}"

    def _is_short(self, value: Any) -> bool:
        """Whether a list goes on one line: one without objects that are not inside of another list."""
        if isinstance(value, Mapping) or self.long_lists or any(isinstance(item, Mapping) for item in value):
            return False
        return len(self._on_one_line(value)) <= WIDTH

    def _on_one_line(self, value: Any) -> str:
        if not isinstance(value, Mapping | list | tuple) or not value:
            return self.value(value, "", lines=True)
        text = f",{self.spacing.gap}".join(self._entries(value, "", lines=False))
        return f"{{{self.padding}{text}{self.padding}}}" if isinstance(value, Mapping) else f"[{text}]"

    def _entries(self, value: Any, indent: str, lines: bool) -> list[str]:
        if isinstance(value, Mapping):
            return [self.key(str(key)) + self.value(item, indent, lines=lines) for key, item in value.items()]
        return [self.value(item, indent, lines=lines) for item in value]


def quoted(value: str, quote: str) -> str:
    """A text in these quotes. Half a character (a lone surrogate), which no file can hold, becomes an escape."""
    body = json.dumps(value, ensure_ascii=False)[1:-1]
    if quote == "'":
        body = body.replace('\\"', '"').replace("'", "\\'")
    return quote + _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", body) + quote


def style_of(text: str, root: Node) -> Style:
    """The ways of a whole document, each that which is seen most."""
    seen = _Seen(text)
    for node in root.walk():
        seen.look_at(node)
    lines = seen.most("eol", "")
    colon, key_quote = seen.most("colon", ": "), seen.most("key_quote", '"')
    gap = seen.most("gap", " " if colon.endswith(" ") else "")
    return Style(
        spacing=Spacing(eol=lines or "\n", unit=seen.most("unit", "  "), gap=gap),
        quote=seen.most("quote", '"'),
        key_quote=key_quote,
        colon=colon,
        padding=seen.most("padding", "" if key_quote else " "),
        comma=seen.most("comma", False),
        one_line=not lines and bool(root.entries),
        long_lists=bool(seen.counts["long_list"]) and not seen.counts["long_list"][False],
    )


def style_near(style: Style, text: str, node: Node) -> Style:
    """The same, but with the quotes that the entries of an object or a list have, if those tell."""
    seen = _Seen(text)
    for entry in node.entries:
        seen.look_at_entry(entry)
        seen.look_at_text(entry.node)
    key_quote, quote = seen.most("key_quote", style.key_quote), seen.most("quote", style.quote)
    return replace(style, key_quote=key_quote, quote=quote)


class _Seen:
    """How often each way of writing was seen."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.counts: dict[str, Counter[Any]] = {
            name: Counter()
            for name in ("eol", "unit", "gap", "quote", "key_quote", "colon", "padding", "comma", "long_list")
        }
        self.counts["eol"].update(re.findall(r"\r\n|\n|\r", text))

    def most(self, name: str, default: Any) -> Any:
        """What was seen most, the first of equals."""
        common = self.counts[name].most_common(1)
        return common[0][0] if common else default

    def look_at(self, node: Node) -> None:
        """Count what one value shows."""
        self.look_at_text(node)
        if not node.entries:
            return
        for entry in node.entries:
            self.look_at_entry(entry)
        layout = layout_of(self.text, node)
        self._lines(node, layout)
        if node.kind == "array" and all(entry.node.kind == "scalar" for entry in node.entries):
            self.counts["long_list"][layout.has_lines] += 1

    def look_at_text(self, node: Node) -> None:
        """Count the quotes of a text."""
        if isinstance(node.value, str):
            self.counts["quote"][self.text[node.start]] += 1

    def look_at_entry(self, entry: Entry) -> None:
        """Count the quotes of a key that needs none, and what stands between it and its value."""
        if not entry.key_end:
            return
        if _NAME.fullmatch(entry.key):
            first = self.text[entry.start]
            self.counts["key_quote"][first if first in "\"'" else ""] += 1
        between = self.text[entry.key_end : entry.node.start]
        if not between.strip(" :"):
            self.counts["colon"][between] += 1

    def _lines(self, node: Node, layout: Layout) -> None:
        gaps = [piece.gap for piece in layout.pieces]
        if layout.has_lines:
            self.counts["comma"][layout.comma] += 1
            self.counts["unit"].update(self._steps(node, layout))
            return
        self.counts["gap"].update(gap for gap in gaps[1:] if not gap.strip(" "))
        if node.kind == "object" and not gaps[0].strip(" "):
            self.counts["padding"][gaps[0]] += 1

    def _steps(self, node: Node, layout: Layout) -> Iterator[str]:
        for entry in node.entries:
            indent = indent_at(self.text, entry.start)
            if indent.startswith(layout.indent) and len(indent) > len(layout.indent):
                yield indent[len(layout.indent) :]
