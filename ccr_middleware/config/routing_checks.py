"""What is most likely a mistake in what is said about routing: targets nobody has, scenarios there are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .places import Path, Places, did_you_mean, quote
from .rules import Fallback, Parameters, Target, WeightedTarget
from .schema import ROUTED_SCENARIOS, Config, Router
from .spelling import file_spelling, is_blank, known_keys


def check_routing(config: Config, places: Places) -> Iterator[str]:
    """Every warning about routing, one line each."""
    yield from _check_scenarios(config, places)
    if config.providers and config.router.default is None:
        yield f'{places.show(("router", "default"))}: is not set; write "provider,model" for all other requests'
    aliases = {name.strip().lower() for name in config.aliases}
    for path, target in named_targets(config):
        may_be_alias = path[0] != "aliases" and target.strip().lower() in aliases
        problem = None if may_be_alias else _problem_with(target, config)
        if problem:
            yield f"{places.show(path)}: {problem}"
    yield from _check_names(config, places)


def named_targets(config: Config) -> Iterator[tuple[Path, str]]:
    """Every target the configuration names, with its place."""
    for scenario in ROUTED_SCENARIOS:
        yield from _members(config.router.target(scenario), ("router", scenario))
    for index, rule in enumerate(config.rules):
        yield from _members(rule.target, ("rules", index, "target"))
        yield from _members(rule.fallback, ("rules", index, "fallback"))
    for name, target in config.aliases.items():
        yield from _members(target, ("aliases", name))
    for field in Fallback.model_fields:
        yield from _members(getattr(config.fallback, field), ("fallback", field))


def _members(target: Target | tuple[str, ...] | None, at: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(target, str):
        yield at, target
        return
    members: Iterable[str | WeightedTarget] = target or ()
    for index, member in enumerate(members):
        yield (*at, index), member.target if isinstance(member, WeightedTarget) else member


def _check_scenarios(config: Config, places: Places) -> Iterator[str]:
    for field, section in (("router", config.router), ("fallback", config.fallback), ("parameters", config.parameters)):
        for key, value in (section.model_extra or {}).items():
            if not is_blank(value):
                suggestion = did_you_mean(key, known_keys(type(section))) or f"; known are {_scenarios_of(section)}"
                yield f"{places.show((field, key))}: there is no such scenario{suggestion}"


def _scenarios_of(section: Router | Fallback | Parameters) -> str:
    fields = ROUTED_SCENARIOS if isinstance(section, Router) else tuple(type(section).model_fields)
    return ", ".join(file_spelling(type(section), field) for field in fields)


def _check_names(config: Config, places: Places) -> Iterator[str]:
    """Rules and aliases are told apart by their names."""
    rules: set[str] = set()
    for index, rule in enumerate(config.rules):
        if rule.name in rules:
            yield f"{places.show(('rules', index, 'name'))}: another rule is called {quote(rule.name)} too; rename one"
        rules.add(rule.name or f"rules[{index}]")
    aliases: set[str] = set()
    for name in config.aliases:
        if name.strip().lower() in aliases:
            yield f"{places.show(('aliases', name))}: is there in another spelling too, which is used; remove one"
        aliases.add(name.strip().lower())


def _problem_with(target: str, config: Config) -> str | None:
    """What is wrong with a `provider,model` target."""
    name, comma, model = (part.strip() for part in target.partition(","))
    names = [provider.name for provider in config.providers]
    if not comma:
        owner = next((p.name for p in config.providers if p.lists(target)), "provider")
        return f"{quote(target)} names no provider; write {quote(f'{owner},{target}')}"
    provider = config.provider(name)
    if provider is None:
        return f"{quote(target)}: no provider is called {quote(name)}{did_you_mean(name, names)}"
    if provider.models and not provider.lists(model):
        nearest = did_you_mean(model, provider.models)
        return f"{quote(target)}: {quote(model)} is not among the models of {quote(provider.name)}{nearest}"
    return None
