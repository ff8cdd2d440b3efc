"""Which model shall answer a call: projects, token count, rules, and the router of the user's own.

What the rules themselves say is pure and lies in `routing/`; here is what has to be fetched and asked for them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from .call import Call
from .config.schema import Config
from .counting import routing_counter
from .errors import NotFound
from .extensions.router import CustomRouter
from .extensions.router_context import router_context
from .jsonio import dumps
from .projects.cwd import working_directory
from .routing.decision import Decision
from .routing.route import Tried, complete, needs_token_count, route
from .state import State
from .system_prompt import rewrite_system_prompt

log = logging.getLogger("ccr_middleware")

#: No text has more tokens than bytes, twice that with everything escaped; these count for more than they are long.
_MORE_THAN_THEIR_BYTES = (b'"image"', b'"document"', b"\\u")


@dataclass(slots=True)
class Trace:
    """How a decision came about.

    `rules`: those that were asked, in order; `notes`: what the log would be told; `routed`: what the rules chose;
    `custom`: what came of the custom router, in a few words, `""` without one.
    """

    rules: list[Tried] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    routed: Decision | None = None
    custom: str = ""


async def decide(call: Call, state: State, trace: Trace | None = None) -> None:
    """Choose the target of a call, counting its tokens first where the choice can depend on them.

    With a `trace`, which is filled, they are always counted, and the log and the custom router's report are told
    nothing. Raises `NotFound` when the client named a provider that does not exist, or when there is nothing to
    choose from.
    """
    await _rewrite_prompt(call)
    config = await _with_project(call, state)
    snapshot, custom = call.snapshot, call.snapshot.custom_router
    last = state.session_tokens.get(call.facts.session_id) if call.facts.session_id else None
    now = datetime.now().astimezone()
    may_count = config.router.long_context or snapshot.rules.may_count
    if trace is not None or custom is not None or (may_count and _must_count(call, config, state, last, now)):
        call.input_tokens = await routing_counter(snapshot, state).count(call.body)
    decision: Decision | None = None
    nowhere: NotFound | None = None
    try:
        routed = route(
            call.facts,
            config,
            token_count=call.input_tokens,
            last_input_tokens=last,
            resolver=snapshot.resolver,
            rules=snapshot.rules,
            now=now,
            trace=None if trace is None else trace.rules,
        )
        decision = routed.decision
        if trace is None:
            tell_once(call, routed.notes, state)
        else:
            trace.notes, trace.routed = routed.notes, decision
    except NotFound as problem:
        nowhere = problem
    if custom is not None and (chosen := await _ask_router(custom, call, decision, last, trace)):
        decision = complete(chosen, config, snapshot.resolver)
    if decision is None:
        assert nowhere is not None
        raise nowhere
    call.decision = decision


async def _ask_router(
    custom: CustomRouter, call: Call, decision: Decision | None, last_input_tokens: int | None, trace: Trace | None
) -> Decision | None:
    """What the router of the user's own chooses, knowing what the rules chose."""
    context = router_context(
        call.body,
        call.headers,
        call.facts,
        decision,
        principal=call.caller,
        project=call.facts.project,
        token_count=call.input_tokens,
        last_input_tokens=last_input_tokens,
    )
    if trace is None:
        return await custom.choose(context, call.snapshot.resolver)
    chosen, trace.custom = await custom.explain(context, call.snapshot.resolver)
    return chosen


def tell_once(call: Call, notes: Iterable[str], state: State) -> None:
    """Log what the operator should know; the same mistake would be told with every request."""
    for note in notes:
        if state.notes.get(note) is None:
            state.notes.put(note, True)
            log.warning("%s %s", call.id, note)


async def _rewrite_prompt(call: Call) -> None:
    prompt = call.snapshot.prompt_file
    text = await prompt.text() if prompt is not None else None
    if text is None:
        return
    body = rewrite_system_prompt(call.body, text)
    if body is not call.body:
        call.replace_body(body, dumps(body))


async def _with_project(call: Call, state: State) -> Config:
    """The configuration with the router of the session's project, which is noted in the facts."""
    config, projects = call.snapshot.config, call.snapshot.projects
    if projects is None:
        return config
    found = await projects.router_for(call.facts.session_id, working_directory(call.body), config.router)
    call.facts = call.facts._replace(project=found.project)
    return config if found.router is config.router else config.model_copy(update={"router": found.router})


def _must_count(call: Call, config: Config, state: State, last_input_tokens: int | None, now: datetime) -> bool:
    """Whether the exact number of tokens is needed to choose. A stream needs it anyway, for its message_start."""
    if call.streaming:
        return True
    snapshot, size = call.snapshot, len(call.raw)
    counter = routing_counter(snapshot, state)
    threshold, by_rules = config.router.long_context_threshold, snapshot.rules.may_count
    if size > 4 * threshold and not by_rules:
        at_most = size  # a bound would cost as much as the count, and could not settle it
    elif (
        counter is state.counters.standard
        and not by_rules
        and 2 * size < threshold
        and not any(mark in call.raw for mark in _MORE_THAN_THEIR_BYTES)
    ):
        at_most = 2 * size
    else:
        at_most = counter.at_most(call.body)
    return needs_token_count(
        call.facts,
        config,
        at_most,
        last_input_tokens,
        resolver=snapshot.resolver,
        rules=snapshot.rules,
        now=now,
    )
