"""What a preset asks for: the fields of its `schema`, read from the manifest and checked.

{id, type, label, prompt, placeholder, options, when, defaultValue, required, validator, min, max, rows, dependsOn}
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast, get_args

from ..config.conditions import MAX_PATTERN, searcher
from ..config.places import did_you_mean, quote

FieldType = Literal["password", "input", "select", "multiselect", "confirm", "editor", "number"]
OptionSource = Literal["static", "providers", "models"]
Operator = Literal["eq", "ne", "in", "nin", "gt", "lt", "gte", "lte", "exists"]

TYPES: tuple[FieldType, ...] = get_args(FieldType)
OPERATORS: tuple[Operator, ...] = get_args(Operator)

#: What an id may be; it stands in placeholders.
ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_REFERENCE = re.compile(r"\s*(?:#\{\s*([\w-]+)\s*\}|\{\{\s*([\w-]+)\s*\}\}|([\w-]+))\s*")
_SCRIPT_PATTERN = re.compile(r"/(?P<pattern>.+)/(?P<flags>[a-z]*)", re.DOTALL)


class Condition(NamedTuple):
    """One condition on the value of another field. An operator nobody knows holds never."""

    field: str
    operator: str = "eq"
    value: Any = None


class Option(NamedTuple):
    """One of the values that can be chosen."""

    value: Any
    label: str = ""
    description: str = ""
    disabled: bool = False


class Options(NamedTuple):
    """What can be chosen: the `listed` values, the providers, or the models of the provider that `field` names (of all
    providers when it is empty)."""

    source: OptionSource = "static"
    listed: tuple[Option, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked for.

    `default` None: there is none. `pattern`: a regular expression that is found in every valid text. `minimum` and
    `maximum`: of a number its value, of a multiselect how many. `depends_on`: fields to be asked before it.
    """

    id: str
    type: FieldType = "password"
    label: str = ""
    prompt: str = ""
    placeholder: str = ""
    options: Options | None = None
    when: tuple[Condition, ...] = ()
    default: Any = None
    required: bool = True
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    depends_on: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """How a person is asked for it."""
        return self.prompt or self.label or self.id

    @property
    def is_secret(self) -> bool:
        """Whether its value is never shown."""
        return self.type == "password"


class Schema(NamedTuple):
    """The fields, and what is wrong with how they are written: one line each."""

    fields: tuple[Field, ...] = ()
    problems: tuple[str, ...] = ()


def parse_schema(written: Any) -> Schema:
    """The schema of a manifest. A field that cannot be used is left out, with a problem."""
    if written is None:
        return Schema()
    if not isinstance(written, list):
        return Schema((), ("schema: must be a list of fields",))
    reader = _Reader()
    for index, item in enumerate(written):
        reader.add(item, f"schema[{index}]")
    reader.check_references()
    return Schema(tuple(reader.fields.values()), tuple(reader.problems))


class _Reader:
    """One schema while it is read."""

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}
        self.problems: list[str] = []

    def add(self, item: Any, at: str) -> None:
        """One entry of the list."""
        name = item.get("id") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or not ID.fullmatch(name):
            self.problems.append(f"{at}.id: must be a name of letters, digits, _ and -")
        elif name in self.fields:
            self.problems.append(f"{at}.id: another field is called {quote(name)} too; rename one")
        else:
            self.fields[name] = self.field(item, name, f"field {quote(name)}")

    def field(self, item: Mapping[str, Any], name: str, at: str) -> Field:
        """A field with a good id."""
        kind = item.get("type", "password")
        if kind not in TYPES:
            nearest = did_you_mean(str(kind), TYPES) or f"; known are {', '.join(TYPES)}"
            self.problems.append(f"{at}: no type is called {quote(kind)}{nearest}")
            kind = "input"
        return Field(
            name,
            cast(FieldType, kind),
            label=_text(item, "label"),
            prompt=_text(item, "prompt"),
            placeholder=_text(item, "placeholder"),
            options=self.options(item.get("options"), at) if kind in ("select", "multiselect") else None,
            when=tuple(self.conditions(item.get("when"), at)),
            default=item.get("defaultValue", item.get("default")),
            required=item.get("required") is not False,
            pattern=self.pattern(item.get("validator"), at),
            minimum=self.limit(item, "min", at),
            maximum=self.limit(item, "max", at),
            depends_on=tuple(str(other) for other in _as_list(item.get("dependsOn"))),
        )

    def options(self, written: Any, at: str) -> Options:
        """Where the choices come from."""
        kind = written.get("type", "static") if isinstance(written, Mapping) else "static"
        if kind in ("providers", "models") and isinstance(written, Mapping):
            found = _REFERENCE.fullmatch(str(written.get("providerField") or ""))
            return Options(cast(OptionSource, kind), field=next(filter(None, found.groups()), "") if found else "")
        listed = written.get("options") if isinstance(written, Mapping) else written
        if kind != "static" or not isinstance(listed, list) or not listed:
            self.problems.append(f"{at}: has nothing to choose from; write options as a list of values")
            return Options()
        return Options("static", tuple(map(_option, listed)))

    def conditions(self, written: Any, at: str) -> Iterator[Condition]:
        """One condition, or a list of them that must all hold."""
        for item in _as_list(written):
            problem = problem_with_condition(item)
            if problem:
                self.problems.append(f"{at}: {problem}")
            yield parse_condition(item)

    def pattern(self, written: Any, at: str) -> str:
        """The regular expression of a validator: a text, perhaps with slashes and flags, or `{pattern}`."""
        if isinstance(written, Mapping):
            written = written.get("pattern")
        if written in (None, ""):
            return ""
        try:
            return _pattern(written)
        except ValueError as problem:
            self.problems.append(f"{at}: its validator is not used: {problem}")
            return ""

    def limit(self, item: Mapping[str, Any], key: str, at: str) -> float | None:
        """A number, None when there is none."""
        value = item.get(key)
        if value is None or (_is_number(value) and math.isfinite(value)):
            return cast("float | None", value)
        self.problems.append(f"{at}: {key} must be a number")
        return None

    def check_references(self) -> None:
        """Fields that are named and are not there."""
        for field in self.fields.values():
            source = [field.options.field] if field.options and field.options.field else []
            for name in dict.fromkeys([*(one.field for one in field.when), *field.depends_on, *source]):
                if name and name not in self.fields:
                    nearest = did_you_mean(name, self.fields)
                    self.problems.append(f"field {quote(field.id)}: there is no field {quote(name)}{nearest}")


def parse_condition(item: Any) -> Condition:
    """A condition as written; one that cannot be used holds never."""
    if problem_with_condition(item):
        return Condition("", "")
    return Condition(item["field"], item.get("operator") or "eq", item.get("value"))


def problem_with_condition(item: Any) -> str | None:
    """Why a condition cannot be used."""
    if not isinstance(item, Mapping) or not isinstance(item.get("field"), str):
        return 'a condition names no field; write {"field": "…", "operator": "eq", "value": …}'
    operator = item.get("operator") or "eq"
    if operator not in OPERATORS:
        nearest = did_you_mean(str(operator), OPERATORS) or f"; known are {', '.join(OPERATORS)}"
        return f"no operator is called {quote(operator)}{nearest}"
    return None


def _pattern(written: Any) -> str:
    """A pattern for `searcher`, whose time is bounded by the text alone. Raises ValueError."""
    if not isinstance(written, str):
        raise ValueError("it is no text")
    script = _SCRIPT_PATTERN.fullmatch(written)
    flags = "".join(sorted(set(script["flags"]) & set("ims"))) if script else ""
    pattern = f"(?{flags}){script['pattern']}" if script and flags else script["pattern"] if script else written
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"it is longer than {MAX_PATTERN} characters")
    searcher(pattern)
    return pattern


def _option(item: Any) -> Option:
    if not isinstance(item, Mapping):
        return Option(item, str(item))
    value = item.get("value", item.get("label"))
    return Option(
        value, str(item.get("label") or value), str(item.get("description") or ""), item.get("disabled") is True
    )


def _text(item: Mapping[str, Any], key: str) -> str:
    return str(item.get(key) or "")


def _as_list(value: Any) -> Sequence[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
