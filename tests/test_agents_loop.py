"""The loop: rounds of a provider become one message, and what agents are called for is run."""

import asyncio
import logging
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.agents import ToolError
from ccr_middleware.agents.start import start, willing
from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.errors import BadRequest, UpstreamBroken
from tests.support.agents import (
    Client,
    Memories,
    agent,
    answer,
    call,
    context,
    drive,
    result,
    said,
    text,
    thinking,
    tool,
    user,
)

BODY = {"model": "m", "max_tokens": 100, "messages": [user("When?")]}
READ = {"name": "Read", "description": "d", "input_schema": {"type": "object"}}


def run(*arguments, **more):
    """Drive the loop to its end."""
    return asyncio.run(drive(*arguments, **more))


def results_of(body):
    """The tool results at the end of a request, by id."""
    return {one["tool_use_id"]: one for one in body["messages"][-1]["content"]}


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_two_rounds_are_one_message(piece):
    first = said(thinking("Hm."), "Let me see.", call("now", {"zone": "UTC"}))
    outcome = run([agent(tool("now"))], BODY, [first, said("It is noon.")], piece=piece)
    assert [block["type"] for block in outcome.checked.blocks] == ["thinking", "text", "text"]
    assert outcome.checked.text == "Let me see.It is noon."
    assert outcome.checked.stop_reason == "end_turn"
    assert outcome.checked.message["id"] == first["id"]


def test_the_second_round_has_the_whole_first_one():
    content = [thinking("Hm."), text("Let me see."), call("now", {"zone": "UTC"}, "a"), call("now", {}, "b")]
    outcome = run([agent(tool("now"))], BODY, [said(*content), said("Noon.")])
    first, second = outcome.bodies
    assert [one["name"] for one in first["tools"]] == ["now"]
    assert second["messages"][:-2] == first["messages"] == BODY["messages"]
    assert second["messages"][-2] == {"role": "assistant", "content": content}
    results = [result("a", "{'zone': 'UTC'}"), result("b", "{}")]
    assert second["messages"][-1] == {"role": "user", "content": results}
    assert {**second, "messages": []} == {**first, "messages": []}


def test_the_tools_of_agents_come_behind_those_of_the_client():
    marked = {**READ, "cache_control": {"type": "ephemeral"}}
    outcome = run([agent(tool("now", description="Tells."))], {**BODY, "tools": [marked]}, [said("Noon.")])
    offered = {"name": "now", "description": "Tells.", "input_schema": {"type": "object", "properties": {}}}
    assert outcome.bodies[0]["tools"] == [marked, offered]


def test_usage_is_summed_and_told_round_by_round():
    cached = {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 100, "service_tier": "standard"}
    rounds = [said(call("now"), usage=cached), said("Noon.", usage={**cached, "output_tokens": 7})]
    outcome = run([agent(tool("now"))], BODY, rounds)
    usage = outcome.checked.usage
    assert (usage["input_tokens"], usage["output_tokens"], usage["cache_read_input_tokens"]) == (10, 9, 200)
    assert usage["service_tier"] == "standard"
    assert [one["output_tokens"] for one in usage["iterations"]] == [2, 7]
    assert usage["iterations"][0] == {
        "type": "message",
        "input_tokens": 5,
        "output_tokens": 2,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 0,
    }
    assert outcome.loop.usage == usage


def test_an_answer_without_calls_passes_as_it_is():
    message = said(thinking("Hm."), "Noon.", usage={"input_tokens": 3, "output_tokens": 1})
    outcome = run([agent(tool("now"))], {**BODY, "tools": [READ]}, [message])
    assert outcome.client.events == unfold(message)


def test_calls_of_the_client_pass_and_end_the_message():
    outcome = run([agent(tool("now"))], {**BODY, "tools": [READ]}, [said("Look.", call("Read", {"path": "a"}))])
    assert outcome.checked.stop_reason == "tool_use"
    assert [one.name for one in outcome.checked.tools] == ["Read"]


def test_c44_calls_of_the_client_beside_those_of_an_agent_reach_it_untouched():
    ran = []

    async def now(arguments, _):
        ran.append(arguments)
        return "noon"

    content = [call("now", {"zone": "UTC"}, "a"), text("and"), call("Read", {"path": "x"}, "b")]
    outcome = run([agent(tool("now", now))], {**BODY, "tools": [READ]}, [said(*content)])
    assert ran == [{"zone": "UTC"}]
    assert outcome.message["content"] == content[1:]
    assert outcome.checked.stop_reason == "tool_use"


def test_tools_of_one_round_run_at_once():
    async def meeting():
        arrived, both = [], asyncio.Event()

        async def meet(arguments, _):
            arrived.append(arguments["who"])
            if len(arrived) == 2:
                both.set()
            await both.wait()
            return arguments["who"]

        rounds = [said(call("meet", {"who": "a"}, "1"), call("meet", {"who": "b"}, "2")), said("Met.")]
        return await drive([agent(tool("meet", meet))], BODY, rounds)

    outcome = asyncio.run(meeting())
    assert [one["content"] for one in outcome.bodies[1]["messages"][-1]["content"]] == ["a", "b"]


def failing(problem):
    """A tool that raises."""

    async def fail(_, __):
        raise problem

    return fail


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (ToolError("no such zone"), "no such zone"),
        (BadRequest("not this model"), "now failed: not this model"),
        (RuntimeError("/secret/path"), "now failed (RuntimeError)"),
        (TimeoutError(), "now failed (TimeoutError)"),
    ],
)
def test_what_a_tool_raises_is_told_to_the_model(problem, told):
    outcome = run([agent(tool("now", failing(problem)))], BODY, [said(call("now", id="a")), said("Sorry.")])
    assert results_of(outcome.bodies[1])["a"] == {**result("a", told), "is_error": True}
    assert outcome.checked.text == "Sorry."


def test_a_tool_that_takes_too_long_is_told_so():
    async def sleep(_, __):
        await asyncio.sleep(30)

    slow = tool("now", sleep, timeout_seconds=0.01)
    outcome = run([agent(slow, tool("quick"))], BODY, [said(call("now", id="a"), call("quick", id="b")), said(".")])
    results = results_of(outcome.bodies[1])
    assert results["a"]["content"] == "now took longer than 0.01 seconds"
    assert results["b"] == result("b", "{}")


@pytest.mark.parametrize(("given", "sent"), [("", "(nothing)"), ([], "(nothing)"), ([text("x")], [text("x")])])
def test_what_a_tool_may_return(given, sent):
    async def give(_, __):
        return given

    outcome = run([agent(tool("now", give))], BODY, [said(call("now", id="a")), said(".")])
    assert results_of(outcome.bodies[1])["a"] == result("a", sent)


@pytest.mark.parametrize("given", [None, 3, ["x"], {"type": "text"}])
def test_what_a_tool_may_not_return(given, caplog):
    async def give(_, __):
        return given

    outcome = run([agent(tool("now", give))], BODY, [said(call("now", id="a")), said(".")])
    assert results_of(outcome.bodies[1])["a"]["is_error"] is True
    assert "now.run must return text or a list of blocks" in caplog.text


def test_arguments_that_are_no_json_are_told_to_the_model():
    events = unfold(said(call("now", {"zone": "x"}, "a")))
    next(event for event in events if event["type"] == "content_block_delta")["delta"]["partial_json"] = "{zone"
    calls = []

    async def go():
        client, memories = Client(), Memories()
        loop = await start([agent(tool("now", calls.append))], context(BODY), client, memories.answers)
        await answer(loop, events)
        return await loop.next_body()

    body = asyncio.run(go())
    assert results_of(body)["a"]["content"] == "the arguments are not a JSON object"
    assert calls == []


def test_the_round_limit_tells_the_model_first_and_ends_the_answer_then(caplog):
    ran = []

    async def now(_, __):
        ran.append(1)
        return "noon"

    rounds = [said(f"{n} ", call("now", id=f"toolu_{n}")) for n in range(4)]
    outcome = run([agent(tool("now", now))], BODY, rounds, config={"agent_rounds": 2})
    assert len(ran) == 2
    last = results_of(outcome.bodies[3])["toolu_2"]
    assert last["is_error"] is True
    assert "Answer with what you know" in last["content"]
    assert outcome.checked.text == "0 1 2 3 "
    assert outcome.checked.stop_reason == "end_turn"
    assert "goes on calling" in caplog.text


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "pause_turn"])
def test_an_answer_that_was_cut_short_is_not_gone_on_with(reason):
    outcome = run([agent(tool("now", failing(AssertionError)))], BODY, [said("Hm", call("now"), stop=reason)])
    assert outcome.checked.stop_reason == reason
    assert outcome.checked.text == "Hm"


@pytest.mark.parametrize("reason", ["end_turn", "tool_use", "stop_sequence"])
def test_calls_count_whatever_the_provider_calls_the_end(reason):
    outcome = run([agent(tool("now"))], BODY, [said(call("now"), stop=reason), said("Noon.")])
    assert outcome.checked.text == "Noon."


@pytest.mark.parametrize(
    ("choice", "tools", "afterwards"),
    [
        ({"type": "tool", "name": "now", "disable_parallel_tool_use": True}, [READ], "auto"),
        ({"type": "any"}, [], "auto"),
        ({"type": "any"}, [READ], "any"),
        ({"type": "tool", "name": "Read"}, [READ], "tool"),
        ({"type": "auto"}, [READ], "auto"),
    ],
)
def test_a_forced_choice_that_was_obeyed_is_free_again(choice, tools, afterwards):
    body = {**BODY, "tools": tools, "tool_choice": choice}
    outcome = run([agent(tool("now"))], body, [said(call("now")), said("Noon.")])
    first, second = (one["tool_choice"] for one in outcome.bodies)
    assert first == choice
    assert second["type"] == afterwards
    assert second.get("disable_parallel_tool_use") == choice.get("disable_parallel_tool_use")


def test_a_prefill_becomes_part_of_what_the_model_said():
    body = {**BODY, "messages": [user("When?"), {"role": "assistant", "content": "It"}]}
    outcome = run([agent(tool("now"))], body, [said(" is", call("now")), said(" noon.")])
    said_first = outcome.bodies[1]["messages"][1]
    assert said_first == {"role": "assistant", "content": [text("It"), text(" is"), call("now")]}


def test_blocks_that_a_tool_shows_come_between_the_rounds():
    async def search(_, context):
        use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
        context.show(use, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
        context.count(web_search_requests=1)
        return "nothing"

    outcome = run([agent(tool("find", search))], BODY, [said("Hm.", call("find")), said("No.")])
    kinds = [block["type"] for block in outcome.checked.blocks]
    assert kinds == ["text", "server_tool_use", "web_search_tool_result", "text"]
    assert outcome.checked.blocks[1]["input"] == {"query": "x"}
    assert outcome.checked.usage["server_tool_use"] == {"web_search_requests": 1}


# -- which agents work -------------------------------------------------------------------------------------


def test_without_an_agent_there_is_no_loop():
    async def go():
        unwilling = agent(tool("now"))
        unwilling.should_handle = lambda context: False
        memories = Memories()
        assert await start([], context(BODY), Client(), memories.answers) is None
        assert willing([unwilling], context(BODY)) == []

    asyncio.run(go())


@pytest.mark.parametrize("method", ["should_handle", "prepare"])
def test_an_agent_that_fails_is_left_out(method, caplog):
    def fail(*_):
        raise RuntimeError("broken")

    broken = agent(tool("broken"), called="broken")
    setattr(broken, method, fail)
    outcome = run([broken, agent(tool("now"))], BODY, [said("Noon.")])
    assert [one["name"] for one in outcome.bodies[0]["tools"]] == ["now"]
    assert "the agent broken failed" in caplog.text
    assert "RuntimeError: broken" in caplog.text


def test_an_agent_whose_tool_the_client_has_itself_is_left_out(caplog):
    outcome = run(
        [agent(tool("Read"), called="reader"), agent(tool("now"))], {**BODY, "tools": [READ]}, [said("Noon.")]
    )
    assert [one["name"] for one in outcome.bodies[0]["tools"]] == ["Read", "now"]
    assert "the agent reader is left out: there is another tool called Read" in caplog.text


def test_agents_see_what_those_before_them_prepared():
    class Says(type(agent())):
        name = "says"

        def __init__(self, word):
            self.word = word

        async def prepare(self, body, context):
            return {**body, "said": [*body.get("said", []), self.word]}

    outcome = run([Says("a"), Says("b")], BODY, [said("Noon.")])
    assert outcome.bodies[0]["said"] == ["a", "b"]
    assert "tools" not in outcome.bodies[0]


# -- attempts ----------------------------------------------------------------------------------------------


def loop_of(client, body=BODY):
    """A loop with one tool that can be called."""
    return start([agent(tool("now"))], context(body), client, Memories().answers)


def test_only_the_first_round_tells_the_client_to_wait():
    async def go():
        client = Client()
        loop = await loop_of(client)
        await answer(loop, unfold(said(call("now"))))
        await loop.next_body()
        await answer(loop, unfold(said("Noon.")))
        return client

    assert len(asyncio.run(go()).openings) == 1


def test_an_opening_counts_as_the_beginning():
    async def go():
        client = Client()
        loop = await loop_of(client)
        start_event, *rest = unfold(said("Noon."))
        loop.wait(lambda: [start_event])
        await client.write(client.openings[0]())
        assert client.openings[0]() == []
        await loop.write(rest)
        await loop.end()
        return client.events

    assert [event["type"] for event in asyncio.run(go())].count("message_start") == 1


def test_a_first_attempt_that_failed_leaves_nothing():
    async def go():
        client = Client()
        loop = await loop_of(client)
        loop.wait(list)
        await loop.write(unfold(said("lost", call("now")))[:5])
        client.events.clear()  # as a reply in JSON does
        assert not loop.started
        await answer(loop, unfold(said("Noon.")))
        assert await loop.next_body() is None
        return fold(client.events)

    assert asyncio.run(go())["content"] == [text("Noon.")]


def test_a_later_attempt_may_be_made_again_until_it_says_something():
    async def go():
        client = Client()
        loop = await loop_of(client)
        await answer(loop, unfold(said("a", call("now"))))
        assert loop.started
        body = await loop.next_body()
        loop.wait(list)
        await loop.write(unfold(said("lost"))[:1])
        assert not loop.started
        assert loop.body == body
        loop.wait(list)
        await loop.write(unfold(said("b"))[:3])
        assert loop.started
        loop.wait(list)
        await loop.fail(UpstreamBroken("cut"))
        return client

    assert str(asyncio.run(go()).error) == "cut"


def test_cancelling_the_loop_cancels_its_tools_and_leaves_no_task():
    async def go():
        running, cancelled = asyncio.Event(), []

        async def wait(_, __):
            running.set()
            try:
                await asyncio.sleep(30)
            finally:
                cancelled.append(1)

        before = asyncio.all_tasks()
        loop = await start([agent(tool("now", wait))], context(BODY), Client(), Memories().answers)
        await answer(loop, unfold(said(call("now", id="a"), call("now", id="b"))))
        waiting = asyncio.ensure_future(loop.next_body())
        await running.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert cancelled == [1, 1]
        assert asyncio.all_tasks() == before

    asyncio.run(go())


def test_200_sessions_at_once_do_not_mix():
    async def wait(arguments, context):
        context.kept["who"] = arguments["who"]
        await asyncio.sleep(0)
        assert context.kept["who"] == arguments["who"]
        return f"{context.session_id}:{arguments['who']}"

    shared = agent(tool("who", wait))

    async def one(number):
        rounds = [said(f"{number}-", call("who", {"who": number}, "call_0")) for _ in range(3)]
        outcome = await drive([shared], BODY, [*rounds, said(str(number))], session_id=f"s{number}")
        assert outcome.checked.text == f"{number}-" * 3 + str(number)
        for body in outcome.bodies[1:]:
            assert body["messages"][-1]["content"][0]["content"] == f"s{number}:{number}"

    async def go():
        await asyncio.gather(*map(one, range(200)))

    asyncio.run(go())


# -- any order of blocks -----------------------------------------------------------------------------------

PIECES = {
    "text": lambda n: text(f"text {n} "),
    "thinking": lambda n: thinking(f"thought {n}"),
    "agent": lambda n: call("now", {"n": n}, f"agent_{n}"),
    "client": lambda n: call("Read", {"n": n}, f"client_{n}"),
    "server": lambda n: {"type": "web_search_tool_result", "tool_use_id": f"srv_{n}", "content": []},
}
KINDS = st.lists(st.sampled_from(["text", "thinking", "agent", "server"]), max_size=6)


@st.composite
def scripts(draw):
    """Rounds in which an agent is called, and a last one in which none is, or the client too."""
    number = iter(range(1000))
    first = draw(st.lists(KINDS.map(lambda kinds: [*kinds, "agent"]).flatmap(st.permutations), max_size=4))
    last = draw(st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=6))
    if "client" not in last:
        last = [kind for kind in last if kind != "agent"] or ["text"]
    return [[PIECES[kind](next(number)) for kind in kinds] for kinds in [*first, last]]


@given(scripts(), st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_any_order_of_blocks_gives_one_strict_message(rounds, piece):
    outcome = run([agent(tool("now"))], {**BODY, "tools": [READ]}, [said(*one) for one in rounds], piece=piece)
    visible = [block for one in rounds for block in one if block.get("name") != "now"]
    assert outcome.message["content"] == visible
    assert outcome.checked.usage["output_tokens"] == 2 * len(rounds)
    for (before, after), content in zip(pairwise(outcome.bodies), rounds, strict=False):
        *same, assistant, results = after["messages"]
        assert same == before["messages"]
        assert assistant["content"] == content
        calls = [block["id"] for block in content if block.get("name") == "now"]
        assert [one["tool_use_id"] for one in results["content"]] == calls


@given(scripts())
@settings(max_examples=150, deadline=None)
def test_the_client_coming_back_finds_the_rounds_as_they_were(rounds):
    async def go():
        memories, helper = Memories(), agent(tool("now"))
        body = {**BODY, "tools": [READ]}
        outcome = await drive([helper], body, [said(*one) for one in rounds], memories=memories)
        own = [block["id"] for block in rounds[-1] if block.get("name") == "Read"]
        if not own:
            return
        answered = user(*map(result, own))
        again = {**body, "messages": [*body["messages"], outcome.message, answered]}
        second = (await drive([helper], again, [said("Done.")], memories=memories)).bodies[0]
        expected = outcome.bodies[-1]["messages"]
        *same, assistant, results = second["messages"]
        assert same == expected
        assert assistant["content"] == rounds[-1]
        calls = [block["id"] for block in rounds[-1] if block.get("name") == "now"]
        assert [one["tool_use_id"] for one in results["content"]] == [*calls, *own]

    asyncio.run(go())


def test_nothing_is_logged_when_all_goes_well(caplog):
    with caplog.at_level(logging.INFO, "ccr_middleware"):
        run([agent(tool("now"))], BODY, [said(call("now")), said("Noon.")])
    assert caplog.records == []
