"""Which transformers there are, by name. Built-ins register through the same door as anybody's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from ..config.places import did_you_mean
from ..errors import ConfigError
from .base import Transformer

AnyTransformer = Transformer[Any]


class Registry:
    """Transformer classes by name, in any case. A later class of the same name replaces the earlier one."""

    def __init__(self, classes: Iterable[type[AnyTransformer]] = ()) -> None:
        self._classes: dict[str, type[AnyTransformer]] = {}
        for cls in classes:
            self.register(cls)

    def register(self, cls: type[AnyTransformer]) -> None:
        """Make a transformer known under its name and aliases."""
        for name in (cls.name, *cls.aliases):
            self._classes[name.lower()] = cls

    def names(self) -> list[str]:
        """Every name that may stand in a `use` list, in lower case."""
        return sorted(self._classes)

    def find(self, name: str) -> type[AnyTransformer] | None:
        """The class of that name, in any case."""
        return self._classes.get(name.lower())

    def make(self, name: str, options: dict[str, Any], place: str) -> AnyTransformer:
        """A transformer with its options. `place` is where in the configuration it stands, for the error text."""
        cls = self.find(name)
        if cls is None:
            raise ConfigError(f'{place}: there is no transformer "{name}"{did_you_mean(name, self._classes)}')
        try:
            return cls(cls.Options.model_validate(options))
        except ValidationError as problem:
            first = problem.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "options"
            raise ConfigError(f'{place}: transformer "{name}", {where}: {first["msg"]}') from None
