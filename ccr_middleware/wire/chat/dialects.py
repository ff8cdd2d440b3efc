"""Which dialect a provider and model speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ...errors import ConfigError
from .dialect import ChatDialect
from .hosts import host_at
from .model_families import MODEL_FAMILIES, Fields, ModelRule

_TYPES = get_type_hints(ChatDialect)
#: The name is ours to give: it says who signed a piece of reasoning.
_SETTABLE = tuple(field for field in _TYPES if field != "name")


def dialect_for(
    base_url: str,
    model: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    max_output_tokens: int | None = None,
) -> ChatDialect:
    """The dialect of a model at a provider.

    What is known of the model's family comes first, then what is known of the host, then `max_output_tokens` (the
    provider's setting), then `overrides` (the provider's `dialect`). Raises ConfigError for an override that is not
    a field or has the wrong type.
    """
    host = host_at(base_url)
    known = matching(MODEL_FAMILIES, model.lower())
    if host is not None:
        known |= {"name": host.name, **host.fields, **matching(host.models, model.lower())}
    if max_output_tokens is not None:
        known["max_output_tokens"] = max_output_tokens
    dialect = replace(ChatDialect(), **known)
    return _override(dialect, overrides) if overrides else dialect


def matching(rules: tuple[ModelRule, ...], model: str) -> Fields:
    """The fields of all rules a model's name (in lower case) matches, later ones over earlier ones."""
    found: Fields = {}
    for pattern, values in rules:
        if pattern.match(model):
            found |= values
    return found


def _override(dialect: ChatDialect, overrides: Mapping[str, Any]) -> ChatDialect:
    """The dialect with the fields of the configuration, checked."""
    return replace(dialect, **{field: _checked(field, value) for field, value in overrides.items()})


def _checked(field: str, value: Any) -> Any:
    if field not in _SETTABLE:
        raise ConfigError(f'dialect: there is no field "{field}"; the fields are {", ".join(_SETTABLE)}')
    try:
        return _adapter(field).validate_python(tuple(value) if isinstance(value, list) else value, strict=True)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].replace("tuple", "list")
        raise ConfigError(f"dialect.{field}: {problem}, not {value!r}") from None


@cache
def _adapter(field: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[field])
