"""Nothing secret gets into a log: the configured keys, and whatever looks like a key."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from typing import Any

MASK = "***"

#: So many keys that were in use before are still masked after a reload: calls under way keep their configuration.
MAX_EARLIER = 1000

#: Shorter texts are no secrets: masking them would only make holes into words.
SHORTEST = 6

#: A secret that JSON writes as it is.
_PLAIN_SECRET = re.compile(r"[ !#-\[\]-~]*")

#: What each of the patterns below has in it somewhere: most texts have none of it.
_HINTS = ("earer", "asic ", "BEARER", "uthorization", "UTHORIZATION", "key", "KEY", "Key", "ookie", "token", "secret")
_PREFIXES = ("sk-", "AIza", "gsk_", "xai-", "ya29.", "ghp_", "github_pat_", "hf_", "nvapi-", "pplx-", "AKIA")
_SCHEME = re.compile(r"\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_FIELD = re.compile(
    r"""((?:\bauthorization|\b[\w-]*api[-_]?key|\b(?:access|refresh|auth|id)[-_]token|\bclient[-_]secret"""
    r"""|[?&]key|[?&]token)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)(?!bearer\b|basic\b)[^\s"',;&}\]]{6,}""",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"""(\b(?:set-)?cookie["']?\s*[:=]\s*["']?)[^"'\r\n]{6,}""", re.IGNORECASE)
_TOKEN = re.compile(
    r"\b(sk-|AIza|gsk_|xai-|ya29\.|ghp_|github_pat_|hf_|nvapi-|pplx-|AKIA)(?=[A-Za-z0-9._-]*[0-9A-Z])[A-Za-z0-9._-]{8,}"
)


class Redactor:
    """Masks secrets in texts: `redactor(text)`.

    `secrets` gives the keys in use. It is asked for each text, so it should return the same object as long as nothing
    has changed (`Snapshot.secrets` does).
    """

    def __init__(self, secrets: Callable[[], Collection[str]] = tuple) -> None:
        self._secrets = secrets
        self._latest: Collection[str] | None = None
        self._known: tuple[str, ...] = ()
        self._marks: tuple[str, ...] = ()
        self._escaped = False  # whether a secret may look otherwise in JSON

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if len(text) < SHORTEST:
            return text
        latest = self._secrets()
        if latest is not self._latest:
            self._learn(latest)
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, MASK)
        for prefix in _PREFIXES:
            if prefix in text:
                text = _TOKEN.sub(rf"\1{MASK}", text)
                break
        for hint in _HINTS:
            if hint in text:
                return _by_name(text)
        return text

    def is_clean(self, document: str) -> bool:
        """Whether no text in a JSON document needs masking: a quick look at all of it at once. It may be wrong only by
        saying no."""
        latest = self._secrets()
        if latest is not self._latest:
            self._learn(latest)
        return not self._escaped and not any(map(document.__contains__, self._marks))

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it masked, names included; what JSON has no word for becomes text."""
        if isinstance(value, str):
            return self(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {self(str(name)): self.value(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(inner) for inner in value]
        return self(str(value))

    def _learn(self, latest: Collection[str]) -> None:
        """Remember new keys, longest first so that no part of one is left."""
        now = [secret for secret in latest if len(secret) >= SHORTEST]
        earlier = [secret for secret in self._known if secret not in now]
        self._known = tuple(sorted([*now, *earlier[:MAX_EARLIER]], key=len, reverse=True))
        self._marks = (*self._known, *_PREFIXES, *_HINTS)
        self._escaped = not all(_PLAIN_SECRET.fullmatch(secret) for secret in self._known)
        self._latest = latest


def _by_name(text: str) -> str:
    """The text without what stands behind the names of secrets."""
    for pattern in (_COOKIES, _FIELD, _SCHEME):
        text = pattern.sub(rf"\1{MASK}", text)
    return text


class Redaction(logging.Filter):
    """Masks the message of every record that passes, for the handlers of others: standard error, a host's log.

    The record itself is changed (a filter of Python 3.11 cannot give another), so every handler after it gets the
    masked one. The text of an exception is masked too.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask, and let it pass."""
        try:
            message = record.getMessage()
        except Exception:  # the handler reports arguments that do not fit
            return True
        record.msg, record.args = self._redactor(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._redactor(_PLAIN.formatException(record.exc_info))
        extras = getattr(record, "ccr", None)
        if extras is not None:
            record.ccr = self._redactor.value(extras)
        return True


_PLAIN = logging.Formatter()
