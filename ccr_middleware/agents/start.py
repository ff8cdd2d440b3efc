"""Which agents work on a call, and its loop when there are any."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..call import Call
from ..reply import Reply
from ..targets import Target
from ..unified import Json
from .base import Agent
from .body import add_tools, client_tools
from .calls import Offered
from .context import AgentContext, Ask, Fetch, Notes
from .loop import AgentLoop
from .memory import Memory, restore
from .sight import searches, sees

log = logging.getLogger("ccr_middleware")

AnyAgent = Agent[Any]

_FAILED = "the agent %s failed, the request goes on without it"


def context_of(
    call: Call, target: Target, *, ask: Ask, fetch: Fetch, notes: Notes, new_id: Callable[[str], str]
) -> AgentContext:
    """A call on its way to a target, as agents see it. The call must still have its body."""
    return AgentContext(
        config=call.snapshot.config,
        provider=target.provider.name,
        model=target.model,
        scenario=call.decision.scenario if call.decision else "default",
        sees=sees(target),
        searches=searches(target),
        session_id=call.session_id,
        body=call.body,
        ask=ask,
        fetch=fetch,
        new_id=new_id,
        notes=notes,
    )


def willing(agents: Sequence[AnyAgent], context: AgentContext) -> list[AnyAgent]:
    """The agents that work on a call. One that fails is left out."""
    return [agent for agent in agents if _is_willing(agent, context)]


async def start(
    agents: Sequence[AnyAgent], context: AgentContext, reply: Reply, memory: Memory, body: Json | None = None
) -> AgentLoop | None:
    """The loop of a call that these agents are willing to work on; None when none can, and everything is as without.

    `body`: the request to work on where it differs from the client's (a subagent's tag is taken out of it). An agent
    that fails is left out; so is one with a tool that is called like one of the client's.
    """
    contexts_of = [(agent, replace(context, kept={}, shown=[], usage={})) for agent in agents]
    body = context.body if body is None else body
    names = {tool.name for agent, _ in contexts_of for tool in agent.tools}
    messages = restore(memory, context.session_id, body.get("messages"), names.__contains__)
    body = {**body, "messages": messages}
    tools: dict[str, Offered] = {}
    contexts: list[AgentContext] = []
    for agent, own in contexts_of:
        prepared = await _prepared(agent, body, own)
        if prepared is not None and _may_offer(agent, prepared, tools):
            body = prepared
            contexts.append(own)
            tools.update({tool.name: Offered(tool, own) for tool in agent.tools})
    if not contexts:
        return None
    body = add_tools(body, [offered.tool.definition() for offered in tools.values()]) if tools else body
    return AgentLoop(body, tools, contexts, reply, memory, context.config.agent_rounds)


def _is_willing(agent: AnyAgent, context: AgentContext) -> bool:
    try:
        return bool(agent.should_handle(context))
    except Exception:
        log.exception(_FAILED, agent.name)
        return False


async def _prepared(agent: AnyAgent, body: Json, context: AgentContext) -> Json | None:
    """The request as the agent wants it; None when it fails."""
    try:
        prepared = await agent.prepare(body, context)
        if not isinstance(prepared, dict):
            raise TypeError(f"prepare must return the request, not {type(prepared).__name__}")
        return prepared
    except Exception:
        log.exception(_FAILED, agent.name)
        return None


def _may_offer(agent: AnyAgent, body: Json, tools: dict[str, Offered]) -> bool:
    taken = {tool.name for tool in agent.tools} & (client_tools(body) | tools.keys())
    if taken:
        log.warning("the agent %s is left out: there is another tool called %s", agent.name, ", ".join(sorted(taken)))
    return not taken
