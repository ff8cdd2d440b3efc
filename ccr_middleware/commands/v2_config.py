"""What in a v2 configuration behaves differently here. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..config import Config
from ..config.places import show_path

#: kind, place, what, what to do: the fields of a `v2_home.Finding`.
Found = tuple[Any, str, str, str]

#: What v2 fills in (reference §1.5), and where it did not although it was written (defect C-1).
_PLACEHOLDER = re.compile(r"\$\{[^}]+\}|\$[A-Z_][A-Z0-9_]*")
_NOT_FILLED = ("Router", "fallback", "transformers", "CUSTOM_ROUTER_PATH", "REWRITE_SYSTEM_PROMPT", "PROXY_URL")

#: Keys of v1, which v2 did not read any more.
_V1 = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL")
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


def about_config(config: Config, home: str) -> Iterator[Found]:
    """Every difference of a configuration that can be loaded."""
    raw = config.raw
    yield from _about_code(raw)
    yield from _about_listening(config, raw)
    yield from _about_routing(raw)
    yield from _about_placeholders(raw)
    for name in _V1:
        if name in raw:
            yield "different", f"config.json {name}", "is a key of version 1 and is not read", "Make it a provider."


def _about_code(raw: Mapping[str, Any]) -> Iterator[Found]:
    """JavaScript is not run here."""
    router = raw.get("CUSTOM_ROUTER_PATH")
    if isinstance(router, str) and router.endswith((".js", ".cjs", ".mjs")):
        yield (
            "broken",
            "config.json CUSTOM_ROUTER_PATH",
            f"{router} is JavaScript, which does not run here",
            "Write it in Python (docs/custom-router.md) or, without code, as `rules` (docs/routing.md).",
        )
    entries = raw.get("transformers")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        path = entry.get("path") if isinstance(entry, Mapping) else None
        if isinstance(path, str) and path.endswith((".js", ".cjs", ".mjs")):
            yield (
                "broken",
                f"config.json transformers[{index}]",
                f"{path} is JavaScript, which does not run here",
                "Write it in Python (docs/write-a-transformer.md), or look for a built-in one (docs/transformers.md).",
            )
    for place in _script_modules(raw.get("StatusLine"), ("StatusLine",)):
        yield "broken", f"config.json {place}", "is JavaScript, which does not run here", "Take the module out."


def _script_modules(value: object, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("scriptPath"), str):
            yield show_path((*path, "scriptPath"))
        for key, inner in value.items():
            yield from _script_modules(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _script_modules(inner, (*path, index))


def _about_listening(config: Config, raw: Mapping[str, Any]) -> Iterator[Found]:
    if config.host not in _LOOPBACK and not config.api_key:
        yield (
            "broken",
            "config.json HOST",
            f"listening on {config.host} needs a key; v2 listened on 127.0.0.1 then, and on every address without "
            "providers",
            "Set APIKEY, or HOST to 127.0.0.1.",
        )
    if config.api_key and not config.admin_key:
        yield (
            "different",
            "config.json APIKEY",
            "is the key of clients and of the web interface, as in v2",
            "Give clients keys of their own (ccr-middleware keys create NAME), or set ADMIN_KEY.",
        )
    if config.log and "LOG_LEVEL" not in raw:
        yield "different", "config.json LOG_LEVEL", "is info by default; v2 wrote debug, with bodies and keys", ""
    if raw.get("API_TIMEOUT_MS") is not None:
        yield "better", "config.json API_TIMEOUT_MS", "is how long a silent provider is waited for; v2 ignored it", ""


def _about_routing(raw: Mapping[str, Any]) -> Iterator[Found]:
    router = raw.get("Router")
    if not isinstance(router, Mapping):
        return
    if router.get("think") and "thinkWhen" not in router and "think_when" not in router:
        yield (
            "different",
            "config.json Router.think",
            "is for requests that ask for more thinking than usual; for v2 every request that had the field thinking "
            "was one, which with today's Claude Code is every request",
            'Set Router.thinkWhen to "always" for the old way.',
        )
    if raw.get("fallback"):
        yield "better", "config.json fallback", "counts for cut connections and timeouts as well, not only statuses", ""


def _about_placeholders(raw: Mapping[str, Any]) -> Iterator[Found]:
    places = [
        show_path(path)
        for key in _NOT_FILLED
        for path, text in _texts(raw.get(key), (key,))
        if _PLACEHOLDER.search(text)
    ]
    for place in places:
        yield "better", f"config.json {place}", "the variable is filled in; v2 took it literally here", ""


def _texts(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
