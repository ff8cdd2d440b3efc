"""Configurations as people write them, with comments that know to which entry they belong; and changes to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

NUMBERS = ("0x1F", "+1", "-7", ".5", "5.", "1e3", "1.0", "42", "-0.25E-2")


@dataclass
class Entry:
    """A member or an item: `own` are the numbers of the comments that belong to it."""

    value: Value
    key: str = ""
    own: list[int] = field(default_factory=list)

    def comments(self) -> Iterator[int]:
        yield from self.own
        yield from self.value.comments()


@dataclass
class Value:
    """`written`: the text of a scalar; else `entries`, and the comments that belong to the whole."""

    written: str = ""
    said: Any = None
    is_object: bool = False
    entries: list[Entry] | None = None
    own: list[int] = field(default_factory=list)

    def comments(self) -> Iterator[int]:
        yield from self.own
        for entry in self.entries or ():
            yield from entry.comments()

    def plain(self) -> Any:
        if self.entries is None:
            return self.said
        if self.is_object:
            return {entry.key: entry.value.plain() for entry in self.entries}
        return [entry.value.plain() for entry in self.entries]

    def walk(self) -> Iterator[Value]:
        yield self
        for entry in self.entries or ():
            yield from entry.value.walk()


class Writer:
    """Makes up documents and writes them in a style of its own."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.number = 0
        pick = self.random.choice
        self.eol, self.unit, self.quote = pick(["\n", "\n", "\r\n"]), pick(["  ", "    ", "\t"]), pick('""\'')
        self.bare, self.commas = pick([True, False]), pick([True, False])
        self.strict = self.random.random() < 0.15
        if self.strict:
            self.quote, self.bare, self.commas = '"', False, False

    def next(self) -> int:
        self.number += 1
        return self.number

    def scalar(self) -> Value:
        number = self.next()
        kind = self.random.randrange(8)
        if kind == 0:
            said: Any = self.random.choice([True, False, None])
            return Value(json.dumps(said), said)
        if kind == 1 and not self.strict:
            import json5

            written = self.random.choice(NUMBERS)
            return Value(written, json5.loads(written))
        if kind == 2:
            return Value(str(number), number)
        said = self.random.choice(["text {}", "$VAR_{}", "${{VAR_{}:-x}}", "Bearer $KEY_{}", 'it\'s "{}"', "ü/\\{}"])
        said = said.format(number)
        return Value(self.text(said), said)

    def text(self, said: str) -> str:
        body = json.dumps(said, ensure_ascii=False)[1:-1]
        if self.quote == "'":
            body = body.replace('\\"', '"').replace("'", "\\'")
        return self.quote + body + self.quote

    def value(self, depth: int) -> Value:
        if depth >= 4 or self.random.random() < 0.35 + 0.1 * depth:
            return self.scalar()
        return self.container(depth, self.random.random() < 0.6)

    def container(self, depth: int, is_object: bool) -> Value:
        entries = [self.entry(depth, is_object) for _ in range(self.random.choice([0, 1, 2, 3, 4]))]
        return Value(is_object=is_object, entries=entries)

    def entry(self, depth: int, is_object: bool) -> Entry:
        key = self.random.choice(["key{}", "a-{}", "$k{}", "Providers{}"]).format(self.next()) if is_object else ""
        value = self.value(depth + 1)
        while not is_object and isinstance(value.said, bool | None | float) and value.entries is None:
            value = self.scalar()  # items that can be told apart
        if not is_object and value.is_object and self.random.random() < 0.6:
            name = f"name {self.next()}"
            value.entries = [Entry(Value(self.text(name), name), "name"), *(value.entries or [])]
        return Entry(value, key)

    # -- writing ---------------------------------------------------------------------------------------------

    def comment(self, own: list[int], *, block: bool = False) -> str:
        own.append(self.next())
        words = f"c{own[-1]}, {{not}} [a] \"value': 1,"
        return f"/* {words} */" if block or self.random.random() < 0.3 else f"// {words}"

    def maybe(self, chance: float) -> bool:
        return not self.strict and self.random.random() < chance

    def key(self, name: str) -> str:
        return name if self.bare and name.isidentifier() else self.text(name)

    def write(self, value: Value, indent: str = "", lines: bool = True) -> str:
        if value.entries is None:
            return value.written
        brackets = "{}" if value.is_object else "[]"
        if not lines or (self.random.random() < 0.3 and indent != ""):
            return self.on_one_line(value, brackets)
        inner, parts = indent + self.unit, [brackets[0]]
        if self.maybe(0.15):
            parts.append(" " + self.comment(value.own))
        for index, entry in enumerate(value.entries):
            parts.append(self.on_lines(value, entry, inner, is_last=index == len(value.entries) - 1))
        if self.maybe(0.15):
            parts.append(self.eol + inner + self.comment(value.own))
        return "".join(parts) + self.eol + indent + brackets[1]

    def on_lines(self, whole: Value, entry: Entry, indent: str, is_last: bool) -> str:
        before = self.eol + indent
        text = ""
        if self.maybe(0.1):
            text += self.eol + before + self.comment(whole.own) + self.eol
        for _ in range(2):
            if self.maybe(0.2):
                text += before + self.comment(entry.own)
        text += before + self.body(entry, indent, lines=True)
        if self.maybe(0.1):
            text += " " + self.comment(entry.own, block=True)
        if not is_last or self.commas:
            text += ","
        if self.maybe(0.25):
            text += "  " + self.comment(entry.own)
        return text

    def on_one_line(self, value: Value, brackets: str) -> str:
        parts = []
        for entry in value.entries or ():
            comment = self.comment(entry.own, block=True) + " " if self.maybe(0.1) else ""
            parts.append(comment + self.body(entry, "", lines=False))
        return brackets[0] + ", ".join(parts) + brackets[1]

    def body(self, entry: Entry, indent: str, lines: bool) -> str:
        text = self.write(entry.value, indent, lines)
        return f"{self.key(entry.key)}: {text}" if entry.key else text


class Changes:
    """Changes at random places of a document."""

    def __init__(self, writer: Writer, root: Value) -> None:
        self.writer, self.root = writer, root
        self.random = writer.random

    def change(self) -> str:
        """Change the document; what was done."""
        kind = self.random.choice(["add", "remove", "change", "reorder", "nothing"])
        containers = [value for value in self.root.walk() if value.entries is not None]
        whole = self.random.choice(containers)
        entries = whole.entries
        assert entries is not None
        if kind == "add":
            entry = self.writer.entry(2, whole.is_object)
            entries.insert(len(entries) if whole.is_object else self.random.randint(0, len(entries)), entry)
        elif entries and kind == "remove":
            entries.pop(self.random.randrange(len(entries)))
        elif entries and kind == "change":
            self.replace(self.random.choice(entries), whole.is_object)
        elif entries and kind == "reorder":
            self.random.shuffle(entries)
        return kind

    def replace(self, entry: Entry, in_object: bool) -> None:
        """Another value: any in an object; in a list another scalar, since an item of another kind is another item."""
        if in_object:
            entry.value = self.writer.value(2)
        elif entry.value.entries is None:
            while isinstance(value := self.writer.scalar(), Value) and isinstance(value.said, bool | None | float):
                pass
            entry.value = value
