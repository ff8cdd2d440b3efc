"""Counting tokens, and the list of models."""

from .registry import DEMO, THINKING, Kwargs, ask, check, same
from .tools import CLOCK, WEATHER

SYSTEM = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "Sunny"}]}
HISTORY = [
    {"role": "user", "content": "The weather?"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "A tool will know.", "signature": "c2lnbmF0dXJl"},
            {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Berlin"}},
        ],
    },
    {"role": "user", "content": [RESULT]},
]

#: Requests of growing length, as count_tokens takes them.
REQUESTS: list[Kwargs] = [
    {"model": DEMO, "messages": [{"role": "user", "content": "Hello"}]},
    {"model": DEMO, "messages": [{"role": "user", "content": "Hello, 你好"}], "system": SYSTEM},
    {"model": THINKING, "messages": HISTORY, "system": "Be brief.", "tools": [WEATHER, CLOCK]},
]


@check()
def count_tokens(client):
    """More than 0, and the number that the stream of the same request begins with."""
    counts = [client.messages.count_tokens(**request).input_tokens for request in REQUESTS]
    assert counts[0] > 0, counts
    same(counts, sorted(set(counts)))
    for request, count in zip(REQUESTS, counts, strict=True):
        with client.messages.stream(**request, max_tokens=1) as stream:
            same(next(stream).message.usage.input_tokens, count)


@check()
async def count_tokens_async(client):
    request = REQUESTS[2]
    counted = await client.messages.count_tokens(**request)
    async with client.messages.stream(**request, max_tokens=1) as stream:
        same((await anext(stream)).message.usage.input_tokens, counted.input_tokens)


@check()
def count_tokens_with_betas(client):
    counted = client.beta.messages.count_tokens(**REQUESTS[1], betas=["token-counting-2024-11-01"])
    same(counted.input_tokens, client.messages.count_tokens(**REQUESTS[1]).input_tokens)


@check()
def models(client):
    """All on one page, or one on each, in either direction."""
    page = client.models.list(limit=1000)
    ids = [model.id for model in page.data]
    same((page.has_more, page.first_id, page.last_id), (False, ids[0], ids[-1]))
    assert {DEMO, THINKING} <= set(ids), ids
    same([model.id for model in client.models.list(limit=1)], ids)
    one = client.models.list(limit=1)
    same(([model.id for model in one.data], one.has_more), (ids[:1], True))
    before = client.models.list(limit=1000, before_id=ids[-1])
    same([model.id for model in before.data], ids[:-1])
    same([model.id for model in client.beta.models.list(limit=1000)], ids)


@check()
async def models_async(client):
    ids = [model.id async for model in client.models.list(limit=2)]
    same(ids, [model.id for model in (await client.models.list(limit=1000)).data])


@check()
def model(client):
    """Each of the list is found by its id."""
    for listed in client.models.list(limit=1000):
        same(client.models.retrieve(listed.id), listed)


@check("scripted,vendor/model:free")
def model_with_a_slash(client):
    same(client.models.retrieve("scripted,vendor/model:free").id, "scripted,vendor/model:free")
    message = client.messages.create(**ask("Hello", "scripted,vendor/model:free"))
    same((message.model, message.stop_reason), ("scripted,vendor/model:free", "end_turn"))
