"""The configuration looked at alone: every problem with its place, and a snapshot when it can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .checking import Checked


class Place(NamedTuple):
    """Something about a place of the configuration. `line` and `column` begin at 1, None where they are not known."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    def text(self, file: str) -> str:
        """`file:line:column: path: message`, as editors and terminals make links of it."""
        where = f"{file}:{self.line}:{self.column}: " if self.line is not None and file else ""
        path = f"{self.path}: " if self.path and not self.message.startswith(self.path) else ""
        return f"{where}{path}{self.message}"


def check_file(path: str | None, env: Mapping[str, str]) -> Checked:
    """Read the configuration, with everything that it names loaded as a gateway would."""
    from ..config.document import parse_document
    from ..errors import ConfigError
    from ..loading import Loader
    from ..transformers.builtin import builtin_registry
    from .checking import Checked

    checked = Checked(path or "")
    document = None
    if path:
        import os

        full = os.path.abspath(os.path.expanduser(path))
        checked.file = full
        try:
            text = _text_of(full)
        except ConfigError as problem:
            checked.problems.append(Place("", str(problem)))
            return checked
        _examine(text, env, checked)
        if checked.problems:
            return checked
        document = parse_document(text, name=path, source=full)
    try:
        checked.snapshot = Loader(builtin_registry(), env).load(document)
    except ConfigError as problem:
        checked.problems.append(Place("", str(problem)))
        return checked
    _add_warnings(checked)
    return checked


def _text_of(path: str) -> str:
    """The text of the file. Raises `ConfigError` when it cannot be read."""
    from ..config.document import read_document
    from ..errors import ConfigError

    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        read_document(path)  # which says it in the words of all
        raise ConfigError(f"{path}: cannot be read") from None


def _examine(text: str, env: Mapping[str, str], checked: Checked) -> None:
    from ..config.problems import problems_of

    found = problems_of(text, env=env)
    checked.problems += [Place(*problem) for problem in found.problems]
    checked.warnings += [_placed(line, text) for line in found.warnings]


def _placed(line: str, text: str) -> Place:
    """A warning with the place in the text that it begins with: of its key, or of what there is of the way there."""
    from ..config.problems import read_path
    from ..config.syntax import SyntaxProblem, line_and_column, parse

    path, end = read_path(line)
    try:
        node = parse(text).root
    except SyntaxProblem:
        return Place("", line)
    position = None
    for part in path:
        if isinstance(part, str):
            entry = node.members().get(part)
        else:
            entry = node.entries[part] if part < len(node.entries) else None
        if entry is None:
            break
        node, position = entry.node, entry.start
    if position is None:
        return Place("", line)
    return Place(line[:end], line[end:].lstrip(",: "), *line_and_column(text, position))


def _add_warnings(checked: Checked) -> None:
    """What was only seen when everything was loaded, and has no place in the text."""
    assert checked.snapshot is not None
    known = {place.text("") for place in checked.warnings}
    for warning in checked.snapshot.config.warnings:
        if warning not in known and "an object has this key twice" not in warning:
            checked.warnings.append(Place("", warning))
    for broken in checked.snapshot.broken:
        checked.problems.append(Place("", broken.message))
