"""What a provider leaves open, taken from the catalogue: `{"name": "deepseek", "api_key": …}` is a whole provider.

Whatever is written wins. A provider with an address of its own may be called anything, so it is given nothing; what
its host tells about dialects holds anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .. import catalogue
from ..catalogue import Entry
from ..errors import ConfigError
from .places import Path, Places

#: The wire formats that transformers speak for, by their names: such a transformer has said which one is meant.
FORMATS_OF_TRANSFORMERS: Mapping[str, str] = {
    "anthropic": "messages",
    "openai": "chat",
    "openai-chat": "chat",
    "openai-responses": "responses",
    "openai-response": "responses",
    "gemini": "gemini",
    "vertex-gemini": "gemini",
    "vertex-claude": "messages",
    "vertex-anthropic": "messages",
    "vertex-openai": "chat",
}


def complete(provider: dict[str, Any], at: Path, places: Places, *, transformers: bool) -> None:
    """Fill in, in place, what a provider in Python names does not say.

    `transformers`: whether it says nothing about those. Raises ConfigError when the address needs something that only
    the user knows.
    """
    entry = catalogue.find(str(provider.get("name", ""))) if "base_url" not in provider else None
    if entry is None:
        return
    wire = provider.get("wire") or _told(provider)
    entry = _in_format(entry, wire)
    provider["base_url"] = _address(entry, provider, at, places)
    if not wire and entry.wire != "chat":  # which is what is spoken where nobody says anything
        provider["wire"] = entry.wire
    if entry.auth and "auth" not in provider and not (entry.auth == "none" and "api_key" in provider):
        provider["auth"] = entry.auth
    if entry.models and "models" not in provider:
        provider["models"] = list(entry.models)
    if entry.use and transformers:
        provider["use"] = [{"name": name} for name in entry.use]
    if entry.headers:
        _add_headers(provider, entry.headers)


def _told(provider: Mapping[str, Any]) -> str | None:
    """The wire format its transformers speak for."""
    names = (str(use.get("name", "")).strip().lower() for use in provider.get("use", ()) if isinstance(use, Mapping))
    return next((wire for name in names if (wire := FORMATS_OF_TRANSFORMERS.get(name))), None)


def _in_format(entry: Entry, wire: Any) -> Entry:
    """The endpoint of the same host that speaks a format; the entry itself when there is none, or it does."""
    if not wire or entry.wire == wire:
        return entry
    host = urlsplit(entry.base_url).netloc
    endpoints = catalogue.families()[entry.family].entries
    return next((one for one in endpoints if one.wire == wire and urlsplit(one.base_url).netloc == host), entry)


def _address(entry: Entry, provider: Mapping[str, Any], at: Path, places: Places) -> str:
    """The address with its parameters filled in from the provider's own keys."""
    written = {key: str(provider.get(key) or "").strip() for key in entry.parameters}
    for key, value in written.items():
        if not value:
            raise ConfigError(f"{places.show((*at, key))}: is missing; write it, it is needed for {entry.base_url}")
    return entry.address(written)


def _add_headers(provider: dict[str, Any], headers: Mapping[str, str]) -> None:
    """Headers that are not written, in any case. What is no object is left for validation to refuse."""
    written = provider.setdefault("headers", {})
    if isinstance(written, Mapping):
        names = {str(name).lower() for name in written}
        added = {name: value for name, value in headers.items() if name.lower() not in names}
        provider["headers"] = {**added, **written}
