"""Files that a preset names, kept inside its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from ..config.named_files import named_files
from ..config.references import find_reference, read_reference


class Outside(ValueError):
    """A path that leads out of a folder."""


def inside(folder: FilePath, written: str) -> str:
    """The absolute path of a file in a folder, links followed. Raises Outside."""
    written = written.strip()
    where = read_reference(written).where if find_reference(written) else written
    root = folder.resolve()
    try:
        found = (root / os.path.expanduser(where)).resolve()
    except (OSError, RuntimeError, ValueError):
        raise Outside(written) from None
    if "\\" in where or not found.is_relative_to(root) or found == root:
        raise Outside(written)
    return f"{found}{written[len(where) :]}"


def made_absolute(document: Mapping[str, Any], folder: str) -> None:
    """Let relative paths of a document begin at a folder, in place. For a document one trusts."""
    for named in named_files(document):
        if named.is_file and not named.is_variable:
            named.container[named.key] = os.path.join(folder, os.path.expanduser(named.text))
