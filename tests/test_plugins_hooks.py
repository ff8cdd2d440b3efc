"""The hooks of plugins: what they may change, and that their faults stay theirs."""

import asyncio
import logging
import threading
import time

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.errors import BadRequest, NotPermitted
from ccr_middleware.plugins import NoOptions, Plugin, Route, UpstreamCall
from ccr_middleware.plugins.base import shown_headers
from ccr_middleware.plugins.hooks import Hooks
from ccr_middleware.plugins.tap import MAX_EVENT_FAULTS
from ccr_middleware.routing.decision import Decision
from ccr_middleware.routing.models import Resolver
from tests.support.plugins import context, hooks, plugin, report

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
PROVIDERS = [{"name": "one", "api_base_url": "http://x.invalid/v1/chat/completions", "models": ["a", "b"]}]
RESOLVER = Resolver(load_config({"Providers": PROVIDERS, "aliases": {"fast": "one,b"}}))
DECISION = Decision("one", "a", "default", "the default", fallbacks=("one,b",), parameters={"temperature": 0})
EVENT = {"type": "ping"}


def run(coroutine):
    """What a hook gives, within a second."""
    return asyncio.run(asyncio.wait_for(coroutine, 5))


def plain(self, context, *arguments):
    raise ValueError("no such thing")


async def slow(self, *arguments):
    await asyncio.sleep(60)


# -- what nobody has ---------------------------------------------------------------------------------------------


def test_hooks_that_nobody_overrides_are_empty():
    made = hooks(plugin(), plugin("other"))
    assert (made.request, made.route, made.upstream_request, made.event) == ((), (), (), ())
    assert (made.response, made.error, made.startup, made.shutdown) == ((), (), (), ())
    assert not made.call
    assert not made.must_start
    assert made.tap(context()) is None


def test_only_the_plugins_that_have_a_hook_are_asked_in_their_order():
    def said(word):
        def on_request(self, context, body):
            return {**body, "model": body["model"] + word}

        return on_request

    made = hooks(plugin("a", on_request=said("a")), plugin("b"), plugin("c", on_request=said("c")))
    assert [hook.plugin for hook in made.request] == ["a", "c"]
    assert made.call
    assert run(made.on_request(context(), BODY)) == {**BODY, "model": "mac"}


def test_a_hook_on_the_object_itself_counts():
    own = plugin()
    own.on_request = lambda context, body: {**body, "model": "x"}
    assert run(hooks(own).on_request(context(), BODY))["model"] == "x"


def test_an_inherited_hook_counts():
    class Base(Plugin[NoOptions]):
        name = "base"

        def on_request(self, context, body):
            return {**body, "model": "x"}

    class Child(Base):
        name = "child"

    assert len(hooks(Child(NoOptions())).request) == 1


# -- requests ----------------------------------------------------------------------------------------------------


def test_a_request_may_be_changed_by_a_coroutine_function_too():
    async def on_request(self, context, body):
        await asyncio.sleep(0)
        body["messages"][0]["content"] = f"{context.caller.id} says: {body['messages'][0]['content']}"
        return body

    assert run(hooks(plugin(on_request=on_request)).on_request(context(), BODY))["messages"] == [
        {"role": "user", "content": "somebody says: Hi"}
    ]
    assert BODY["messages"][0]["content"] == "Hi"


def test_changing_the_copy_without_returning_it_changes_nothing():
    def spoil(self, context, body):
        body.clear()

    seen = []
    made = hooks(plugin("a", on_request=spoil), plugin("b", on_request=lambda self, context, body: seen.append(body)))
    assert run(made.on_request(context(), BODY)) is None
    assert seen == [BODY]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("error", [BadRequest("not today"), NotPermitted("not you")])
def test_a_request_may_be_refused(error, is_async):
    def refuse(self, context, body):
        raise error

    async def refuse_later(self, context, body):
        raise error

    made = hooks(plugin(on_request=refuse_later if is_async else refuse))
    with pytest.raises(type(error)) as caught:
        run(made.on_request(context(), BODY))
    assert caught.value is error
    assert report(made)["failures"] == 0


@pytest.mark.parametrize("answer", ["text", 5, [], {}, {"messages": "Hi"}])
def test_what_is_no_request_is_not_used(answer):
    made = hooks(plugin(on_request=lambda self, context, body: answer))
    assert run(made.on_request(context(), BODY)) is None
    told = report(made)
    assert told["failures"] == 1
    assert "own: on_request must return a Messages request or None" in told["last_error"]


# -- routes ------------------------------------------------------------------------------------------------------


def test_a_route_may_be_changed_and_keeps_what_belongs_to_the_scenario():
    seen = []

    async def on_route(self, context, target):
        seen.append((target, context.target, context.scenario))
        return "one,b" if context.session == "s" else None

    made = hooks(plugin(on_route=on_route))
    chosen = run(made.on_route(context(session="s"), DECISION, RESOLVER))
    assert chosen[:4] == ("one", "b", "default", "the plugin own chose it")
    assert (chosen.fallbacks, chosen.parameters) == (DECISION.fallbacks, DECISION.parameters)
    assert run(made.on_route(context(), DECISION, RESOLVER)) is DECISION
    assert seen == [(Route("one", "a", "default"), "one,a", "default")] * 2


def test_an_alias_and_the_next_plugin_s_view_of_it():
    seen = []

    def look(self, context, target):
        seen.append(target.model)

    made = hooks(plugin("a", on_route=lambda self, context, target: "fast"), plugin("b", on_route=look))
    assert run(made.on_route(context(), DECISION, RESOLVER))[:2] == ("one", "b")
    assert seen == ["b"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [("nobody,a", "There is no provider"), ("what", "no provider has a model"), (("one", "b"), "not tuple")],
)
def test_a_route_to_nowhere_is_not_taken(answer, said):
    made = hooks(plugin(on_route=lambda self, context, target: answer))
    assert run(made.on_route(context(), DECISION, RESOLVER)) is DECISION
    assert said in report(made)["last_error"]


def test_a_route_may_be_refused():
    def refuse(self, context, target):
        raise NotPermitted("not there")

    with pytest.raises(NotPermitted, match="not there"):
        run(hooks(plugin(on_route=refuse)).on_route(context(), DECISION, RESOLVER))


# -- upstream ----------------------------------------------------------------------------------------------------


def sent():
    """A request to a provider."""
    return UpstreamCall("http://x.invalid/a", {"authorization": "Bearer k"}, b"{}")


def test_an_upstream_request_may_be_changed_in_place_or_replaced():
    def add(self, context, request):
        request.headers["X-Trace"] = context.request_id

    def move(self, context, request):
        return UpstreamCall(request.url + "/b", request.headers, b"[]")

    given = sent()
    made = hooks(plugin("a", on_upstream_request=add), plugin("b", on_upstream_request=move))
    changed = run(made.on_upstream_request(context(), given))
    assert changed == UpstreamCall("http://x.invalid/a/b", {"authorization": "Bearer k", "x-trace": "req_1"}, b"[]")
    assert given == sent()


def half(self, context, request):
    request.headers.clear()
    raise KeyError("x")


def no_bytes(self, context, request):
    request.body = "text"


def bad_header(self, context, request):
    request.headers["x"] = 5


@pytest.mark.parametrize("hook", [half, no_bytes, bad_header, lambda *_: "x", plain])
def test_what_goes_wrong_on_the_way_leaves_the_request_as_it_was(hook):
    made = hooks(plugin(on_upstream_request=hook))
    assert run(made.on_upstream_request(context(), sent())) == sent()
    assert report(made)["failures"] == 1


# -- faults ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [ValueError, SystemExit, StopIteration, RecursionError])
@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_hook_raises_is_counted_and_told_once_of_its_kind(problem, is_async, caplog):
    def hook(self, context, body):
        raise problem("oh")

    async def later(self, context, body):
        raise problem("oh")

    made = hooks(plugin(on_request=later if is_async else hook), plugin("next", on_request=lambda *_: dict(BODY)))
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert run(made.on_request(context(), BODY)) == BODY
    assert report(made)["failures"] == 3
    assert "on_request: " in report(made)["last_error"]
    assert report(made)["last_error_at"] == pytest.approx(time.time(), abs=60)
    assert len([record for record in caplog.records if record.exc_info]) == 1
    assert report(made, 1)["failures"] == 0


def test_a_refusal_is_none_where_nothing_can_be_refused():
    def refuse(self, context, *arguments):
        raise BadRequest("no")

    made = hooks(plugin(on_response=refuse, on_upstream_request=refuse, on_error=refuse))
    assert run(made.on_upstream_request(context(), sent())) == sent()
    run(made.on_response(context(), {}))
    run(made.on_error(context(), BadRequest("x")))
    assert report(made)["failures"] == 3


def test_a_coroutine_that_takes_too_long_is_left_behind(caplog):
    made = hooks(plugin(on_request=slow), timeout_seconds=0.02)
    assert run(made.on_request(context(), BODY)) is None
    told = report(made)
    assert (told["overruns"], told["failures"]) == (1, 0)
    assert told["last_error"] == "own: on_request did not end within 0.02 s"
    assert "did not end within 0.02 s" in caplog.text


def test_one_that_does_not_obey_is_not_waited_for():
    ended = asyncio.Event()

    async def stubborn(self, context, body):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await ended.wait()

    async def ask():
        answer = await hooks(plugin(on_request=stubborn), timeout_seconds=0.02).on_request(context(), BODY)
        ended.set()
        return answer

    assert run(ask()) is None


def test_one_that_cancels_itself_does_not_cancel_the_call():
    async def itself(self, context, body):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    made = hooks(plugin(on_request=itself))
    assert run(made.on_request(context(), BODY)) is None
    assert report(made)["failures"] == 1


def test_the_end_of_the_call_ends_the_hook():
    ended = []

    async def waits(self, context, body):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def ask():
        task = asyncio.ensure_future(hooks(plugin(on_request=waits)).on_request(context(), BODY))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    run(ask())
    assert ended == [True]


def test_a_plain_function_that_takes_too_long_is_counted_and_its_answer_used():
    def hook(self, context, body):
        time.sleep(0.03)
        return {**body, "model": "x"}

    made = hooks(plugin(on_request=hook), timeout_seconds=0.01)
    assert run(made.on_request(context(), BODY))["model"] == "x"
    assert report(made)["overruns"] == 1


def test_a_blocking_plugin_runs_in_a_thread_and_is_left_behind_there():
    threads = []
    ends = threading.Event()

    def hook(self, context, body):
        threads.append(threading.current_thread())
        ends.wait(5)
        return {**body, "model": "x"}

    made = hooks(plugin(on_request=hook, blocking=True), timeout_seconds=0.03)
    assert run(made.on_request(context(), BODY)) is None
    assert report(made)["overruns"] == 1
    ends.set()
    assert run(made.on_request(context(), BODY))["model"] == "x"
    assert threading.main_thread() not in threads
    assert [thread.daemon for thread in threads] == [True, True]


# -- events ------------------------------------------------------------------------------------------------------


def test_events_are_shown_to_plain_and_to_coroutine_functions():
    seen = []

    async def later(self, context, event):
        seen.append(("b", event["type"]))

    made = hooks(
        plugin("a", on_event=lambda self, context, event: seen.append(("a", event["type"]))),
        plugin("b", on_event=later),
    )
    run(made.tap(context()).feed([{"type": "ping"}, {"type": "message_stop"}]))
    assert seen == [("a", "ping"), ("b", "ping"), ("a", "message_stop"), ("b", "message_stop")]


@pytest.mark.parametrize("hook", [slow, plain])
def test_a_plugin_that_fails_at_events_gets_no_more_of_this_call(hook, caplog):
    made = hooks(plugin(on_event=hook), plugin("fine", on_event=lambda *_: seen.append(1)), timeout_seconds=0.01)
    seen = []
    for _ in range(2):
        run(made.tap(context()).feed([EVENT] * 10))
    told = report(made)
    assert told["failures"] + told["overruns"] == 2 * MAX_EVENT_FAULTS
    assert len(seen) == 20
    assert caplog.text.count("req_1: the plugin own gets no further events") == 2


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (b'event: ping\ndata: {"type": "ping"}\n\ndata: {"type":"content_block_stop"}\r\n\r\n', 2 * ["ping"]),
        (b": comment\n\ndata: no json\n\ndata: []\n\ndata: {}\n\n", []),
        (
            b' {"type":"message","content":[],"stop_reason":"end_turn"}',
            ["message_start", "message_delta", "message_stop"],
        ),
        (b"", []),
    ],
)
def test_events_that_pass_as_the_provider_wrote_them(data, kinds):
    seen = []
    made = hooks(plugin(on_event=lambda self, context, event: seen.append(event["type"])))
    run(made.tap(context()).relay(data))
    assert [kind.replace("content_block_stop", "ping") for kind in seen] == kinds


# -- the others --------------------------------------------------------------------------------------------------


def test_responses_and_errors_are_told():
    seen = []
    made = hooks(
        plugin(
            on_response=lambda self, context, record: seen.append(record["status"]),
            on_error=lambda self, context, error: seen.append(error.status),
        )
    )
    run(made.on_response(context(), {"status": 200}))
    run(made.on_error(context(), BadRequest("x")))
    assert seen == [200, 400]


def test_plugins_are_started_once_and_whoever_comes_meanwhile_waits():
    said = []

    async def on_startup(self, gateway):
        said.append(gateway)
        await asyncio.sleep(0.01)
        said.append("ready")

    made = hooks(plugin(on_startup=on_startup, on_shutdown=lambda self: said.append("end")))

    async def serve():
        assert made.must_start
        first = asyncio.ensure_future(made.on_startup("info"))
        await asyncio.sleep(0)
        first.cancel()  # the client left
        await made.on_startup("info")
        assert said == ["info", "ready"]
        assert not made.must_start
        await made.on_shutdown()
        await made.on_shutdown()
        assert made.must_start

    run(serve())
    assert said == ["info", "ready", "end"]


def test_plugins_that_a_host_made_outlive_a_reload():
    ended = []
    shared = plugin("shared", on_shutdown=lambda self: ended.append("shared"))
    old = hooks(shared, plugin("old", on_shutdown=lambda self: ended.append("old")))

    async def reload():
        await old.on_startup(None)
        await old.on_shutdown(hooks(shared))

    run(reload())
    assert ended == ["old"]


def test_one_that_cannot_start_is_told_and_does_no_harm():
    made = hooks(plugin(on_startup=plain))
    run(made.on_startup(None))
    assert report(made)["failures"] == 1


def test_no_hooks_at_all():
    made = Hooks()
    assert not made.call
    assert run(made.on_request(context(), BODY)) is None


def test_headers_with_secrets_are_not_shown():
    headers = {
        "x-api-key": "k",
        "authorization": "Bearer k",
        "cookie": "c",
        "user-agent": "cli",
        "x-session-token": "t",
    }
    assert shown_headers(headers) == {"user-agent": "cli"}
