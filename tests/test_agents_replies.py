"""The loop in front of the real replies, and what agents ask of the gateway."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from ccr_middleware.agents.asking import MAX_ANSWER_BYTES, KeptReply, fetching
from ccr_middleware.agents.sight import searches, sees
from ccr_middleware.agents.start import start
from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.anthropic.relay import RelayAnswer
from ccr_middleware.config import load_config
from ccr_middleware.config.schema import Streaming
from ccr_middleware.errors import UpstreamBroken
from ccr_middleware.reply import EventReply, MessageReply
from ccr_middleware.testing import check_message, check_stream
from ccr_middleware.upstream.base import WireRequest
from ccr_middleware.wire.client import WriterSettings
from ccr_middleware.wire.messages import MESSAGES_CLIENT
from tests.support.agents import Memories, agent, answer, call, context, events_of, said, text, tool, user

BODY = {"model": "m", "max_tokens": 100, "messages": [user("When?")]}
ROUNDS = [said("Let me see. ", call("now")), said("It is noon.")]


class Sent:
    """The request of a client, of which only the answer matters."""

    method = "POST"

    def __init__(self):
        self.messages = []

    async def send(self, message):
        self.messages.append(message)

    @property
    def status(self):
        return self.messages[0]["status"]

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.messages)


def writer():
    """What writes for a client of Messages."""
    return MESSAGES_CLIENT.new_writer(WriterSettings("req_1", "m", 0, None, lambda prefix: f"{prefix}1"))


def streamed(sent, **seconds):
    """A streamed reply."""
    return EventReply(sent, MESSAGES_CLIENT, writer(), dict, Streaming(**seconds))


async def answered(reply, helper, rounds=ROUNDS):
    """Answer with rounds, as the pipeline does."""
    loop = await start([helper], context(BODY), reply, Memories().answers)
    for message in rounds:
        await answer(loop, events_of(message))
        last = await loop.next_body()
    assert last is None
    reply.close()


def test_pings_go_on_while_a_tool_runs():
    async def slow(_, __):
        await asyncio.sleep(0.15)
        return "noon"

    sent = Sent()

    async def go():
        await answered(streamed(sent, ping_seconds=0.02, commit_seconds=0.02), agent(tool("now", slow)))

    asyncio.run(go())
    checked = check_stream(sent.body)
    assert checked.text == "Let me see. It is noon."
    assert sent.body.count(b"event: ping") >= 2


def test_a_json_answer_holds_all_rounds():
    sent = Sent()
    asyncio.run(answered(MessageReply(sent, writer(), dict), agent(tool("now"))))
    checked = check_message(json.loads(sent.body))
    assert (sent.status, checked.text) == (200, "Let me see. It is noon.")
    assert checked.usage["output_tokens"] == 4


def test_an_answer_that_would_pass_unread_is_read():
    """A provider of Anthropic's own format: its answer comes with its events when it is read for somebody."""
    from ccr_middleware.anthropic.events import frame

    sent = Sent()

    async def go():
        reply = streamed(sent)
        loop = await start([agent(tool("now"))], context(BODY), reply, Memories().answers)
        for message in ROUNDS:
            reading = RelayAnswer(streaming=True, translated=True)
            loop.wait(reading.start)
            data = frame(unfold(message))
            for at in range(0, len(data), 50):
                events, raw = reading.feed(data[at : at + 50])
                if raw is not None:
                    await loop.relay(raw, events)
            await loop.end()
            await loop.next_body()
        reply.close()

    asyncio.run(go())
    assert check_stream(sent.body).text == "Let me see. It is noon."


# -- asking ------------------------------------------------------------------------------------------------


def test_a_kept_reply_has_the_message():
    async def go():
        reply = KeptReply()
        reply.wait(list)
        await reply.write(unfold(said("lost")))
        reply.wait(list)
        await reply.write(unfold(said("kept")))
        await reply.end()
        reply.close()
        assert not reply.started
        return reply.message

    assert asyncio.run(go())["content"] == [text("kept")]


def test_a_kept_reply_takes_documents():
    async def go(data):
        reply = KeptReply()
        reply.wait(list)
        await reply.relay(data, [])
        await reply.end()
        return reply.message

    assert asyncio.run(go(b'{"content": []}')) == {"content": []}
    with pytest.raises(UpstreamBroken, match="not JSON"):
        asyncio.run(go(b"<html>"))


def test_a_kept_reply_without_a_message_is_an_error():
    with pytest.raises(UpstreamBroken, match="holds no message"):
        asyncio.run(KeptReply().end())
    with pytest.raises(UpstreamBroken, match="cut"):
        asyncio.run(KeptReply().fail(UpstreamBroken("cut")))


@pytest.mark.parametrize("size", [3, MAX_ANSWER_BYTES + 5])
def test_fetching_reads_so_far_and_gives_the_connection_back(size):
    closed, asked = [], []

    class Response:
        status = 418

        async def chunks(self):
            yield b"x" * size
            yield b"more"

        async def aclose(self):
            closed.append(1)

    class Transport:
        async def send(self, request):
            asked.append(request)
            return Response()

    request = WireRequest("http://a.test/x", {}, b"", method="GET")
    status, body = asyncio.run(fetching(lambda url: Transport())(request))
    assert (status, len(body)) == (418, min(size + 4, MAX_ANSWER_BYTES))
    assert (closed, asked) == ([1], [request])


# -- what targets can do -----------------------------------------------------------------------------------


def target(wire, model="m", *, claude=False, **dialect):
    """A target of a wire format (None: Anthropic's), with these facts in its dialect."""
    form = SimpleNamespace(name=wire) if wire else None
    return SimpleNamespace(format=form, model=model, is_claude=claude, dialect=SimpleNamespace(**dialect))


@pytest.mark.parametrize(
    "model",
    ["gpt-4o-mini", "openai/gpt-5.1", "o3", "openai/o4-2025", "qwen2.5-vl-72b", "qwen3-vl", "llama-3.2-90b-vision"],
)
def test_known_families_see(model):
    assert sees(target("chat", model, images=True))
    assert not sees(target("chat", model, images=False))


@pytest.mark.parametrize("model", ["deepseek-chat", "qwen3-coder", "o3-mini", "my-model", "solvl", "mistral-large"])
def test_others_do_not(model):
    assert not sees(target("chat", model, images=True))


def test_formats_that_tell_by_themselves():
    assert sees(target(None, claude=True))
    assert not sees(target(None))
    assert sees(target("gemini"))
    assert searches(target(None, claude=True))
    assert not searches(target(None))
    assert searches(target("gemini"))
    assert searches(target("chat", web_search="plugin"))
    assert searches(target("responses", web_search="web_search"))
    assert not searches(target("chat", web_search="none"))
    assert not searches(target("responses", web_search=None))


# -- the configuration -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "warning"),
    [
        ({"agents": [{}]}, "agents[0]: names no agent; write a name, a path or a module"),
        ({"forceUseImageAgent": True}, "forceUseImageAgent: has no effect; set Router.image, or take it out"),
        ({"search": {"backend": "searxng"}}, "search.url: is no address; write that of the SearXNG instance"),
        ({"search": {"backend": "searxng", "url": "http://[x"}}, "search.url: is no address; "),
        ({"search": {"backend": "brave"}}, "search.api_key: is missing; write the key of brave"),
        ({"search": {"backend": "tavili"}}, 'search.backend: no backend is called "tavili"; did you mean "tavily"?'),
        ({"search": {"backend": "x"}}, 'search.backend: no backend is called "x"; known are searxng, brave, tavily'),
    ],
)
def test_warnings(document, warning):
    assert any(one.startswith(warning) for one in load_config(document).warnings)


def test_forced_without_its_agent():
    document = {
        "Providers": [{"name": "p", "api_base_url": "http://127.0.0.1/v1", "models": ["m", "v"]}],
        "Router": {"default": "p,m", "image": "p,v"},
        "forceUseImageAgent": True,
        "agents": [{"name": "image", "enabled": False}],
    }
    assert load_config(document).warnings == (
        "forceUseImageAgent: has no effect; enable the image agent, or take it out",
    )


def test_what_is_right_gives_no_warning():
    document = {
        "agents": ["x", {"path": "a.py"}],
        "search": {"backend": "own.engines:Own", "apiKey": "secret-key", "maxResults": "3"},
    }
    config = load_config(document)
    assert config.warnings == ()
    assert [one.name or one.path for one in config.agents] == ["x", "a.py"]
    assert config.search.max_results == 3
    assert "secret-key" in config.secrets()
    assert "secret-key" not in repr(config)
