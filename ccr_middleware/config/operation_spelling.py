"""The sections about operating the gateway → Python names: client keys, plugins, prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operation import ClientKey, PluginUse, Price
from .places import Path, Places
from .routing_spelling import SectionReader
from .section import Section

#: Lists whose entries are such a section each.
_LISTED: Mapping[str, type[Section]] = {"client_keys": ClientKey, "plugins": PluginUse}

#: What CCR v2 takes in any form, and ignores unless it is this.
_TOLERATED: Mapping[str, tuple[type, str]] = {"status_line": (Mapping, "an object"), "plugins": (list, "a list")}


def spell_operation(config: dict[str, Any], places: Places, read: SectionReader) -> None:
    """Normalise these sections of a configuration in place."""
    for field, (expected, what) in _TOLERATED.items():
        if field in config and not isinstance(config[field], expected):
            places.warn(places.written((field,)), f"is not used, since it must be {what}")
            del config[field]
    for field, section in _LISTED.items():
        items, there = config.get(field), places.written((field,))
        if isinstance(items, list):
            config[field] = [
                _entry(section, item, (field, index), (*there, index), places, read) for index, item in enumerate(items)
            ]
    prices = config.get("prices")
    if isinstance(prices, Mapping):
        config["prices"] = {
            name: _entry(Price, price, ("prices", name), ("prices", name), places, read)
            for name, price in prices.items()
        }


def _entry(section: type[Section], item: Any, at: Path, there: Path, places: Places, read: SectionReader) -> Any:
    """One entry; what is no object is left for validation, which names the place."""
    places.add(at, there)
    return read(section, item, at, there, places) if isinstance(item, Mapping) else item
