"""What in a configuration is secret, told by the keys above it and by what a text looks like.

Known and unknown keys are looked at alike: `apiKey`, `API_KEY` and `my-api-key` hold keys wherever they stand, and so
do headers whose names tell it, the password in a URL, and what looks like the keys of the providers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .schema import SECRET_HEADER

#: Where in a text something secret stands.
Span = tuple[int, int]

#: What a key ends with that holds a secret, without its `_`, `-` and capitals; an `s` may follow.
_SECRET = re.compile(
    r"(api|admin|secret|access|private|client|auth|master|signing|encryption|subscription|server|user)keys?"
    r"|.*(apikey|secret|password|passwd|passphrase|privatekey|accesskey|secretkey|keyhash|credential|authorization)s?"
    r"|.*(api|access|auth|bearer|refresh|github)tokens|.*token|.*cookies?|pwd|accesskeyid|keys?"
)
#: Of those, what holds none: numbers of tokens, and tokens of a language.
_NOT_SECRET = re.compile(r".*(max|min|end|eos|bos|pad|stop|start|per|by|first|count|use|special|next)token")
#: The names of lists of keys; in their objects only some members are secret.
_KEY_LISTS = re.compile(r".*keys")
_PLAIN_IN_KEYS = frozenset(
    {"id", "name", "hint", "weight", "priority", "models", "groups", "rpm", "tpm", "maxparallel", "enabled"}
    | {"createdat", "expiresat", "lastusedat"}
)
#: Of an object that is secret as a whole (a key file of Google's) these members tell who it is for.
_PLAIN_IN_SECRETS = frozenset(
    {"type", "projectid", "quotaprojectid", "clientid", "clientemail", "authuri", "tokenuri", "universedomain"}
    | {"authproviderx509certurl", "clientx509certurl"}
)

_PLACEHOLDER = re.compile(r"\$\$|\$[A-Z_][A-Z0-9_]*|\$\{[^}:]+(?::(?!-)[^}:]*)*(?::-(?P<default>[^}]*))?\}")
_SCHEME = re.compile(r"\s*(?:bearer|basic|token|apikey|api-key|key)\s+(?=\S)", re.IGNORECASE)
_NOTHING_SECRET = re.compile(r"[\s,;:]*(?:(?:bearer|basic|token|apikey|api-key|key)\b)?[\s,;:]*", re.IGNORECASE)

_URL_PASSWORD = re.compile(
    r"\b[a-z][a-z0-9+.-]*://(?:[^\s/?#:@]*:(?P<password>[^\s/?#@]+)|(?P<user>[^\s/?#:@]+))@", re.IGNORECASE
)
_URL_PARAMETER = re.compile(r"[?&](?P<name>[\w.-]+)=(?P<value>[^&#\s\"']+)")
_URL_NAMES = re.compile(r"key|sig|signature|auth|code")
#: The forms that providers give their keys.
_LOOKS_SECRET = re.compile(
    r"(?<![\w-])(?:sk-|gsk_|xai-|pplx-|hf_|r8_|nvapi-|ghp_|github_pat_|glpat-|tvly-|BSA|AIza|AQ\.|ya29\.|AKIA|ccr-|xox[a-z]-)"
    r"[\w.-]{16,}"
)
#: A member in a comment, or in a text that cannot be parsed.
_MEMBER = re.compile(
    r"(?P<quote>[\"']?)(?P<name>[A-Za-z_$][\w.-]*)(?P=quote)\s*[:=]\s*"
    r"(?:\"(?P<double>(?:[^\"\\\n]|\\.)+)\"|'(?P<single>(?:[^'\\\n]|\\.)+)'|(?P<bare>(?=\S*\d)[^\s\"',{}\[\]]{8,}))"
)
#: A list of keys there, and what of it is a text by itself.
_LIST = re.compile(r"(?P<quote>[\"']?)(?P<name>[A-Za-z_$][\w.-]*)(?P=quote)\s*:\s*(?=(?P<items>\[[^\[\]]*\]?))")
_ITEM = re.compile(r"(?<=[\[,])\s*(?P<quote>[\"'])(?P<text>(?:[^\"'\\\n]|\\.)+)(?P=quote)\s*(?=[,\]])")


class Place(NamedTuple):
    """What the keys above a place tell.

    `holds`: `plain` nothing, `keys` a list of keys, `secret` everything below is secret, `file` it may be the path of a
    file with the secret. `headers`: whether its members are headers.
    """

    holds: Literal["plain", "keys", "secret", "file"] = "plain"
    headers: bool = False

    def member(self, key: str) -> Place:
        """The place of a member."""
        name = fold(key)
        if self.holds in ("secret", "file"):
            return Place("plain" if name in _PLAIN_IN_SECRETS else "secret")
        if self.holds == "keys":
            return Place("plain" if name in _PLAIN_IN_KEYS else "secret")
        if self.headers and SECRET_HEADER.search(key):
            return Place("secret")
        if not is_secret_name(name):
            return Place(headers=name.endswith(("headers", "header")))
        if name.endswith(("credential", "credentials")):
            return Place("file")
        return Place("keys" if _KEY_LISTS.fullmatch(name) else "secret")

    def spans(self, text: str) -> list[Span]:
        """What in a text at this place is secret, from left to right."""
        if self.holds == "plain" or (self.holds == "file" and _is_path(text)):
            return _looked_like(text)
        if self.holds == "keys" and "," in text:
            parts = ((found.start(), found[0]) for found in re.finditer(r"[^,]+", text))
            return [(start + a, start + b) for start, part in parts for a, b in _secret_parts(part)]
        return _secret_parts(text)


def fold(key: str) -> str:
    """A key without what differs between its spellings."""
    return re.sub(r"[^a-z0-9]", "", key.lower())


def is_secret_name(folded: str) -> bool:
    """Whether a key, folded, holds a secret."""
    return bool(_SECRET.fullmatch(folded)) and not _NOT_SECRET.fullmatch(folded)


def spans_in_comment(text: str) -> list[Span]:
    """What is secret in a comment, or in a text that cannot be parsed: members, URLs, and what looks like a key."""
    found = _looked_like(text)
    for member in _MEMBER.finditer(text):
        group = next(group for group in ("double", "single", "bare") if member[group])
        found += _moved(_place_of(member["name"]).spans(member[group]), member.start(group))
    for listed in _LIST.finditer(text):
        for item in _ITEM.finditer(listed["items"]):
            start = listed.start("items") + item.start("text")
            found += _moved(_place_of(listed["name"]).spans(item["text"]), start)
    return without_overlaps(found)


def _place_of(key: str) -> Place:
    """The place of a member when nobody knows in what."""
    return Place(headers=key.lower().startswith("x-")).member(key)


def without_overlaps(spans: list[Span]) -> list[Span]:
    """The spans in order, each that begins in another left out."""
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < end and (not kept or start >= kept[-1][1]):
            kept.append((start, end))
    return kept


def _secret_parts(text: str) -> list[Span]:
    """Of a text that is secret all but its scheme (`Bearer`), or of one of placeholders their defaults."""
    holders = [found for found in _PLACEHOLDER.finditer(text) if found[0] != "$$"]
    rest = _PLACEHOLDER.sub(lambda found: "$" if found[0] == "$$" else "", text)
    if _NOTHING_SECRET.fullmatch(rest):
        return [found.span("default") for found in holders if (found["default"] or "").strip()]
    scheme = _SCHEME.match(text)
    start = scheme.end() if scheme else len(text) - len(text.lstrip())
    return [(start, len(text.rstrip()))]


def _looked_like(text: str) -> list[Span]:
    return without_overlaps([*_in_urls(text), *(found.span() for found in _LOOKS_SECRET.finditer(text))])


def _in_urls(text: str) -> Iterator[Span]:
    """User and password, and parameters with a key in them."""
    for found in _URL_PASSWORD.finditer(text):
        group = "password" if found["password"] else "user"
        yield from _moved(_secret_parts(found[group]), found.start(group))
    for found in _URL_PARAMETER.finditer(text):
        name = fold(found["name"])
        if is_secret_name(name) or _URL_NAMES.fullmatch(name):
            yield from _moved(_secret_parts(found["value"]), found.start("value"))


def _moved(spans: list[Span], by: int) -> Iterator[Span]:
    return ((start + by, end + by) for start, end in spans)


def _is_path(text: str) -> bool:
    """Whether a text is the path of a file, not what is in it."""
    return not text.lstrip().startswith("{") and ("/" in text or "\\" in text or text.strip().endswith(".json"))
