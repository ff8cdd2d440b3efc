"""Why a built-in rule did not decide, in one sentence, for those who want to know how a request was routed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..config.schema import Router, Scenario
from ..config.spelling import file_spelling
from .names import quoted
from .rules import Case


def why_not(rule: str, case: Case) -> str:
    """Why the built-in rule of that name (that of its function) has nothing to say about a request."""
    return _REASONS[rule](case)


def _subagent(case: Case) -> str:
    return "there is no subagent tag"


def _explicit(case: Case) -> str:
    asked = case.facts.model
    return f"nobody chose {quoted(asked)}: Claude Code always sends such a name" if asked else "no model is asked for"


def _image(case: Case) -> str:
    return _unset("image", case) or "the newest user turn brings no image"


def _long_context(case: Case) -> str:
    if unset := _unset("long_context", case):
        return unset
    last = f", and {case.last_input_tokens} in the session's last request" if case.last_input_tokens else ""
    return f"{case.token_count} tokens{last}; the threshold is {case.config.router.long_context_threshold}"


def _web_search(case: Case) -> str:
    return _unset("web_search", case) or "no tool is the web search"


def _background(case: Case) -> str:
    unset = _unset("background", case)
    return unset or f"{quoted(case.facts.model)} is no haiku, and this is no side request of Claude Code"


def _think(case: Case) -> str:
    facts = case.facts
    if unset := _unset("think", case):
        return unset
    if facts.thinking == "disabled":
        return "thinking is off"
    if case.config.router.think_when == "always":
        return "thinking is not asked for"
    depth = f"the effort is {facts.effort}" if facts.effort else "there is neither effort nor thinking budget"
    return f"{depth}, and Claude Code is not in plan mode"


def _default(case: Case) -> str:
    return _unset("default", case)


def _unset(scenario: Scenario, case: Case) -> str:
    """That a scenario has no target; `""`: it has one."""
    return "" if case.config.router.target(scenario) else f"Router.{file_spelling(Router, scenario)} is not set"


_REASONS: Mapping[str, Callable[[Case], str]] = {
    "subagent": _subagent,
    "explicit": _explicit,
    "image": _image,
    "long_context": _long_context,
    "web_search": _web_search,
    "background": _background,
    "think": _think,
    "default": _default,
}
