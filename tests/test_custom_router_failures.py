"""Custom routers that go wrong: counted, told to the log with their traceback, and the rules' choice holds (C33)."""

import asyncio
import logging
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from ccr_middleware import threads as threads_module
from ccr_middleware.config import load_config
from ccr_middleware.extensions.router import CustomRouter, load_router
from ccr_middleware.routing.models import Resolver
from ccr_middleware.threads import AllHanging, Threads

from .support.gateway import body, config
from .test_custom_router import context_of

ROOT = Path(__file__).parents[1]
TIMEOUT = 0.05


class Running:
    """A router of a file, asked with a clock of the test's own."""

    def __init__(self, tmp_path: Any, source: str, timeout_seconds: float = 5) -> None:
        file = tmp_path / "r.py"
        file.write_text(source)
        document = config(CUSTOM_ROUTER_PATH="r.py", custom_router_timeout_seconds=timeout_seconds)
        self.settings = load_config(document).model_copy(update={"source": str(tmp_path / "config.json")})
        self.now = 1000.0
        custom = load_router(self.settings, env={}, clock=lambda: self.now)
        assert isinstance(custom, CustomRouter)
        self.custom = custom

    @property
    def report(self) -> dict[str, Any]:
        return self.custom.report.to_json()

    async def ask(self) -> Any:
        return await self.custom.choose(context_of(self.settings, body()), Resolver(self.settings))

    def choose(self) -> Any:
        return asyncio.run(self.ask())


def test_c33_a_router_that_raises_is_told_with_its_traceback_and_counted(tmp_path, caplog):
    router = Running(tmp_path, "def route():\n    return helper()\n\ndef helper():\n    raise KeyError('lost')\n")
    assert router.choose() is None
    assert router.report == {
        "origin": "r.py", "calls": 1, "chose": 0, "passed": 0, "failed": 1, "timeouts": 0, "unusable": 0,
        "unavailable": 0, "last_error": "r.py, line 5: KeyError: 'lost'", "last_error_at": 1000.0,
    }  # fmt: skip
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("ccr_middleware", logging.ERROR)
    shown = record.exc_text or ""
    assert "line 5, in helper" in shown
    assert "raise KeyError('lost')" in shown
    assert "router.py" not in shown, "the traceback begins in the user's file"


@pytest.mark.parametrize("form", ["def", "async def"])
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("return next(iter(()))", "StopIteration"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import asyncio; raise asyncio.CancelledError", "CancelledError"),
        ("raise TimeoutError('mine')", "TimeoutError: mine"),
        ("import concurrent.futures as c; raise c.CancelledError", "CancelledError"),
        ("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])", "ExceptionGroup: two (2 sub-exceptions)"),
    ],
)
def test_c33_whatever_is_raised_ends_nothing_but_this_call(tmp_path, form, code, told):
    router = Running(tmp_path, f"{form} route():\n    {code}\n", timeout_seconds=5)
    assert router.choose() is None
    assert router.report["failed"] == 1
    assert router.report["last_error"].startswith("r.py, line 2: ")
    assert told in router.report["last_error"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import threading\ngate = threading.Event()\ndef route():\n    gate.wait(10)\n", 4),
        (
            "import asyncio\nasync def route():\n    await deeper()\n"
            "async def deeper():\n    await asyncio.sleep(10)\n",
            5,
        ),
        (
            "import asyncio\nasync def route():\n    while True:\n        try:\n            await asyncio.sleep(0.3)\n"
            "            return\n        except asyncio.CancelledError:\n            pass\n",
            5,
        ),
    ],
    ids=["thread", "coroutine", "coroutine that will not be cancelled"],
)
def test_c33_a_router_that_hangs_is_left_alone_after_its_time(tmp_path, caplog, source, line):
    router = Running(tmp_path, source, TIMEOUT)

    async def main() -> float:
        began = asyncio.get_running_loop().time()
        assert await router.ask() is None
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(main()) < 5
    assert router.report["timeouts"] == 1
    text = f"r.py, line {line}: did not answer within 0.05 seconds"
    assert router.report["last_error"] == text
    assert [record.getMessage() for record in caplog.records] == [f"the custom router failed: {text}"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("'nobody,m'", "There is no provider 'nobody', asked for as 'nobody,m'. Configured providers: chat, claude."),
        ("'no-such-model'", "no provider has a model 'no-such-model'"),
        ("('nobody', 'm')", "There is no provider 'nobody'"),
        ("5", '"provider,model", a pair of the two or None is expected, not int'),
        ("True", "not bool"),
        ("('chat', 5)", "not tuple"),
        ("('chat', 'm1', 'x')", "not tuple"),
        ("{'target': 5}", "not int"),
        ("{'targets': 'chat,m1'}", 'the key "targets" is not known; did you mean "target"?'),
        ("{'target': 'chat,m1', 'scenario': 'thinking'}", 'there is no scenario "thinking"; known are default,'),
        ("{'target': 'chat,m1', 'fallback': ['nobody,m']}", "There is no provider 'nobody'"),
        ("{'target': 'chat,m1', 'fallback': 5}", "fallback must be a list of targets"),
        ("{'target': 'chat,m1', 'parameters': [1]}", "parameters: must be an object"),
        ("{'target': 'chat,m1', 'parameters': {1: 1}}", "parameters: must be an object"),
        ("{'target': 'chat,m1', 'parameters': {'model': 'm2'}}", "parameters: model cannot be set; the target decides"),
        ("object()", "not object"),
    ],
)
def test_c33_an_unknown_target_or_a_wrong_type_is_counted_and_not_used(tmp_path, caplog, answer, told):
    router = Running(tmp_path, f"def route():\n    return {answer}\n", timeout_seconds=5)
    assert router.choose() is None
    assert (router.report["unusable"], router.report["chose"]) == (1, 0)
    assert told in router.report["last_error"]
    assert router.report["last_error"].startswith("r.py: ")
    assert len(caplog.records) == 1


def test_the_same_fault_is_told_once_a_minute_and_counted_every_time(tmp_path, caplog):
    router = Running(tmp_path, "def route():\n    return 5\n", timeout_seconds=5)
    for seconds in (0, 1, 58, 2, 1):
        router.now += seconds
        router.choose()
    assert router.report["unusable"] == 5
    assert len(caplog.records) == 2
    assert router.report["last_error_at"] == 1062.0


def test_who_has_left_takes_his_call_along(tmp_path):
    router = Running(
        tmp_path,
        "import asyncio\nended = []\nasync def route():\n    try:\n        await asyncio.sleep(10)\n"
        "    finally:\n        ended.append(1)\n",
        timeout_seconds=10,
    )

    async def main() -> None:
        asked = asyncio.ensure_future(router.ask())
        await asyncio.sleep(0.02)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await asyncio.sleep(0)

    asyncio.run(main())
    function = router.custom._function
    assert function is not None
    assert function.function.__globals__["ended"] == [1]
    assert router.report["last_error"] == ""


def test_a_router_neither_blocks_the_loop_nor_does_its_file(tmp_path):
    router = Running(
        tmp_path, "import time\ndef route():\n    time.sleep(0.01)\n    return 'chat,m2'\n", timeout_seconds=5
    )

    async def main() -> None:
        context, resolver = context_of(router.settings, body()), Resolver(router.settings)
        for _ in range(3):
            router.now += 2
            decision = await router.custom.choose(context, resolver)
            assert decision is not None

    with blockbuster_ctx():
        asyncio.run(main())


def test_a_router_that_never_comes_back_does_not_keep_the_process_from_ending(tmp_path):
    (tmp_path / "r.py").write_text("import threading\ndef route():\n    threading.Event().wait()\n")
    code = (
        "import asyncio; from tests.test_custom_router import loaded, context_of, body, Resolver\n"
        f"custom, settings = loaded({str(tmp_path / 'r.py')!r}, custom_router_timeout_seconds=0.05)\n"
        "assert asyncio.run(custom.choose(context_of(settings, body()), Resolver(settings))) is None\n"
        "assert custom.report.timeouts == 1"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


# -- threads -------------------------------------------------------------------------------------------------


def test_when_all_threads_hang_no_more_are_started():
    threads, gate, ran = Threads("test", 2), threading.Event(), []

    async def main() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await threads.run(gate.wait, 10, timeout_seconds=0.02)
        with pytest.raises(AllHanging, match="2 earlier calls"):
            await threads.run(ran.append, 1)
        gate.set()
        while threads._hanging:  # noqa: ASYNC110 - it is emptied in a thread
            await asyncio.sleep(0.001)
        await threads.run(ran.append, 2)

    asyncio.run(main())
    assert ran == [2]


def test_no_more_threads_run_at_once_than_allowed_on_any_loop():
    threads, running, most = Threads("test", 3), [], []

    def work() -> None:
        running.append(1)
        most.append(len(running))
        threading.Event().wait(0.005)
        running.pop()

    async def main() -> None:
        await asyncio.gather(*(threads.run(work) for _ in range(12)))
        assert len(threads._idle) <= 3

    for _ in range(2):  # a second loop has nothing to do with the first one
        asyncio.run(main())
    assert len(most) == 24
    assert max(most) <= 3


def test_a_call_that_is_given_up_before_its_thread_begins_is_not_made(monkeypatch):
    threads, ran, started = Threads("test", 1), [], []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread))

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await threads.run(ran.append, 1, timeout_seconds=0.01)

    asyncio.run(main())
    monkeypatch.undo()
    started[0].start()
    asyncio.run(threads.run(ran.append, 2))
    assert ran == [2]
    assert not threads._hanging


def test_a_thread_is_used_again_and_ends_when_there_is_nothing_to_do(monkeypatch):
    monkeypatch.setattr(threads_module, "IDLE_SECONDS", 0.02)
    threads = Threads("test", 3)

    async def main() -> None:
        first, second = [await threads.run(threading.current_thread) for _ in range(2)]
        assert first is second
        while first.is_alive():  # noqa: ASYNC110 - it ends by itself
            await asyncio.sleep(0.005)
        assert not threads._idle
        assert await threads.run(threading.current_thread) is not first

    asyncio.run(main())


def test_threads_of_a_process_that_was_forked_are_not_waited_for(monkeypatch):
    threads = Threads("test", 1)
    asyncio.run(threads.run(int))
    lost = threads._worker()
    threads._idle.append(lost)
    monkeypatch.setattr(threads_module.os, "getpid", lambda: -1)
    assert threads._worker() is not lost


def test_a_thread_keeps_nothing_of_its_last_call():
    class Request: ...

    threads, request = Threads("test", 1), Request()
    seen = weakref.ref(request)
    asyncio.run(threads.run(id, request))
    del request
    for _ in range(100):
        if seen() is None:
            break
        threading.Event().wait(0.002)
    assert seen() is None
