"""Explaining one call: it goes the way of every call as far as the request to be sent, and no further."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from typing import Any

from ..agents.context import AgentContext
from ..agents.start import AnyAgent, context_of
from ..attempt import prepare
from ..call import Call
from ..deciding import Trace, decide
from ..errors import BadRequest, GatewayError
from ..jsonio import loads
from ..resilience import Foreseen
from ..state import State
from ..targets import Snapshot
from ..unified import Json
from .masking import masked, masked_headers, masked_url
from .untouched import WatchedSnapshot, local, untouched


async def explain(call: Call, state: State) -> Json:
    """What would become of a call, as docs/explain.md describes it. No key is in it.

    Nobody is asked but the custom router, and nothing is remembered. What would fail is told as `error`. Raises
    `BadRequest` for what is nested too deeply to be shown.
    """
    try:
        return await _explain(copy(call), untouched(state))
    except RecursionError:
        raise BadRequest("the request is nested too deeply") from None


async def _explain(call: Call, state: State) -> Json:
    call.snapshot = snapshot = WatchedSnapshot(call.snapshot)
    trace = Trace()
    error: GatewayError | None = None
    targets: list[Foreseen] = []
    agents: list[str] = []
    sent: Json | None = None
    try:
        await decide(call, state, trace)
        assert call.decision is not None
        targets = state.resilience.foresee(call.decision, snapshot.config, snapshot.resolver.resolve, call.session_id)
        if targets:
            agents = _agents(call, targets[0], state)
            sent = await _request(call, targets[0], state)
    except GatewayError as problem:
        error = problem
    explained = {
        "request": _asked(call),
        "rules": [tried._asdict() for tried in trace.rules],
        "custom_router": _custom(snapshot, trace),
        "decision": _decision(call),
        "targets": [_target(one, call) for one in targets],
        "agents": agents,
        "transformers": snapshot.chain(),
        "sent": sent,
        "losses": [loss._asdict() for loss in call.losses],
        "notes": _notes(call, trace),
        "error": _error(error, call),
    }
    shown: Json = masked(explained, snapshot.mask)
    return shown


def _asked(call: Call) -> Json:
    return {
        "model": call.asked_model,
        "stream": call.streaming,
        "session": call.session_id or None,
        "project": call.facts.project or None,
        "tokens": call.input_tokens,
        "counter": counter_name(call.snapshot),
    }


def counter_name(snapshot: Snapshot) -> str:
    """What counts the tokens for routing (see `counting.routing_counter`), and in whose place."""
    default = snapshot.config.router.default
    found = snapshot.resolver.choices(default).choices if default else ()
    provider = snapshot.config.provider(found[0].provider) if found else None
    setting = provider.tokenizer.of(found[0].model) if provider and provider.tokenizer else None
    tokenizer = local(setting)
    name = tokenizer.encoding
    if tokenizer.type == "huggingface":
        name = f"tokenizer of {tokenizer.path or tokenizer.model}"
    factor = f" times {tokenizer.factor:g}" if tokenizer.factor != 1 else ""
    instead = ", in place of an endpoint, which is not asked" if setting and setting.type == "api" else ""
    return name + factor + instead


def _custom(snapshot: Snapshot, trace: Trace) -> Json | None:
    if snapshot.custom_router is None:
        return None
    routed = trace.routed
    return {
        "router": snapshot.custom_router.report.origin,
        "outcome": trace.custom,
        "rules_chose": f"{routed.provider},{routed.model}" if routed else None,
    }


def _decision(call: Call) -> Json | None:
    decision = call.decision
    if decision is None:
        return None
    return {
        "target": f"{decision.provider},{decision.model}",
        "scenario": decision.scenario,
        "reason": decision.reason,
        "rule": decision.rule or None,
        "parameters": dict(decision.parameters),
    }


def _target(seen: Foreseen, call: Call) -> Json:
    decision = call.decision
    assert decision is not None
    role = "fallback"
    if seen.target == (decision.provider, decision.model):
        role = "chosen"
    elif any(choice[:2] == seen.target for choice in decision.pool):
        role = "pool"
    return {
        "target": str(seen.target),
        "role": role,
        "asked": seen.asked,
        "state": seen.state,
        "key": seen.key.name.partition(" (")[0],  # a key without a name is called by its last characters as well
        "keys": seen.keys,
        "resting_keys": seen.resting_keys,
    }


async def _request(call: Call, first: Foreseen, state: State) -> Json:
    """What the target would be sent that is asked first; the call gets the losses."""
    going = copy(call)
    going.go_to(*first.target)
    going.strict = False  # what would be refused shall be seen too
    try:
        attempt = await prepare(going, state, first.key)
    finally:
        call.losses = going.losses
    request = attempt.take_request()
    return {
        "target": str(first.target),
        "wire": attempt.target.format.name if attempt.target.format else "messages",
        "url": masked_url(request.url),
        "headers": masked_headers(request.headers),
        "body": loads(request.body),
    }


def _agents(call: Call, first: Foreseen, state: State) -> list[str]:
    """The agents that would work on the request before it is sent, and on its answer."""
    if not call.snapshot.agents:
        return []
    target = call.snapshot.target(*first.target)
    context = context_of(call, target, ask=_unasked, fetch=_unasked, notes=state.agent_notes, new_id=state.new_id)
    return [agent.name for agent in call.snapshot.agents if _would_work(agent, context)]


def _would_work(agent: AnyAgent, context: AgentContext) -> bool:
    with suppress(Exception):  # one that fails is left out, as it is from a call
        return bool(agent.should_handle(context))
    return False


async def _unasked(*_: Any) -> Any:
    raise RuntimeError("nobody is asked while a request is explained")


def _notes(call: Call, trace: Trace) -> list[str]:
    notes = list(trace.notes)
    if call.decision is not None and len(call.decision.pool) > 1 and not call.session_id:
        notes.append("The order of the pool is drawn anew for each request, since this one belongs to no session.")
    return notes


def _error(error: GatewayError | None, call: Call) -> dict[str, Any] | None:
    """Why the client would get an error before anybody is asked."""
    if error is not None:
        return {"status": error.status, "message": error.message}
    if call.strict and (dropped := call.losses.dropped()):
        lost = ", ".join(loss.feature for loss in dropped)
        return {"status": 400, "message": f"strict: the request is refused, since {lost} would be dropped"}
    return None
