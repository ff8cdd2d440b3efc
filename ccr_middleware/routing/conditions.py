"""The conditions of a rule, made once for a configuration into checks that answer for a request.

A check holds, does not hold, or (None) depends on tokens that have not been counted yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..config.conditions import Comparison, Condition, fold_scenario
from ..config.places import quote
from ..config.schema import SECRET_HEADER
from ..lenient import dicts
from .comparison import NUMBERS, ValueTest, in_words
from .parameters import index_of
from .period import Period
from .rules import Case, scenario_of

#: So much of a value is shown when it is told why a condition does not hold (characters).
_SHOWN = 80

Values = Callable[[Case], Sequence[Any]]


class Check(Protocol):
    """Something a request has, or has not. `text`: what, in words."""

    @property
    def text(self) -> str:
        """What is asked."""
        ...

    def holds(self, case: Case) -> bool | None:
        """Whether it holds; None: that depends on the number of tokens."""
        ...

    def why_not(self, case: Case) -> str:
        """Why it does not hold, for a request for which it does not."""
        ...


def check_of(conditions: Iterable[Condition]) -> Check:
    """One check for conditions that must all hold."""
    checks = [check for condition in conditions for check in _checks(condition)]
    return checks[0] if len(checks) == 1 else AllOf(tuple(checks))


def _checks(condition: Condition) -> Iterable[Check]:
    """The parts of a condition, those first that cost least."""
    for name, comparison in condition.header.items():
        header = name.strip().lower()
        secret = SECRET_HEADER.search(header) is not None
        yield ValueCheck(f"header {quote(header)}", _header(header), ValueTest(comparison), secret)
    for label, values, asked, fold in _facts(condition):
        if asked is not None:
            yield ValueCheck(label, values, ValueTest(asked, fold))
    if condition.time is not None:
        yield During(Period(condition.time))
    for path, comparison in condition.body.items():
        yield ValueCheck(f"body {path}", _body(path), ValueTest(comparison))
    if condition.has_image is not None:
        yield HasImage(condition.has_image)
    if condition.any:
        yield AnyOf(tuple(check_of([one]) for one in condition.any))
    if condition.unless:
        yield NotAll(check_of(condition.unless))
    if condition.token_count is not None:
        yield Tokens(condition.token_count)
    if condition.scenario is not None:
        yield InScenario(ValueTest(condition.scenario, fold_scenario))


def _facts(
    condition: Condition,
) -> Iterable[tuple[str, Values, Comparison | None, Callable[[str], str] | None]]:
    yield "the model", lambda case: _known(case.facts.model), condition.model, str.lower
    yield "the principal", lambda case: _known(case.facts.principal), condition.principal, None
    yield "the project", lambda case: _known(case.facts.project), condition.project, None
    yield "the session", lambda case: _known(case.facts.session_id), condition.session, None
    yield "a tool", _tools, condition.tool, None


def _tools(case: Case) -> Sequence[Any]:
    return [tool.get("name") for tool in dicts(case.facts.body.get("tools"))]


def _known(text: str) -> Sequence[str]:
    return (text,) if text else ()


def _header(name: str) -> Values:
    def values(case: Case) -> Sequence[str]:
        value = case.facts.headers.get(name)
        return () if value is None else (value,)

    return values


def _body(path: str) -> Values:
    parts = path.split(".")

    def values(case: Case) -> Sequence[Any]:
        found: list[Any] = [case.facts.body]
        for part in parts:
            found = [inner for outer in found for inner in _inside(outer, part)]
        return [value for value in found if value is not None]

    return values


def _inside(value: Any, part: str) -> Iterable[Any]:
    """What one part of a path leads to: a member, an item by index (from the end when negative), all for `*`."""
    if isinstance(value, dict):
        return value.values() if part == "*" else (value[part],) if part in value else ()
    if isinstance(value, list):
        if part == "*":
            return value
        index = index_of(part, value)
        return () if index is None else (value[index],)
    return ()


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """A comparison with the values the request has for something. `secret`: no value is shown."""

    label: str
    values: Values
    test: ValueTest
    secret: bool = False

    @property
    def text(self) -> str:
        """What is asked."""
        return f"{self.label} {'is as it shall be' if self.secret else self.test.text}"

    def holds(self, case: Case) -> bool | None:
        """Whether the comparison holds."""
        return self.test.holds(self.values(case))

    def why_not(self, case: Case) -> str:
        """What was found instead."""
        values = self.values(case)
        if self.secret and values:
            return f"not met: {self.text}"
        shown = ", ".join(_shown(value) for value in values[:3]) + (", …" if len(values) > 3 else "")
        return _not_met(self.text, f"found {shown}" if values else "there is none")


def _not_met(text: str, instead: str) -> str:
    return f"not met: {text}; {instead}"


def _shown(value: Any) -> str:
    text = quote(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many tokens the request has."""

    comparison: Comparison

    @property
    def text(self) -> str:
        """What is asked."""
        return f"the number of tokens {in_words(self.comparison.given())}"

    def holds(self, case: Case) -> bool | None:
        """Whether the number is within the limits; None when it is not known well enough."""
        settled = True
        for name, limit in self.comparison.given().items():
            most = NUMBERS[name](case.token_count, limit)
            least = most if case.at_least is None else NUMBERS[name](case.at_least, limit)
            if not most and not least:
                return False
            settled = settled and most == least
        return True if settled else None

    def why_not(self, case: Case) -> str:
        """How many there are."""
        return _not_met(self.text, f"there are {case.token_count}")


@dataclass(frozen=True, slots=True)
class InScenario:
    """What the built-in rules would decide."""

    test: ValueTest

    @property
    def text(self) -> str:
        """What is asked."""
        return f"the scenario {self.test.text}"

    def holds(self, case: Case) -> bool | None:
        """Whether it is such a scenario."""
        scenario = scenario_of(case)
        return None if scenario is None else self.test.holds((scenario,))

    def why_not(self, case: Case) -> str:
        """Which it is."""
        return _not_met(self.text, f"it is {scenario_of(case)}")


@dataclass(frozen=True, slots=True)
class HasImage:
    """Whether the newest user turn brings an image."""

    wanted: bool

    @property
    def text(self) -> str:
        """What is asked."""
        return f"the newest user turn brings {'an' if self.wanted else 'no'} image"

    def holds(self, case: Case) -> bool | None:
        """Whether it is so."""
        return case.facts.has_new_image == self.wanted

    def why_not(self, case: Case) -> str:
        """The contrary."""
        return _not_met(self.text, HasImage(not self.wanted).text)


@dataclass(frozen=True, slots=True)
class During:
    """Whether it is that time."""

    period: Period

    @property
    def text(self) -> str:
        """What is asked."""
        return f"the time is {self.period.text}"

    def holds(self, case: Case) -> bool | None:
        """Whether it is; without a clock it never is."""
        return case.now is not None and self.period.holds(case.now)

    def why_not(self, case: Case) -> str:
        """What time it is."""
        return _not_met(self.text, "nobody knows" if case.now is None else f"it is {self.period.shown(case.now)}")


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of several."""

    checks: tuple[Check, ...]

    @property
    def text(self) -> str:
        """What is asked."""
        return " and ".join(check.text for check in self.checks)

    def holds(self, case: Case) -> bool | None:
        """Whether all hold."""
        holds: bool | None = True
        for check in self.checks:
            one = check.holds(case)
            if one is False:
                return False
            holds = holds if one else None
        return holds

    def why_not(self, case: Case) -> str:
        """Why the first that does not hold does not."""
        return next((check.why_not(case) for check in self.checks if not check.holds(case)), "")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several."""

    checks: tuple[Check, ...]

    @property
    def text(self) -> str:
        """What is asked."""
        return "(" + " or ".join(check.text for check in self.checks) + ")"

    def holds(self, case: Case) -> bool | None:
        """Whether one holds."""
        holds: bool | None = False
        for check in self.checks:
            one = check.holds(case)
            if one:
                return True
            holds = None if one is None else holds
        return holds

    def why_not(self, case: Case) -> str:
        """Why none of them holds."""
        return "; ".join(check.why_not(case) for check in self.checks)


@dataclass(frozen=True, slots=True)
class NotAll:
    """The contrary of a check."""

    check: Check

    @property
    def text(self) -> str:
        """What is asked."""
        return f"not ({self.check.text})"

    def holds(self, case: Case) -> bool | None:
        """Whether the check does not hold."""
        holds = self.check.holds(case)
        return None if holds is None else not holds

    def why_not(self, case: Case) -> str:
        """That it holds."""
        return f"not met: {self.text}"
