"""The plugins of a configuration: the built-in ones, those it names, those of installed packages it names.

    plugins: [
      {name: "token-speed", enabled: true, options: {reporter: "console"}},     as in CCR v2
      {path: "audit.py", enabled: true},                a file; "audit.py:Audit" says which of several
      {module: "package.module:Audit", enabled: true},
      "installed-plugin",                               by the name of its entry point (group `ccr_middleware.plugins`)
    ]

What cannot be used becomes a warning, and requests go on without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from os.path import basename, dirname, splitext
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from ..config.operation import PluginUse
from ..config.places import did_you_mean, quote
from ..config.references import SCRIPTS, Reference, read_reference
from ..config.schema import Config
from ..extensions.modules import LoadError, Modules, said
from ..extensions.picking import pick_class
from ..transformers.registry import what_is_wrong
from .base import HOOKS, AnyPlugin, Plugin
from .faults import fault_of, misspelt
from .functions import FunctionPlugin, functions_of
from .loaded import BUILTIN_ORIGIN, HOST_ORIGIN, LoadedPlugin

GROUP = "ccr_middleware.plugins"


class _Builtin(NamedTuple):
    """A plugin that ships: where it is, and what it does."""

    reference: Reference
    description: str


#: By name. What is not used is not imported.
BUILTIN: Mapping[str, _Builtin] = {
    "token-speed": _Builtin(
        Reference("ccr_middleware.plugins.token_speed.plugin", "TokenSpeed"),
        "Measures how fast answers come: time to the first token, tokens per second.",
    )
}


def load_plugins(config: Config, given: Iterable[Any] = ()) -> tuple[tuple[LoadedPlugin, ...], list[str]]:
    """The plugins in the order in which they are asked, and a warning for each that cannot be used.

    `given`: those of the host, which come last: objects, classes, functions called like a hook, or functions that make
    a plugin. Those that are off or broken are there too, without their `plugin`.
    """
    loading = _Loading(config)
    for use in config.plugins:
        loading.add(use)
    for loaded in loading.plugins:
        if loaded.plugin is not None:
            loading.modules.live_with(loaded.plugin)
    for made in given:
        loading.keep_given(made)
    return tuple(loading.plugins), loading.warnings


def list_plugins(plugins: Iterable[LoadedPlugin]) -> list[LoadedPlugin]:
    """The plugins of a configuration, and behind them those it could name. Reads the disk."""
    known = list(plugins)
    names = {one.name.lower() for one in known}
    for name, builtin in BUILTIN.items():
        if name not in names:
            known.append(LoadedPlugin(name, description=builtin.description))
    for one in known:
        if one.plugin is None and one.options is None and one.origin == BUILTIN_ORIGIN and one.name in BUILTIN:
            one.options = _options_of(BUILTIN[one.name].reference)
    installed = (point for point in entry_points(group=GROUP) if point.name.lower() not in names)
    return [*known, *(LoadedPlugin(point.name, origin=_origin_of(point)) for point in installed)]


def _options_of(reference: Reference) -> type[BaseModel]:
    """The options of a plugin that ships."""
    options: type[BaseModel] = getattr(import_module(reference.where), reference.what).Options
    return options


class _Loading:
    """One configuration's plugins while they are loaded."""

    def __init__(self, config: Config) -> None:
        self.plugins: list[LoadedPlugin] = []
        self.warnings: list[str] = []
        self.modules = Modules(dirname(config.source))

    def add(self, use: PluginUse) -> None:
        """One entry of `plugins`."""
        named = quote(use.reference or use.name)
        origin, name = _origin(use), use.name or _name_of(use.reference)
        if not use.enabled:
            builtin = BUILTIN.get(use.name.lower()) if not use.reference else None
            self.plugins.append(LoadedPlugin(name, description=builtin.description if builtin else "", origin=origin))
            return
        try:
            reference, origin = _find(use)
            plugin = self._make(use, reference)
            shown = "" if origin == BUILTIN_ORIGIN else reference.where
            self._keep(LoadedPlugin(plugin.name, plugin, _description(plugin), origin, shown, use.timeout_seconds))
        except LoadError as problem:
            self._broken(LoadedPlugin(name, origin=origin, error=str(problem)), named)

    def keep_given(self, made: Any) -> None:
        """One of the host's."""
        what = getattr(made, "__name__", type(made).__name__)
        try:
            plugin = _given(made)
            self._keep(LoadedPlugin(plugin.name, plugin, _description(plugin), HOST_ORIGIN))
        except LoadError as problem:
            self._broken(LoadedPlugin(what, origin=HOST_ORIGIN, error=str(problem)), what)
        except Exception as problem:
            self._broken(LoadedPlugin(what, origin=HOST_ORIGIN, error=said(problem)), what)

    def _make(self, use: PluginUse, reference: Reference) -> AnyPlugin:
        """The plugin that an entry means. Raises LoadError."""
        if reference.where.lower().endswith(SCRIPTS):
            raise LoadError(
                f"{reference.where}: is a plugin of CCR v2; here they are written in Python: docs/plugins.md"
            )
        module = self.modules.load(reference)
        has_class = any(
            isinstance(one, type) and issubclass(one, Plugin) and one is not Plugin for one in vars(module).values()
        )
        if not has_class and not reference.what:
            made = functions_of(module, use.name or _name_of(reference.where))
            if made is not None and not use.options:
                return made
            if made is not None:
                raise LoadError(f"{reference.where}: functions take no options; write a class for them")
        return _made(pick_class(module, reference, Plugin, "plugin", use.name), use.options)

    def _keep(self, loaded: LoadedPlugin) -> None:
        """A plugin that is made, if it can be one. Raises LoadError."""
        assert loaded.plugin is not None
        if any(loaded.name.lower() == one.name.lower() and one.plugin is not None for one in self.plugins):
            raise LoadError(f"another plugin is called {quote(loaded.name)} too")
        self.warnings += misspelt(loaded.plugin)
        self.plugins.append(loaded)

    def _broken(self, loaded: LoadedPlugin, named: str) -> None:
        self.plugins.append(loaded)
        self.warnings.append(f"the plugin {named} cannot be used: {loaded.error}")


def _made(cls: type[AnyPlugin], options: Mapping[str, Any]) -> AnyPlugin:
    """An object of a class, with its options. Raises LoadError."""
    try:
        plugin = cls(cls.Options.model_validate(options))
    except ValidationError as problem:
        raise LoadError(f"its options: {what_is_wrong(problem)}") from None
    except Exception as problem:
        raise LoadError(said(problem)) from problem
    return _checked(plugin)


def _given(made: Any) -> AnyPlugin:
    """The plugin that something of the host's is or gives. Raises LoadError, and what a function raises."""
    if isinstance(made, type) and issubclass(made, Plugin):
        return _made(made, {})
    name = getattr(made, "__name__", "")
    if not isinstance(made, Plugin) and callable(made):
        return _checked(FunctionPlugin(name, {name: made})) if name in HOOKS else _checked(made())
    return _checked(made)


def _checked(plugin: Any) -> AnyPlugin:
    if fault := fault_of(plugin):
        raise LoadError(fault)
    checked: AnyPlugin = plugin
    return checked


def _find(use: PluginUse) -> tuple[Reference, str]:
    """Where the code of an entry is, and how that is written. Raises LoadError when nobody offers such a plugin."""
    if use.reference:
        return read_reference(use.reference), _origin(use)
    if not use.name:
        raise LoadError("it says no name, path or module")
    if builtin := BUILTIN.get(use.name.lower()):
        return builtin.reference, BUILTIN_ORIGIN
    points = {point.name.lower(): point for point in entry_points(group=GROUP)}
    if point := points.get(use.name.lower()):
        return Reference(point.module, point.attr), _origin_of(point)
    known = [*BUILTIN, *points]
    hint = did_you_mean(use.name, known) or f"; known are {', '.join(known)}"
    raise LoadError(f"no plugin is called so{hint}; for one of your own write its path")


def _origin(use: PluginUse) -> str:
    """Where an entry's plugin is, as it was written."""
    if use.reference:
        return f"{'file' if read_reference(use.reference).is_file else 'module'}:{use.reference}"
    return BUILTIN_ORIGIN if use.name.lower() in BUILTIN else "unknown"


def _origin_of(point: EntryPoint) -> str:
    return f"entry point:{point.module}:{point.attr}".rstrip(":")


def _name_of(where: str) -> str:
    """What a plugin is called whose file or module is all that is known."""
    reference = read_reference(where)
    if reference.what or not reference.where:
        return reference.what or "plugin"
    return splitext(basename(reference.where))[0] if reference.is_file else reference.where.rpartition(".")[2]


def _description(plugin: AnyPlugin) -> str:
    own = plugin.description or (type(plugin).__doc__ or "" if not isinstance(plugin, FunctionPlugin) else "")
    return " ".join(own.split("\n\n")[0].split())
