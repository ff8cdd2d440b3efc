"""From what somebody wrote to a configured provider and a model (F12).

Forms, in any case: `provider,model` (split at the first comma), `provider/model`, a model some provider lists, and
each of them behind `claude:`, the form in which models are offered to Claude Code's picker. Model names may hold
slashes, colons and commas.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

from ..config.schema import ROUTED_SCENARIOS, Config, Provider
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


class Resolver:
    """Finds what names mean in one configuration. Made once for it: a provider may list hundreds of models."""

    __slots__ = ("_listed", "_models", "_names", "_providers", "_targets", "_undated")

    def __init__(self, config: Config) -> None:
        self._names = ", ".join(provider.name for provider in config.providers) or "none"
        self._providers: dict[str, Provider] = {}
        self._models: dict[tuple[str, str], Resolution] = {}  # by provider and model
        self._listed: dict[str, Resolution] = {}  # by model, of the first provider that lists it
        self._undated: dict[str, Resolution] = {}  # the same, without the date at the end
        for provider in config.providers:
            self._add(provider)
        self._targets: dict[str, Resolution] = {}  # what `Router` names, by its text
        for target in filter(None, map(config.router.target, ROUTED_SCENARIOS)):
            with suppress(NotFound):  # told when a request comes to it
                if found := self.resolve(target):
                    self._targets[target] = found

    def resolve(self, text: str) -> Resolution | None:
        """Find the provider and the model a text names; None when no configured provider is meant.

        A model its provider does not list is taken as written: lists are often behind. Raises NotFound when the text
        has the explicit form `provider,model` and there is no such provider.
        """
        if found := self._targets.get(text):
            return found
        name = _without_mark(text)
        if name.lower().startswith(PICKER_PREFIX) and _key(name) not in self._listed:
            name = name[len(PICKER_PREFIX) :].strip()
        if "," in name:
            return self._explicit(name)
        return self._listed.get(_key(name)) or self._with_slash(name) or self._but_for_date(name)

    def _add(self, provider: Provider) -> None:
        """Of several of one name, provider or model, the first is meant."""
        lower = provider.name.lower()
        first = self._providers.setdefault(lower, provider) is provider
        for model in provider.models:
            found, key = Resolution(provider.name, model), _key(model)
            self._listed.setdefault(key, found)
            self._undated.setdefault(_DATE.sub("", key), found)
            if first:
                self._models.setdefault((lower, key), found)

    def _explicit(self, name: str) -> Resolution | None:
        head, _, model = (part.strip() for part in name.partition(","))
        if not head or not model:
            return None
        if found := self._of_provider(head, model) or self._listed.get(_key(name)):
            return found
        raise NotFound(
            f"There is no provider {quoted(head)}, asked for as {quoted(name)}. Configured providers: {self._names}."
        )

    def _with_slash(self, name: str) -> Resolution | None:
        head, _, model = (part.strip() for part in name.partition("/"))
        return self._of_provider(head, model) if model else None

    def _of_provider(self, head: str, model: str) -> Resolution | None:
        """A model of the provider of that name, listed or not; None when there is no such provider."""
        provider = self._providers.get(head.lower())
        if provider is None:
            return None
        if found := self._models.get((head.lower(), _key(model))):
            return found
        note = f"provider {quoted(provider.name)} does not list the model {quoted(model)}" if provider.models else ""
        return Resolution(provider.name, model, note)

    def _but_for_date(self, name: str) -> Resolution | None:
        """The first provider that lists the model in another dated edition."""
        wanted = _DATE.sub("", _key(name))
        found = self._undated.get(wanted) if wanted else None
        return found and found._replace(note=f"{quoted(name)} was taken for {quoted(found.model)}")


def resolve(text: str, config: Config) -> Resolution | None:
    """`Resolver.resolve` for a single name."""
    return Resolver(config).resolve(text)


def is_claude_name(model: str) -> bool:
    """Whether this is a bare `claude-…`: what Claude Code sends when nobody chose anything."""
    return model.lower().startswith("claude-") and "," not in model and "/" not in model


def quoted(text: str) -> str:
    """A name for a message: quoted, escaped, and cut, since clients choose it."""
    return repr(text if len(text) <= 100 else text[:100] + "…")


def _without_mark(text: str) -> str:
    text = text.strip()
    return text[: -len(_LARGE_WINDOW)].rstrip() if text.lower().endswith(_LARGE_WINDOW) else text


def _key(model: str) -> str:
    """What two spellings of one model have in common."""
    return _without_mark(model).lower()
