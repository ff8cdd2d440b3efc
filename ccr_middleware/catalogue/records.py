"""What the catalogue says, as types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

#: Fields of a dialect with their values; a list of the file is a tuple, an empty text is None.
Fields = dict[str, Any]

#: A `{key}` of an address. `{model}` is not one: the model's name is filled in when a request is sent.
_PARAMETER = re.compile(r"\{(?!model\})(\w+)\}")


class Rule(NamedTuple):
    """Fields for the models whose name begins with the pattern."""

    pattern: str
    fields: Fields


class Facts(NamedTuple):
    """What is known of one wire format at a provider: for all its models, and for some."""

    fields: Fields
    rules: tuple[Rule, ...] = ()


class Entry(NamedTuple):
    """A provider by its name, as far as a configuration may leave it open.

    - `family`: the provider whose endpoint it is, which has the facts of the dialects.
    - `base_url`: with `{key}` for what only the user knows (`parameters`).
    - `wire`: a name of `wire.format.WireName`. `auth`: None: as the format does.
    - `env`: the variable its key usually is in, "" when there is none.
    """

    name: str
    family: str
    title: str
    base_url: str
    aliases: tuple[str, ...] = ()
    wire: str = "chat"
    auth: str | None = None
    env: str = ""
    models: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    docs: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The keys of a provider's document that the address needs."""
        return tuple(_PARAMETER.findall(self.base_url))

    def address(self, values: Mapping[str, str]) -> str:
        """The address with its parameters filled in; those without a value stay."""
        return _PARAMETER.sub(lambda found: values.get(found[1], found[0]), self.base_url)


class Family(NamedTuple):
    """A provider with all its endpoints.

    - `hosts`: a host is meant with all below it; `*` in one stands for anything.
    - `ports`: those of a program on this machine or network.
    - `facts`: by wire format; formats that nothing is known of are not there.
    """

    name: str
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    facts: Mapping[str, Facts]
    entries: tuple[Entry, ...]
