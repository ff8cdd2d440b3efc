"""The transformers that a configuration can use: the built-in ones, those it names, and installed ones it uses.

    transformers: [{path: "x.py", options: {}}]     at the top: known by their names everywhere
    use: ["package.module:Shout", {path: "x.py"}]   in a list: used there

A package offers its own under the entry point group `ccr_middleware.transformers`. What cannot be loaded is known with
its error, so that requests which need it fail instead of passing without it; nothing here ever raises for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from os.path import dirname
from typing import Any

from ..config.checks import transformer_modules, unknown_transformers
from ..config.places import quote
from ..config.references import Reference, find_reference, read_reference, reference_text
from ..config.schema import Config
from ..errors import ConfigError
from ..transformers.registry import BUILTIN_ORIGIN, Entry, Registry
from .classes import fault_of, name_of, transformers_in
from .guard import Loaded
from .modules import LoadError, Modules, said

GROUP = "ccr_middleware.transformers"


def load_transformers(config: Config, base: Registry) -> tuple[Registry, list[str]]:
    """What a configuration can use besides `base`, and warnings: what could not be loaded, what nobody knows."""
    loading = _Loading(base.copy(), Modules(dirname(config.source)))
    for written in transformer_modules(config):
        loading.add_module(written)
    for provider in config.providers:
        for use in chain(provider.use, *provider.use_by_model.values()):
            loading.add_used(use.name)
    registry = loading.registry
    loading.modules.live_with(registry)
    return registry, [*loading.warnings, *unknown_transformers(config, registry.names())]


def find_transformer(text: str, base: Registry, folder: str = "") -> Entry | None:
    """What a text in a `use` list means, without its guard: for those who look at a transformer's faults. None for a
    name nobody knows. Relative paths begin at `folder`, by default where the process runs. Raises ConfigError for what
    cannot be loaded."""
    loading = _Loading(base.copy(), Modules(folder))
    loading.add_used(text)
    entry = loading.registry.entry(text)
    if entry is not None and entry.error is not None:
        raise ConfigError(entry.error)
    return entry and Entry(entry.name, entry.cls, entry.aliases, entry.origin)


def installed_transformers(registry: Registry) -> list[Entry]:
    """Those of installed packages that the registry has not got, imported now. One whose name is taken has an error."""
    loading = _Loading(registry, Modules(""))
    entries = [loading.installed(point) for point in entry_points(group=GROUP)]
    others = []
    for entry in entries:
        known = registry.entry(entry.name)
        if known is not None and known.origin != entry.origin:
            path = entry.origin.partition(":")[2]
            entry.error = f'another transformer has this name and is used; list {{"path": {quote(path)}}} to replace it'
        if known is None or known.origin != entry.origin:
            others.append(entry)
    return others


class _Loading:
    """One configuration's transformers while they are loaded."""

    def __init__(self, registry: Registry, modules: Modules) -> None:
        self.registry = registry
        self.modules = modules
        self.warnings: list[str] = []
        self._options: dict[object, Mapping[str, Any]] = {}  # of the classes that stand at the top with some
        self._lost: list[Entry] = []  # modules that cannot be loaded, so that nobody knows what is in them

    def add_module(self, written: Mapping[str, Any]) -> None:
        """One entry `{path, name, options}` of the top-level list."""
        path, name, options = written.get("path"), written.get("name"), written.get("options")
        if not isinstance(path, str):
            self.warnings.append("transformers: a path is not text and not used; write the path of a file")
            return
        if options is not None and not isinstance(options, Mapping):
            self.warnings.append(f"transformers: the options of {quote(path)} are not an object and not used")
            options = None
        name = name.strip() if isinstance(name, str) else ""
        reference = read_reference(path)
        origin = _origin(reference)
        try:
            found = transformers_in(self.modules.load(reference), reference, name)
            names = [name] if name and len(found) == 1 else []
            entries = [_entry(cls, names, reference, origin, options) for cls in found]
            self._options.update((cls, options or {}) for cls in found)
        except Exception as problem:
            entries = [Loaded(name or reference_text(path), None, origin=origin, error=_told(problem, reference))]
            self._lost += entries
        for entry in entries:
            self._add(entry)

    def add_used(self, text: str) -> None:
        """One entry of a `use` list, if it is not known yet."""
        if self.registry.entry(text) is not None:
            return
        if reference := find_reference(text):
            self._add(self._single(text, reference, _origin(reference)))
            return
        point = next((one for one in entry_points(group=GROUP) if one.name.lower() == text.lower()), None)
        if point is not None:
            self._add(self.installed(point))
        elif self._lost:
            reasons = "; ".join(str(entry.error) for entry in self._lost)
            error = f"no transformer is known by this name; perhaps it is in what cannot be loaded: {reasons}"
            self.registry.add(Loaded(text, None, origin=self._lost[0].origin, error=error))

    def installed(self, point: EntryPoint) -> Entry:
        """The transformer of an entry point, known under the entry point's name."""
        reference = Reference(point.module, point.attr)
        return self._single(point.name, reference, f"entry point:{point.module}:{point.attr}".rstrip(":"))

    def _single(self, name: str, reference: Reference, origin: str) -> Entry:
        """The one transformer that a reference means."""
        try:
            classes = transformers_in(self.modules.load(reference), reference)
            if len(classes) > 1:
                names = ", ".join(name_of(cls) for cls in classes)
                raise LoadError(f"{reference.where}: has several transformers ({names}); write one behind a colon")
            return _entry(classes[0], [name], reference, origin, self._options.get(classes[0]), only=True)
        except Exception as problem:
            return Loaded(name, None, origin=origin, error=_told(problem, reference))

    def _add(self, entry: Entry) -> None:
        if entry.error is not None:
            self.warnings.append(f"transformer {quote(entry.name)} cannot be used: {entry.error}")
        for replaced in self.registry.add(entry):
            what = "the built-in one" if replaced.origin == BUILTIN_ORIGIN else f"that of {replaced.origin}"
            self.warnings.append(f"transformer {quote(entry.name)}: {entry.origin} replaces {what}")


def _told(problem: Exception, reference: Reference) -> str:
    """Why something cannot be used. What is no `LoadError` came of looking at a class, which may do anything."""
    return str(problem) if isinstance(problem, LoadError) else f"{reference.where}: {said(problem)}"


def _origin(reference: Reference) -> str:
    """Where it is, as it was written."""
    where, what = reference
    return f"{'file' if reference.is_file else 'module'}:{where}{':' if what else ''}{what}"


def _entry(
    cls: Any,
    names: list[str],
    reference: Reference,
    origin: str,
    options: Mapping[str, Any] | None = None,
    *,
    only: bool = False,
) -> Entry:
    """A class as it is known: under these names first, then under its own, unless it is known under these `only`."""
    error = fault_of(cls, reference.where)
    if not error and not hasattr(cls, "name"):
        cls.name = cls.__name__
    own = [] if only else [name_of(cls), *(() if error else cls.aliases)]
    name, *aliases = dict.fromkeys([*names, *own])
    usable = None if error else cls
    return Loaded(name, usable, aliases, origin=origin, shown=reference.where, options=options, error=error)
