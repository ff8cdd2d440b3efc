"""Changes to the configuration file from the command line: what is not changed stays as it is written."""

from __future__ import annotations

import argparse
import copy
import os
from collections.abc import Callable, Mapping
from typing import Any

from ..config.document import parse_document
from ..config.editing import edit_text
from ..config.files import ConfigFile
from ..config.problems import problems_of
from ..errors import ConfigError, GatewayError
from .home import home
from .settings import file_of


def change(
    args: argparse.Namespace, env: Mapping[str, str], edit: Callable[[dict[str, Any]], Mapping[str, Any]]
) -> str:
    """Make the file say what `edit` makes of its document, comments, order and placeholders kept; the file's path.

    A gateway that runs notices by itself. Raises `ConfigError` when the file cannot be read or written, or when it
    could not be used afterwards; then nothing is changed.
    """
    path = file_of(args, env) or os.path.join(home(env), "config.json")
    file = ConfigFile(path)
    try:
        text, revision = _read(file)
        document = parse_document(text, name=path).value
        wanted = edit_text(text, dict(edit(copy.deepcopy(document))))
        if problems := problems_of(wanted, env=env).problems:
            raise ConfigError(f"{path}: {problems[0].path or 'configuration'}: {problems[0].message}")
        file.write(wanted, if_match=revision or None)
    except GatewayError as problem:
        raise ConfigError(f"{path}: {problem.message}") from None
    return path


def _read(file: ConfigFile) -> tuple[str, str]:
    """Text and revision; an empty document without a revision where there is no file yet."""
    try:
        return file.read()
    except FileNotFoundError:
        return "{}\n", ""
