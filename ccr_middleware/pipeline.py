"""The way of one call: decide → attempts at its targets until one answers, in rounds while agents work on it.

Every attempt is built from the pristine request. Until the reply has content a failure may be made good by another key,
another try or another target; then it is raised, and becomes an HTTP status; once the reply has started it becomes an
error event. The client leaving ends everything at once, as `ClientLeft`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import anyio

from . import plugged
from .agents.asking import KeptReply, fetching
from .agents.context import AgentContext
from .agents.loop import AgentLoop
from .agents.start import AnyAgent, context_of, start, willing
from .attempt import Attempt, prepare
from .call import Call, Tried
from .deciding import decide, tell_once
from .errors import GatewayError, UpstreamError
from .http import ClientLeft
from .jsonio import dumps
from .patience import Nobody, Presence
from .permission import permit
from .reading import Reading, send_and_read
from .reply import Reply
from .resilience import Failure, GiveUp, Plan, TryThis
from .routing.facts import facts_of
from .state import State
from .unified import Json
from .wire.messages import MESSAGES_CLIENT

log = logging.getLogger("ccr_middleware")


async def run(call: Call, reply: Reply, presence: Presence, state: State) -> None:
    """Answer a call. Raises `GatewayError` while nothing has been sent, `ClientLeft` when nobody waits any more."""
    try:
        await plugged.on_request(call)
        await decide(call, state)
        await plugged.on_route(call)
        permit(call)
        await answer(call, reply, presence, state)
    except GatewayError as error:
        if not reply.started:
            raise
        call.broken = error
        log.warning("%s broke off: %s", call.id, error.message)
        await reply.fail(error)
    finally:
        reply.close()


async def answer(call: Call, reply: Reply, presence: Presence, state: State) -> None:
    """One answer to the call's request, of the first target that gives one. Raises the error to be told."""
    assert call.decision is not None
    snapshot = call.snapshot
    plan = state.resilience.plan(call.decision, snapshot.config, snapshot.resolver.resolve, call.session_id)
    failure: Failure | None = None
    try:
        while True:
            step = plan.next(failure)
            tell_once(call, plan.notes, state)
            if isinstance(step, GiveUp):
                raise step.error
            failure = await _Try(call, step, plan, reply, presence, state).run()
            if failure is None:
                return
    finally:
        plan.close()


class _Try:
    """One attempt at one target, in as many rounds as agents need.

    `in_stream`: the provider had begun to answer. `content`: the client has got something of the answer.
    """

    def __init__(self, call: Call, step: TryThis, plan: Plan, reply: Reply, presence: Presence, state: State) -> None:
        self.in_stream = False
        self.content = False
        self._call = call
        self._step = step
        self._plan = plan
        self._reply = reply
        self._presence = presence
        self._state = state

    async def run(self) -> Failure | None:
        """Answer the call; what went wrong, None when it is answered."""
        call, target = self._call, self._step.target
        call.attempts += 1
        call.go_to(target.provider, target.model)
        began = time.perf_counter()
        try:
            await self._rounds()
        except GatewayError as error:
            call.tried.append(Tried(*target, error.status, error.message, time.perf_counter() - began))
            log.info("%s attempt %d at %s,%s: %s", call.id, call.attempts, *target, error.message)
            return Failure(error, self.in_stream, self.content)
        call.tried.append(Tried(*target, 200, "", time.perf_counter() - began))
        return None

    async def _rounds(self) -> None:
        loop: AgentLoop | None = None
        wait_seconds = self._step.wait_seconds
        agents, context = _willing(self._call, self._state)
        if wait_seconds or context:  # a scope costs more than all the rest of a call that needs none
            with self._presence.waiting():
                if wait_seconds:
                    await anyio.sleep(wait_seconds)
                if context:
                    loop = await start(agents, context, self._reply, self._state.agent_memory)
            self._check_presence()
        if loop is None:
            await self._round(self._reply, None)
            return
        body: Json | None = loop.body
        while body is not None:
            await self._round(loop, body)
            self.content = True  # what follows continues what was shown
            with self._presence.waiting():
                body = await loop.next_body()
            self._check_presence()

    async def _round(self, reply: Reply, edited: Json | None) -> None:
        """Send and read once. The provider's place is left before tools run, which may ask the same provider."""
        self._call.edited = edited
        provider = self._call.provider()
        if provider.max_parallel is None:
            await self._send(reply)
            return
        async with AsyncExitStack() as held:
            with self._presence.waiting():
                await held.enter_async_context(self._state.resilience.slots.place(provider))
            self._check_presence()
            await self._send(reply)

    async def _send(self, reply: Reply) -> None:
        call, state = self._call, self._state
        attempt = await prepare(call, state, self._step.key)
        await plugged.on_upstream_request(call, attempt)
        call.let_go_of_body()
        reading = Reading(call, attempt, reply, state, self._plan.answered)
        try:
            await send_and_read(call, attempt, reading, self._presence, state)
        except GatewayError as error:
            _name_target(error, attempt)
            raise
        finally:
            self.in_stream = reading.answered
            self.content = self.content or reading.content

    def _check_presence(self) -> None:
        if self._presence.left:
            raise ClientLeft


def _willing(call: Call, state: State) -> tuple[Sequence[AnyAgent], AgentContext | None]:
    """The agents that work on a call at its present target, and what they are told; None when there are none."""
    if not call.may_use_agents or not call.snapshot.agents:
        return (), None
    assert call.decision is not None
    call.pristine()
    context = context_of(
        call,
        call.snapshot.target(call.decision.provider, call.decision.model),
        ask=partial(_ask, call, state),
        fetch=fetching(lambda url: state.transports.get(url, call.snapshot.pool)),
        notes=state.agent_notes,
        new_id=state.new_id,
    )
    agents = willing(call.snapshot.agents, context)
    return agents, context if agents else None


async def _ask(call: Call, state: State, body: Json) -> Json:
    """The message that answers a request of an agent, which goes the way of any other. Raises `GatewayError`."""
    facts = facts_of(body, {})
    asked = Call(
        id=state.new_id("req_"),
        raw=dumps(body),
        body=body,
        headers={},
        snapshot=call.snapshot,
        facts=facts,
        streaming=False,
        asked_model=facts.model,
        client=MESSAGES_CLIENT,
        writer=call.writer,
        caller=replace(call.caller, models=None),  # whoever configured the agent chose its model
        may_use_agents=False,
    )
    kept = KeptReply()
    await run(asked, kept, Nobody(), state)
    return kept.message


def _name_target(error: GatewayError, attempt: Attempt) -> None:
    if isinstance(error, UpstreamError):
        error.provider = error.provider or attempt.target.provider.name
        error.model = error.model or attempt.target.model
