"""The catalogue, read once when something is first looked up in it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from urllib.parse import urlsplit

from .reading import read_families
from .records import Entry, Family

#: Names of this machine, as seen from here and from a container on it.
_LOCAL_NAMES = frozenset({"localhost", "host.docker.internal", "host.containers.internal"})


@cache
def families() -> Mapping[str, Family]:
    """Every provider with its endpoints, by name.

    The file is read as modules are (once, from wherever the package is), so a gateway may be made inside a loop.
    """
    import tomllib
    from pkgutil import get_data

    data = get_data(__package__, "providers.toml") or b""
    return read_families(tomllib.loads(data.decode()))


@cache
def entries() -> tuple[Entry, ...]:
    """Everything a provider of a configuration can be called to be complete, in the order of the file."""
    return tuple(entry for family in families().values() for entry in family.entries)


@cache
def _by_name() -> Mapping[str, Entry]:
    return {name.lower(): entry for entry in entries() for name in (entry.name, *entry.aliases)}


def find(name: str) -> Entry | None:
    """The entry of that name or alias, in any case."""
    return _by_name().get(name.strip().lower())


def similar(name: str) -> list[str]:
    """Up to three names of the catalogue that look like one, the nearest first."""
    from difflib import get_close_matches

    nearest = get_close_matches(name.strip().lower(), _by_name(), n=3, cutoff=0.7)
    return list(dict.fromkeys(_by_name()[match].name for match in nearest))


def family_at(base_url: str) -> Family | None:
    """The provider an address belongs to: told by its host, for one of this machine or network by its port."""
    try:
        url = urlsplit(base_url)
        host, port = (url.hostname or "").rstrip("."), url.port
    except ValueError:  # no URL; whoever sends to it will say so
        return None
    if _is_local(host):
        return next((family for family in families().values() if port in family.ports), None)
    return next((family for family in families().values() if any(_is_below(host, of) for of in family.hosts)), None)


def _is_below(host: str, pattern: str) -> bool:
    return fnmatchcase(host, pattern) if "*" in pattern else f".{host}".endswith(f".{pattern}")


def _is_local(host: str) -> bool:
    if host in _LOCAL_NAMES or host.endswith(".local"):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
