"""Whose tokenizer counts a request: the one of the model it goes to, where that has one; else the one routing asks.

Routing counts before there is a target, so it asks the tokenizer of `Router.default` (C31).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .call import Call
from .errors import NotFound
from .routing.facts import facts_of
from .routing.route import route
from .state import State
from .targets import Snapshot
from .tokens import Counter
from .unified import Json
from .upstream.post import post


def routing_counter(snapshot: Snapshot, state: State) -> Counter:
    """The counter of the default target."""
    default = snapshot.config.router.default
    if default and snapshot.has_tokenizers and (found := snapshot.resolver.choices(default).choices):
        own = own_counter(found[0].provider, found[0].model, snapshot, state)
        return own or state.counters.standard
    return state.counters.standard


def own_counter(provider_name: str, model: str, snapshot: Snapshot, state: State) -> Counter | None:
    """The counter configured for a model, None: there is none."""
    provider = snapshot.config.provider(provider_name)
    tokenizer = provider.tokenizer.of(model) if provider and provider.tokenizer else None
    if tokenizer is None:
        return None

    async def send(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        return await post(state.transports.get(url, snapshot.pool), url, headers, body)

    return state.counters.counter_for(tokenizer, model, send)


async def count_for_target(call: Call, state: State) -> int:
    """The tokens of a call for the target of its decision."""
    decision, snapshot = call.decision, call.snapshot
    own = own_counter(decision.provider, decision.model, snapshot, state) if decision else None
    if own is None and call.input_tokens is not None:
        return call.input_tokens  # counted by routing
    return await (own or routing_counter(snapshot, state)).count(call.body)


async def count_as_routed(body: Json, headers: Mapping[str, str], snapshot: Snapshot, state: State) -> int:
    """The tokens of a request for the target it would go to. One that would go nowhere is counted as routing does."""
    tokens = await routing_counter(snapshot, state).count(body)
    if not snapshot.has_tokenizers:
        return tokens
    facts = facts_of(body, headers)
    last = state.session_tokens.get(facts.session_id) if facts.session_id else None
    try:
        config, resolver = snapshot.config, snapshot.resolver
        decision = route(
            facts,
            config,
            token_count=tokens,
            last_input_tokens=last,
            resolver=resolver,
            rules=snapshot.rules,
            now=datetime.now().astimezone(),
        ).decision
    except NotFound:
        return tokens
    own = own_counter(decision.provider, decision.model, snapshot, state)
    return tokens if own is None else await own.count(body)
