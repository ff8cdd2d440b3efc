"""The image agent: references in the places of images, and another model that looks at them."""

import asyncio
import json

import pytest

from ccr_middleware.agents.image import ImageAgent, ImageOptions
from ccr_middleware.agents.pictures import Marking, has_images
from ccr_middleware.agents.start import willing
from ccr_middleware.errors import UpstreamError
from tests.support.agents import (
    PNG,
    Memories,
    call,
    context,
    drive,
    picture,
    result,
    said,
    text,
    user,
)

CONFIG = {
    "Providers": [
        {"name": "p", "api_base_url": "http://p.test/v1/chat/completions", "api_key": "k", "models": ["blind"]},
        {"name": "eyes", "api_base_url": "http://e.test/v1/chat/completions", "api_key": "k", "models": ["v"]},
    ],
    "Router": {"default": "p,blind", "image": "eyes,v"},
}
FORCED = {**CONFIG, "forceUseImageAgent": True}
AGENT = ImageAgent(ImageOptions())
BODY = {"model": "m", "max_tokens": 100, "messages": [user("What is this?", PNG)]}
LOOKS = {"imageId": ["1"], "task": "What is it?"}


class Eyes:
    """The vision model: what it was asked, and what it says."""

    def __init__(self, *answers):
        self.bodies = []
        self.answers = list(answers) or ["A cat."]

    async def __call__(self, body):
        self.bodies.append(body)
        answer = self.answers[min(len(self.bodies), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return said(*[answer] if answer else [])


def turn(eyes, body=BODY, rounds=None, memories=None, **more):
    """One request, answered with these rounds."""
    rounds = rounds or [said("Let me look. ", call("analyzeImage", LOOKS)), said("It is a cat.")]
    known = {"config": FORCED, "ask": eyes} | more
    return asyncio.run(drive([AGENT], body, rounds, memories=memories, **known))


def wanted(body=BODY, **more):
    """Whether the agent works on a call."""
    return AGENT.should_handle(context(body, **({"config": CONFIG} | more)))


def marked(*messages):
    """Messages with references, and the images they refer to."""
    marking = Marking(lambda number, picture: f"<{number}>")
    return marking.messages(list(messages)), [one.block for one in marking.gallery.pictures.values()]


def test_c44_an_image_is_looked_at_once_and_the_answer_is_one_message():
    eyes = Eyes()
    outcome = turn(eyes)
    assert outcome.checked.text == "Let me look. It is a cat."
    assert [event["index"] for event in outcome.client.events if event["type"] == "content_block_start"] == [0, 1]
    assert len(eyes.bodies) == 1
    assert "aW1hZ2U=" not in json.dumps(outcome.bodies)


def test_what_the_models_are_asked():
    eyes = Eyes()
    first, second = turn(eyes).bodies
    assert first["messages"] == [user("What is this?", "[Image #1]")]
    assert "analyzeImage" in first["system"]
    assert [one["name"] for one in first["tools"]] == ["analyzeImage"]
    assert second["messages"][-1] == user(result("toolu_analyzeImage", "A cat."))
    asked = eyes.bodies[0]
    assert (asked["model"], asked["stream"], asked["max_tokens"]) == ("eyes,v", False, 4096)
    assert asked["messages"] == [user("[Image #1]", PNG, "Task: What is it?")]


@pytest.mark.parametrize("system", ["Be nice.", [text("Be nice.")], None])
def test_instructions_come_behind_any_system_prompt(system):
    body = BODY if system is None else {**BODY, "system": system}
    sent = turn(Eyes(), body).bodies[0]["system"]
    assert type(sent) is type(system or "")
    assert ("Be nice." in json.dumps(sent)) == (system is not None)
    assert "You cannot see images" in json.dumps(sent)


def test_c44_the_next_turn_knows_what_was_seen_and_nobody_looks_again():
    eyes, memories = Eyes(), Memories()
    first = turn(eyes, memories=memories)
    later = {**BODY, "messages": [*BODY["messages"], first.message, user("Which colour?")]}
    body = turn(eyes, later, [said("Grey.")], memories).bodies[0]
    assert body["messages"][0] == user("What is this?", "[Image #1]\nKnown of it: What is it?: A cat.")
    assert len(eyes.bodies) == 1
    stranger = turn(eyes, later, [said("Grey.")], memories, session_id="another").bodies[0]
    assert stranger["messages"][0] == user("What is this?", "[Image #1]")


def test_the_same_task_about_the_same_image_is_given_once():
    eyes, memories = Eyes(), Memories()
    for session in ("one", "two"):
        outcome = turn(eyes, memories=memories, session_id=session)
        assert outcome.bodies[1]["messages"][-1] == user(result("toolu_analyzeImage", "A cat."))
    assert len(eyes.bodies) == 1
    other = {**BODY, "messages": [user("What is this?", picture("b3RoZXI="))]}
    turn(eyes, other, memories=memories)
    turn(eyes, rounds=[said(call("analyzeImage", {**LOOKS, "task": "Where?"})), said(".")], memories=memories)
    assert len(eyes.bodies) == 3


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (UpstreamError("the model is overloaded", status=529), "analyzeImage failed: the model is overloaded"),
        (ValueError("x"), "analyzeImage failed (ValueError)"),
        ("", "the vision model answered with nothing"),
    ],
)
def test_c44_a_failing_vision_model_is_told_to_the_main_model(answer, told):
    eyes, memories = Eyes(answer), Memories()
    outcome = turn(eyes, memories=memories)
    assert outcome.bodies[1]["messages"][-1]["content"][0] == {
        **result("toolu_analyzeImage", told),
        "is_error": True,
    }
    turn(eyes, memories=memories)
    assert len(eyes.bodies) == 2  # a failure is not remembered


def test_several_images_are_looked_at_together():
    eyes = Eyes("Two animals.")
    a, b = picture("YQ=="), picture("Yg==")
    body = {**BODY, "messages": [user(a, "and", b, a)]}
    looks = {"imageId": ["2", "[Image #1]"], "task": "Compare", "regions": [{"x": 1, "y": 2, "w": 3, "h": 4}]}
    outcome = turn(eyes, body, [said(call("analyzeImage", looks)), said(".")])
    assert outcome.bodies[0]["messages"] == [user("[Image #1]", "and", "[Image #2]", "[Image #1]")]
    content = eyes.bodies[0]["messages"][0]["content"]
    assert content[:4] == [text("[Image #2]"), b, text("[Image #1]"), a]
    assert content[4]["text"].startswith('Task: Compare\nOnly these regions: [{"name":"","x":1.0,')


@pytest.mark.parametrize("numbers", ["1", 1, ["#1"], [1], ["Image 1"]])
def test_models_write_numbers_in_many_ways(numbers):
    eyes = Eyes()
    turn(eyes, rounds=[said(call("analyzeImage", {"imageId": numbers, "task": "?"})), said(".")])
    assert len(eyes.bodies) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"imageId": ["7"], "task": "?"}, "there is no image '7'; the images are 1"),
        ({"imageId": ["x"], "task": "?"}, "there is no image 'x'; the images are 1"),
        ({"imageId": ["9" * 50], "task": "?"}, "the images are 1"),
        ({"task": "?"}, "imageId: Field required"),
        ({"imageId": [], "task": "?"}, "imageId: "),
        ({"imageId": ["1"]}, "task: Field required"),
        ({"imageId": ["1"], "task": "?", "regions": [{"x": 1}]}, "regions.0.y: Field required"),
    ],
)
def test_wrong_arguments_are_told_to_the_model(arguments, told):
    eyes = Eyes()
    outcome = turn(eyes, rounds=[said(call("analyzeImage", arguments)), said(".")])
    failed = outcome.bodies[1]["messages"][-1]["content"][0]
    assert failed["is_error"] is True
    assert told in failed["content"]
    assert eyes.bodies == []


def test_images_in_tool_results_keep_the_texts_around_them():
    mixed = result("t1", [text("first"), PNG, text("between"), picture("Yg=="), text("last")])
    plain = result("t2", [text("no image here")])
    messages, images = marked(user(mixed, plain, "go on"))
    shown = [text("first"), text("<1>"), text("between"), text("<2>"), text("last")]
    assert messages == [user(result("t1", shown), plain, "go on")]
    assert images == [PNG, picture("Yg==")]


def test_cache_marks_of_images_stay():
    cache = {"type": "ephemeral"}
    messages, images = marked(user({**PNG, "cache_control": cache}))
    assert messages == [user({**text("<1>"), "cache_control": cache})]
    assert images == [PNG]


def test_the_numbers_of_the_client_become_ours():
    a, b, c = picture("YQ=="), picture("Yg=="), picture("Yw==")
    first = user("see [Image #3] and [Image #4]", b, c)
    messages, _ = marked(user(result("t", [a])), first, {"role": "user", "content": "[Image #4]? [Image #9]?"})
    assert messages[1]["content"][0] == text("see [Image #2] and [Image #3]")
    assert messages[2]["content"] == "[Image #3]? [an image]?"


def test_what_has_no_image_stays_the_same_objects():
    history = [user(text("a"), result("t", "x")), {"role": "assistant", "content": [text("[Image #1]")]}, user("b")]
    messages, images = marked(*history)
    assert messages == history
    assert messages[1] is history[1]
    assert images == []
    assert not has_images(history)


# -- when it works -----------------------------------------------------------------------------------------


def test_it_works_for_images_in_the_history_of_a_model_that_does_not_see():
    assert wanted()
    assert wanted({**BODY, "messages": [*BODY["messages"], said("A cat."), user("Sure?")]})
    assert wanted({**BODY, "messages": [user(result("t", [text("x"), PNG]))]})


@pytest.mark.parametrize(
    "more",
    [
        {"config": {"Router": {"default": "p,blind"}}},
        {"sees": True},
        {"scenario": "image"},
        {"provider": "eyes", "model": "v"},
        {"body": {**BODY, "messages": [user("no image")]}},
        {"body": {**BODY, "messages": None}},
    ],
)
def test_when_it_does_not_work(more):
    assert not wanted(**more)


def test_targets_that_see_can_be_named():
    seeing = ImageAgent(ImageOptions(can_see=["P,bl*"]))
    assert not seeing.should_handle(context(BODY, config=CONFIG))
    assert seeing.should_handle(context(BODY, config=FORCED))
    assert seeing.should_handle(context(BODY, config=CONFIG, provider="q"))


def test_forced_it_works_for_models_that_see_too():
    assert wanted(config=FORCED, sees=True)
    assert not wanted(config=FORCED, provider="eyes", model="v")


def test_a_pool_for_images_is_asked_as_its_first_target():
    pool = {**CONFIG["Router"], "image": [{"target": "eyes,v", "weight": 2}, "p,other"]}
    eyes = Eyes()
    turn(eyes, config={**FORCED, "Router": pool})
    assert eyes.bodies[0]["model"] == "eyes,v"
    assert not wanted(config={**FORCED, "Router": pool}, model="other")


def test_200_sessions_do_not_see_the_images_of_others():
    memories = Memories()

    async def look(body):
        await asyncio.sleep(0)
        return said(body["messages"][0]["content"][1]["source"]["data"])

    async def one(number):
        body = {**BODY, "messages": [user("?", picture(f"data{number}"))]}
        rounds = [said(call("analyzeImage", LOOKS, "call_0")), said("Done.")]
        more = {"config": FORCED, "ask": look, "session_id": f"s{number % 20}"}
        outcome = await drive([AGENT], body, rounds, memories=memories, **more)
        assert outcome.bodies[1]["messages"][-1] == user(result("call_0", f"data{number}"))

    async def go():
        await asyncio.gather(*map(one, range(200)))

    asyncio.run(go())


def test_without_images_there_is_no_loop():
    plain = {**BODY, "messages": [user("Hi")]}
    assert willing([AGENT], context(plain, config=FORCED)) == []
