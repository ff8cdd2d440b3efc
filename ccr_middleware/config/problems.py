"""Everything that is wrong with a configuration, each with its place in the text: what editors and the API show.

Nothing that the document names is loaded or asked: no transformer, no router, no provider.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..errors import ConfigError
from .document import parse_document
from .explain import complaints
from .interpolate import interpolate
from .load import load_config
from .places import Path, show_path
from .schema import Config
from .spelling import normalise
from .syntax import Node, SyntaxProblem, line_and_column, parse

_SYNTAX = re.compile(r"configuration: line (\d+), column (\d+): (.*)", re.DOTALL)
_PREFIX = "configuration: "
_PART = re.compile(r"\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]")


class Problem(NamedTuple):
    """One thing that is wrong.

    `path`: as `show_path` writes it, "" for the whole. `line`, `column`: from 1; None when there is no text.
    """

    path: str
    message: str
    line: int | None = None
    column: int | None = None


class Findings(NamedTuple):
    """What keeps a configuration from being used; and what is legal and looks like a mistake, one line each."""

    problems: list[Problem]
    warnings: list[str]


def problems_of(
    source: str | Mapping[str, Any],
    *,
    env: Mapping[str, str] | None = None,
    known_transformers: Collection[str] = (),
) -> Findings:
    """Look at the text of a configuration, or at a document. `env`, `known_transformers`: as in `load_config`.

    A syntax error is the only problem then. There are warnings only where there is no problem.
    """
    env = os.environ if env is None else env
    text = source if isinstance(source, str) else ""
    try:
        document = parse_document(source).value if isinstance(source, str) else source
    except ConfigError as error:
        return Findings([_syntax_problem(str(error))], [])
    root = _parsed(text)
    try:
        config = load_config(document, env=env, known_transformers=known_transformers)
    except ConfigError as error:
        return Findings(_all_problems(document, env, str(error), _InText(text, root)), [])
    return Findings([], [*(_repeated_keys(root, ()) if root else ()), *config.warnings])


def _parsed(text: str) -> Node | None:
    """The tree of a text; None without one, and for what only the other parser takes."""
    try:
        return parse(text).root if text else None
    except SyntaxProblem:
        return None


def _syntax_problem(error: str) -> Problem:
    found = _SYNTAX.fullmatch(error)
    if found is None:
        return Problem("", error.removeprefix(_PREFIX), 1, 1)
    return Problem("", found[3], int(found[1]), int(found[2]))


def _all_problems(document: Mapping[str, Any], env: Mapping[str, str], first: str, places: _InText) -> list[Problem]:
    """Every complaint of the schema; or the one that kept it from being asked."""
    resolved, unset = interpolate(document, env)
    try:
        spelled = normalise(resolved)
        Config.model_validate(spelled.values)
    except ValidationError as error:
        found = complaints(error, spelled.values, spelled.places, unset)
        return [places.problem(path, f"{what}; {fix}") for path, what, fix in found]
    except ConfigError as error:
        first = str(error)
    return [places.problem_of_line(first.removeprefix(_PREFIX))]


def _repeated_keys(node: Node, path: Path) -> Iterator[str]:
    """A line for each member that another one with its key takes the place of."""
    counts = node.members() if node.kind == "object" else {}
    for index, entry in enumerate(node.entries):
        inner = (*path, entry.key if counts else index)
        if counts and counts[entry.key] is not entry:
            yield f"{show_path(inner)}: the object has this key twice, the last one counts; remove one"
        yield from _repeated_keys(entry.node, inner)


class _InText:
    """Where in a text the parts of its document stand. Without a text nothing stands anywhere."""

    def __init__(self, text: str, root: Node | None) -> None:
        self.text = text
        self.root = root

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at a path as written: at its value, or where that would have to be."""
        return Problem(show_path(path), message, *self._find(path))

    def problem_of_line(self, line: str) -> Problem:
        """One that is given as `<path>: <what>; <fix>`."""
        path, end = read_path(line)
        return self.problem(path, line[end:].removeprefix(": "))

    def _find(self, path: Path) -> tuple[int, int] | tuple[None, None]:
        """Line and column of a path, or of the part of it that is there."""
        if self.root is None:
            return None, None
        node = self.root
        for part in path:
            entry = node.members().get(part) if isinstance(part, str) else None
            if isinstance(part, int) and node.kind == "array" and part < len(node.entries):
                entry = node.entries[part]
            if entry is None:
                break
            node = entry.node
        return line_and_column(self.text, node.start)


def read_path(line: str) -> tuple[Path, int]:
    """The path a line of `show_path: …` begins with and where it ends; 0 when it begins with none."""
    parts: list[str | int] = []
    end = 0
    while (found := _PART.match(line, end)) and (not parts or found[0][0] in ".["):
        parts.append(found[1] if found[1] is not None else int(found[2]) if found[2] else json.loads(found[3]))
        end = found.end()
    return (tuple(parts), end) if line.startswith(": ", end) else ((), 0)
