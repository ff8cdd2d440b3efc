"""Presets as the API and the command line show them: without a secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..config.interpolate import interpolate
from ..config.named_files import Named, named_files
from ..config.schema import Config, Provider
from ..config.spelling import spellings
from .config_path import parse_path
from .inputs import choices, effective, visible_fields
from .library import Preset
from .manifest import Manifest, is_path
from .schema import Field
from .secrets import MASK, masked


def summary(preset: Preset) -> dict[str, Any]:
    """An entry of the list. `ready`: whether it can be used; `problem`: the first thing that is wrong, or null."""
    problems = preset.applied().problems
    metadata = masked({"version": "1.0.0", **preset.manifest.metadata})
    return {
        "id": preset.id,
        **metadata,
        "name": preset.name,
        "installed": True,
        "ready": not problems,
        "problem": masked(problems[0], secrets_of(preset.manifest)) if problems else None,
    }


def details(preset: Preset, base: Mapping[str, Any], problems: list[str], warnings: list[str]) -> dict[str, Any]:
    """Everything about a preset. `values`, `visible` and `choices` are for a form; `needs`: which variables of the
    environment it reads, which hosts it asks, which code and other files it names."""
    manifest, known = preset.manifest, secrets_of(preset.manifest)
    applied = preset.applied().document
    values = effective(manifest.schema, manifest.user_values)
    providers = [*_providers(applied), *_providers(base)]
    return {
        "id": preset.id,
        "metadata": masked({"version": "1.0.0", **manifest.metadata, "name": preset.name}),
        "config": masked(applied, known),
        "schema": masked(_with_hidden_defaults(manifest), known),
        "template": masked(manifest.template, known),
        "configMappings": masked(manifest.raw.get("configMappings") or [], known),
        "userValues": masked_values(manifest),
        "visible": [field.id for field in visible_fields(manifest.schema, manifest.user_values)],
        "choices": {
            field.id: [{"value": one.value, "label": one.label} for one in choices(field, values, providers)]
            for field in manifest.schema
            if field.options and field.options.source != "static"
        },
        "needs": needs(preset),
        "allow_code": preset.allow_code,
        "problems": [masked(line, known) for line in problems],
        "warnings": [masked(line, known) for line in warnings],
    }


def needs(preset: Preset) -> dict[str, list[str]]:
    """What a preset would use: variables of the environment, hosts, files with code."""
    document = preset.applied().document
    _, unset = interpolate(document, {})
    hosts = [urlsplit(str(url)).netloc.rpartition("@")[2] for url in _addresses(document)]
    named = list(named_files(document))
    root = f"{preset.folder.resolve()}/"
    return {
        "variables": sorted({one.name for one in unset}),
        "hosts": list(dict.fromkeys(filter(None, hosts))),
        "code": _texts(root, (one for one in named if one.kind in ("code", "script"))),
        "files": _texts(root, (one for one in named if one.kind in ("text", "data"))),
    }


def _texts(root: str, named: Iterable[Named]) -> list[str]:
    return list(dict.fromkeys(one.text.removeprefix(root) for one in named))


def masked_values(manifest: Manifest) -> dict[str, Any]:
    """The values that were given, secret ones as `***`."""
    secret = {field.id for field in manifest.schema if field.is_secret}
    shown: dict[str, Any] = {}
    for name, value in manifest.user_values.items():
        if name in secret:
            shown[name] = MASK if value else value
        else:
            shown[name] = masked(value, at=_place(name))
    return shown


def without_masks(manifest: Manifest, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a form sends them back, without those that it was only shown as `***`."""
    return {name: value for name, value in values.items() if not (value == MASK and manifest.user_values.get(name))}


def secrets_of(manifest: Manifest) -> list[str]:
    """Every secret value that was given or is a default."""
    asked = {field.id: field for field in manifest.schema}
    given = [value for name, value in manifest.user_values.items() if name in asked and asked[name].is_secret]
    defaults = [field.default for field in manifest.schema if field.is_secret]
    return [value for value in (*given, *defaults) if isinstance(value, str) and value]


def _place(name: str) -> tuple[str | int, ...]:
    try:
        return parse_path(name) if is_path(name) else (name,)
    except ValueError:
        return (name,)


def _with_hidden_defaults(manifest: Manifest) -> list[Any]:
    written = manifest.raw.get("schema")
    secret = {field.id for field in manifest.schema if field.is_secret and field.default}
    fields = written if isinstance(written, list) else []
    return [
        {**item, "defaultValue": MASK} if isinstance(item, Mapping) and item.get("id") in secret else item
        for item in fields
    ]


def _providers(document: Mapping[str, Any]) -> list[Any]:
    return next(
        (list(document[key]) for key in spellings(Config, "providers") if isinstance(document.get(key), list)), []
    )


def _addresses(document: Mapping[str, Any]) -> Iterator[Any]:
    for provider in _providers(document):
        for key in spellings(Provider, "base_url") if isinstance(provider, Mapping) else ():
            if provider.get(key):
                yield provider[key]


def unanswered(preset: Preset) -> list[Field]:
    """The visible fields that are required and have no value."""
    values = effective(preset.manifest.schema, preset.manifest.user_values)
    fields = visible_fields(preset.manifest.schema, preset.manifest.user_values)
    return [field for field in fields if field.required and values.get(field.id) in (None, "", [])]
