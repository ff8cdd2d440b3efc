"""Python files and modules of one's own, loaded. What is wrong with one becomes a `LoadError` that names the line."""

from __future__ import annotations

import importlib
import os
import re
import sys
import weakref
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from itertools import count
from types import ModuleType
from typing import Any

from ..config.references import SCRIPTS, Reference

#: How much of what an exception says is shown, in characters.
MAX_TEXT = 300

#: What the names of modules made of files begin with.
_PREFIX = "_ccr_file_"
_numbers = count(1)

#: An absolute path in a text; a URL's has something before its slashes.
_PATHS = re.compile(r"(?<![\w/:.~\\])(?:[A-Za-z]:)?(?:[\\/][\w.@+~-]+){2,}")


class LoadError(Exception):
    """Why something of one's own cannot be used: one line, with the file as it was written and the line in it."""


class Modules:
    """The files and modules that one configuration names; each is loaded once. Relative paths begin at `folder`.

    A file becomes a module with a name of its own, so that the next configuration reads it anew; a module by name is
    imported as everywhere else, and stays what it is until the process ends.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._loaded: dict[str, ModuleType | LoadError] = {}

    def load(self, reference: Reference) -> ModuleType:
        """The module. Raises LoadError, the same one for the same file."""
        key = self._path(reference) if reference.is_file else reference.where
        if key not in self._loaded:
            try:
                self._loaded[key] = self._from_file(reference, key) if reference.is_file else _imported(reference.where)
            except LoadError as problem:
                self._loaded[key] = problem
        loaded = self._loaded[key]
        if isinstance(loaded, LoadError):
            raise loaded
        return loaded

    def live_with(self, owner: object) -> None:
        """Forget the modules made of files when the owner is gone, so that a reload leaves nothing behind."""
        names = [module.__name__ for module in self._loaded.values() if isinstance(module, ModuleType)]
        made = [name for name in names if name.startswith(_PREFIX)]
        if made:
            weakref.finalize(owner, _forget, made).atexit = False

    def _path(self, reference: Reference) -> str:
        return os.path.abspath(os.path.join(self._folder, os.path.expanduser(reference.where)))

    def _from_file(self, reference: Reference, path: str) -> ModuleType:
        shown = reference.where
        if shown.lower().endswith(SCRIPTS):
            raise LoadError(
                f"{shown}: is a transformer of CCR v2; here they are written in Python: a file with a class that "
                'inherits from ccr_middleware.transformers.Transformer, named as {"path": "x.py"}'
            )
        name = f"{_PREFIX}{next(_numbers)}_{re.sub(r'[^A-Za-z0-9_]', '_', os.path.basename(path))}"
        loader = SourceFileLoader(name, path)
        try:
            source = loader.get_data(path)
        except (OSError, ValueError) as problem:
            raise LoadError(f"{shown}: {_unreadable(problem)}") from None
        module = module_from_spec(ModuleSpec(name, loader, origin=path))
        module.__file__ = path
        sys.modules[name] = module  # where pydantic and dataclasses look annotations up
        try:
            exec(loader.source_to_code(source, path), vars(module))
        except (Exception, SystemExit) as problem:
            del sys.modules[name]
            raise LoadError(f"{at_line(shown, _line_of(problem, name, path))}: {said(problem)}") from problem
        return module


def _forget(names: Iterable[str]) -> None:
    for name in names:
        sys.modules.pop(name, None)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name and f"{name}.".startswith(f"{problem.name}."):
            raise LoadError(
                f"{name}: no module is called {problem.name}; install it where the gateway runs, "
                "or write the path of a file that ends in .py"
            ) from None
        raise LoadError(f"{at_line(name, _line_of(problem, name))}: {said(problem)}") from problem
    except (Exception, SystemExit) as problem:
        raise LoadError(f"{at_line(name, _line_of(problem, name))}: {said(problem)}") from problem


def _unreadable(problem: Exception) -> str:
    if isinstance(problem, FileNotFoundError):
        return "no such file; relative paths begin at the folder of the configuration"
    if isinstance(problem, IsADirectoryError):
        return "is a folder; name the file in it"
    reason = problem.strerror if isinstance(problem, OSError) else None
    return f"cannot be read ({reason or said(problem)})"


# -- what went wrong, and where ---------------------------------------------------------------------------------


def _line_of(problem: BaseException, name: str, path: str = "") -> int | None:
    """The line of a module in which an exception arose, or the one that cannot be parsed."""
    if isinstance(problem, SyntaxError) and path and problem.filename == path:
        return problem.lineno
    return last_line(problem, name)


def last_line(problem: BaseException, name: str) -> int | None:
    """The last line of the module of that name that an exception passed."""
    line, step = None, problem.__traceback__
    while step is not None:
        if step.tb_frame.f_globals.get("__name__") == name:
            line = step.tb_lineno
        step = step.tb_next
    return line


def at_line(shown: str, line: int | None) -> str:
    """A place, with its line if it is known."""
    return shown if line is None else f"{shown}, line {line}"


def said(problem: BaseException) -> str:
    """An exception on one line, without the folders of this machine."""
    text: Any = problem.msg if isinstance(problem, SyntaxError) else problem
    text = _PATHS.sub(lambda path: re.split(r"[\\/]", path[0])[-1], " ".join(str(text).split()))
    return f"{type(problem).__name__}: {text[:MAX_TEXT]}".removesuffix(": ")
