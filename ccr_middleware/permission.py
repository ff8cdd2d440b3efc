"""What the caller of a call may: how much, and which of the targets that were chosen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from .access.models import may_use, refusal
from .access.principal import Principal
from .call import Call
from .errors import NotFound
from .routing.decision import Decision
from .state import State
from .unified import Usage

#: What a request will use is estimated so before it was answered.
BYTES_PER_TOKEN = 4


@contextmanager
def limited(call: Call, state: State) -> Iterator[None]:
    """Count the call towards the limits of its caller, and its tokens when it is over. Raises `RateLimited`."""
    estimated = len(call.raw) // BYTES_PER_TOKEN if call.caller.tpm is not None else 0
    lease = state.limiter.enter(call.caller, estimated, time.time())
    try:
        yield
    finally:
        # A call that nobody answered has used nothing.
        lease.settle(_tokens(call.usage) or (call.input_tokens or estimated if call.answered_at else 0))
        lease.close()


def _tokens(usage: Usage) -> int:
    read_in = usage.get("input", 0) + usage.get("cache_read", 0) + usage.get("cache_write", 0)
    return read_in + usage.get("output", 0)


def permit(call: Call) -> None:
    """Leave only targets that the caller's key allows. Raises `NotPermitted` when none of the chosen ones is."""
    caller, decision = call.caller, call.decision
    assert decision is not None
    if caller.models is None:
        return
    chosen = tuple(choice for choice in decision.pool if _may(call, caller, decision, choice.provider, choice.model))
    if chosen and chosen[0][:2] != decision[:2]:
        decision = decision._replace(provider=chosen[0].provider, model=chosen[0].model)
    elif not _may(call, caller, decision, decision.provider, decision.model):
        raise refusal(caller, decision.provider, decision.model)
    fallbacks = tuple(text for text in decision.fallbacks if _may_fall_back(call, caller, decision, text))
    call.decision = decision._replace(pool=chosen if len(chosen) > 1 else (), fallbacks=fallbacks)


def _may_fall_back(call: Call, caller: Principal, decision: Decision, text: str) -> bool:
    try:
        found = call.snapshot.resolver.resolve(text)
    except NotFound:
        return True  # told by the plan, which finds nothing there either
    return found is None or _may(call, caller, decision, found.provider, found.model)


def _may(call: Call, caller: Principal, decision: Decision, provider: str, model: str) -> bool:
    return may_use(caller, provider, model, call.asked_model, decision.scenario)
