"""What `/preset/<name>` runs with: routing and providers of the preset, in the gateway of the main configuration."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ..config.places import quote
from ..config.schema import Config, Provider
from ..config.spelling import is_blank, spellings
from .own_files import made_absolute

#: What is the gateway's own business, whatever a preset says: who may call, what is written where, where it listens.
_OPERATION = frozenset({
    "host", "port", "api_key", "admin_key", "client_keys", "allowed_hosts", "allow_code_from_api", "data_dir",
    "history", "prices", "logs", "log", "log_level", "log_file", "plugins", "presets_dir", "max_body_bytes", "pool",
    "non_interactive_mode", "claude_path", "noserver", "provider", "raw", "source", "warnings",
})  # fmt: skip

#: Where a request goes and what happens to it on the way: of a preset that says anything about it, all is the preset's.
_ROUTING = frozenset({
    "providers", "router", "fallback", "rules", "aliases", "parameters", "transformers", "custom_router",
    "project_routing", "rewrite_system_prompt",
})  # fmt: skip

#: Where targets are named.
_TARGETS = ("router", "fallback", "rules", "aliases")


@cache
def _fields() -> dict[str, str]:
    return {name: field for field in Config.model_fields for name in spellings(Config, field)}


def _field_of(key: str) -> str:
    """The field that a key of a document is, however it is spelled; other keys are their own."""
    return _fields().get(key, key)


def is_operation(key: str) -> bool:
    """Whether a key of a document is about operating the gateway, so that presets have no say in it."""
    return _field_of(key).lower() in _OPERATION


def document_for(
    preset: Mapping[str, Any], base: Mapping[str, Any], folder: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """The document of a namespace, and problems.

    `preset`: the preset's configuration; `base`: the main document as written, whose relative paths begin at `folder`.
    Both may be spelled in any way. Keys, limits, logs and history are those of the base. Providers of the base can be
    named by the preset's routes, and by its `provider`.
    """
    own = {_field_of(key): (key, value) for key, value in preset.items() if not is_blank(value)}
    parts = _Parts(own, _trusted(base, folder))
    document = {key: value for key, value in parts.base.items() if not parts.replaces(key)}
    document |= {key: copy.deepcopy(value) for key, value in own.values() if not is_operation(key)}
    if parts.has_routing:
        parts.add_providers(document)
    return document, parts.problems


def _trusted(base: Mapping[str, Any], folder: str) -> dict[str, Any]:
    document = copy.deepcopy(dict(base))
    if folder:
        made_absolute(document, folder)
    return document


class _Parts:
    """A preset and the base while they are put together."""

    def __init__(self, own: Mapping[str, tuple[str, Any]], base: dict[str, Any]) -> None:
        self._own = own
        self.base = base
        self.problems: list[str] = []
        self.has_routing = any(field in own for field in ("providers", "router", "rules", "provider"))

    def replaces(self, key: str) -> bool:
        """Whether a key of the base is not taken over."""
        field = _field_of(key)
        if is_operation(key):
            return False
        return field in self._own or (self.has_routing and field in _ROUTING)

    def add_providers(self, document: dict[str, Any]) -> None:
        """The providers of the base that the preset names, behind its own; and a default route where it has none."""
        key, written = self._own.get("providers", ("Providers", []))
        if not isinstance(written, list):
            return
        providers = [copy.deepcopy(one) for one in written]
        taken = {_name_of(one).lower() for one in providers}
        lent = [one for one in self._lent() if _name_of(one).lower() not in taken]
        document[key] = [*providers, *lent]
        self._add_transformers(document, lent)
        if "router" not in self._own and (default := self._default([*providers, *lent])):
            document["Router"] = {"default": default}

    def _lent(self) -> list[Any]:
        """Providers of the base that are named."""
        by_name = {_name_of(one).lower(): one for one in _listed(self.base, "providers") if _name_of(one)}
        named = {
            found
            for field in _TARGETS
            for text in _texts(self._own.get(field, ("", None))[1])
            if (found := _provider_in(text, by_name))
        }
        _, wanted = self._own.get("provider", ("", ""))
        if wanted and str(wanted).strip().lower() in by_name:
            named.add(str(wanted).strip().lower())
        elif wanted:
            self.problems.append(
                f"provider: the configuration has no provider {quote(wanted)}; add it, or name another"
            )
        return [one for name, one in by_name.items() if name in named]

    def _add_transformers(self, document: dict[str, Any], lent: list[Any]) -> None:
        """What the base says of transformers, for its providers."""
        names = {_name_of(one).lower() for one in lent}
        entries = self.base.get("transformers")
        wanted = [entry for entry in entries if _is_for(entry, names)] if isinstance(entries, list) and names else []
        if wanted:
            own = document.get("transformers")
            document["transformers"] = [*(own if isinstance(own, list) else ()), *wanted]

    def _default(self, providers: list[Any]) -> str:
        """The first model of the provider that is meant."""
        _, wanted = self._own.get("provider", ("", ""))
        chosen = str(wanted).strip().lower()
        for provider in providers:
            models = _listed(provider, "models", Provider)
            if models and (not chosen or _name_of(provider).lower() == chosen):
                return f"{_name_of(provider)},{models[0]}"
        return ""


def _listed(section: Any, field: str, model: Any = Config) -> list[Any]:
    for name in spellings(model, field) if isinstance(section, Mapping) else ():
        if isinstance(section.get(name), list):
            return list(section[name])
    return []


def _name_of(provider: Any) -> str:
    names = spellings(Provider, "name") if isinstance(provider, Mapping) else ()
    return str(next((provider[name] for name in names if not is_blank(provider.get(name))), "")).strip()


def _texts(value: Any) -> Iterator[str]:
    """Every text of a section."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _provider_in(target: str, names: Mapping[str, Any]) -> str:
    """The provider of `provider,model` or `provider/model`, "" for none of these names."""
    name, comma, _ = target.partition(",")
    if comma:
        return name.strip().lower() if name.strip().lower() in names else ""
    return max((one for one in names if target.lower().startswith(f"{one}/")), key=len, default="")


def _is_for(entry: Any, names: set[str]) -> bool:
    """Whether a global entry is a module to load, or for one of these providers."""
    if not isinstance(entry, Mapping):
        return False
    scope = entry.get("providers") or entry.get("provider")
    if scope:
        return any(str(name).lower() in names for name in (scope if isinstance(scope, list) else [scope]))
    return bool(entry.get("path")) and not (entry.get("models") or entry.get("model"))
