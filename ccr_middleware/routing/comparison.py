"""Whether values meet the operators of a `config.conditions.Comparison`, and the words for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

from ..config.conditions import MAX_SEARCHED, Comparison, searcher
from ..config.places import quote

#: What is compared: whether a value meets what the operator is given.
Accepts = Callable[[Any], bool]

NUMBERS: Mapping[str, Callable[[float, float], bool]] = {"gt": gt, "ge": ge, "lt": lt, "le": le}

_WORDS = {
    "equals": "is",
    "not_equals": "is not",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "matches": "matches",
    "one_of": "is one of",
    "gt": "is over",
    "ge": "is at least",
    "lt": "is under",
    "le": "is at most",
}


class ValueTest:
    """The operators of one comparison. `text` says in words what is wanted.

    `fold` brings texts into the form in which they are compared, all but those that a pattern is looked for in.
    """

    __slots__ = ("_accepts", "_exists", "_only", "_other_than", "text")

    def __init__(self, comparison: Comparison, fold: Callable[[str], str] | None = None) -> None:
        given = comparison.given()
        self.text = in_words(given)
        self._exists: bool | None = given.pop("exists", None)
        excluded = given.pop("not_equals", None)
        self._other_than = None if excluded is None else _test("equals", excluded, fold)
        self._accepts = tuple(_test(name, operand, fold) for name, operand in given.items())
        plain = self._exists is None and self._other_than is None and len(self._accepts) == 1
        self._only = self._accepts[0] if plain else None  # as most are, and every rule is asked for every request

    def holds(self, values: Sequence[Any]) -> bool:
        """Whether one of the values meets all operators; `not_equals` and `exists` are about all of them."""
        if self._only is not None:
            return any(map(self._only, values))
        if self._exists is not None and bool(values) != self._exists:
            return False
        if self._other_than is not None and any(map(self._other_than, values)):
            return False
        return not self._accepts or any(all(accept(value) for accept in self._accepts) for value in values)


def in_words(given: Mapping[str, Any]) -> str:
    """What the operators want, as it reads behind the name of what is compared."""
    return " and ".join(_in_words(name, operand) for name, operand in given.items())


def _in_words(name: str, operand: Any) -> str:
    if name == "exists":
        return "exists" if operand else "does not exist"
    if name in NUMBERS and operand.is_integer():
        operand = int(operand)
    return f"{_WORDS[name]} {', '.join(map(quote, operand if name == 'one_of' else (operand,)))}"


def _test(name: str, operand: Any, fold: Callable[[str], str] | None) -> Accepts:
    """The test of one operator, of texts in the form in which they are compared."""
    if fold is None or name == "matches":
        return _accepts(name, operand)
    accepts = _accepts(name, _folded(operand, fold))
    return lambda value: accepts(_folded(value, fold))


def _folded(value: Any, fold: Callable[[str], str]) -> Any:
    if isinstance(value, tuple):
        return tuple(_folded(item, fold) for item in value)
    return fold(value) if isinstance(value, str) else value


def _accepts(name: str, operand: Any) -> Accepts:
    """The test of one operator."""
    if name == "equals":
        return _equals(operand)
    if name == "one_of":
        tests = tuple(map(_equals, operand))
        return lambda value: any(test(value) for test in tests)
    if name == "contains":
        return lambda value: _contains(value, operand)
    if name == "starts_with":
        return lambda value: isinstance(value, str) and value.startswith(operand)
    if name == "ends_with":
        return lambda value: isinstance(value, str) and value.endswith(operand)
    if name == "matches":
        search = searcher(operand)
        return lambda value: isinstance(value, str) and search(value[:MAX_SEARCHED])
    compare = NUMBERS[name]
    return lambda value: (number := _number(value)) is not None and compare(number, operand)


def _equals(operand: Any) -> Accepts:
    """Whether a value is the same. A number or boolean is also the same as its text, as headers are all texts."""
    shown = _text(operand)
    if isinstance(operand, str):
        return lambda value: value == shown or (not isinstance(value, str) and _text(value) == shown)
    if isinstance(operand, bool):
        return lambda value: value is operand or value == shown
    return lambda value: not isinstance(value, bool) and value in (operand, shown)


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return str(_text(operand)) in value
    return isinstance(value, list) and any(map(_equals(operand), value))


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else value
    try:
        return float(value) if isinstance(value, str) and len(value) < 40 else None
    except ValueError:
        return None
