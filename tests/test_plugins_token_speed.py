"""token-speed: what is measured of an answer, and where it is told."""

import asyncio
import gc
import json
import logging
import os
import stat
import time
import weakref

import pytest

from ccr_middleware.errors import UpstreamBroken, UpstreamUnreachable
from ccr_middleware.plugins.base import GatewayInfo
from ccr_middleware.plugins.token_speed.errands import Errands
from ccr_middleware.plugins.token_speed.measure import Measure, Sessions, estimated_tokens
from ccr_middleware.plugins.token_speed.options import OutputOptions, TokenSpeedOptions
from ccr_middleware.plugins.token_speed.outputs import own_folder
from ccr_middleware.plugins.token_speed.plugin import TokenSpeed
from ccr_middleware.plugins.token_speed.record import SpeedRecord, written
from ccr_middleware.statusline.speed_file import read_speed
from tests.support.plugins import context, hooks, report

RECORD = {"output_tokens": 90, "total_seconds": 3.0}


def start(kind="text"):
    """The opening of a block."""
    return {"type": "content_block_start", "index": 0, "content_block": {"type": kind}}


def delta(text, kind="text_delta", field="text"):
    """A piece of an answer."""
    return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: text}}


def ended(tokens):
    """The event with the usage."""
    return {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": tokens}}


@pytest.fixture
def temp(tmp_path, monkeypatch):
    """The folder for temporary files."""
    for name in ("TMPDIR", "TMP", "TEMP"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def made(**options):
    """The plugin with these options."""
    return TokenSpeed(TokenSpeedOptions.model_validate(options))


def answered(plugin, *calls, record=RECORD, events=None):
    """Let calls be answered, and the plugin come to its end. No hook may fail."""
    events = [start(), delta("Hello"), ended(90)] if events is None else events

    async def run():
        asked = hooks(plugin)
        for call in calls:
            await asked.tap(call).feed(events)
            await asked.on_response(call, record)
        await asyncio.wait_for(plugin.on_shutdown(), 5)
        assert report(asked)["last_error"] is None

    asyncio.run(run())


def call(session="abc-1", **facts):
    """A streamed call."""
    return context(session=session, streaming=True, provider="one", model="m", **facts)


# -- measuring ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("你好吗", 2), ("こんにち", 4 / 1.5), ("é" * 8, 2), ("ab你好吗cd", 3)]
)
def test_tokens_are_estimated_from_the_text(text, tokens):
    assert estimated_tokens(text) == pytest.approx(tokens)


def test_the_speed_of_the_moment_and_the_first_token():
    measure = Measure(100.0)
    assert not measure.feed({"type": "message_start", "message": {"usage": {"output_tokens": 1}}}, 100.1)
    assert measure.first_at is None
    assert not measure.feed(start(), 100.5)
    assert measure.first_at == 100.5
    for moment in (100.6, 100.7, 101.65):
        assert measure.feed(delta("x" * 40), moment)
    assert (measure.speed(101.65), measure.speed(101.65), measure.speed(103)) == (20, 20, 0)
    assert measure.tokens == 30
    assert measure.last_at == 101.65


def test_thinking_and_the_input_of_tools_count():
    measure = Measure(0.0)
    measure.feed(delta("x" * 40, "thinking_delta", "thinking"), 1)
    measure.feed(delta("x" * 40, "input_json_delta", "partial_json"), 1)
    assert not measure.feed(delta("sig", "signature_delta", "signature"), 1)
    assert measure.tokens == 20


def test_the_provider_s_own_number_goes_before():
    measure = Measure(0.0)
    measure.feed(delta("x" * 40), 1)
    measure.feed(ended(0), 1)
    assert measure.tokens == 10
    measure.feed(ended(77), 1)
    assert measure.tokens == 77


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "content_block_delta"},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 5}},
        {"type": "message_delta", "usage": 5},
    ],
)
def test_odd_events_do_no_harm(event):
    assert not Measure(0.0).feed(event, 1)


def test_sessions_are_bounded():
    """K-1: the reference never forgets any."""
    sessions = Sessions(size=3)
    for number in range(10):
        sessions.get(f"s{number}").add(10, 2.0)
    assert len(sessions) == 3
    sessions.get("s9").add(20, 1.0)
    assert (sessions.get("s9").calls, sessions.get("s9").tokens, sessions.get("s9").speed) == (2, 30, 10.0)


# -- records -----------------------------------------------------------------------------------------------------

SPEED = SpeedRecord(
    "req_0123456789", "abc-1", "one,m", True, True, 90, 30.5, 0.0314, 3.0412, 1_700_000_000.5, 2, 180, 31
)


def test_the_record_has_the_fields_of_v2_and_numbers_besides():
    """K-2: `31ms` could not be read as a number."""
    assert SPEED.to_json() == {
        "requestId": "01234567",
        "sessionId": "abc-1",
        "stream": True,
        "tokenCount": 90,
        "tokensPerSecond": 30.5,
        "timeToFirstToken": "31ms",
        "duration": "3.04s",
        "timestamp": 1_700_000_000_500,
        "timeToFirstTokenMs": 31,
        "durationMs": 3041,
        "final": True,
        "target": "one,m",
        "sessionCalls": 2,
        "sessionTokens": 180,
        "sessionTokensPerSecond": 31,
    }


def test_the_record_as_text():
    options = OutputOptions(format="text", prefix="speed:", metadata={"host": "h"})
    assert written(SPEED, options) == (
        "speed: tokens 90, tokens/s 30.5, first token 31ms, duration 3.04s, target one,m, session abc-1, host h"
    )
    assert written(SPEED, OutputOptions(format="markdown")).splitlines()[:3] == [
        "**token speed**",
        "",
        "- tokens: `90`",
    ]
    assert json.loads(written(SPEED, OutputOptions()).removeprefix("token speed "))["tokenCount"] == 90


# -- options -----------------------------------------------------------------------------------------------------


def kinds(**options):
    """The outputs of some options."""
    return [type(output).__name__.removesuffix("Output").lower() for output in made(**options).outputs]


HOOK = {"type": "webhook", "config": {"url": "http://x.invalid/"}}


@pytest.mark.parametrize(
    ("options", "outputs"),
    [
        ({}, ["console", "file"]),
        ({"reporter": "console"}, ["console"]),
        ({"reporter": ["temp-file", "console", "file"]}, ["file", "console"]),
        ({"reporter": []}, []),
        ({"outputHandlers": [HOOK]}, ["webhook"]),
        ({"outputHandlers": [HOOK, {**HOOK, "enabled": False}], "reporter": "webhook"}, ["webhook"]),
        ({"outputHandlers": [HOOK, {"type": "temp-file", "config": {"includeTimestamp": True}}]}, ["webhook", "file"]),
        ({"outputHandlers": [HOOK], "reporter": ["console", "webhook"]}, ["webhook", "console"]),
        ({"outputHandlers": [HOOK, HOOK]}, ["webhook", "webhook"]),
        (
            {"outputOptions": {"format": "json", "timestamp": True, "prefix": "p", "metadata": {}, "timeout": 5}},
            ["console", "file"],
        ),
    ],
)
def test_outputs_in_the_words_of_v2(options, outputs):
    assert kinds(**options) == outputs


@pytest.mark.parametrize(
    "options",
    [
        {"outputHandlers": [{"type": "websocket", "config": {}}]},
        {"outputHandlers": [{"type": "webhook"}]},
        {"outputHandlers": [{"type": "webhook", "config": {"url": "ftp://x"}}]},
        {"outputHandlers": [{"type": "webhook", "config": {"url": "http://x", "auth": {"type": "bearer"}}}]},
        {"outputHandlers": [{"type": "webhook", "config": {"url": "http://x", "method": "GET"}}]},
        {"outputHandlers": [{"type": "temp-file", "config": {"prefix": "../x"}}]},
        {"reporter": "webhook"},
        {"unknown": 1},
    ],
)
def test_options_that_cannot_be(options):
    with pytest.raises(ValueError, match="validation error"):
        made(**options)


# -- the console -------------------------------------------------------------------------------------------------


def test_a_finished_answer_is_a_line_of_the_log(caplog):
    plugin = made(reporter="console", outputOptions={"format": "text"})
    with caplog.at_level(logging.INFO, "ccr_middleware.token_speed"):
        answered(plugin, call())
        answered(plugin, call(session=""))
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]
    assert "tokens 90, tokens/s 30" in caplog.text
    assert "target one,m, session abc-1" in caplog.text


def test_the_level_of_the_line(caplog):
    handlers = [{"type": "console", "config": {"level": "warn", "colors": False}}]
    answered(made(outputHandlers=handlers), call())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_an_answer_without_tokens_is_not_told(caplog):
    with caplog.at_level(logging.INFO):
        answered(made(reporter="console"), call(), record={}, events=[])
    assert caplog.text == ""


def test_an_answer_that_broke_off_counts_as_far_as_it_came(caplog):
    plugin = made(reporter="console")

    async def run():
        asked, cut = hooks(plugin), call()
        await asked.tap(cut).feed([start(), delta("x" * 400)])
        await asked.on_error(cut, UpstreamBroken("cut"))
        await asked.on_error(call(), UpstreamBroken("before anything came"))

    with caplog.at_level(logging.INFO):
        asyncio.run(run())
    assert caplog.text.count("tokenCount") == 1
    assert '"tokenCount":100' in caplog.text


def test_nothing_is_left_of_a_call_that_nobody_ends():
    """K-1: a stream that ends without `message_stop` left its timer and its numbers behind."""
    plugin = made(reporter=[])

    class Store(dict):
        """What can be asked whether it is still there."""

    async def run():
        asked, left = hooks(plugin), call(store=Store())
        await asked.tap(left).feed([start(), delta("Hello")])
        assert set(left.store) == {"token-speed"}
        assert len(asyncio.all_tasks()) == 1
        return weakref.ref(left.store)

    store = asyncio.run(run())
    gc.collect()
    assert store() is None
    assert len(plugin.sessions) == 0


# -- the file ----------------------------------------------------------------------------------------------------


def test_the_file_of_a_session_is_readable_for_its_owner_only_and_for_the_status_line(temp):
    answered(made(reporter="temp-file"), call(), call(), call(session=""), call(session="../../x"))
    folder = temp / "claude-code-router"
    assert os.listdir(folder) == ["session-abc-1.json"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "session-abc-1.json").stat().st_mode) == 0o600
    record = read_speed("abc-1", {"TMPDIR": str(temp)})
    assert (record["tokenCount"], record["tokensPerSecond"], record["final"]) == (90, 30.0, True)
    assert (record["sessionCalls"], record["sessionTokens"], record["target"]) == (2, 180, "one,m")
    assert record["timeToFirstTokenMs"] < 1000
    assert os.listdir(temp) == ["claude-code-router"]


def test_a_whole_answer_has_no_first_token(temp):
    whole = context(session="abc-1", provider="one", model="m")
    answered(made(reporter="temp-file"), whole, events=[start(), delta("Hello"), ended(5)])
    assert read_speed("abc-1", {"TMPDIR": str(temp)})["timeToFirstToken"] == "N/A"


def test_while_an_answer_comes_the_file_is_written_once_in_a_while(temp, monkeypatch):
    plugin = made(reporter=["temp-file", "console"], intervalSeconds=10)
    times = iter([0.0, 5.0, 11.0, 12.0, 15.0, 21.5])
    monkeypatch.setattr("ccr_middleware.plugins.token_speed.plugin.time.perf_counter", lambda: next(times))
    put = []
    monkeypatch.setattr(plugin.outputs[0], "put", put.append)
    monkeypatch.setattr(plugin.outputs[1], "put", lambda record: pytest.fail("only finished ones go to the log"))

    async def run():
        await hooks_without_clock(plugin, call(began=0.0), [delta("x" * 40)] * 6)

    asyncio.run(run())
    assert [(record.final, record.tokens, record.seconds) for record in put] == [(False, 30, 11.0), (False, 60, 21.5)]
    assert put[0].first_token_seconds == 0.0


async def hooks_without_clock(plugin, of, events):
    """Show a plugin events, with nobody else looking at the clock."""
    for event in events:
        plugin.on_event(of, event)


def test_other_names_and_a_file_for_each_call(temp):
    config = {"subdirectory": "speeds", "prefix": "s", "extension": "txt", "includeTimestamp": True}
    answered(made(outputHandlers=[{"type": "file", "config": config}]), call())
    (name,) = os.listdir(temp / "speeds")
    assert name.startswith("s-abc-1-1")
    assert name.endswith(".txt")


def test_a_folder_that_is_somebody_else_s_is_not_used(temp, monkeypatch):
    (temp / "claude-code-router").mkdir(mode=0o777)
    (temp / "claude-code-router").chmod(0o777)
    assert own_folder("claude-code-router", {"TMPDIR": str(temp)}) == str(temp / "claude-code-router")
    assert stat.S_IMODE((temp / "claude-code-router").stat().st_mode) == 0o700, "ours, so it is put right"

    (temp / "elsewhere").mkdir()
    (temp / "linked").symlink_to(temp / "elsewhere")
    other = own_folder("linked", {"TMPDIR": str(temp)})
    assert other == f"{temp / 'linked'}-{os.getuid()}"
    assert os.listdir(temp / "elsewhere") == []


def test_an_absolute_folder_must_be_closed_to_others(tmp_path, caplog):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(PermissionError, match="others may write"):
        own_folder(str(tmp_path / "open"), {})
    config = {"subdirectory": str(tmp_path / "open")}
    answered(made(outputHandlers=[{"type": "temp-file", "config": config}]), call(), call())
    assert caplog.text.count("token speeds are not written to files") == 1
    assert os.listdir(tmp_path / "open") == []


def test_files_of_sessions_long_gone_are_removed(temp):
    folder = temp / "claude-code-router"
    folder.mkdir(mode=0o700)
    old = time.time() - 30 * 24 * 3600
    for name in ("session-old.json", "session-new.json", "other.json"):
        (folder / name).write_text("{}")
        if name != "session-new.json":
            os.utime(folder / name, (old, old))
    answered(made(reporter="temp-file"), call())
    assert sorted(os.listdir(folder)) == ["other.json", "session-abc-1.json", "session-new.json"]


# -- webhooks ----------------------------------------------------------------------------------------------------


class Receiver:
    """What a webhook is sent; answers with these statuses or errors, then with 200."""

    def __init__(self, *answers):
        self.requests = []
        self._answers = list(answers)

    async def fetch(self, request):
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else 200
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.sleep(60)
        return answer, b""


def deliver(receiver, calls=1, output_options=None, **config):
    """Let a webhook be told of calls, all the way."""
    config = {"url": "http://stats.invalid/in?key=k", "retry": {"backoffMs": 1}, **config}
    plugin = made(outputHandlers=[{"type": "webhook", "config": config}], outputOptions=output_options or {})

    async def run():
        asked = hooks(plugin)
        await asked.on_startup(GatewayInfo(config=None, version="0", standalone=False, fetch=receiver.fetch))
        for _ in range(calls):
            await asked.on_response(call(), RECORD)
        await asyncio.wait_for(asked.on_shutdown(), 5)

    asyncio.run(run())
    return receiver.requests


def test_a_webhook_is_sent_what_v2_sends():
    (request,) = deliver(Receiver(), output_options={"prefix": "p", "metadata": {"host": "h"}})
    assert (request.url, request.method) == ("http://stats.invalid/in?key=k", "POST")
    assert request.headers == {"content-type": "application/json"}
    body = json.loads(request.body)
    assert set(body) == {"data", "timestamp", "prefix", "metadata"}
    assert (body["prefix"], body["metadata"]) == ("p", {"sessionId": "abc-1", "host": "h"})
    assert (body["data"]["tokenCount"], body["data"]["final"]) == (90, True)
    assert body["timestamp"].endswith("Z")
    (request,) = deliver(Receiver(), output_options={"timestamp": False})
    assert set(json.loads(request.body)) == {"data", "metadata"}


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        ({"type": "bearer", "token": "t"}, {"authorization": "Bearer t"}),
        ({"type": "basic", "username": "u", "password": "p"}, {"authorization": "Basic dTpw"}),
        ({"type": "custom", "custom": {"header": "X-Key", "value": "v"}}, {"x-key": "v"}),
    ],
)
def test_how_a_webhook_is_told_who_sends(auth, headers):
    (request,) = deliver(Receiver(), auth=auth, headers={"X-Own": "1", "Content-Type": "text/json"}, method="PUT")
    assert request.headers == {"content-type": "text/json", "x-own": "1", **headers}
    assert request.method == "PUT"


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ([500, 429, 200], 3),
        ([500, 500, 500, 500], 3),
        ([UpstreamUnreachable("x"), 200], 2),
        ([400], 1),
        ([404], 1),
        ([204], 1),
    ],
)
def test_what_may_pass_is_tried_again(answers, sent):
    assert len(deliver(Receiver(*answers))) == sent


def test_back_off_doubles(monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("ccr_middleware.plugins.token_speed.webhook.asyncio.sleep", sleep)
    deliver(Receiver(500, 500, 500), retry={"maxAttempts": 4, "backoffMs": 1000})
    deliver(Receiver(500, 500), retry={"maxAttempts": 3, "backoffMs": 1000, "exponential": False})
    assert slept == [1.0, 2.0, 4.0, 1.0, 1.0]


def test_failures_are_told_once_and_never_with_the_address(caplog):
    deliver(Receiver(400, 400, 200, 400), calls=4)
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings == ["token speeds do not reach stats.invalid: it answered with status 400"] * 2
    caplog.clear()
    deliver(Receiver(400), silent=True)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_one_that_does_not_answer_is_not_waited_for(caplog):
    deliver(Receiver(None), output_options={"timeout": 10}, retry={"maxAttempts": 1})
    assert "it did not answer in time" in caplog.text


def test_a_webhook_never_holds_up_a_call():
    receiver = Receiver(None)
    plugin = made(outputHandlers=[HOOK])

    async def run():
        asked = hooks(plugin)
        await asked.on_startup(GatewayInfo(config=None, version="0", standalone=False, fetch=receiver.fetch))
        await asyncio.wait_for(asked.on_response(call(), RECORD), 5)
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert len(receiver.requests) == 1


# -- errands -----------------------------------------------------------------------------------------------------


def test_errands_are_done_in_their_order_and_bounded(caplog):
    done = []

    def errand(number):
        async def do():
            if number == 1:
                raise ValueError("oh")
            done.append(number)

        return do

    async def run():
        errands = Errands("what is sent", size=3)
        for number in range(6):
            errands.put(errand(number))
        await errands.finish()
        errands.put(errand(9))
        await errands.finish()
        await errands.finish()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
    assert done == [3, 4, 5, 9]
    assert caplog.text.count("the oldest is given up") == 1


def test_an_errand_that_fails_does_not_stop_the_others(caplog):
    done = []

    async def fails():
        raise ValueError("oh")

    async def works():
        done.append(1)

    async def run():
        errands = Errands("what is sent")
        errands.put(fails)
        errands.put(works)
        await errands.finish()

    asyncio.run(run())
    assert done == [1]
    assert "what is sent failed" in caplog.text
