"""Texts that say where a transformer of one's own is: a file or a module, and what in it.

    x.py, ~/ccr/x.py:Shout        a file; relative paths begin at the configuration
    package.module:Shout          a module that Python can import
    package.module:               the only transformer in it

A text in a `use` list that looks like none of these is the name of a transformer.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: The part behind the colon is a class or a transformer's name; `C:\x.py` has none.
_REFERENCE = re.compile(r"(?P<where>.+?)(?::(?P<what>[^:/\\]*))?", re.DOTALL)
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")

#: What CCR v2 loads. It counts as a file, so that an error can say what to write instead.
SCRIPTS = (".js", ".mjs", ".cjs", ".ts")
_FILES = (".py", *SCRIPTS)


class Reference(NamedTuple):
    """`where`: the path of a file or the dotted name of a module; `what`: a class or transformer in it, or ""."""

    where: str
    what: str = ""

    @property
    def is_file(self) -> bool:
        """Whether `where` is a path."""
        return self.where.lower().endswith(_FILES) or "/" in self.where or "\\" in self.where


def read_reference(path: str) -> Reference:
    """The reference that a `path` of the configuration is."""
    match = _REFERENCE.fullmatch(path.strip())
    return Reference(match["where"], match["what"] or "") if match else Reference(path)


def find_reference(text: str) -> Reference | None:
    """The reference that an entry of a `use` list is, None for a plain name."""
    reference = read_reference(text)
    has_colon = len(reference.where) < len(text.strip())
    is_told = has_colon and (reference.is_file or _MODULE.fullmatch(reference.where))
    return reference if is_told or reference.where.lower().endswith(_FILES) else None


def reference_text(path: str, name: object = None) -> str:
    """What to write in a `use` list for a `path`, and perhaps the `name` of what is wanted in it."""
    where, what = read_reference(path)
    wanted = what or (name if isinstance(name, str) else "")
    return where if where.lower().endswith(_FILES) and not wanted else f"{where}:{wanted}"
