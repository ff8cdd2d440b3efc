"""For those who set up providers: the catalogue, and one tiny request that shows whether a provider works."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import pipeline
from ..agents.asking import KeptReply
from ..call import Call
from ..config import Config, load_config
from ..config.schema import Provider, Timeouts
from ..errors import BadRequest, ConfigError, GatewayError
from ..http import Request, send_json
from ..jsonio import dumps
from ..patience import Nobody
from ..resilience import Resilience
from ..routing.decision import Decision
from ..state import State
from ..targets import Snapshot
from ..unified import Json
from ..wire.messages import MESSAGES_CLIENT
from .answering import make_call, parse_body
from .provider_problems import about_variable, problem_of, unset_variable
from .visit import Endpoint, Visit

#: Enough for a model that thinks before it says a word; less than some accept is refused (Responses: 16).
MAX_TOKENS = 256
PROMPT = "Reply with the single word OK."
#: Of a longer reply no more is shown (characters).
LONGEST_REPLY = 200
#: Somebody is looking at a button: no wait is longer, whatever is configured (seconds).
PATIENCE = Timeouts(connect_seconds=10, first_byte_seconds=30, idle_seconds=30, total_seconds=60)


class Trial(NamedTuple):
    """How a tiny request ended. `status` is the HTTP status it would be answered with, None when nothing was sent;
    `cause` one of `provider_problems.Cause`, "" when it went well; `seconds` how long it took."""

    ok: bool
    status: int | None
    message: str
    cause: str = ""
    fix: str = ""
    seconds: float = 0.0
    reply: str = ""


async def catalogue(request: Request, visit: Visit) -> None:
    """`GET /api/catalogue`: what a provider of a configuration can be called, and what is known of each."""
    await send_json(request, {"providers": list_catalogue(visit.state.env)}, {"request-id": visit.id})


async def test(request: Request, visit: Visit) -> None:
    """`POST /api/providers/test`: asks a provider, as it would be configured, for one word. Nothing is saved, and what
    becomes of it is not held against the provider that is in use."""
    body = parse_body(await request.body(visit.snapshot.config.max_body_bytes))
    entry, model = _asked(body)
    restored = visit.state.live.restored({"Providers": [entry]})["Providers"][0]
    trial = await try_provider(restored, model, visit)
    await send_json(request, trial._asdict(), {"request-id": visit.id})


ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "/api/catalogue": {"GET": Endpoint(catalogue, access="admin")},
    "/api/providers/test": {"POST": Endpoint(test, access="admin")},
}


def list_catalogue(env: Mapping[str, str]) -> list[Json]:
    """Every entry of the catalogue as JSON.

    - `name`, `aliases`: how a configuration calls it; `title`, `docs`: for people; `family`: whose endpoint it is.
    - `base_url`, `wire`, `auth`, `models`, `headers`, `transformers`: what its name stands for.
    - `key_variable`: the variable its key usually is in, "" when there is none; `key_is_set`: it has a value in `env`.
    - `parameters`: the keys that its address needs besides; `local`: it is a program on this machine.
    """
    from ..catalogue import entries  # read when it is first asked for

    return [
        {
            "name": entry.name,
            "title": entry.title,
            "family": entry.family,
            "aliases": list(entry.aliases),
            "base_url": entry.base_url,
            "wire": entry.wire,
            "auth": entry.auth,
            "models": list(entry.models),
            "headers": dict(entry.headers),
            "transformers": list(entry.use),
            "key_variable": entry.env,
            "key_is_set": bool(entry.env and env.get(entry.env)),
            "parameters": list(entry.parameters),
            "local": entry.base_url.startswith("http://localhost"),
            "docs": entry.docs,
        }
        for entry in entries()
    ]


def _asked(body: Json) -> tuple[dict[str, Any], str]:
    """The provider's entry and the model of a request. Raises `BadRequest`."""
    entry, model = body.get("provider"), body.get("model")
    if not isinstance(entry, dict):
        raise BadRequest("provider: is missing; it is an object as in the list Providers of a configuration")
    if model is not None and not isinstance(model, str):
        raise BadRequest("model: must be a text")
    return entry, (model or "").strip()


async def try_provider(entry: Mapping[str, Any], model: str, visit: Visit) -> Trial:
    """Ask a provider for one word, through the ordinary pipeline.

    `entry` is an object of the list `Providers`, with its secrets; `model` "": the first that it lists. What is said
    for all providers (proxy, transformers) is taken from the configuration in use, and no code is loaded: of
    transformers of one's own there are those that are loaded already. Raises `BadRequest` for an entry that cannot be
    used.
    """
    try:
        alone = Snapshot(_config(entry, visit.snapshot.config, visit.state.env), visit.snapshot.registry)
        alone.check()
    except ConfigError as problem:
        raise BadRequest(str(problem).removeprefix("configuration: Providers[0].")) from None
    provider = alone.config.providers[0]
    model = model or next(iter(provider.models), "")
    if not model:
        raise BadRequest("models: is empty; name a model to ask")
    if alone.broken:
        return Trial(False, None, alone.broken[0].message, "rejected")
    if variable := unset_variable(provider):
        return Trial(False, None, f"the variable {variable} is not set", *about_variable(variable))
    return await _ask(provider, model, visit._replace(snapshot=alone, state=_apart(visit.state)))


def _config(entry: Mapping[str, Any], current: Config, env: Mapping[str, str]) -> Config:
    """A configuration of that provider alone, which is asked once with its first key. Raises `ConfigError`."""
    document = {"Providers": [dict(entry)], "retry": {"attempts": 0}, "transformers": current.raw.get("transformers")}
    config = load_config(document, env=env)
    given = config.providers[0]
    one_key = {"api_key": given.all_keys[0].key} if given.all_keys else {}
    limits = given.timeouts or current.timeouts
    provider = given.model_copy(
        update={**one_key, "api_keys": (), "timeouts": _no_longer(limits), "max_parallel": None}
    )
    shared = {"proxy_url": current.proxy_url, "pool": current.pool}
    return config.model_copy(update={"providers": (provider,), "fallback_on": (), **shared})


def _no_longer(limits: Timeouts) -> Timeouts:
    """The limits of a provider, but for those beyond anybody's patience."""
    return Timeouts(**{name: min(getattr(limits, name), most) for name, most in PATIENCE.model_dump().items()})


def _apart(state: State) -> State:
    """The state with its connections and access tokens, and with a memory of its own for how the target is."""
    apart = copy.copy(state)
    apart.resilience = Resilience()
    return apart


async def _ask(provider: Provider, model: str, visit: Visit) -> Trial:
    """Send the request and wait for the whole answer."""
    call, reply = _call(provider, model, visit), KeptReply()
    began = time.perf_counter()
    try:
        await pipeline.answer(call, reply, Nobody(), visit.state)
    except GatewayError as error:
        seconds = time.perf_counter() - began
        message = visit.snapshot.mask(error.message)
        return Trial(False, error.status, message, *problem_of(error, provider, model), seconds)
    seconds = time.perf_counter() - began
    return Trial(True, 200, f"{model} answered", seconds=seconds, reply=_text(reply.message)[:LONGEST_REPLY])


def _call(provider: Provider, model: str, visit: Visit) -> Call:
    """One tiny streamed request, as Claude Code's are, already decided."""
    body: Json = {
        "model": model,
        "max_tokens": MAX_TOKENS,
        "stream": True,
        "messages": [{"role": "user", "content": PROMPT}],
    }
    call = make_call({}, dumps(body), body, MESSAGES_CLIENT, visit)
    call.decision = Decision(provider.name, model, "explicit", "a test of the provider")
    call.may_use_agents = False
    return call


def _text(message: Json) -> str:
    """What the model said; what it thought where it said nothing."""
    blocks = [block for block in message.get("content", ()) if isinstance(block, dict)]
    said = "".join(str(block.get("text", "")) for block in blocks)
    return said.strip() or "".join(str(block.get("thinking", "")) for block in blocks).strip()
