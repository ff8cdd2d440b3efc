"""Which transformers there are, by name. Built-ins register through the same door as anybody's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from ..config.places import did_you_mean
from ..config.references import find_reference
from ..errors import ConfigError, InternalError
from .base import Transformer

AnyTransformer = Transformer[Any]

#: Where those come from that ship.
BUILTIN_ORIGIN = "builtin"


class BrokenTransformer(InternalError):
    """A transformer of one's own that cannot be used, or that failed at work. Requests that need it are answered with
    this rather than without its edits, which may be what makes them right for the provider."""

    def __init__(self, message: str, transformer: str) -> None:
        super().__init__(message)
        self.transformer = transformer


class Entry:
    """A transformer as it is known: its class, the names it has in a `use` list, and where it comes from.

    `origin` is `builtin`, `file:…`, `module:…` or `entry point:…`, as it was written; never a path of the machine.
    `error`: why it cannot be used. `loaded`: it is somebody's own, so it is not trusted to work.
    """

    loaded = False

    def __init__(
        self, name: str, cls: type[AnyTransformer] | None, aliases: Iterable[str] = (), origin: str = BUILTIN_ORIGIN
    ) -> None:
        self.name = name
        self.cls = cls
        self.aliases = tuple(aliases)
        self.origin = origin
        self.error: str | None = None

    @property
    def edits(self) -> bool:
        """Whether it does more than state facts of a provider."""
        methods = ("transform_request_in", "transform_response_out", "open_response_stream")
        return any(getattr(self.cls, method, None) is not getattr(Transformer, method) for method in methods)

    def make(self, name: str, options: dict[str, Any], place: str) -> AnyTransformer:
        """A transformer with its options, see `Registry.make`."""
        assert self.cls is not None
        try:
            return self.cls(self.cls.Options.model_validate(options))
        except ValidationError as problem:
            raise ConfigError(f'{place}: transformer "{name}", {what_is_wrong(problem)}') from None


def what_is_wrong(problem: ValidationError) -> str:
    """The first error of some options: the option, and what is wrong with it."""
    first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "options"
    return f"{where}: {first['msg']}"


class Registry:
    """Transformers by name, in any case. A later one of the same name replaces the earlier one."""

    def __init__(self, classes: Iterable[type[AnyTransformer]] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        for cls in classes:
            self.register(cls)

    def copy(self) -> Registry:
        """A registry with the same transformers, to which others can be added."""
        copied = Registry()
        copied._entries = dict(self._entries)
        return copied

    def register(self, cls: type[AnyTransformer]) -> None:
        """Make a transformer known under its name and aliases."""
        own = not cls.__module__.startswith(__name__.partition(".")[0] + ".")
        origin = f"module:{cls.__module__}:{cls.__qualname__}" if own else BUILTIN_ORIGIN
        self.add(Entry(cls.name, cls, cls.aliases, origin))

    def add(self, entry: Entry) -> list[Entry]:
        """Make an entry known under its names, and return those that had one of them before."""
        keys = [_key(name) for name in (entry.name, *entry.aliases)]
        replaced = [self._entries[key] for key in keys if key in self._entries]
        self._entries.update((key, entry) for key in keys)
        return list(dict.fromkeys(replaced))

    def names(self) -> list[str]:
        """Every name that may stand in a `use` list, in lower case."""
        return sorted(self._entries)

    def entries(self) -> list[Entry]:
        """Every transformer once, in the order in which they were registered."""
        return list(dict.fromkeys(self._entries.values()))

    def entry(self, name: str) -> Entry | None:
        """What is known of a name, in any case."""
        return self._entries.get(_key(name))

    def find(self, name: str) -> type[AnyTransformer] | None:
        """The class of that name, in any case."""
        entry = self.entry(name)
        return entry.cls if entry else None

    def make(self, name: str, options: dict[str, Any], place: str) -> AnyTransformer:
        """A transformer with its options. `place` is where in the configuration it stands, for the error text.

        Raises ConfigError, or BrokenTransformer for one that was loaded and cannot be used.
        """
        entry = self.entry(name)
        if entry is None:
            raise ConfigError(f'{place}: there is no transformer "{name}"{did_you_mean(name, self._entries)}')
        return entry.make(name, options, place)


def _key(name: str) -> str:
    """Names are known in any case; files and modules are not."""
    return name if find_reference(name) else name.lower()
