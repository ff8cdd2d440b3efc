"""What choosing a model costs: reading what matters of a request, the rules, the order of targets.

    python benchmarks/routing.py [--rounds N]

A 60 KB request that is not streamed, so that nobody needs its token count, in this process and without HTTP. Each
round measures every configuration once; the share is that of a whole call through the gateway in the same round. The
goal is 60 µs for each request.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from formats import Provider, answers, calls, provider_pieces
from payloads import body

from ccr_middleware import Gateway
from ccr_middleware.access.principal import OPEN
from ccr_middleware.call import Call
from ccr_middleware.deciding import decide
from ccr_middleware.endpoints.answering import make_call
from ccr_middleware.endpoints.visit import Visit
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.standalone import calm_garbage_collector
from ccr_middleware.upstream import InProcessTransport
from ccr_middleware.wire.messages import MESSAGES_CLIENT

Json = dict[str, Any]

GOAL_MICROSECONDS = 60.0
CALLS = 50


def provider(name: str, models: int) -> Json:
    """A configured provider with so many models."""
    return {
        "name": name,
        "api_base_url": f"https://{name}.test/v1/chat/completions",
        "api_key": "sk-bench",
        "models": [f"model-{number}" for number in range(models)],
    }


def plain() -> Json:
    """One provider, one route."""
    return {"Providers": [provider("chat", 3)], "Router": {"default": "chat,model-0"}}


def team() -> Json:
    """What a team may have: several providers, all scenarios, rules of their own, aliases, fallbacks, a pool."""
    routes = ("default", "background", "think", "webSearch", "image")
    rules = [
        {
            "name": f"team-{number}",
            "when": {"header": {"x-team": f"team-{number}"}},
            "target": f"chat{number % 5},model-1",
        }
        for number in range(15)
    ]
    rules.append({"name": "tools", "when": {"tool": {"starts_with": "mcp__jira__"}}, "target": "chat1,model-2"})
    rules.append({"name": "night", "when": {"time": {"from": "02:00", "to": "02:01"}}, "target": "chat2,model-2"})
    return {
        "Providers": [provider(f"chat{number}", 20) for number in range(5)],
        "Router": {
            **{name: f"chat{number},model-{number}" for number, name in enumerate(routes)},
            "default": ["chat0,model-0", {"target": "chat1,model-0", "weight": 2}],
            "longContextThreshold": 60_000,
        },
        "fallback": {"default": ["chat3,model-3", "chat4,model-4"]},
        "rules": rules,
        "aliases": {"fast": "chat0,model-5", "claude-haiku-*": "chat1,model-6", "gpt-*": "chat2,model-7"},
    }


async def choose(gateway: Gateway, raw: bytes, asked: Json) -> Callable[[], Awaitable[None]]:
    """What routes one request, as the pipeline does. The request has been parsed."""
    snapshot, state = gateway._current.snapshot, gateway._state
    visit = Visit("req_bench", snapshot, state, OPEN)
    headers = {"x-team": "nobody", "user-agent": "bench"}

    call: Call = make_call(headers, raw, asked, MESSAGES_CLIENT, visit)

    async def run() -> None:
        call.facts = facts_of(asked, headers)
        await decide(call, state)
        assert call.decision is not None
        plan = state.resilience.plan(call.decision, snapshot.config, snapshot.resolver.resolve, call.session_id)
        plan.next()
        plan.close()

    await run()
    return run


async def microseconds(run: Callable[[], Awaitable[Any]]) -> float:
    """CPU time of one call, in µs."""
    began = time.process_time()
    for _ in range(CALLS):
        await run()
    return (time.process_time() - began) / CALLS * 1e6


async def measure(rounds: int) -> None:
    """Run and print."""
    calm_garbage_collector()  # as in the program of its own
    raw = body("60k", "json", stream=False)
    asked = json.loads(raw)
    fake = Provider()
    fake.pieces = provider_pieces(answers()["request"], "chat", stream=False)
    for name, document in (("plain", plain()), ("team", team())):
        gateway = Gateway(document, transport=InProcessTransport(fake), env={})
        route, whole = await choose(gateway, raw, asked), calls(gateway, "/v1/messages", raw)
        values, shares = [], []
        for _ in range(rounds):
            spent, all_of_it = await microseconds(route), await microseconds(whole)
            values.append(spent)
            shares.append(spent / all_of_it)
        median, share = statistics.median(values), statistics.median(shares)
        verdict = "ok" if median < GOAL_MICROSECONDS else "over the goal"
        print(f"{name:8} {median:7.1f} µs of routing per request ({verdict}), {share:.1%} of the whole call")


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=15)
    logging.disable(logging.CRITICAL)
    asyncio.run(measure(arguments.parse_args().rounds))


if __name__ == "__main__":
    main()
