"""What a rule asks of a request, as operators write it; `routing.conditions` makes it into something that answers.

Everything here is strict: a condition that is misspelt would hold too often, so what is not known is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

from .places import did_you_mean, quote
from .section import Section

#: Why a model was chosen. `explicit` and `subagent` name a model themselves, `rule` is one of `rules`; the others use
#: `Router.<scenario>`.
Scenario = Literal[
    "default", "background", "think", "long_context", "web_search", "image", "explicit", "subagent", "rule"
]

#: How an operator writes what is no name in Python.
SPELLED_OTHERWISE: Mapping[str, str] = {"one_of": "in", "unless": "not", "start": "from", "end": "to"}

OPERATORS = (
    "equals", "not_equals", "contains", "starts_with", "ends_with", "matches", "one_of", "gt", "ge", "lt", "le",
    "exists",
)  # fmt: skip
NUMERIC = frozenset({"gt", "ge", "lt", "le"})

#: Longer patterns are most likely no patterns (characters).
MAX_PATTERN = 1000
#: So far into a text a pattern is looked for (characters).
MAX_SEARCHED = 10_000

Scalar = bool | int | float | str
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def problem(message: str) -> PydanticCustomError:
    """A validation error in our own words."""
    return PydanticCustomError("routing", "{message}", {"message": message})


@lru_cache(maxsize=1024)
def searcher(pattern: str) -> Callable[[Any], bool]:
    """Whether a pattern is found in a text. Raises ValueError for what is no pattern.

    The engine is pydantic's own (Rust's `regex`): its time grows with the text alone, so no pattern and no request
    can hold up the process. The price: no look-around and no back-references.
    """
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, strict=True)).isinstance_python
    except SchemaError as error:
        *_, last = str(error).strip().splitlines()
        raise ValueError(last.strip().removeprefix("error: ").removeprefix("SchemaError: ").rstrip(".")) from None


def _checked_pattern(pattern: str) -> str:
    if len(pattern) > MAX_PATTERN:
        raise problem(f"is longer than {MAX_PATTERN} characters")
    try:
        searcher(pattern)
    except ValueError as error:
        raise problem(f"is no pattern: {error}") from None
    return pattern


def _clock(value: object) -> object:
    """`22:00` → the time of day."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip()) if isinstance(value, str) else None
    if found:
        return time(int(found[1]), int(found[2]))
    if isinstance(value, time):
        return value
    raise problem('must be a time such as "22:00"')


def _day(value: object) -> object:
    return value.strip().lower()[:3] if isinstance(value, str) else value


def _checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise problem(f'no time zone is called {quote(name)}; write one such as "Europe/Berlin"') from None
    return name


def _as_comparison(value: object) -> object:
    """`"x"` is short for `{"equals": "x"}`, `["x", "y"]` for `{"in": ["x", "y"]}`."""
    if isinstance(value, list | tuple):
        return {"one_of": value}
    return {"equals": value} if isinstance(value, bool | int | float | str) else value


def as_list(value: object) -> object:
    """One of something where several may stand."""
    return value if value is None or isinstance(value, list | tuple) else [value]


class StrictSection(Section):
    """A section in which a key that is not known is an error."""

    #: What such a key is not.
    thing: ClassVar[str] = "key"

    @model_validator(mode="before")
    @classmethod
    def _nothing_unknown(cls, value: Any) -> Any:
        for key in value if isinstance(value, Mapping) else ():
            if key not in cls.model_fields:
                known = [SPELLED_OTHERWISE.get(field, field) for field in cls.model_fields]
                suggestion = did_you_mean(str(key), known) or f"; known are {', '.join(known)}"
                raise problem(f"{quote(key)} is no {cls.thing}{suggestion}")
        return value


class Comparison(StrictSection):
    """What is asked of one value: all operators that are there must accept it.

    - `one_of`: written `in`. `not_equals`: also holds where there is no value.
    - `contains`: of a text a part, of a list an item. `matches`: a pattern, found anywhere in the text.
    - `gt`, `ge`, `lt`, `le`: numbers, also those in a text.
    """

    thing = "operator"

    equals: Scalar | None = None
    not_equals: Scalar | None = None
    contains: Scalar | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    matches: Annotated[str, AfterValidator(_checked_pattern)] | None = None
    one_of: tuple[Scalar, ...] | None = None
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    exists: bool | None = None

    def given(self) -> dict[str, Any]:
        """The operators that are there, with what they are given."""
        return {name: value for name in OPERATORS if (value := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _something(self) -> Comparison:
        if not self.given():
            known = ", ".join(SPELLED_OTHERWISE.get(name, name) for name in OPERATORS)
            raise problem(f"has no operator; known are {known}")
        return self


Compared = Annotated[Comparison, BeforeValidator(_as_comparison)]


class TimeOfDay(StrictSection):
    """A part of the day or week: from `start` (inclusive) to `end` (exclusive), past midnight when `end` is the
    earlier one; then `days` are those on which it begins. `zone`: None: that of the machine.
    """

    thing = "part of a time"

    start: Annotated[time, BeforeValidator(_clock)] | None = None
    end: Annotated[time, BeforeValidator(_clock)] | None = None
    days: tuple[Annotated[Day, BeforeValidator(_day)], ...] = ()
    zone: Annotated[str, AfterValidator(_checked_zone)] | None = None

    @model_validator(mode="after")
    def _some_time(self) -> TimeOfDay:
        if self.start is None and self.end is None and not self.days:
            raise problem('names no time; write "from" and "to", or "days"')
        if self.start is not None and self.start == self.end:
            raise problem("begins when it ends; leave both out for the whole day")
        return self


class Condition(StrictSection):
    """Something a request has, or has not; all that is said must hold.

    - `header`, `body`: tests by header name and by dotted path (`messages.-1.role`, `tools.*.name`).
    - `model`: the name asked for. `scenario`: what the built-in rules would decide.
    - `principal`, `project`, `session`: who calls, from which project, in which session; as far as that is known.
    - `tool`: the names of the tools offered. `has_image`: the newest user turn brings one.
    - `any`: at least one of these holds. `unless`: written `not`: these do not all hold.
    """

    thing = "condition"

    header: dict[str, Compared] = Field(default_factory=dict)
    body: dict[str, Compared] = Field(default_factory=dict)
    model: Compared | None = None
    scenario: Compared | None = None
    principal: Compared | None = None
    project: Compared | None = None
    session: Compared | None = None
    tool: Compared | None = None
    token_count: Compared | None = None
    has_image: bool | None = None
    time: TimeOfDay | None = None
    any: tuple[Condition, ...] = ()
    unless: Annotated[tuple[Condition, ...], BeforeValidator(as_list)] = ()

    @model_validator(mode="after")
    def _sensible(self) -> Condition:
        if all(not getattr(self, field) and getattr(self, field) is not False for field in type(self).model_fields):
            raise problem("asks nothing")
        if self.token_count and not NUMERIC.issuperset(self.token_count.given()):
            raise problem("token_count is compared with gt, ge, lt or le only")
        if self.scenario:
            _check_scenarios(self.scenario.given())
        return self


def fold_scenario(name: str) -> str:
    """One form for the spellings of a scenario: `longContext`, `long_context`."""
    return name.replace("_", "").lower()


#: Those a condition may ask for: a request that a rule has decided is not looked at by another.
_SCENARIOS = {fold_scenario(name): name for name in get_args(Scenario) if name != "rule"}


def _check_scenarios(tests: Mapping[str, Any]) -> None:
    if not tests.keys() <= {"equals", "not_equals", "one_of"}:
        raise problem("a scenario is compared with equals, not_equals or in only")
    for value in tests.values():
        for name in value if isinstance(value, tuple) else (value,):
            if fold_scenario(str(name)) not in _SCENARIOS:
                raise problem(f"there is no scenario {quote(name)}; known are {', '.join(_SCENARIOS.values())}")
