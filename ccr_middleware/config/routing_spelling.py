"""What a document says of rules, aliases, fallbacks and parameters → Python names; and targets in the form
`provider,model`, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .conditions import Comparison, Condition, TimeOfDay
from .places import Path, Places, show_path
from .rules import Fallback, Parameters, Rule
from .section import Section

#: Reads one section: its model, the members as written, its path in fields, its path as written.
SectionReader = Callable[[type[Section], Mapping[str, Any], Path, Path, Places], dict[str, Any]]


def with_comma(target: Any, providers: Sequence[str]) -> Any:
    """`provider/model` → `provider,model` when a provider is called so (CCR v2's documentation shows both), in every
    target of a pool or list. Anything else is returned as it is."""
    if isinstance(target, list | tuple):
        return [with_comma(member, providers) for member in target]
    if isinstance(target, Mapping):
        return {**target, "target": with_comma(target.get("target"), providers)}
    if not isinstance(target, str) or "," in target:
        return target
    prefixes = [name for name in providers if name and target.lower().startswith(f"{name.lower()}/")]
    longest = max(prefixes, key=len, default="")
    return f"{longest},{target[len(longest) + 1 :]}" if longest else target


def spell_routing(config: dict[str, Any], places: Places, providers: Sequence[str], read: SectionReader) -> None:
    """Normalise these parts of a document in place. `providers`: their names."""
    speller = _Speller(places, providers, read)
    if isinstance(config.get("rules"), list):
        config["rules"] = [speller.rule(rule, ("rules", index)) for index, rule in enumerate(config["rules"])]
    if isinstance(config.get("aliases"), Mapping):
        config["aliases"] = {name: with_comma(target, providers) for name, target in config["aliases"].items()}
    if isinstance(config.get("parameters"), Mapping):
        config["parameters"] = speller.section(Parameters, config["parameters"], ("parameters",))
    if "fallback" in config:
        speller.fallback(config)


class _Speller(NamedTuple):
    """What is needed to normalise a section."""

    places: Places
    providers: Sequence[str]
    read: SectionReader

    def section(self, model: type[Section], written: Any, at: Path) -> Any:
        """A section in Python names; what is no object is left for validation to refuse."""
        if not isinstance(written, Mapping):
            return written
        return self.read(model, written, at, self.places.written(at), self.places)

    def fallback(self, config: dict[str, Any]) -> None:
        """The lists by scenario. One that is no object is not used, as in CCR v2."""
        written = config["fallback"]
        if isinstance(written, Mapping):
            lists = self.section(Fallback, written, ("fallback",))
            config["fallback"] = {scenario: with_comma(targets, self.providers) for scenario, targets in lists.items()}
        elif not isinstance(written, Fallback):
            place = self.places.written(("fallback",))
            self.places.warnings.append(f"{show_path(place)}: is not used, since it must be an object")
            del config["fallback"]

    def rule(self, written: Any, at: Path) -> Any:
        """A rule with its conditions."""
        rule = self.section(Rule, written, at)
        if isinstance(rule, dict):
            for field in ("target", "fallback"):
                if field in rule:
                    rule[field] = with_comma(rule[field], self.providers)
            if "when" in rule:
                rule["when"] = self.conditions(rule["when"], (*at, "when"))
        return rule

    def conditions(self, written: Any, at: Path) -> Any:
        """One condition, or a list of them."""
        if isinstance(written, list):
            return [self.condition(item, (*at, index)) for index, item in enumerate(written)]
        return self.condition(written, at)

    def condition(self, written: Any, at: Path) -> Any:
        """A condition with those inside it."""
        condition = self.section(Condition, written, at)
        if isinstance(condition, dict):
            for field, value in condition.items():
                condition[field] = self.part(field, value, (*at, field))
        return condition

    def part(self, field: str, value: Any, at: Path) -> Any:
        """One member of a condition."""
        if field in ("any", "unless"):
            return self.conditions(value, at)
        if field in ("header", "body") and isinstance(value, Mapping):
            return {name: self.section(Comparison, test, (*at, name)) for name, test in value.items()}
        return self.section(TimeOfDay if field == "time" else Comparison, value, at)
