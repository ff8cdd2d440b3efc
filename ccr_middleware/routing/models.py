"""From what somebody wrote to a configured provider and a model (F12).

Forms, in any case: an alias, `provider,model` (split at the first comma), `provider/model`, a model some provider
lists, and each of them behind `claude:`, the form in which models are offered to Claude Code's picker. Model names may
hold slashes, colons and commas.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from ..config.routing_checks import named_targets
from ..config.rules import Target
from ..config.schema import Config, Provider
from ..errors import NotFound
from .aliases import Aliases
from .decision import Choice
from .names import PICKER_PREFIX, key_of, without_date, without_mark
from .names import quoted as quoted


class Resolution(NamedTuple):
    """A provider and a model, in the configuration's spelling. `note`: what was assumed, `""`: nothing."""

    provider: str
    model: str
    note: str = ""


class Found(NamedTuple):
    """The targets that a name or a pool stands for, as far as they can be used; and what is to be told of it."""

    choices: tuple[Choice, ...]
    note: str = ""


class Resolver:
    """Finds what names mean in one configuration. Made once for it: a provider may list hundreds of models."""

    __slots__ = ("_configured", "_listed", "_models", "_names", "_providers", "_targets", "_undated", "aliases")

    def __init__(self, config: Config) -> None:
        self._names = ", ".join(provider.name for provider in config.providers) or "none"
        self._providers: dict[str, Provider] = {}
        self._models: dict[tuple[str, str], Resolution] = {}  # by provider and model
        self._listed: dict[str, Resolution] = {}  # by model, of the first provider that lists it
        self._undated: dict[str, Resolution] = {}  # the same, without the date at the end
        for provider in config.providers:
            self._add(provider)
        self.aliases = Aliases(config.aliases)
        self._targets: dict[str, Resolution] = {}  # what the configuration names, by its text
        for _, target in named_targets(config):
            with suppress(NotFound):  # told when a request comes to it
                if found := self.resolve(target):
                    self._targets[target] = found
        self._configured = {text: self._choices(text) for text in self._targets}  # the same for every request

    def choices(self, target: Target) -> Found:
        """What a target of the configuration, or a name somebody wrote, stands for: an alias is looked up first."""
        known = self._configured.get(target) if isinstance(target, str) else None
        return self._choices(target) if known is None else known

    def _choices(self, target: Target) -> Found:
        if isinstance(target, str):
            if alias := self.aliases.find(target):
                return self._usable(alias.target)
            if known := self._targets.get(target):
                return Found((Choice(known.provider, known.model),), known.note)
        return self._usable(target)

    def resolve(self, text: str) -> Resolution | None:
        """Find the provider and the model a text names, which is no alias; None when no configured provider is meant.

        A model its provider does not list is taken as written: lists are often behind. Raises NotFound when the text
        has the explicit form `provider,model` and there is no such provider.
        """
        if found := self._targets.get(text):
            return found
        name = without_mark(text)
        if name.lower().startswith(PICKER_PREFIX) and key_of(name) not in self._listed:
            name = name[len(PICKER_PREFIX) :].strip()
        if "," in name:
            return self._explicit(name)
        return self._listed.get(key_of(name)) or self._with_slash(name) or self._but_for_date(name)

    def _usable(self, target: Target) -> Found:
        """The members of a target that some provider can serve, each once."""
        members = [(target, 1.0)] if isinstance(target, str) else [(one.target, one.weight) for one in target]
        choices: dict[tuple[str, str], Choice] = {}
        notes = []
        for text, weight in members:
            try:
                found = self.resolve(text)
            except NotFound as error:
                notes.append(error.message)
                continue
            if found is None:
                notes.append(f"no provider has a model {quoted(text)}.")
                continue
            choices.setdefault(found[:2], Choice(found.provider, found.model, weight))
            if found.note:
                notes.append(found.note)
        return Found(tuple(choices.values()), "; ".join(notes))

    def _add(self, provider: Provider) -> None:
        """Of several of one name, provider or model, the first is meant."""
        lower = provider.name.lower()
        first = self._providers.setdefault(lower, provider) is provider
        for model in provider.models:
            found, key = Resolution(provider.name, model), key_of(model)
            self._listed.setdefault(key, found)
            self._undated.setdefault(without_date(key), found)
            if first:
                self._models.setdefault((lower, key), found)

    def _explicit(self, name: str) -> Resolution | None:
        head, _, model = (part.strip() for part in name.partition(","))
        if not head or not model:
            return None
        if found := self._of_provider(head, model) or self._listed.get(key_of(name)):
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
        if found := self._models.get((head.lower(), key_of(model))):
            return found
        note = f"provider {quoted(provider.name)} does not list the model {quoted(model)}" if provider.models else ""
        return Resolution(provider.name, model, note)

    def _but_for_date(self, name: str) -> Resolution | None:
        """The first provider that lists the model in another dated edition."""
        wanted = without_date(key_of(name))
        found = self._undated.get(wanted) if wanted else None
        return found and found._replace(note=f"{quoted(name)} was taken for {quoted(found.model)}")


def resolve(text: str, config: Config) -> Resolution | None:
    """`Resolver.resolve` for a single name."""
    return Resolver(config).resolve(text)
