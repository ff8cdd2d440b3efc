"""The program itself, in a process of its own: how it begins, what it prints, and how signals end it."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

import pytest

from ccr_middleware import __version__
from ccr_middleware.testing import STALL, FakeServer, Script, Signal, check_stream

from .support import chat
from .test_standalone import VARIABLES, needs_ipv6, written

PATIENCE_SECONDS = 20
REQUEST = {"model": "any", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello!"}]}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the developer's own settings."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


#: The program with another limit for its end.
HURRIED = """import sys; from ccr_middleware import standalone; standalone.SHUTDOWN_SECONDS = 0.3
from ccr_middleware.__main__ import main; sys.exit(main())"""


class Program:
    """The program, running."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.output, self.errors = cast(TextIO, process.stdout), cast(TextIO, process.stderr)
        self.first_line = self.output.readline()
        found = re.search(r":(\d+)$", self.first_line.strip())
        assert found, self.errors.read()
        self.port = int(found[1])

    def ask(self, host: str = "127.0.0.1", **more: Any) -> http.client.HTTPResponse:
        """Send a request and read the head of the answer."""
        connection = http.client.HTTPConnection(host, self.port, timeout=PATIENCE_SECONDS)
        headers = {"connection": "close", **more.pop("headers", {})}
        connection.request("POST", "/v1/messages", json.dumps(REQUEST | more), headers)
        return connection.getresponse()

    def end(self, number: signal.Signals | None = signal.SIGTERM) -> tuple[int, str, str]:
        """Stop it (None: it was told already); gives its exit status and all it printed."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.output.read(), self.errors.read()
        return self.process.wait(PATIENCE_SECONDS), self.first_line + out, err


@contextmanager
def running(*flags: str, code: str = "", **env: str) -> Iterator[Program]:
    """Run the program on a free port; `code` instead of `-m ccr_middleware`."""
    command = ["-c", code] if code else ["-m", "ccr_middleware"]
    process = subprocess.Popen(
        [sys.executable, *command, "--port", "0", *flags],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Program(process)
        finally:
            process.kill()


def scripted(folder: Path, url: str) -> str:
    """A configuration for a scripted provider."""
    provider = {"name": "p", "api_base_url": f"{url}/v1", "api_key": "k", "models": ["m"]}
    return written(folder, {"Providers": [provider], "Router": {"default": "p,m"}})


def test_without_a_configuration_the_demo_model_answers() -> None:
    with running() as program:
        with program.ask() as response:
            assert response.status == 200
            assert "demo model" in json.load(response)["content"][0]["text"]
        status, out, err = program.end()
    assert status == 0
    assert out.splitlines() == [
        f"ccr_middleware {__version__} listens on http://127.0.0.1:{program.port}",
        "no provider is configured: the built-in demo model answers (no key, no internet)",
        "",
        "Point Claude Code at it:",
        f"  export ANTHROPIC_BASE_URL=http://127.0.0.1:{program.port}",
        "  export ANTHROPIC_AUTH_TOKEN=any-text-will-do",
        "  claude",
        "",
    ]
    assert "demo,demo (default)" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_right_after_the_banner_is_not_missed(number: signal.Signals) -> None:
    with running() as program:
        assert program.end(number)[::2] == (0, "")


def test_a_short_stream_is_finished_before_the_end(tmp_path: Path) -> None:
    go = Signal()
    rest = chat.sse(chat.text("llo"), chat.finish())
    script = Script(steps=[chat.sse(chat.text("He"), done=False), go, rest])
    with (
        FakeServer(script) as provider,
        running("--config", scripted(tmp_path, provider.url)) as program,
        program.ask(stream=True) as response,
    ):
        data = response.read1()
        program.process.send_signal(signal.SIGINT)
        wait_until_refused(program.port)
        go.set()
        data += response.read()
        status, _, err = program.end()
    assert check_stream(data).text == "Hello"
    assert status == 0
    assert "ERROR" not in err


def wait_until_refused(port: int) -> None:
    """Wait until the program takes no more connections: it is ending."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.01)
    raise AssertionError("the program still listens")


def test_a_stream_without_an_end_is_cut_off(tmp_path: Path) -> None:
    with FakeServer(Script(steps=[chat.sse(chat.text("He"), done=False), STALL])) as provider:
        config = scripted(tmp_path, provider.url)
        with running("--config", config, code=HURRIED) as program, program.ask(stream=True) as response:
            assert b"message_start" in response.read1()
            program.process.terminate()
            with pytest.raises(http.client.IncompleteRead):
                response.read()
            status, _, err = program.end(None)
        assert provider.exchanges[0].closed.wait(PATIENCE_SECONDS)
    assert status == 0
    assert "Traceback" not in err


def test_nothing_is_logged_when_log_is_off_and_no_key_is_printed_into_a_file(tmp_path: Path) -> None:
    config = written(tmp_path, {"LOG": True, "NoSuchKey": 1, "Providers": [], "Router": {"default": "no,body"}})
    with running("--config", config, LOG="false", APIKEY="very-secret-key") as program:
        with program.ask(headers={"x-api-key": "very-secret-key"}) as response:
            assert response.status == 200
        with program.ask() as response:
            assert response.status == 401
        status, out, err = program.end()
    assert (status, err) == (0, "")
    assert "very-secret-key" not in out
    assert "<your APIKEY>" in out


@needs_ipv6
def test_ipv6() -> None:
    with running("--host", "::1") as program, program.ask("::1") as response:
        assert response.status == 200
        assert f"http://[::1]:{program.port}" in program.first_line


@pytest.mark.parametrize(("flag", "says"), [("--version", __version__), ("--help", "--config FILE")])
def test_the_command_line_tells_about_itself(flag: str, says: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ccr_middleware", flag], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout
    assert all(variable in done.stdout for variable in VARIABLES) or flag == "--version"


def test_a_start_that_cannot_work_shows_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ccr_middleware", "--config", written(tmp_path, "{PORT: }")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_it_begins_anew_when_it_is_told_over_http(tmp_path: Path) -> None:
    """What only a new start can take over, such as another port, is read then."""
    with running(CCR_HOME=str(tmp_path)) as program:

        def health() -> str:
            connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE_SECONDS)
            connection.request("GET", "/health", headers={"connection": "close"})
            return connection.getresponse().getheader("x-ccr-instance", "")

        before = health()
        connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE_SECONDS)
        connection.request("POST", "/api/restart", headers={"connection": "close"})
        assert json.loads(connection.getresponse().read())["success"] is True
        found = re.search(r":(\d+)$", _line_of_start(program))
        assert found
        program.port = int(found[1])
        assert health() not in ("", before)


def _line_of_start(program: Program) -> str:
    """The line in which it says where it listens, of its next start."""
    while True:
        line = program.output.readline()
        assert line, program.errors.read()
        if "listens on" in line:
            return line.strip()
