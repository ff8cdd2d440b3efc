"""Which models a caller may use."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ..config.conditions import Scenario, searcher
from ..errors import NotPermitted
from ..routing.names import key_of
from .principal import Principal

#: Scenarios in which the request itself names the target, so that only the target counts.
_NAMED_BY_THE_REQUEST: frozenset[Scenario] = frozenset({"explicit", "subagent"})

_WILDCARD = re.compile(r"[*?]")

#: Longer names are nobody's model.
_MAX_NAME = 512

#: So many patterns are told in an error.
_SHOWN = 10


def may_use(principal: Principal, provider: str, model: str, asked_model: str, scenario: Scenario) -> bool:
    """Whether a caller may be answered by this target.

    `principal.models` holds patterns with `*` and `?`, in any case: `provider,model`, or `model` of any provider. One
    has to match the target; or the model that was asked for, which routing then replaced. That does not count when the
    request named its target (`explicit`, `subagent`): so nobody gets past the list by naming one.
    """
    if principal.models is None:
        return True
    accepts = _matcher(principal.models)
    return accepts(f"{provider},{model}") or (scenario not in _NAMED_BY_THE_REQUEST and accepts(asked_model))


def refusal(principal: Principal, provider: str, model: str) -> NotPermitted:
    """The error for a target that a caller may not be answered by; its text tells who may use what."""
    models = principal.models or ()
    shown = ", ".join(models[:_SHOWN]) + (", …" if len(models) > _SHOWN else "")
    return NotPermitted(
        f'"{principal.label}" may not use {provider},{model}; it may use: {shown or "no model at all"}',
        should_retry=False,
    )


@lru_cache(maxsize=1024)
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether one of the patterns matches a name: `provider,model`, or a model of which nobody says whose it is.

    A pattern without a comma is about the model alone: `gpt*` says nothing of a provider called `gpt-proxy`.
    """
    keys = [_key(pattern) for pattern in patterns]
    exact = frozenset(key for key in keys if not _WILDCARD.search(key))
    # The engine is linear in the length of the name, which callers choose (see `searcher`).
    of_models = [_searcher(key) for key in keys if "," not in key and key not in exact]
    of_targets = [_searcher(key) for key in keys if "," in key and key not in exact]

    def accepts(name: str) -> bool:
        key = _key(name)
        model = key.partition(",")[2] or key
        if key in exact or model in exact:
            return True
        if len(key) > _MAX_NAME:
            return False
        return any(search(model) for search in of_models) or any(search(key) for search in of_targets)

    return accepts


def _key(name: str) -> str:
    """How names are compared: in lower case, without `[1m]`, without blanks around the comma."""
    provider, comma, model = key_of(name).partition(",")
    return f"{provider.strip()},{model.strip()}" if comma else provider.strip()


def _searcher(pattern: str) -> Callable[[str], bool]:
    return searcher("^" + re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") + "$")
