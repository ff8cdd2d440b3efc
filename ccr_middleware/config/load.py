"""`load_config`: from a file, a text or a mapping to a validated `Config` with its warnings."""

from __future__ import annotations

import copy
import os
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from ..errors import ConfigError
from .checks import check
from .document import Document, parse_document, read_document
from .explain import explain
from .interpolate import Unset, interpolate
from .places import Places, show_path
from .schema import Config
from .spelling import Spelled, normalise

#: From where a configuration can come, see `load_config`.
ConfigSource = Config | Document | Mapping[str, Any] | str | os.PathLike[str] | None


def load_config(
    source: ConfigSource,
    *,
    env: Mapping[str, str] | None = None,
    known_transformers: Collection[str] = (),
) -> Config:
    """The configuration from wherever it is.

    - a path: the file, JSON or JSON5; a string that begins with `{` or has several lines is the text itself
    - a mapping, or a `Document`: the document, in any spelling
    - a `Config`: as it is, with warnings if it was made by hand (placeholders are not filled in)
    - None: the defaults, no providers

    `env` is where placeholders are looked up, the process's environment by default. With `known_transformers` other
    transformer names are warned about. Raises ConfigError, one line that names the place and the fix.
    """
    if source is None:
        return Config()
    if isinstance(source, Config):
        return source if source.raw else _finish(source, Places(), [], known_transformers)
    name, document = _read(source)
    resolved, unset = interpolate(document.value, os.environ if env is None else env)
    spelled = _normalise(resolved, name)
    config = _validate(spelled, unset, name).model_copy(update={"raw": document.value, "source": document.source})
    warnings = [*_about_document(document), *_about_variables(unset), *spelled.places.warnings]
    return _finish(config, spelled.places, warnings, known_transformers)


def _read(source: Document | Mapping[str, Any] | str | os.PathLike[str]) -> tuple[str, Document]:
    """What errors call the document, and the document."""
    if isinstance(source, Document):
        return source.source or "configuration", source
    if isinstance(source, Mapping):
        return "configuration", Document(copy.deepcopy(dict(source)))
    if isinstance(source, str) and (source.lstrip().startswith("{") or "\n" in source):
        return "configuration", parse_document(source)
    return os.fspath(source), read_document(source)


def _normalise(resolved: dict[str, Any], name: str) -> Spelled:
    try:
        return normalise(resolved)
    except ConfigError as problem:
        raise ConfigError(f"{name}: {problem}") from None


def _validate(spelled: Spelled, unset: tuple[Unset, ...], name: str) -> Config:
    try:
        return Config.model_validate(spelled.values)
    except ValidationError as error:
        raise ConfigError(f"{name}: {explain(error, spelled.values, spelled.places, unset)}") from None


def _about_document(document: Document) -> list[str]:
    return [f"{key}: an object has this key twice, the last one counts; remove one" for key in document.repeated_keys]


def _about_variables(unset: tuple[Unset, ...]) -> list[str]:
    """One line for each variable without a value."""
    places: dict[str, list[str]] = {}
    for variable in unset:
        shown = places.setdefault(variable.name, [])
        if (place := show_path(variable.path)) not in shown:
            shown.append(place)
    return [
        f"{', '.join(shown)}: the variable {name} is not set; set it, or write ${{{name}:-default}}"
        for name, shown in places.items()
    ]


def _finish(config: Config, places: Places, warnings: list[str], known_transformers: Collection[str]) -> Config:
    """The time limits made complete, and the warnings added."""
    config = _with_time_limits(config)
    warnings = [*config.warnings, *warnings, *check(config, places, known_transformers)]
    return config.model_copy(update={"warnings": tuple(dict.fromkeys(warnings))})


def _with_time_limits(config: Config) -> Config:
    """`API_TIMEOUT_MS` decides what `timeouts` leaves open, and providers inherit what theirs leave open."""
    timeouts = config.timeouts
    if config.api_timeout_ms is not None:
        limit = config.api_timeout_ms / 1000
        limits = {
            "first_byte_seconds": limit,
            "idle_seconds": limit,
            "total_seconds": max(limit, timeouts.total_seconds),
        }
        given = timeouts.model_fields_set
        timeouts = timeouts.model_copy(update={field: s for field, s in limits.items() if field not in given})
    providers = []
    for provider in config.providers:
        if provider.timeouts is not None:
            own = {field: getattr(provider.timeouts, field) for field in provider.timeouts.model_fields_set}
            provider = provider.model_copy(update={"timeouts": timeouts.model_copy(update=own)})
        providers.append(provider)
    return config.model_copy(update={"timeouts": timeouts, "providers": tuple(providers)})
