"""From what somebody wrote to a configured provider and a model (F12).

Forms, in any case: `provider,model` (split at the first comma), `provider/model`, a model some provider lists, and
each of them behind `claude:`, the form in which models are offered to Claude Code's picker. Model names may hold
slashes, colons and commas.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..config.schema import Config, Provider
from ..errors import NotFound

#: What an id needs to be shown by Claude Code's model picker, which drops all others (client report §1).
PICKER_PREFIX = "claude:"

#: Claude Code's mark for the large context window. No provider's model has it in its name.
_LARGE_WINDOW = "[1m]"
_DATE = re.compile(r"[-@]20\d{2}-?\d{2}-?\d{2}$")


class Resolution(NamedTuple):
    """A provider and a model, in the configuration's spelling. `note`: what was assumed, `""`: nothing."""

    provider: str
    model: str
    note: str = ""


def resolve(text: str, config: Config) -> Resolution | None:
    """Find the provider and the model a text names; None when no configured provider is meant.

    A model its provider does not list is taken as written: lists are often behind. Raises NotFound when the text
    has the explicit form `provider,model` and there is no such provider.
    """
    name = _without_mark(text)
    if name.lower().startswith(PICKER_PREFIX) and not _listed(name, config):
        name = name[len(PICKER_PREFIX) :].strip()
    if "," in name:
        return _explicit(name, config)
    return _listed(name, config) or _with_slash(name, config) or _listed_but_for_date(name, config)


def is_claude_name(model: str) -> bool:
    """Whether this is a bare `claude-…`: what Claude Code sends when nobody chose anything."""
    return model.lower().startswith("claude-") and "," not in model and "/" not in model


def quoted(text: str) -> str:
    """A name for a message: quoted, escaped, and cut, since clients choose it."""
    return repr(text if len(text) <= 100 else text[:100] + "…")


def _explicit(name: str, config: Config) -> Resolution | None:
    head, _, model = (part.strip() for part in name.partition(","))
    if not head or not model:
        return None
    if provider := config.provider(head):
        return _of_provider(provider, model)
    if found := _listed(name, config):
        return found
    names = ", ".join(provider.name for provider in config.providers) or "none"
    raise NotFound(f"There is no provider {quoted(head)}, asked for as {quoted(name)}. Configured providers: {names}.")


def _with_slash(name: str, config: Config) -> Resolution | None:
    head, _, model = (part.strip() for part in name.partition("/"))
    provider = config.provider(head) if model else None
    return _of_provider(provider, model) if provider else None


def _of_provider(provider: Provider, model: str) -> Resolution:
    wanted = _key(model)
    for listed in provider.models:
        if _key(listed) == wanted:
            return Resolution(provider.name, listed)
    note = f"provider {quoted(provider.name)} does not list the model {quoted(model)}" if provider.models else ""
    return Resolution(provider.name, model, note)


def _listed(name: str, config: Config) -> Resolution | None:
    """The first provider that lists the model, in any case."""
    wanted = _key(name)
    for provider in config.providers:
        for model in provider.models:
            if _key(model) == wanted:
                return Resolution(provider.name, model)
    return None


def _listed_but_for_date(name: str, config: Config) -> Resolution | None:
    """The first provider that lists the model in another dated edition."""
    wanted = _DATE.sub("", _key(name))
    for provider in config.providers:
        for model in provider.models:
            if wanted and _DATE.sub("", _key(model)) == wanted:
                return Resolution(provider.name, model, f"{quoted(name)} was taken for {quoted(model)}")
    return None


def _without_mark(text: str) -> str:
    text = text.strip()
    return text[: -len(_LARGE_WINDOW)].rstrip() if text.lower().endswith(_LARGE_WINDOW) else text


def _key(model: str) -> str:
    """What two spellings of one model have in common."""
    return _without_mark(model).lower()
