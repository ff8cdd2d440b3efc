"""A project's own `Router`: a small configuration, of which only the keys that are given count.

    {"Router": {"default": "provider,model", "longContextThreshold": 100000}}

JSON or JSON5, spelled and with placeholders as in the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ..config.document import parse_document
from ..config.explain import explain
from ..config.interpolate import interpolate
from ..config.places import did_you_mean, quote
from ..config.schema import Config, Router
from ..config.spelling import known_keys, normalise, spellings
from ..errors import ConfigError

#: Larger files are not read; JSON5 takes 15 ms per kB.
MAX_BYTES = 64 * 1024

_ROUTER = spellings(Config, "router")

#: The fields of `Router` that a file gives, with their values.
Override = Mapping[str, Any]


def parse_override(text: str, name: str, env: Mapping[str, str]) -> Override:
    """What a file says; `name` is what errors call it. Raises ConfigError, one line that names the file and the fix."""
    document, unset = interpolate(parse_document(text, name=name).value, env)
    values, places = normalise({key: value for key, value in document.items() if key in _ROUTER})
    written = values.get("router")
    if written is None:
        raise ConfigError(f'{name}: has no "Router"; write {{"Router": {{"default": "provider,model"}}}}')
    try:
        router = Config.model_validate({"router": written}).router
    except ValidationError as error:
        raise ConfigError(f"{name}: {explain(error, values, places, unset)}") from None
    for key in router.model_extra or {}:
        hint = did_you_mean(key, known_keys(Router)) or "; take it out"
        raise ConfigError(f"{name}: {places.show(('router', key))}: there is no scenario {quote(key)}{hint}")
    return {field: getattr(router, field) for field in Router.model_fields if field in router.model_fields_set}


def merge(router: Router, overrides: Sequence[Override]) -> Router:
    """The router with what the overrides give, later ones over earlier; the same object when they give nothing."""
    given: dict[str, Any] = {}
    for override in overrides:
        given.update(override)
    return router.model_copy(update=given) if given else router
