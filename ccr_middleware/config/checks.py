"""What is legal in a configuration and yet most likely a mistake (failure-modes F12, F27): one line each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .. import catalogue
from .agent_checks import check_agents
from .places import Path, Places, did_you_mean, quote
from .references import find_reference
from .resilience import ApiKey
from .routing_checks import check_routing
from .schema import DEMO_SCHEME, Config, Provider, TransformerUse
from .spelling import is_blank, known_keys, normalise
from .tokenizer import ENCODINGS, Tokenizer

#: Keys of CCR v2 that are not fields of `Config`, with the type they have there.
_OTHER_SECTIONS: Mapping[str, tuple[type, str]] = {
    "transformers": (list, "a list"),
}

#: Headers that carry a key of their own.
_KEY_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})


def check(config: Config, places: Places, known_transformers: Collection[str] = ()) -> list[str]:
    """Every warning about a valid configuration. Transformer names are only checked when some are known."""
    return [
        *_check_top(config),
        *_check_resilience(config, places),
        *_check_providers(config, places),
        *_check_transformers(config, places, known_transformers),
        *check_routing(config, places),
        *check_agents(config, places),
    ]


def _check_top(config: Config) -> Iterator[str]:
    for key, value in (config.model_extra or {}).items():
        if key not in _OTHER_SECTIONS:
            yield from _misspelt(key, key, known_keys(Config))
            continue
        expected, article_and_type = _OTHER_SECTIONS[key]
        if not is_blank(value) and not isinstance(value, expected):
            yield f"{key}: is not used, since it must be {article_and_type}"


def _check_resilience(config: Config, places: Places) -> Iterator[str]:
    for field, section in (("retry", config.retry), ("health", config.health)):
        for key in section.model_extra or {}:
            yield from _misspelt(places.show((field, key)), key, known_keys(type(section)))


def _misspelt(place: str, key: str, known: Collection[str]) -> Iterator[str]:
    """Unknown keys are nobody's business, unless they look very much like a known one."""
    suggestion = did_you_mean(key, known, cutoff=0.85)
    if suggestion:
        yield f"{place}: this key is not known{suggestion}"


def _check_providers(config: Config, places: Places) -> Iterator[str]:
    for index, provider in enumerate(config.providers):
        at: Path = ("providers", index)
        if not provider.all_keys and not _needs_no_key(provider):
            key = _usual_key(provider)
            yield f'{places.show((*at, "api_key"))}: is missing; write {key}, or "auth": "none"'
        if not provider.models:
            yield f"{places.show((*at, 'models'))}: no models are listed; write the models of {quote(provider.name)}"
        if "," in provider.name:
            yield f"{places.show((*at, 'name'))}: a comma separates provider and model in a target; take it out"
        if "$" not in provider.base_url and not _is_address(provider.base_url):
            yield f"{places.show((*at, 'base_url'))}: is no address; begin it with https:// or http://"
        for key in provider.model_extra or {}:
            yield from _misspelt(places.show((*at, key)), key, known_keys(Provider))
        yield from _check_keys(provider, (*at, "api_keys"), places)
        yield from _check_tokenizers(provider, (*at, "tokenizer"), places)


def _check_keys(provider: Provider, at: Path, places: Places) -> Iterator[str]:
    seen: set[str] = set()
    for index, one in enumerate(provider.api_keys):
        if one.key in seen:
            yield f"{places.show((*at, index))}: is the same key as an earlier one; remove one of the two"
        seen.add(one.key)
        for key in one.model_extra or {}:
            yield from _misspelt(places.show((*at, index, key)), key, known_keys(ApiKey))


def _usual_key(provider: Provider) -> str:
    entry = catalogue.find(provider.name)
    return quote(f"${entry.env}") if entry and entry.env else "the key or $VARIABLE"


def _check_tokenizers(provider: Provider, at: Path, places: Places) -> Iterator[str]:
    if provider.tokenizer is None:
        return
    if provider.tokenizer.default is not None:
        yield from _check_tokenizer(provider.tokenizer.default, (*at, "default"), places)
    for model, tokenizer in provider.tokenizer.models.items():
        yield from _check_tokenizer(tokenizer, (*at, "models", model), places)
        if provider.models and not provider.lists(model):
            nearest = did_you_mean(model, provider.models)
            place = places.show((*at, "models", model))
            yield f"{place}: {quote(model)} is not among the models of {quote(provider.name)}{nearest}"


def _check_tokenizer(tokenizer: Tokenizer, at: Path, places: Places) -> Iterator[str]:
    """What makes a tokenizer fall back to another one with every count."""
    if tokenizer.type == "tiktoken":
        yield from _check_encoding(tokenizer.encoding, (*at, "encoding"), places)
    elif tokenizer.type == "huggingface" and not (tokenizer.path or tokenizer.model):
        yield f"{places.show(at)}: names no tokenizer; write the path of a tokenizer.json, or a model"
    elif tokenizer.type == "api" and not (tokenizer.url and ("$" in tokenizer.url or _is_address(tokenizer.url))):
        yield f"{places.show((*at, 'url'))}: is no address; write the endpoint's, beginning with https:// or http://"
    if tokenizer.fallback and tokenizer.fallback != "tiktoken":
        yield from _check_encoding(tokenizer.fallback, (*at, "fallback"), places)
    for key in tokenizer.model_extra or {}:
        yield from _misspelt(places.show((*at, key)), key, known_keys(Tokenizer))


def _check_encoding(name: str, at: Path, places: Places) -> Iterator[str]:
    if name not in ENCODINGS:
        known = did_you_mean(name, ENCODINGS) or f"; known are {', '.join(ENCODINGS)}"
        yield f"{places.show(at)}: no encoding is called {quote(name)}{known}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_address(url: str) -> bool:
    return url.startswith(DEMO_SCHEME) or (url.lower().startswith(("http://", "https://")) and bool(_host(url)))


def _needs_no_key(provider: Provider) -> bool:
    """Whether the credential is elsewhere (as on Vertex AI), or nobody asks for one: on this machine, the demo."""
    host = _host(provider.base_url)
    return (
        provider.auth == "none"
        or provider.vertex is not None
        or any(name.lower() in _KEY_HEADERS for name in provider.headers)
        or host in {"localhost", "::1"}
        or host.endswith((".localhost", "aiplatform.googleapis.com"))
        or host.startswith("127.")
        or provider.base_url.startswith(DEMO_SCHEME)
    )


def _check_transformers(config: Config, places: Places, known: Collection[str]) -> Iterator[str]:
    if not known:
        return
    entries = transformer_modules(config)
    if all(entry.get("name") for entry in entries):  # else only those who load them know what they are called
        yield from _unknown(config, places, [*known, *(str(entry["name"]) for entry in entries)])


def transformer_modules(config: Config) -> list[Mapping[str, Any]]:
    """The entries of the top-level `transformers`: files and modules to load."""
    entries = (config.model_extra or {}).get("transformers")
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def unknown_transformers(config: Config, known: Collection[str]) -> list[str]:
    """A warning for each use of a transformer that nobody knows, when it is known what the modules hold."""
    if not any(_unknown(config, Places(), known)):
        return []
    return list(_unknown(config, normalise(config.raw).places, known))


def _unknown(config: Config, places: Places, names: Collection[str]) -> Iterator[str]:
    folded = {name.strip().lower() for name in names}
    for path, use in _uses(config):
        if use.name.strip().lower() not in folded and find_reference(use.name) is None:
            yield f"{places.show(path)}: no transformer is called {quote(use.name)}{did_you_mean(use.name, names)}"


def _uses(config: Config) -> Iterator[tuple[Path, TransformerUse]]:
    for index, provider in enumerate(config.providers):
        at: Path = ("providers", index)
        for position, use in enumerate(provider.use):
            yield (*at, "use", position), use
        for model, uses in provider.use_by_model.items():
            for position, use in enumerate(uses):
                yield (*at, "use_by_model", model, position), use
