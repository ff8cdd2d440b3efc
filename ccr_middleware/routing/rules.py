"""The built-in routing rules, each a small pure function, in the order they are asked.

1. subagent tag: said for this very task, so it wins over everything else (F13, C30)
2. explicit model: `provider,model`, `provider/model`, or a listed model that is no Claude name
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
from typing import NamedTuple

from ..config.schema import Config, Scenario
from ..errors import NotFound
from .decision import Decision
from .facts import Facts
from .models import Resolution, Resolver, is_claude_name, quoted

#: After a long request the next of the session counts as long too, unless it is as short as this (CCR v2's figure).
SHORT_REQUEST_TOKENS = 20_000

_DEEP_EFFORTS = frozenset({"xhigh", "max"})


class Case(NamedTuple):
    """One request to be routed. `last_input_tokens`: the session's last request, as its provider counted it."""

    facts: Facts
    config: Config
    resolver: Resolver
    token_count: int = 0
    last_input_tokens: int = 0


class Step(NamedTuple):
    """What a rule says: a decision, or none and perhaps why it could not make one."""

    decision: Decision | None = None
    note: str = ""


Rule = Callable[[Case], Step]

PASS = Step()


def subagent(case: Case) -> Step:
    """The model named by a subagent tag. An unusable one is no reason to fail the subagent's work."""
    target = case.facts.subagent_target
    if not target:
        return PASS
    return _named("subagent", target, case, f"a subagent tag names {quoted(target)}")


def explicit(case: Case) -> Step:
    """The model the client asked for by name. Raises NotFound for `provider,model` with an unknown provider."""
    asked = case.facts.model
    if not asked or is_claude_name(asked):
        return PASS
    found = case.resolver.resolve(asked)
    if found is None:
        return Step(note=f"No provider has a model {quoted(asked)}; the routing rules chose another.")
    return _chosen("explicit", found, f"the client asked for {quoted(asked)}")


def image(case: Case) -> Step:
    """A new image in the newest user turn."""
    if not case.config.router.image or not case.facts.has_new_image:
        return PASS
    return _scenario("image", case, "the newest user turn brings an image")


def long_context(case: Case) -> Step:
    """More tokens than the threshold now, or in the session's last request unless this one is short."""
    router = case.config.router
    if not router.long_context:
        return PASS
    if not _is_long(case.token_count, case.last_input_tokens, router.long_context_threshold):
        return PASS
    tokens = max(case.token_count, case.last_input_tokens)
    return _scenario("long_context", case, f"{tokens} tokens are over the threshold of {router.long_context_threshold}")


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
    why = _why_think(case.facts, always=case.config.router.think_when == "always")
    return _scenario("think", case, why) if why else PASS


def default(case: Case) -> Step:
    """`Router.default`."""
    return _scenario("default", case, "no other rule applies")


#: Rules that need no token count; they are asked first.
UNCOUNTED_RULES: tuple[Rule, ...] = (subagent, explicit, image)
RULES: tuple[Rule, ...] = (*UNCOUNTED_RULES, long_context, web_search, background, think, default)


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


def _is_long(token_count: int, last_input_tokens: int, threshold: int) -> bool:
    """Whether a request of so many tokens goes to the long-context model."""
    return token_count > threshold or (last_input_tokens > threshold and token_count > SHORT_REQUEST_TOKENS)


def _why_think(facts: Facts, *, always: bool) -> str:
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
    return _named(scenario, target, case, why) if target else PASS


def _named(scenario: Scenario, target: str, case: Case, why: str) -> Step:
    """The target a tag or the configuration names; a note when it cannot be used."""
    try:
        found = case.resolver.resolve(target)
    except NotFound as error:
        return Step(note=f"The {scenario} target was passed over. {error.message}")
    if found is None:
        return Step(note=f"The {scenario} target was passed over: no provider has a model {quoted(target)}.")
    return _chosen(scenario, found, why)


def _chosen(scenario: Scenario, found: Resolution, why: str) -> Step:
    reason = f"{why}; {found.note}" if found.note else why
    return Step(Decision(found.provider, found.model, scenario, reason), reason if found.note else "")
