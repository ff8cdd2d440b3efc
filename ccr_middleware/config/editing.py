"""Changing a configuration file without rewriting it.

Only what differs is written anew. Comments, order, quotes, indentation, placeholders, commas and line ends stay as they
are; what is added looks like what stands beside it (`style`), and what goes takes its comments with it (`layout`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError
from .alignment import align, same
from .document import parse_document
from .layout import indent_at, layout_of
from .style import Style, style_near, style_of
from .syntax import Entry, Node, SyntaxProblem, parse


def patch(document: Any, changes: Any) -> Any:
    """A document with a JSON merge patch (RFC 7396) applied: null takes a member out, lists are replaced."""
    if not isinstance(changes, Mapping):
        return copy.deepcopy(changes)
    patched = dict(document) if isinstance(document, Mapping) else {}
    for key, value in changes.items():
        if value is None:
            patched.pop(key, None)
        else:
            patched[key] = patch(patched.get(key), value)
    return patched


def new_text(document: Mapping[str, Any]) -> str:
    """A document as a new file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def edit_text(text: str, wanted: Mapping[str, Any]) -> str:
    """The text changed so that it says what is wanted: read again, it is equal to it (1 and 1.0 are the same).

    Members keep their order in the text, items of lists get that of `wanted`. Raises ConfigError when the text is no
    configuration, or when no text can say what is wanted.
    """
    if same(parse_document(text).value, wanted):
        return text
    try:
        root = parse(text).root
    except SyntaxProblem as problem:
        raise ConfigError(f"configuration: {problem}; write it anew") from None
    style = style_of(text, root)
    for depth in (None, *range(_depth(root), -1, -1)):
        edited = text[: root.start] + _Editor(text, style, depth).value(root, wanted, 0) + text[root.end :]
        if _says(edited, wanted):
            return edited
    raise ConfigError("configuration: cannot be written as JSON; use objects, lists, texts, numbers, booleans and null")


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return same(parse_document(text).value, wanted)
    except ConfigError:
        return False


def _depth(node: Node) -> int:
    return 1 + max((_depth(entry.node) for entry in node.entries), default=-1)


class _Editor:
    """Writes the values of one text anew where they differ.

    Objects and lists at `whole_from` levels below the top are written as a whole: a way out should ever a smaller
    change not say what is wanted.
    """

    def __init__(self, text: str, style: Style, whole_from: int | None) -> None:
        self.text = text
        self.style = style
        self.whole_from = whole_from

    def value(self, node: Node, wanted: Any, depth: int) -> str:
        """The text of a value that is to say what is wanted."""
        if same(node.value, wanted):
            return self.text[node.start : node.end]
        if self.whole_from is None or depth < self.whole_from:
            if node.kind == "object" and isinstance(wanted, Mapping) and self._has_inside(node):
                return self._object(node, wanted, depth)
            if node.kind == "array" and isinstance(wanted, list | tuple) and self._has_inside(node):
                return self._array(node, wanted, depth)
        if isinstance(node.value, str) and isinstance(wanted, str):
            return self.style.text(wanted, self.text[node.start])
        return self.style.value(wanted, indent_at(self.text, node.start), lines=not self.style.one_line)

    def _has_inside(self, node: Node) -> bool:
        """Whether there is anything to keep: an entry or a comment."""
        return bool(node.entries) or bool(self.text[node.start + 1 : node.end - 1].strip())

    def _object(self, node: Node, wanted: Mapping[str, Any], depth: int) -> str:
        members = node.members()
        entries: list[tuple[int | None, str]] = []
        for index, entry in enumerate(node.entries):
            if entry.key in wanted:
                counts = members[entry.key] is entry
                value = wanted[entry.key] if counts else entry.node.value
                before = self.text[entry.start : entry.node.start]
                entries.append((index, before + self.value(entry.node, value, depth + 1)))
        style = style_near(self.style, self.text, node)
        for key, value in wanted.items():
            if key not in members:
                entries.append((None, style.key(str(key)) + self._new(node, value, style)))
        return self._arranged(node, entries)

    def _array(self, node: Node, wanted: Any, depth: int) -> str:
        style = style_near(self.style, self.text, node)
        entries: list[tuple[int | None, str]] = []
        for value, index in zip(wanted, align(node.value, wanted), strict=True):
            if index is None:
                entries.append((None, self._new(node, value, style)))
            else:
                entries.append((index, self.value(node.entries[index].node, value, depth + 1)))
        return self._arranged(node, entries)

    def _arranged(self, node: Node, entries: list[tuple[int | None, str]]) -> str:
        spacing = self.style.spacing
        return layout_of(self.text, node).arranged(entries, spacing).text(spacing.eol)

    def _new(self, node: Node, value: Any, style: Style) -> str:
        """The text of a value that is added to an object or a list: over several lines if others like it are."""
        layout = layout_of(self.text, node)
        lines = layout.has_lines
        beside = self._beside(node, value)
        if beside is not None:
            lines = any(end in self.text[beside.node.start : beside.node.end] for end in "\r\n")
        indent = layout.indent
        if layout.has_lines:
            indent = indent_at(self.text, node.entries[-1].start) if node.entries else indent + style.spacing.unit
        return style.value(value, indent, lines=lines)

    def _beside(self, node: Node, value: Any) -> Entry | None:
        """The last entry with something in it that is of the same kind as a value."""
        kind = "object" if isinstance(value, Mapping) else "array" if isinstance(value, list | tuple) else "scalar"
        return next((entry for entry in reversed(node.entries) if entry.node.kind == kind and entry.node.entries), None)
