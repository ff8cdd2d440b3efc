"""Custom routers: where they are found, how they are called, what they are given, what they may return."""

import asyncio
import gc
import json
import logging
import sys
import threading
from functools import partial
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.errors import ConfigError
from ccr_middleware.extensions import router_function
from ccr_middleware.extensions.router import CustomRouter, load_router
from ccr_middleware.extensions.router_context import RouterContext, router_context
from ccr_middleware.routing.decision import Decision
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.models import Resolver
from ccr_middleware.routing.route import route

from .support.gateway import body, config

ROUTE = "def route(request, config, context):\n    return 'chat,m2'\n"


def loaded(router: Any = None, folder: Any = None, **more: Any) -> tuple[CustomRouter, Any]:
    """A custom router, a callable or a text, and its configuration."""
    document = config(**more)
    if isinstance(router, str):
        document["CUSTOM_ROUTER_PATH"] = router
    settings = load_config(document, env={"OWN": "mine", "SECRET": "sk-hidden"})
    if folder is not None:
        settings = settings.model_copy(update={"source": str(folder / "config.json")})
    custom = load_router(settings, router=None if isinstance(router, str) else router, env={"OWN": "mine"})
    assert custom is not None
    return custom, settings


def choose(router: Any, request: Any = None, folder: Any = None, headers: Any = None, **more: Any) -> Decision | None:
    """What a router decides on a request; `more` is the configuration's."""
    custom, settings = loaded(router, folder, **more)
    request = body() if request is None else request
    decision = asyncio.run(custom.choose(context_of(settings, request, headers), Resolver(settings)))
    assert custom.report.last_error == "", custom.report.last_error
    return decision


def context_of(settings: Any, request: Any, headers: Any = None, **known: Any) -> RouterContext:
    facts = facts_of(request, headers or {})
    return router_context(request, headers or {}, facts, route(facts, settings).decision, **known)


def seen(router: Any, request: Any = None, headers: Any = None, **more: Any) -> RouterContext:
    """The context that a router was given."""
    contexts: list[RouterContext] = []
    choose(contexts.append if router is None else router(contexts), request, headers=headers, **more)
    return contexts[0]


def target(decision: Decision | None) -> tuple[str, str] | None:
    return decision and (decision.provider, decision.model)


# -- where it is ---------------------------------------------------------------------------------------------


def test_without_one_there_is_none():
    assert load_router(load_config(config()), env={}) is None
    assert load_router(load_config(config(CUSTOM_ROUTER_PATH="")), env={}) is None


@pytest.mark.parametrize("name", ["route", "router", "custom_router", "anything"])
def test_a_file_beside_the_configuration(tmp_path, name):
    (tmp_path / "r.py").write_text(ROUTE.replace("route(", f"{name}(") + "def _own(): ...\n")
    assert target(choose("r.py", folder=tmp_path)) == ("chat", "m2")


def test_a_function_of_a_file_by_its_name(tmp_path):
    (tmp_path / "r.py").write_text(ROUTE + "def other(request):\n    return 'claude,claude-sonnet-4-5'\n")
    assert target(choose(f"{tmp_path}/r.py:other")) == ("claude", "claude-sonnet-4-5")


def test_a_module(tmp_path, monkeypatch):
    (tmp_path / "own_router_module.py").write_text(ROUTE)
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert target(choose("own_router_module:route")) == ("chat", "m2")
        assert target(choose("own_router_module")) == ("chat", "m2")
    finally:
        del sys.modules["own_router_module"]


def test_an_entry_point(tmp_path, monkeypatch):
    (tmp_path / "own_router_package.py").write_text(ROUTE.replace("route(", "choose("))
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("team", "own_router_package:choose", router_function.GROUP)
    monkeypatch.setattr(router_function, "entry_points", lambda group: [point] if group == point.group else [])
    try:
        assert target(choose("Team")) == ("chat", "m2")
    finally:
        del sys.modules["own_router_package"]


def test_a_callable_goes_before_what_is_configured():
    settings = load_config(config(CUSTOM_ROUTER_PATH="nowhere.py"))
    custom = load_router(settings, router=lambda request: "chat,m2", env={})
    assert custom is not None
    assert target(asyncio.run(custom.choose(context_of(settings, body()), Resolver(settings)))) == ("chat", "m2")


@pytest.mark.parametrize(
    ("text", "file", "told"),
    [
        ("r.py", None, "r.py: no such file; relative paths begin at the folder of the configuration"),
        ("r.py", "def route(:\n", "r.py, line 1: SyntaxError"),
        ("r.py", "\nimport nothing_like_this\n", "r.py, line 2: ModuleNotFoundError"),
        ("r.py", "X = 1\n", "r.py: has no function; write def route(request, config, context)"),
        ("r.py", "def a(): ...\ndef b(): ...\n", "r.py: has several functions (a, b); call one route"),
        ("r.py:c", ROUTE, 'r.py: has no function "c"'),
        ("r.py:C", "class C: ...\n", "r.py: C is no function"),
        ("r.py", "def route(a, b, c, d): ...\n", "r.py: route takes other parameters"),
        ("r.py", "def route(*, other): ...\n", "r.py: route takes other parameters"),
        ("r.js", "module.exports = 1\n", "r.js: is a custom router of CCR v2; here they are written in Python"),
        ("no_such_package_at_all:route", None, "no module is called no_such_package_at_all"),
        ("nobody", None, "nobody: no module is called nobody; install it where the gateway runs, or write the path"),
    ],
)
def test_what_cannot_be_loaded_says_why_and_chooses_nothing(tmp_path, text, file, told):
    if file is not None:
        (tmp_path / text.split(":")[0]).write_text(file)
    custom, settings = loaded(text, tmp_path)
    assert told in custom.report.last_error
    assert str(tmp_path) not in custom.report.last_error
    assert asyncio.run(custom.choose(context_of(settings, body()), Resolver(settings))) is None
    assert (custom.report.calls, custom.report.unavailable) == (1, 1)


def test_the_message_about_javascript_shows_the_python_form(tmp_path):
    custom, _ = loaded("/opt/router.js", tmp_path)
    assert 'def route(request, config, context): return "provider,model"' in custom.report.last_error


def test_a_callable_that_is_no_router_is_refused():
    with pytest.raises(ConfigError, match="takes other parameters than request, config and context"):
        loaded(lambda a, b, c, d: None)


# -- how it is called ----------------------------------------------------------------------------------------


class Callable_:  # noqa: N801 - an object that is called
    async def __call__(self, request, config, context):
        await asyncio.sleep(0)
        return check(request, config, context)


def check(request: Any, config: Any, context: Any) -> str:
    """A target, if the three are what they are called."""
    assert request["body"]["max_tokens"] == 100
    assert config["Router"] == {"default": "chat,m1"}
    assert isinstance(context, RouterContext)
    return "chat,m2"


async def asynchronous(request, config, context):
    await asyncio.sleep(0)
    return check(request, config, context)


@pytest.mark.parametrize(
    "router",
    [
        check,
        asynchronous,
        Callable_(),
        partial(lambda extra, request, config, context: check(request, config, context), 1),
        lambda request, config, context: asynchronous(request, config, context),
        lambda a, b, c: check(a, b, c),
        lambda *given: check(*given),
        lambda config, context: check(context.request, config, context),
        lambda context, req: check(req, {"Router": {"default": "chat,m1"}}, context),
        lambda ctx: check(ctx.request, {"Router": {"default": "chat,m1"}}, ctx),
        lambda *, request, context: check(request, {"Router": {"default": "chat,m1"}}, context),
        lambda request, own=5, context=None: check(request, {"Router": {"default": "chat,m1"}}, context),
        lambda a: "chat,m2" if a["body"]["messages"] else None,
        lambda a, b: check(a, b, RouterContext()),
        lambda: "chat,m2",
    ],
    ids=range(15),
)
def test_it_is_called_with_what_it_takes(router):
    assert target(choose(router)) == ("chat", "m2")


def test_a_plain_function_runs_in_a_thread_and_a_coroutine_on_the_loop():
    threads: list[str] = []

    async def on_loop(request):
        threads.append(threading.current_thread().name)

    choose(lambda request: threads.append(threading.current_thread().name))
    choose(on_loop)
    assert threads == ["ccr-router", "MainThread"]


def test_many_calls_at_once_do_not_wait_for_each_other():
    barrier = threading.Barrier(10)
    custom, settings = loaded(lambda: barrier.wait(5) >= 10)

    async def main() -> None:
        await asyncio.gather(*(custom.choose(context_of(settings, body()), Resolver(settings)) for _ in range(10)))

    asyncio.run(main())
    assert (custom.report.passed, custom.report.last_error) == (10, "")


# -- what it is given ----------------------------------------------------------------------------------------


def test_the_context_says_what_is_known():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}}
    reminder = {"type": "text", "text": "<system-reminder>Working</system-reminder>"}
    request = body(
        messages=[
            {
                "role": "user",
                "content": [reminder, {"type": "text", "text": "Look"}, {"type": "text", "text": "here."}],
            },
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [image]}]},
        ],
        tools=[{"name": "Read"}, {"no": "name"}, {"type": "web_search_20250305", "name": "web_search"}],
    )
    settings = load_config(config())
    headers = {"x-claude-code-session-id": "abc", "authorization": "Bearer sk-1", "x-api-key": "sk-2", "cookie": "c=1"}
    context = context_of(
        settings, request, headers, project="-a", token_count=12, last_input_tokens=7, last_usage={"input": 3},
        principal="me",
    )  # fmt: skip
    assert context.decision is not None
    assert (context.scenario, context.decision.model) == ("default", "m1")
    assert (context.session_id, context.project, context.principal) == ("abc", "-a", "me")
    assert (context.token_count, context.last_input_tokens, context.last_usage) == (12, 7, {"input": 3})
    assert context.last_user_text == "Look\nhere."
    assert context.tool_names == ("Read", "web_search")
    assert context.has_image
    assert context.request["headers"] == {"x-claude-code-session-id": "abc"}
    assert context.request["body"] == request


def test_a_request_that_is_no_request_has_a_context():
    request: Any = {"messages": [None, {"role": "user", "content": 1}], "tools": "x"}
    context = context_of(load_config(config()), request)
    assert (context.last_user_text, context.tool_names, context.has_image) == ("", (), False)


def test_the_request_can_be_read_and_copied_but_not_changed():
    request = body()
    before = json.dumps(request)

    def change(router_request: Any) -> str:
        inner = router_request["body"]
        assert json.loads(json.dumps(inner)) == {**inner} == dict(inner)
        for attempt in (
            lambda: inner.__setitem__("model", "x"),
            lambda: inner.update(model="x"),
            lambda: inner.pop("model"),
            lambda: router_request["headers"].clear(),
            lambda: router_request.setdefault("x", 1),
        ):
            with pytest.raises(TypeError, match="cannot be changed here"):
                attempt()
        return "chat,m2"

    assert target(choose(change, request)) == ("chat", "m2")
    assert json.dumps(request) == before


def test_the_configuration_is_shown_without_secrets():
    shown: list[Any] = []
    document = config(
        APIKEY="sk-gateway-key",
        PROXY_URL="http://me:pw@proxy.test",
        my={"setting": "$OWN", "note": "not sk-gateway-key"},
    )
    document["Providers"][0]["headers"] = {"authorization": "Bearer sk-in-header", "x-team": "tools"}
    document["Providers"][0]["vertex"] = {"credentials": {"private_key": "pk"}, "project": "p"}
    choose(lambda config: shown.append(config), **document)
    text = json.dumps(shown[0])
    assert not [word for word in ("sk-", "pw@", '"pk"') if word in text]
    assert shown[0]["my"] == {"setting": "mine", "note": "not ***"}
    assert shown[0]["Providers"][0]["models"] == ["m1", "m2"]
    assert shown[0]["Providers"][0]["headers"]["x-team"] == "tools"
    assert shown[0]["Providers"][0]["api_key"] == "***"


def test_a_configuration_made_by_hand_is_shown_in_python_names():
    settings = load_config(config()).model_copy(update={"raw": {}, "custom_router": "x"})
    shown: list[Any] = []
    custom = load_router(settings, router=lambda config: shown.append(config), env={})
    assert custom is not None
    asyncio.run(custom.choose(context_of(settings, body()), Resolver(settings)))
    assert shown[0]["router"]["default"] == "chat,m1"
    assert shown[0]["providers"][0]["api_key"] == "***"


# -- what it returns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        "chat,m2",
        "CHAT , M2",
        "chat/m2",
        "m2",
        ("chat", "m2"),
        ["chat", "m2"],
        {"target": "chat,m2"},
        {"target": ("chat", "m2")},
        Decision("Chat", "m2", "think", "because"),
    ],
    ids=str,
)
def test_a_target_in_every_form(answer):
    decision = choose(lambda: answer)
    assert decision is not None
    assert target(decision) == ("chat", "m2")
    if not isinstance(answer, Decision):
        assert (decision.scenario, decision.reason) == ("default", "the custom router chose it")


@pytest.mark.parametrize("answer", [None, "", (), [], {}, False])
def test_nothing_leaves_it_to_the_rules(answer):
    custom, settings = loaded(lambda: answer)
    assert asyncio.run(custom.choose(context_of(settings, body()), Resolver(settings))) is None
    assert (custom.report.calls, custom.report.passed, custom.report.last_error) == (1, 1, "")


def test_the_scenario_of_the_request_is_kept_and_may_be_changed():
    thinking = body(thinking={"type": "enabled", "budget_tokens": 2000})
    settings: dict[str, Any] = {"Router": {"default": "chat,m1", "think": "chat,m1"}}
    kept = choose(lambda: "chat,m2", thinking, **settings)
    changed = choose(lambda: {"target": "chat,m2", "scenario": "longContext"}, thinking, **settings)
    assert kept is not None
    assert changed is not None
    assert (kept.scenario, changed.scenario) == ("think", "long_context")


def test_fallbacks_and_parameters_are_taken_over():
    decision = choose(
        lambda: {
            "target": "chat,m2",
            "fallback": ["chat/m1", ("claude", "CLAUDE-sonnet-4-5")],
            "parameters": {"temperature": 0},
        }
    )
    assert decision is not None
    assert decision.fallbacks == ("chat,m1", "claude,claude-sonnet-4-5")
    assert decision.parameters == {"temperature": 0}


def test_without_a_target_the_choice_of_the_rules_stays():
    decision = choose(lambda: {"parameters": {"top_k": 1}, "fallback": "chat,m2"})
    assert decision is not None
    assert target(decision) == ("chat", "m1")
    assert (decision.fallbacks, decision.parameters) == (("chat,m2",), {"top_k": 1})


def test_an_alias_and_the_pool_behind_it_are_known():
    aliases = {"fast": "chat,m2", "any": ["chat,m1", "chat,m2"]}
    one, several = choose(lambda: "fast", aliases=aliases), choose(lambda: "any", aliases=aliases)
    assert target(one) == ("chat", "m2")
    assert several is not None
    assert [choice.model for choice in several.pool] == ["m1", "m2"]


def test_it_may_choose_where_the_rules_could_not():
    settings = load_config(config())
    custom = load_router(settings, router=lambda: "chat,m2", env={})
    assert custom is not None
    request = body(model="nobody,m")
    context = router_context(request, {}, facts_of(request, {}), None)
    assert target(asyncio.run(custom.choose(context, Resolver(settings)))) == ("chat", "m2")


# -- files that change ---------------------------------------------------------------------------------------


def modules_of_files() -> list[str]:
    return [name for name in sys.modules if name.startswith("_ccr_file_")]


def test_a_changed_file_is_read_again_and_a_broken_one_is_not_used(tmp_path, caplog):
    file, now = tmp_path / "r.py", [1000.0]
    gc.collect()
    before = len(modules_of_files())
    file.write_text("def route(): return 'chat,m1'\n")
    settings = load_config(config(CUSTOM_ROUTER_PATH=str(file)))
    custom = load_router(settings, env={}, clock=lambda: now[0])
    assert custom is not None

    def chosen() -> str | None:
        now[0] += 2
        decision = asyncio.run(custom.choose(context_of(settings, body()), Resolver(settings)))
        return decision and decision.model

    assert chosen() == "m1"
    file.write_text("def route(): return  'chat,m2'\n")
    assert chosen() == "m2"
    assert not caplog.records
    file.write_text("def route(: return 'chat,m1'\n")
    assert (chosen(), chosen()) == ("m2", "m2")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "r.py, line 1: SyntaxError" in custom.report.last_error
    file.unlink()
    assert chosen() == "m2"
    file.write_text("def route(): return 'claude,claude-sonnet-4-5'\n")
    assert chosen() == "claude-sonnet-4-5"
    assert len(modules_of_files()) == before + 1, "the earlier ones are forgotten"


def test_a_file_that_comes_later_is_found(tmp_path):
    now = [0.0]
    settings = load_config(config(CUSTOM_ROUTER_PATH=str(tmp_path / "r.py")))
    custom = load_router(settings, env={}, clock=lambda: now[0])
    assert custom is not None
    context, resolver = context_of(settings, body()), Resolver(settings)
    assert asyncio.run(custom.choose(context, resolver)) is None
    (tmp_path / "r.py").write_text(ROUTE)
    now[0] += 2
    assert target(asyncio.run(custom.choose(context, resolver))) == ("chat", "m2")
