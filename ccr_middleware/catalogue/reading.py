"""The data file → the records. Nothing of it is checked here: it ships with the package, and tests hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .records import Entry, Facts, Family, Fields, Rule

Table = Mapping[str, Any]

#: The formats whose dialects the file describes.
_FORMATS = ("chat", "responses")

#: Members of an entry that its provider's other endpoints do not share.
_OWN = ("aliases",)
_SHARED = ("title", "base_url", "wire", "auth", "env", "models", "use", "headers", "docs")


def read_families(document: Table) -> dict[str, Family]:
    """Every provider of the file, by name and in its order."""
    groups: Table = document["groups"]
    return {name: _family(name, table, groups) for name, table in document["providers"].items()}


def _family(name: str, table: Table, groups: Table) -> Family:
    shared = {key: table[key] for key in _SHARED if key in table}
    endpoints: Table = table.get("endpoints", {})
    return Family(
        name=name,
        hosts=tuple(table.get("hosts", ())),
        ports=tuple(table.get("ports", ())),
        facts={form: _facts(table[form], groups) for form in _FORMATS if form in table},
        entries=(
            _entry(name, name, {**shared, **{key: table[key] for key in _OWN if key in table}}),
            *(_entry(own_name, name, {**shared, **endpoint}) for own_name, endpoint in endpoints.items()),
        ),
    )


def _entry(name: str, family: str, members: Table) -> Entry:
    return Entry(name=name, family=family, **{key: _tupled(value) for key, value in members.items()})


def _facts(table: Table, groups: Table) -> Facts:
    fields: Fields = {}
    rules: list[Rule] = []
    for part in _with_groups(table, groups):
        fields |= _fields(part)
        rules += (_rule(rule, groups) for rule in part.get("rules", ()))
    return Facts(fields, tuple(rules))


def _rule(table: Table, groups: Table) -> Rule:
    fields: Fields = {}
    for part in _with_groups(table, groups):
        fields |= _fields(part)
    return Rule("|".join(table["match"]), fields)


def _with_groups(table: Table, groups: Table) -> Iterable[Table]:
    """The groups a table is like, then the table itself."""
    return (*(groups[name] for name in table.get("like", ())), table)


def _fields(table: Table) -> Fields:
    """The fields of a dialect. TOML has no null, so an empty text stands for it."""
    own = {key: value for key, value in table.items() if key not in ("like", "rules", "match")}
    return {key: None if value == "" else _tupled(value) for key, value in own.items()}


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
