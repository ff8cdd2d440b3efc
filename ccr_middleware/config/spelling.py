"""Every spelling that CCR v2's code accepts or its documentation shows → the Python names of `config.schema`.

The code and the documents of CCR v2 disagree on most keys (`api_base_url` or `HOST` or `baseUrl`), so users write all
of them. Each field has one spelling that we document (`file_spelling`) and others that are taken as well; snake case
and camel case always are. A key that is null or blank counts as not written: CCR v2's UI saves `"PROXY_URL": ""`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from .agents import Search
from .completion import complete
from .conditions import SPELLED_OTHERWISE, Comparison, Condition, TimeOfDay
from .operation import History, Logs
from .operation_spelling import spell_operation
from .places import Path, Places, quote
from .resilience import ApiKey, Health, Retry
from .routing_spelling import spell_routing, with_comma
from .rules import Fallback, Parameters
from .schema import ROUTED_SCENARIOS, Config, Pool, Provider, Router, Section, Streaming, Timeouts
from .tokenizer import Tokenizer, Tokenizers
from .transformer_lists import TRANSFORMER_KEYS, apply_global_transformers, collect_transformers

_SCENARIO_SPELLINGS: dict[str, tuple[str, ...]] = {"long_context": ("longContext",), "web_search": ("webSearch",)}

#: The documented spelling of a field first, then others, in the order in which they win. A field that is not listed
#: is documented under its Python name.
_SPELLINGS: dict[type[Section], dict[str, tuple[str, ...]]] = {
    Config: {
        "host": ("HOST",),
        "port": ("PORT",),
        "api_key": ("APIKEY",),
        "log": ("LOG",),
        "log_level": ("LOG_LEVEL",),
        "api_timeout_ms": ("API_TIMEOUT_MS",),
        "proxy_url": ("PROXY_URL", "HTTPS_PROXY", "https_proxy", "httpsProxy"),
        "custom_router": ("CUSTOM_ROUTER_PATH",),
        "rewrite_system_prompt": ("REWRITE_SYSTEM_PROMPT",),
        "providers": ("Providers",),
        "router": ("Router",),
        "force_use_image_agent": ("forceUseImageAgent",),
        "admin_key": ("ADMIN_KEY",),
        "client_keys": ("APIKEYS",),
        "allow_code_from_api": ("allowCodeFromApi",),
        "plugins": ("plugins", "Plugins"),
        "status_line": ("StatusLine",),
        "claude_path": ("CLAUDE_PATH",),
        "non_interactive_mode": ("NON_INTERACTIVE_MODE",),
    },
    Provider: {
        "name": ("name", "NAME"),
        "base_url": ("api_base_url", "HOST", "baseURL"),
        "api_key": ("api_key", "APIKEY"),
        "models": ("models", "MODELS"),
    },
    ApiKey: {"key": ("key", "api_key")},
    Router: _SCENARIO_SPELLINGS | {"long_context_threshold": ("longContextThreshold",), "think_when": ("thinkWhen",)},
    Fallback: _SCENARIO_SPELLINGS,
    Parameters: _SCENARIO_SPELLINGS,
    **{part: {field: (name,) for field, name in SPELLED_OTHERWISE.items()} for part in (Condition, Comparison)},
    TimeOfDay: {field: (name,) for field, name in SPELLED_OTHERWISE.items()},
    Tokenizer: {
        "allow_download": ("allowDownload",),
        "api_key": ("apiKey",),
        "request_format": ("requestFormat",),
        "response_field": ("responseField",),
    },
}
_SECTIONS: dict[str, type[Section]] = {
    "timeouts": Timeouts,
    "streaming": Streaming,
    "pool": Pool,
    "search": Search,
    "retry": Retry,
    "health": Health,
    "history": History,
    "logs": Logs,
}

#: Fields of `Config` that no document sets.
_NOT_WRITTEN = frozenset({"raw", "source", "warnings"})


class Spelled(NamedTuple):
    """A document in Python names, and where each field was written."""

    values: dict[str, Any]
    places: Places


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _snake_case(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


@cache
def spellings(model: type[Section], field: str) -> tuple[str, ...]:
    """All spellings of a field; the one in our documentation first."""
    named = (*_SPELLINGS.get(model, {}).get(field, ()), field)
    return tuple(dict.fromkeys((*named, *(_camel_case(name) for name in named if name.islower()))))


def file_spelling(model: type[Section], field: str) -> str:
    """How our documentation spells a field in the file."""
    return spellings(model, field)[0]


@cache
def _fields(model: type[Section]) -> dict[str, tuple[str, ...]]:
    """The fields a document may set, with their spellings."""
    return {field: spellings(model, field) for field in model.model_fields if field not in _NOT_WRITTEN}


@cache
def known_keys(model: type[Section]) -> tuple[str, ...]:
    """Every key a section of the document understands, documented spellings before others."""
    return tuple(name for names in _fields(model).values() for name in names)


def is_blank(value: object) -> bool:
    """Whether a key with this value counts as not written."""
    return value is None or (isinstance(value, str) and not value.strip())


def normalise(document: Mapping[str, Any]) -> Spelled:
    """A copy of a (resolved) document in Python names, its providers completed from the catalogue.

    What is wrong is left for validation; only for an address that cannot be completed ConfigError is raised.
    """
    places = Places()
    values = _section(Config, document, (), (), places)
    _providers(values, places)
    _router(values, places)
    spell_operation(values, places, _section)
    spell_routing(values, places, _provider_names(values), _section)
    apply_global_transformers(values, places)
    return Spelled(values, places)


def _section(model: type[Section], written: Mapping[str, Any], at: Path, there: Path, places: Places) -> dict[str, Any]:
    """The members of one section under their fields' names; unknown keys as they are.

    `at` is the section's path in fields, `there` its path as written.
    """
    fields: dict[str, Any] = {}
    for field, names in _fields(model).items():
        present = [name for name in names if not is_blank(written.get(name))]
        places.add((*at, field), (*there, *((present or names)[:1])))
        if present:
            fields[field] = written[present[0]]
        for other in present[1:]:
            places.warn((*there, other), f"means the same as {quote(present[0])}, which is used; remove one of the two")
    for key, value in written.items():
        if key not in known_keys(model) and not (model is Config and key in _NOT_WRITTEN):
            fields[key] = value
    for field, section in _SECTIONS.items():
        if field in model.model_fields and isinstance(fields.get(field), Mapping):
            nested = (*at, field)
            fields[field] = _section(section, fields[field], nested, places.written(nested), places)
    return fields


def _providers(config: dict[str, Any], places: Places) -> None:
    """Normalise the list of providers in place. Of two with one name (in any case) the first is kept."""
    items = config.get("providers")
    if not isinstance(items, list):
        return
    providers: list[Any] = []
    names: set[str] = set()
    there = places.written(("providers",))
    for index, item in enumerate(items):
        at = ("providers", len(providers))
        name = _name_of(item)
        if name and name.lower() in names:
            places.warn((*there, index), f"another provider is called {quote(name)} too, the first is used; rename one")
            continue
        names.add(name.lower())
        places.add(at, (*there, index))
        providers.append(_provider(item, at, places) if isinstance(item, Mapping) else item)
    config["providers"] = providers


def _name_of(item: object) -> str:
    """The name of a provider as written, or ""."""
    if isinstance(item, Provider):
        return item.name
    names = spellings(Provider, "name") if isinstance(item, Mapping) else ()
    values = (item[name] for name in names if isinstance(item, Mapping) and not is_blank(item.get(name)))
    return str(next(values, "")).strip()


def _provider(written: Mapping[str, Any], at: Path, places: Places) -> dict[str, Any]:
    provider = _section(Provider, written, at, places.written(at), places)
    if isinstance(provider.get("dialect"), Mapping):
        provider["dialect"] = {_snake_case(key): value for key, value in provider["dialect"].items()}
    if isinstance(provider.get("tokenizer"), Mapping):
        provider["tokenizer"] = _tokenizers(provider["tokenizer"], (*at, "tokenizer"), places)
    if "api_keys" in provider:
        provider["api_keys"] = _api_keys(provider["api_keys"], (*at, "api_keys"), places)
    silent = all(provider.get(key) is None for key in TRANSFORMER_KEYS)
    collect_transformers(provider, at, places)
    complete(provider, at, places, transformers=silent)
    return provider


def _api_keys(written: Any, at: Path, places: Places) -> Any:
    """Normalise a list of keys, each a text or an object; one text holds several, with commas between them."""
    if isinstance(written, str):
        written = [part for part in written.split(",") if part.strip()]
    if not isinstance(written, list):
        return written
    keys: list[Any] = []
    for index, item in enumerate(written):
        there = (*at, index)
        is_object = isinstance(item, Mapping)
        keys.append(_section(ApiKey, item, there, places.written(there), places) if is_object else {"key": item})
    return keys


def _tokenizers(written: Mapping[str, Any], at: Path, places: Places) -> dict[str, Any]:
    """Normalise a provider's tokenizers: `{default, models}`, or a single one, which is the default."""
    there = places.written(at)
    tokenizers = {key: value for key, value in written.items() if key in Tokenizers.model_fields}
    single = {key: value for key, value in written.items() if key not in Tokenizers.model_fields}
    if single and is_blank(tokenizers.get("default")):
        tokenizers["default"] = single
        places.add((*at, "default"), there)
    elif single:
        tokenizers |= single
    _tokenizer(tokenizers, "default", at, places)
    models = tokenizers.get("models")
    if isinstance(models, Mapping):
        tokenizers["models"] = by_name = dict(models)
        for name in by_name:
            _tokenizer(by_name, name, (*at, "models"), places)
    return tokenizers


def _tokenizer(parent: dict[str, Any], key: str, at: Path, places: Places) -> None:
    """Normalise the tokenizer at a key of its parent, in place."""
    if isinstance(parent.get(key), Mapping):
        parent[key] = _section(Tokenizer, parent[key], (*at, key), places.written((*at, key)), places)


def _router(config: dict[str, Any], places: Places) -> None:
    """Normalise `Router` in place: `routes` is a level the documentation shows; a key beside it wins over one in it."""
    written = config.get("router")
    if not isinstance(written, Mapping):
        return
    at, there = ("router",), places.written(("router",))
    beside, routes = dict(written), {}
    if isinstance(written.get("routes"), Mapping):
        routes = beside.pop("routes")
    router = _section(Router, routes, at, (*there, "routes"), places)
    inside = {field: places.written((*at, field)) for field in router}
    for field, value in _section(Router, beside, at, there, places).items():
        if field in inside:
            places.warn(inside.pop(field), "is also set beside routes, which is used; remove one of the two")
        router[field] = value
    for field, path in inside.items():
        places.add((*at, field), path)
    names = _provider_names(config)
    config["router"] = {
        field: with_comma(value, names) if field in ROUTED_SCENARIOS else value for field, value in router.items()
    }


def _provider_names(config: Mapping[str, Any]) -> list[str]:
    items = config.get("providers")
    return [_name_of(item) for item in items] if isinstance(items, list) else []
