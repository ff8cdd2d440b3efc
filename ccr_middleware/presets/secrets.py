"""Which values of a document are secret, by the names of their keys; and documents without them.

Keys: `api_key`, `apiKey`, `client_secret`, `…TOKEN`, `password`, the members of `api_keys`, headers such as
`Authorization` (E-3); addresses with a password or a key in their query. Placeholders are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..config.places import Path
from ..config.schema import SECRET_HEADER

#: What stands in place of a secret.
MASK = "***"

_SECRET_KEY = re.compile(
    r"apikey|secret|passw(or)?d|privatekey|accesskey|credentials?$|authorization|cookie|bearer|token$|^key$"
)
_PLACEHOLDER = re.compile(r"(\$[A-Z_][A-Z0-9_]*|\$\{[^}:]+(:-)?\}|#\{[^}]*\}|\{\{[^}]*\}\})+|\s*")
_SCHEME = re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE)


class Secret(NamedTuple):
    """A secret in a text, with what stands before it (`Bearer `)."""

    before: str
    value: str


def find_secret(path: Path, text: str) -> Secret | None:
    """The secret in the text at a path, None when there is none."""
    if not (is_secret_place(path) or _has_secret(text)):
        return None
    scheme = _SCHEME.match(text)
    before = scheme[0] if scheme else ""
    value = text[len(before) :]
    return None if _PLACEHOLDER.fullmatch(value) else Secret(before, value)


def is_secret_place(path: Path) -> bool:
    """Whether what stands at a path is secret, whatever it is."""
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return False
    if len(names) > 1 and names[-2].lower().endswith("headers"):
        return bool(SECRET_HEADER.search(names[-1]))
    name = re.sub(r"[^a-z0-9]", "", names[-1].lower())
    return bool(_SECRET_KEY.search(name))


def _has_secret(text: str) -> bool:
    """Whether a text is an address with a secret in it."""
    if "://" not in text:
        return False
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    parameters = (one.partition("=") for one in address.query.split("&"))
    return any(
        SECRET_HEADER.search(name) and value and not _PLACEHOLDER.fullmatch(value) for name, _, value in parameters
    ) or bool("@" in address.netloc and not _PLACEHOLDER.fullmatch(address.netloc.rpartition("@")[0].partition(":")[2]))


def replaced(value: Any, replacement: Callable[[Path, str], Any], at: Path = ()) -> Any:
    """A copy of a document with every text replaced by what a function makes of it and its path."""
    if isinstance(value, str):
        return replacement(at, value)
    if isinstance(value, Mapping):
        return {str(key): replaced(item, replacement, (*at, str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, replacement, (*at, index)) for index, item in enumerate(value)]
    return value


def masked(value: Any, known: Collection[str] = (), at: Path = ()) -> Any:
    """A copy of a document without its secrets. `known` are masked wherever they stand."""
    longest_first = sorted((secret for secret in known if len(secret) >= 4), key=len, reverse=True)

    def mask(path: Path, text: str) -> str:
        found = find_secret(path, text)
        if found:
            return f"{found.before}{MASK}"
        for secret in longest_first:
            text = text.replace(secret, MASK)
        return text

    return replaced(value, mask, at)
