"""The built-in routing rules, each a small pure function, in the order they are asked. See `ruleset` for those of the
configuration, which stand between 2 and 3.

1. subagent tag: said for this very task, so it wins over everything else (F13, C30)
2. explicit model: an alias, `provider,model`, `provider/model`, or a listed model that is no Claude name
3. image: a need, not a wish: a model that cannot see cannot do the turn, however long or thoughtful it is
4. long context
5. web search: a need again, before background and think (F21)
6. background
7. think
8. default

A scenario without a configured target does not exist; one whose target cannot be used is passed over with a note.
Bare Claude names are no choice: Claude Code always sends one, and CCR v2 routes them by scenario even where a
provider lists them. They only decide when there is no default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from ..config.schema import Config, Scenario
from ..errors import NotFound
from .decision import Decision
from .facts import Facts
from .models import Found, Resolver
from .names import is_claude_name, quoted

#: After a long request the next of the session counts as long too, unless it is as short as this (CCR v2's figure).
SHORT_REQUEST_TOKENS = 20_000

_DEEP_EFFORTS = frozenset({"xhigh", "max"})


@dataclass(slots=True)
class Case:
    """One request to be routed.

    `last_input_tokens`: the session's last request, as its provider counted it. `at_least`: set while the tokens have
    not been counted: they are no fewer than that, and no more than `token_count`. `now`: an aware date and time, in
    the machine's own zone; None: nobody knows. `foreseen`: what `scenario_of` found, which is asked by many rules.
    """

    facts: Facts
    config: Config
    resolver: Resolver
    token_count: int = 0
    last_input_tokens: int = 0
    at_least: int | None = None
    now: datetime | None = None
    foreseen: Scenario | Literal["", "unsettled"] = ""


class Step(NamedTuple):
    """What a rule says: a decision, or none and perhaps why it could not make one.

    `needs_count`: the tokens must be counted before it can say anything. `adjusts`: it holds, and leaves the choice
    to the built-in rules.
    """

    decision: Decision | None = None
    note: str = ""
    needs_count: bool = False
    adjusts: bool = False


Rule = Callable[[Case], Step]

PASS = Step()
NEEDS_COUNT = Step(needs_count=True)


def subagent(case: Case) -> Step:
    """The model named by a subagent tag. An unusable one is no reason to fail the subagent's work."""
    target = case.facts.subagent_target
    if not target:
        return PASS
    return named("subagent", case.resolver.choices(target), f"a subagent tag names {quoted(target)}")


def explicit(case: Case) -> Step:
    """The model the client asked for by name. Raises NotFound for `provider,model` with an unknown provider."""
    asked = case.facts.model
    if not asked:
        return PASS
    if alias := case.resolver.aliases.find(asked):
        why = f"the client asked for {quoted(asked)}, which is the alias {quoted(alias.name)}"
        return named("explicit", case.resolver.choices(asked), why)
    if is_claude_name(asked):
        return PASS
    found = case.resolver.resolve(asked)
    if found is None:
        return Step(note=f"No provider has a model {quoted(asked)}; the routing rules chose another.")
    why = f"the client asked for {quoted(asked)}"
    reason = f"{why}; {found.note}" if found.note else why
    return Step(Decision(found.provider, found.model, "explicit", reason), reason if found.note else "")


def image(case: Case) -> Step:
    """A new image in the newest user turn."""
    if not case.config.router.image or case.config.force_use_image_agent or not case.facts.has_new_image:
        return PASS
    return _scenario("image", case, "the newest user turn brings an image")


def long_context(case: Case) -> Step:
    """More tokens than the threshold now, or in the session's last request unless this one is short."""
    router = case.config.router
    if not router.long_context:
        return PASS
    last, threshold = case.last_input_tokens, router.long_context_threshold
    if not is_long(case.token_count, last, threshold):
        return PASS
    tokens = max(case.token_count, last)
    step = _scenario("long_context", case, f"{tokens} tokens are over the threshold of {threshold}")
    if step.decision and case.at_least is not None and not is_long(case.at_least, last, threshold):
        return NEEDS_COUNT
    return step


def web_search(case: Case) -> Step:
    """The server-side web search among the tools."""
    return _scenario("web_search", case, "a tool is the web search") if case.facts.wants_web_search else PASS


def background(case: Case) -> Step:
    """A haiku model, or one of Claude Code's side requests (R14)."""
    if "haiku" in case.facts.model.lower():
        return _scenario("background", case, f"{quoted(case.facts.model)} is a small model")
    if case.facts.is_side_request:
        return _scenario("background", case, "a side request of Claude Code, without tools and thinking")
    return PASS


def think(case: Case) -> Step:
    """Deep thinking. The thinking field alone means nothing in `auto`: new clients always send it (R13)."""
    if not case.config.router.think:
        return PASS
    why = why_think(case.facts, always=case.config.router.think_when == "always")
    return _scenario("think", case, why) if why else PASS


def default(case: Case) -> Step:
    """`Router.default`."""
    return _scenario("default", case, "no other rule applies")


#: What somebody said for this very request, and what the request itself tells.
NAMING_RULES: tuple[Rule, ...] = (subagent, explicit)
SCENARIO_RULES: tuple[Rule, ...] = (image, long_context, web_search, background, think, default)
RULES: tuple[Rule, ...] = (*NAMING_RULES, *SCENARIO_RULES)


def scenario_of(case: Case) -> Scenario | None:
    """What the built-in rules would decide; None: that depends on tokens that have not been counted."""
    if not case.foreseen:
        case.foreseen = _foresee(case)
    return None if case.foreseen == "unsettled" else case.foreseen


def _foresee(case: Case) -> Scenario | Literal["unsettled"]:
    for rule in RULES:
        try:
            step = rule(case)
        except NotFound:  # the client named a provider that there is not
            return "explicit"
        if step.needs_count:
            return "unsettled"
        if step.decision:
            return step.decision.scenario
    return "default"


def without_default(case: Case) -> Decision:
    """What answers when `Router.default` is missing or unusable. Raises NotFound when there is nothing at all.

    In order: the asked model where a provider lists it, the first listed model, the asked name as it is.
    """
    providers = case.config.providers
    asked = case.facts.model
    if not providers:
        raise NotFound(
            'No provider is configured. Add one to "Providers" (name, api_base_url, api_key, models) and name its '
            'model in "Router.default" as "provider,model".'
        )
    if is_claude_name(asked) and (found := case.resolver.resolve(asked)):
        return Decision(
            found.provider, found.model, "default", f"no default is set and a provider lists {quoted(asked)}"
        )
    for provider in providers:
        if provider.models:
            return Decision(provider.name, provider.models[0], "default", "no default is set; the first listed model")
    if not asked:
        raise NotFound('The request names no model, and neither "Router.default" nor any provider lists one.')
    return Decision(
        providers[0].name, asked, "default", "no default is set and no model listed; the asked name as it is"
    )


def is_long(token_count: int, last_input_tokens: int, threshold: int) -> bool:
    """Whether a request of so many tokens goes to the long-context model."""
    return token_count > threshold or (last_input_tokens > threshold and token_count > SHORT_REQUEST_TOKENS)


def why_think(facts: Facts, *, always: bool) -> str:
    """Why the think model shall answer; `""`: it shall not."""
    if facts.thinking == "disabled":
        return ""
    if always:
        return "thinking is on" if facts.thinking else ""
    effort = facts.effort
    if effort in _DEEP_EFFORTS:
        return f"the effort is {effort}"
    if not effort and facts.thinking == "enabled" and facts.thinking_budget > 0:
        return f"thinking is on with {facts.thinking_budget} tokens"
    return "Claude Code is in plan mode" if facts.plan_mode else ""


def _scenario(scenario: Scenario, case: Case, why: str) -> Step:
    """The configured target of a scenario, when there is one."""
    target = case.config.router.target(scenario)
    return named(scenario, case.resolver.choices(target), why) if target else PASS


def named(scenario: Scenario, found: Found, why: str) -> Step:
    """The target somebody named, the first of several; a note when it cannot be used, or not as it was written."""
    if not found.choices:
        return Step(note=f"The {scenario} target was passed over: {found.note}")
    first = found.choices[0]
    reason = f"{why}; {found.note}" if found.note else why
    pool = found.choices if len(found.choices) > 1 else ()
    decision = Decision(first.provider, first.model, scenario, reason, pool=pool)
    return Step(decision, reason if found.note else "")
