"""The ASGI → WSGI bridge: its event loop, the thread of that, and processes that fork and end."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import os
import subprocess
import sys
import textwrap
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.wsgi import WSGIBridge

from .support.wsgi import WAIT_SECONDS, Answer, body, echo, post, say_ok, serve_fixture, start  # noqa: F401 - the fixture `serve`


def loop_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ccr-wsgi-loop"]


# ---- the loop and its thread


def test_requests_at_once_share_one_thread_and_do_not_mix(serve):
    threads_seen: set[int] = set()
    together = threading.Barrier(16)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        threads_seen.add(threading.get_ident())
        await echo(scope, receive, send)

    bridge = serve(app)

    def request(number: int) -> bool:
        data = str(number).encode() * 1000
        together.wait(WAIT_SECONDS)
        return post(bridge, io.BytesIO(data), CONTENT_LENGTH=str(len(data))).rest() == data

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(request, range(16)))
    assert len(threads_seen) == 1


def test_the_hosts_context_reaches_the_application(serve):
    request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, request_id.get().encode(), more=False)

    bridge = serve(app)
    for name in ("first", "second"):
        request_id.set(name)
        assert Answer(bridge).rest() == name.encode()


class Closable:
    """An application with an `aclose()`."""

    def __init__(self) -> None:
        self.closed = 0
        self.running = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"x")
        self.running.set()
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed += 1


def test_close_cancels_awaits_aclose_and_ends_the_thread():
    before = loop_threads()
    app = Closable()
    bridge = WSGIBridge(app)
    bridge.close()  # nothing has begun
    assert (app.closed, loop_threads()) == (0, before)
    answer = Answer(bridge)
    assert len(loop_threads()) == len(before) + 1
    bridge.close()
    assert (app.closed, loop_threads()) == (1, before)
    assert next(answer) == b"x"
    with pytest.raises(RuntimeError, match="without completing"):
        next(answer)
    answer.close()


def test_a_closed_bridge_begins_anew(serve):
    bridge = serve(say_ok)
    assert Answer(bridge).rest() == b"ok"
    bridge.close()
    assert Answer(bridge).rest() == b"ok"


def test_a_failing_aclose_is_logged(serve, caplog):
    class App(Closable):
        __call__ = staticmethod(say_ok)

        async def aclose(self) -> None:
            raise LookupError("cannot close")

    bridge = serve(App())
    Answer(bridge).rest()
    bridge.close()
    assert "cannot close" in caplog.text


def test_a_forgotten_bridge_leaves_no_thread():
    before = loop_threads()
    bridge = WSGIBridge(say_ok)
    assert Answer(bridge).rest() == b"ok"
    gone = weakref.ref(bridge)
    del bridge
    gc.collect()
    assert gone() is None
    assert loop_threads() == before


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    toys = "from tests.test_wsgi_loop import *\n"
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]
    return subprocess.run(
        [*command, toys + textwrap.dedent(program)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_gets_a_loop_of_its_own():
    result = run_python("""
        bridge = WSGIBridge(say_ok)
        assert Answer(bridge).rest() == b"ok"
        child = os.fork()
        if child == 0:
            assert not loop_threads()
            assert Answer(bridge).rest() == b"ok"
            assert len(loop_threads()) == 1
            print("child", flush=True)
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        assert Answer(bridge).rest() == b"ok"
        print("parent")
    """)
    assert (result.returncode, result.stdout, result.stderr) == (0, "child\nparent\n", "")


def test_the_end_of_the_process_closes_quietly():
    result = run_python("""
        class App(Closable):
            async def aclose(self):
                print("closed", flush=True)

        app = App()
        bridge = WSGIBridge(app)
        answer = Answer(bridge)
        assert app.running.wait(5)
    """)
    assert (result.returncode, result.stdout, result.stderr) == (0, "closed\n", "")
