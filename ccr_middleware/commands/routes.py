"""Changes of routes and models to a configuration's document. Pure; keys stay spelled as they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..config import Config
from ..config.places import did_you_mean
from ..config.schema import Config as Schema
from ..config.schema import Provider
from ..config.spelling import is_blank, spellings
from ..errors import ConfigError

Document = dict[str, Any]


def split_target(config: Config, text: str) -> tuple[str, str]:
    """Provider (as it is configured) and model of `provider,model`. Raises `ConfigError`."""
    name, comma, model = (part.strip() for part in text.partition(","))
    if not comma or not model:
        raise ConfigError(f'{json.dumps(text)} is no target; write "provider,model"')
    provider = config.provider(name)
    if provider is None:
        names = [one.name for one in config.providers]
        known = did_you_mean(name, names) or f"; there are {', '.join(names) or 'none'}"
        raise ConfigError(f'there is no provider "{name}"{known}')
    return provider.name, model


def check_target(config: Config, text: str) -> tuple[str, str]:
    """A target as it is to be written, and a warning about it or "". A bare model is that of the provider that lists
    it. Raises `ConfigError`."""
    text = text.strip()
    if text in config.aliases:
        return text, ""
    if "," not in text:
        listing = [provider.name for provider in config.providers if provider.lists(text)]
        if len(listing) == 1:
            return f"{listing[0]},{text}", ""
        if listing:
            choices = " or ".join(f'"{name},{text}"' for name in listing)
            raise ConfigError(f"several providers have the model {text}: write {choices}")
    name, model = split_target(config, text)
    provider = config.provider(name)
    if provider is None or provider.lists(model):
        return f"{name},{model}", ""
    hint = did_you_mean(model, provider.models)
    return f"{name},{model}", f"{name} does not list the model {model}; it is asked for all the same{hint}"


def set_route(document: Document, scenario: str, target: str | None) -> Document:
    """Set the target of a scenario (spelled as documented), or take it away."""
    place = _key(document, spellings(Schema, "router"))
    router = dict(document.get(place) or {})
    plain = scenario.lower()
    written = [key for key in router if key.lower().replace("_", "").replace("-", "") == plain]
    for key in written[1:] if target else written:
        del router[key]
    if target:
        router[written[0] if written else scenario] = target
    return {**document, place: router}


def add_model(document: Document, provider: str, model: str) -> Document:
    """Add a model to the list of a provider. Raises `ConfigError` when it is there already."""

    def edit(models: list[Any]) -> list[Any]:
        if any(str(one).lower() == model.lower() for one in models):
            raise ConfigError(f"{provider} has the model {model} already")
        return [*models, model]

    return _edit_models(document, provider, edit)


def remove_model(document: Document, provider: str, model: str) -> Document:
    """Take a model out of the list of a provider. Raises `ConfigError` when it is not there."""

    def edit(models: list[Any]) -> list[Any]:
        left = [one for one in models if str(one).lower() != model.lower()]
        if len(left) == len(models):
            raise ConfigError(f"{provider} does not list the model {model}{did_you_mean(model, map(str, models))}")
        return left

    return _edit_models(document, provider, edit)


def _edit_models(document: Document, provider: str, edit: Any) -> Document:
    place = _key(document, spellings(Schema, "providers"))
    entries = list(document.get(place) or [])
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            continue
        name = entry.get(_key(entry, spellings(Provider, "name")), "")
        if str(name).strip().lower() == provider.lower():
            key = _key(entry, spellings(Provider, "models"))
            models = entry.get(key)
            entries[index] = {**entry, key: edit(list(models) if isinstance(models, list) else [])}
            return {**document, place: entries}
    raise ConfigError(f'the provider "{provider}" is not in the list of providers; its name may be a placeholder')


def _key(section: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The spelling that a section uses, or the documented one."""
    return next((name for name in names if not is_blank(section.get(name))), names[0])
