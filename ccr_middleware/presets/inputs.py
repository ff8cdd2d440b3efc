"""The values of a preset's fields: which are asked for, what they are, and whether they will do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

from ..config.conditions import searcher
from ..config.places import quote
from ..config.schema import Provider
from ..config.spelling import is_blank, spellings
from .schema import Condition, Field, Option

#: A longer value is none that somebody typed (characters).
MAX_TEXT = 100_000

_YES = frozenset({"true", "yes", "y", "on", "1"})
_NO = frozenset({"false", "no", "n", "off", "0"})
_ORDER = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


# -- which are asked for ---------------------------------------------------------------------------------------


def effective(schema: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every field: the one given, else the default; None where there is none and where the field is not
    visible. A `confirm` without either is False."""
    return _Form(schema, values).effective()


def visible_fields(schema: Iterable[Field], values: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields whose conditions hold. A field that is not visible counts as without a value for the others."""
    form = _Form(schema, values)
    return tuple(field for field in form.fields.values() if form.is_visible(field.id))


class _Form:
    """A schema with values."""

    def __init__(self, schema: Iterable[Field], values: Mapping[str, Any]) -> None:
        self.fields = {field.id: field for field in schema}
        self._values = values
        self._visible: dict[str, bool] = {}

    def effective(self) -> dict[str, Any]:
        return {name: self.value(name) for name in self.fields}

    def is_visible(self, name: str) -> bool:
        """Whether a field is asked for. Of fields that wait for each other the first is."""
        if name not in self._visible:
            self._visible[name] = True
            self._visible[name] = all(holds(one, self.value(one.field)) for one in self.fields[name].when)
        return self._visible[name]

    def value(self, name: str) -> Any:
        field = self.fields.get(name)
        if field is None:
            return self._values.get(name)
        if not self.is_visible(name):
            return None
        given = self._values.get(name)
        value = field.default if given is None or (given == "" and field.type not in ("input", "editor")) else given
        return False if value is None and field.type == "confirm" else typed(field, value)


def all_hold(conditions: Iterable[Condition], values: Mapping[str, Any]) -> bool:
    """Whether all conditions hold for these values."""
    return all(holds(condition, values.get(condition.field)) for condition in conditions)


def holds(condition: Condition, value: Any) -> bool:
    """Whether a condition holds for the value of its field. Values are equal only when they have one type."""
    operator, wanted = condition.operator, condition.value
    if operator == "exists":
        return (value is not None) is (wanted is not False)
    if operator in ("eq", "ne"):
        return _same(value, wanted) is (operator == "eq")
    if operator in ("in", "nin"):
        options = wanted if isinstance(wanted, list) else [wanted]
        chosen = value if isinstance(value, list) else [value]
        return any(_same(one, option) for one in chosen for option in options) is (operator == "in")
    left, right = _number(value), _number(wanted)
    return operator in _ORDER and left is not None and right is not None and _ORDER[operator](left, right)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    try:
        number = float(value) if isinstance(value, str) and len(value) < 40 else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


# -- what they are ---------------------------------------------------------------------------------------------


def typed(field: Field, value: Any) -> Any:
    """A value in its field's type, where a text was given for something else (a terminal, CCR v2's form). What cannot
    be read so is returned as it is."""
    if field.type == "multiselect" and isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if field.type == "confirm" and text in _YES | _NO:
        return text in _YES
    number = _number(text) if field.type == "number" else None
    if number is not None:
        return int(number) if number.is_integer() and not set(text) & set(".e") else number
    if field.options and field.options.source == "static":
        return next((one.value for one in field.options.listed if _text(one.value) == value), value)
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def choices(field: Field, values: Mapping[str, Any], providers: Sequence[Any] = ()) -> tuple[Option, ...]:
    """What a select can be set to. `providers`: entries of `Providers` in any spelling."""
    options = field.options
    if options is None:
        return ()
    if options.source == "static":
        return options.listed
    entries = [entry for entry in providers if isinstance(entry, Mapping)]
    if options.source == "providers":
        names = [str(_read(entry, "name")) for entry in entries if _read(entry, "name")]
        return tuple(Option(name, name) for name in dict.fromkeys(names))
    wanted = str(values.get(options.field) or "").lower() if options.field else ""
    chosen = [entry for entry in entries if not options.field or str(_read(entry, "name")).lower() == wanted]
    models = [model for entry in chosen for model in _listed(_read(entry, "models"))]
    return tuple(Option(model, model) for model in dict.fromkeys(models))


def _read(entry: Mapping[str, Any], field: str) -> Any:
    return next((entry[name] for name in spellings(Provider, field) if not is_blank(entry.get(name))), None)


def _listed(models: Any) -> list[str]:
    return [str(model) for model in models] if isinstance(models, list) else []


# -- whether they will do --------------------------------------------------------------------------------------


def problems_of(schema: Iterable[Field], values: Mapping[str, Any]) -> list[str]:
    """What is wrong with these values, one line for each field: `id: what; fix`. Fields that are not visible may hold
    anything."""
    form = _Form(schema, values)
    found = []
    for field in form.fields.values():
        problem = _problem_with(field, form.value(field.id)) if form.is_visible(field.id) else None
        if problem:
            found.append(f"{field.id}: {problem}")
    return found


def _problem_with(field: Field, value: Any) -> str | None:
    if value is None or value in ("", []):
        return f"is required; write {field.label or 'it'}" if field.required else None
    if field.type == "confirm":
        return None if isinstance(value, bool) else "must be true or false"
    if field.type == "number":
        return _problem_with_number(field, value)
    if field.type == "multiselect":
        return _problem_with_many(field, value)
    return _problem_with_one(field, value) if field.options else _problem_with_text(field, value)


def _problem_with_number(field: Field, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "must be a number"
    return _outside(field, value, "")


def _problem_with_many(field: Field, value: Any) -> str | None:
    if not isinstance(value, list):
        return "must be a list"
    problems = (_problem_with_one(field, item) for item in value)
    return next(filter(None, problems), None) or _outside(field, len(value), " values")


def _outside(field: Field, number: float, what: str) -> str | None:
    if field.minimum is not None and number < field.minimum:
        return f"must be at least {field.minimum:g}{what}"
    if field.maximum is not None and number > field.maximum:
        return f"must be at most {field.maximum:g}{what}"
    return None


def _problem_with_one(field: Field, value: Any) -> str | None:
    """A value that was chosen. Providers and models may be ones that are not listed."""
    if field.options and field.options.source == "static":
        able = [option.value for option in field.options.listed if not option.disabled]
        if not any(_same(value, one) for one in able):
            return f"{quote(value)} is none of {', '.join(map(quote, able))}"
        return None
    return _problem_with_text(field, value)


def _problem_with_text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be a text"
    if len(value) > MAX_TEXT:
        return f"is longer than {MAX_TEXT} characters"
    if field.pattern and not searcher(field.pattern)(value):
        return f"does not match {quote(field.pattern)}"
    return None
