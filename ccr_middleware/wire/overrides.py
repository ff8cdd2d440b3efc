"""The fields of a dialect that a configuration sets (`"dialect": {…}` of a provider), checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ..errors import ConfigError
from .model_rules import Fields


def checked_overrides(dialect: type[Any], overrides: Mapping[str, Any]) -> Fields:
    """The fields as the dialect, a dataclass, has them. Raises ConfigError for one that it has not, or one of the
    wrong type. Its `name` is ours to give: it says who signed a piece of reasoning."""
    if not overrides:
        return {}
    types = {field: kind for field, kind in get_type_hints(dialect).items() if field != "name"}
    return {field: _checked(field, value, types) for field, value in overrides.items()}


def _checked(field: str, value: Any, types: Mapping[str, Any]) -> Any:
    if field not in types:
        raise ConfigError(f'dialect: there is no field "{field}"; the fields are {", ".join(types)}')
    try:
        given = tuple(value) if isinstance(value, list) else value
        return TypeAdapter(types[field]).validate_python(given, strict=True)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].replace("tuple", "list")
        raise ConfigError(f"dialect.{field}: {problem}, not {value!r}") from None
