"""Which dialect a provider and model speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ...errors import ConfigError
from ..chat import dialects as chat_dialects
from ..chat.model_families import Fields
from .dialect import SHARED, ResponsesDialect
from .hosts import MODEL_RULES, host

_TYPES = get_type_hints(ResponsesDialect)
#: The name is ours to give: it says who signed a piece of reasoning.
_SETTABLE = tuple(field for field in _TYPES if field != "name")


def dialect_for(
    base_url: str, model: str, overrides: Mapping[str, Any] | None = None, max_output_tokens: int | None = None
) -> ResponsesDialect:
    """The dialect of a model at a provider.

    What is known of its chat endpoint comes first, then what is known of the model's family, of the host, then
    `max_output_tokens` (the provider's setting), then `overrides` (the provider's `dialect`). Raises ConfigError for
    an override that is not a field or has the wrong type.
    """
    model = model.lower().removeprefix("openai.")  # Bedrock's way to write a vendor
    name, known = _from_chat(base_url, model)
    known |= chat_dialects.matching(MODEL_RULES, model)
    if own := host(name):
        known |= {**own.fields, **chat_dialects.matching(own.models, model)}
    if max_output_tokens is not None:
        known["max_output_tokens"] = max_output_tokens
    dialect = replace(ResponsesDialect(name=f"{name}-responses"), **known)
    return replace(dialect, **_checked(overrides)) if overrides else dialect


def _from_chat(base_url: str, model: str) -> tuple[str, Fields]:
    """The name of the provider, and what the formats share."""
    chat = chat_dialects.dialect_for(base_url, model)
    known = {field: getattr(chat, field) for field in SHARED}
    known["min_output_tokens"] = max(chat.min_output_tokens, ResponsesDialect().min_output_tokens)
    if chat.reasoning_style == "effort":
        known["efforts"] = chat.efforts
    return chat.name, known


def _checked(overrides: Mapping[str, Any]) -> Fields:
    """The fields of the configuration."""
    checked: Fields = {}
    for field, value in overrides.items():
        if field not in _SETTABLE:
            raise ConfigError(f'dialect: there is no field "{field}"; the fields are {", ".join(_SETTABLE)}')
        try:
            checked[field] = _adapter(field).validate_python(_as_tuple(value), strict=True)
        except ValidationError as error:
            problem = error.errors()[0]["msg"].replace("tuple", "list")
            raise ConfigError(f"dialect.{field}: {problem}, not {value!r}") from None
    return checked


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _adapter(field: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[field])
