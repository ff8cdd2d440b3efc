"""What can be said of the web interface's modules without running them: imports, exports, texts, words in templates."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import json5

ROOT = Path(__file__).parents[2] / "ccr_middleware" / "ui_static"

#: Attributes and properties whose values a reader sees or hears.
SHOWN = frozenset(
    {"label", "title", "text", "hint", "placeholder", "alt", "caption", "note", "aria-label", "hidden", "action"}
)

_IMPORT = re.compile(r'(?:^|\n)(?:import|export)\s+([^"\n;]*?)\s*from\s+"([^"]+)"|import\("([^"]+)"\)')
_EXPORT = re.compile(
    r"\nexport (?:async )?(?:function\*?|const|let|class) (\w+)|\nexport default (?:async )?(?:function|class)? ?(\w*)"
)
_NAMES = re.compile(r"\{([^}]*)\}")
_TAG = re.compile(r"<(/?)([^\s>]*)([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_HOLE = "\0"


def modules() -> dict[str, str]:
    """The source of each hand-written module by its path (`js/core/api.js`)."""
    paths = [ROOT / "app.js", *sorted((ROOT / "js").rglob("*.js"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}


class Import(NamedTuple):
    """A module that another one imports: its path below the root, and the names that are wanted of it."""

    path: str
    names: tuple[str, ...]


def imports(path: str, source: str) -> list[Import]:
    """What a module imports, or exports from another; `*` and `default` are names too."""
    found = []
    for clause, static, dynamic in _IMPORT.findall(joined(source)):
        target = (Path("/", path).parent / (static or dynamic)).as_posix()
        parts: list[str] = []
        for part in target.strip("/").split("/"):
            parts = parts[:-1] if part == ".." else parts if part == "." else [*parts, part]
        found.append(Import("/".join(parts), _wanted(clause) if static else ("default",)))
    return found


def joined(source: str) -> str:
    """The source with the braces of each import and export on one line."""
    return re.sub(r"(?<=[\w ])\{[^{}`]*\}(?= from )", lambda braces: " ".join(braces[0].split()), source)


def _wanted(clause: str) -> tuple[str, ...]:
    names = tuple(
        one.split(" as ")[0].strip() for group in _NAMES.findall(clause) for one in group.split(",") if one.strip()
    )
    outside = _NAMES.sub("", clause).replace(",", " ").strip()
    if outside.startswith("*"):
        return ("*",)
    return (*names, "default") if outside else names


def exports(path: str, sources: dict[str, str]) -> set[str]:
    """The names that a module exports, those of modules it passes on included."""
    source = "\n" + joined(sources[path])
    names = {name or "default" for name, _ in _EXPORT.findall(source) if name}
    if re.search(r"\nexport default ", source):
        names.add("default")
    for clause in re.findall(r"\nexport \{([^}]*)\}", source):
        names |= {one.split(" as ")[-1].strip() for one in clause.split(",") if one.strip()}
    return names


def texts(source: str) -> dict[str, dict[str, str]]:
    """The texts of a module of `js/texts/`, by language and key."""
    literal = source.partition("export default ")[2].strip().removesuffix(";")
    return dict(json5.loads(literal))


class Template(NamedTuple):
    """A template `html`…``, with each `${…}` replaced by a character that occurs nowhere else."""

    line: int
    text: str

    def words(self) -> Iterator[str]:
        """Texts that a reader would see and that come from no module of texts."""
        for piece in _TAG.sub("\n", self.text).split("\n"):
            yield piece.replace(_HOLE, " ")
        for _, _, attributes in _TAG.findall(self.text):
            yield from (value.replace(_HOLE, " ") for name, value in _ATTRIBUTE.findall(attributes) if name in SHOWN)

    def attributes(self) -> Iterator[tuple[str, str]]:
        """Names and literal values of attributes."""
        for _, _, attributes in _TAG.findall(self.text):
            yield from _ATTRIBUTE.findall(attributes)


def templates(source: str) -> list[Template]:
    """All templates of a module, also those inside others."""
    found: list[Template] = []
    position = 0
    while (start := source.find("html`", position)) >= 0:
        position = _template(source, start + 5, found, is_html=True)
    return found


def _template(source: str, position: int, found: list[Template], *, is_html: bool) -> int:
    """Reads a template from after its first backtick to after its last; gives the position there."""
    line, text = source.count("\n", 0, position) + 1, ""
    while source[position] != "`":
        if source[position] == "\\":
            position += 2
        elif source.startswith("${", position):
            position = _expression(source, position + 2, found)
            text += _HOLE
        else:
            text += source[position]
            position += 1
    if is_html:
        found.append(Template(line, text))
    return position + 1


def _expression(source: str, position: int, found: list[Template]) -> int:
    """Reads an expression from after its brace to after the closing one."""
    depth = 0
    while depth >= 0:
        character = source[position]
        if character in "\"'":
            position = _string(source, position)
        elif character == "`":
            position = _template(source, position + 1, found, is_html=source.startswith("html", position - 4))
        else:
            depth += {"{": 1, "}": -1}.get(character, 0)
            position += 1
    return position


def _string(source: str, position: int) -> int:
    quote, position = source[position], position + 1
    while source[position] != quote:
        position += 2 if source[position] == "\\" else 1
    return position + 1
