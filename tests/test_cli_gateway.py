"""start, stop, restart, status: one gateway for a home folder, and nobody else's process is ever touched (L-2)."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ccr_middleware import __version__
from ccr_middleware.commands import process, sessions
from ccr_middleware.commands.running import ask_health, find, local_url

from .support.cli import Home, wait_until


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.stop()


def test_a_daemon_from_start_to_stop(home: Home) -> None:
    (home.folder / ".claude-code-router.pid").write_text("1")
    started = home.run("start", "--daemon")
    assert (started.returncode, started.stderr) == (0, "")
    record = home.record
    assert started.stdout == f"The gateway runs at http://127.0.0.1:{record['port']} (process {record['pid']}).\n"
    assert stat.S_IMODE((home.folder / "gateway.json").stat().st_mode) == 0o600
    assert ask_health("127.0.0.1", record["port"]) == record["instance"]

    again = home.run("start", "--daemon")
    assert (again.returncode, again.stdout.startswith("The gateway already runs at ")) == (0, True)

    status = home.run("status", "--json")
    told = json.loads(status.stdout)
    assert status.returncode == 0
    assert (told["running"], told["answers"], told["pid"], told["version"]) == (True, True, record["pid"], __version__)
    assert told["url"] == f"http://127.0.0.1:{record['port']}"
    plain = home.run("status")
    assert "state          running\n" in plain.stdout
    assert "\x1b" not in plain.stdout
    code, shown = home.on_terminal("status")
    assert (code, "\x1b[32mrunning" in shown) == (0, True)
    assert "\x1b[" not in home.on_terminal("status", NO_COLOR="1")[1]

    restarted = home.run("restart")
    assert (restarted.returncode, restarted.stderr) == (0, "")
    assert (home.record["port"], home.record["pid"] == record["pid"]) == (record["port"], False)
    assert not process.is_the_same(record["pid"], record["started"])

    last = home.record
    stopped = home.run("stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"The gateway at {told['url']} was stopped.\n")
    assert not process.is_the_same(last["pid"], last["started"])
    assert not (home.folder / "gateway.json").exists()
    assert (home.folder / ".claude-code-router.pid").read_text() == "1", "CCR v2's file is none of ours"

    nothing = home.run("status")
    assert (nothing.returncode, nothing.stdout.startswith("not running")) == (3, True)
    assert json.loads(home.run("status", "--json").stdout) == {"running": False}
    assert (home.run("stop").returncode, home.run("stop").stdout) == (0, "No gateway runs.\n")


def test_one_in_the_foreground_is_known_and_can_be_stopped(home: Home) -> None:
    with home.begin("--port", "0") as foreground:
        wait_until((home.folder / "gateway.json").exists)
        wait_until(lambda: home.run("status").returncode == 0)
        second = home.run("--port", str(home.record["port"]))
        assert second.returncode == 2
        assert f"already runs at http://127.0.0.1:{home.record['port']}" in second.stderr
        assert home.run("stop").returncode == 0
        assert foreground.wait(10) == 0
    assert not (home.folder / "gateway.json").exists()


def test_a_record_of_a_process_that_is_gone_is_taken_away(home: Home) -> None:
    assert home.run("start", "--daemon").returncode == 0
    record = home.record
    os.kill(record["pid"], signal.SIGKILL)
    wait_until(lambda: not process.is_the_same(record["pid"], record["started"]))
    assert home.run("status").returncode == 3
    assert not (home.folder / "gateway.json").exists()
    assert home.run("start", "--daemon", "--port", str(record["port"])).returncode == 0
    assert home.record["instance"] != record["instance"]


def test_another_process_with_the_same_number_is_never_ended(home: Home) -> None:
    """A record that names a living process which began at another time: as after a restart of the machine."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        record = {"pid": stranger.pid, "started": "long:ago", "host": "127.0.0.1", "port": port, "instance": "x"}
        (home.folder / "gateway.json").write_text(json.dumps(record))
        stopped = home.run("stop")
        assert (stopped.returncode, stopped.stdout) == (0, "No gateway runs.\n")
        assert stranger.poll() is None
        assert not process.end(stranger.pid, "long:ago", 0.1) or stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "1"}', '{"pid": 1, "started": 2, "host": [], "port": "x"}'])
def test_a_record_that_is_none(text: str, home: Home) -> None:
    (home.folder / "gateway.json").write_text(text)
    assert find(home.env) is None


def test_a_daemon_that_cannot_start_says_why(home: Home) -> None:
    home.write("{PORT: }")
    failed = home.run("start", "--daemon")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "line 1, column 8" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert stat.S_IMODE((home.folder / "logs" / "daemon.out").stat().st_mode) == 0o600


def test_a_home_that_cannot_be_written_to_is_told(home: Home) -> None:
    failed = home.run("start", "--daemon", CCR_HOME="/dev/null/nowhere")
    assert failed.returncode == 2
    assert "set CCR_HOME" in failed.stderr


def test_two_starts_at_once_are_one_gateway(home: Home) -> None:
    with ExitStack() as stack:
        starts = [stack.enter_context(home.begin("start", "--daemon")) for _ in range(3)]
        printed = [process.communicate(timeout=30)[0] for process in starts]
        assert [process.returncode for process in starts] == [0, 0, 0]
    assert sum("already runs" in text for text in printed) == 2


def test_settings_of_the_environment_reach_the_gateway(home: Home) -> None:
    assert home.run("start", "--daemon", APIKEY="client-key-1", ADMIN_KEY="admin-key-1").returncode == 0
    import http.client

    def ask(key: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", home.record["port"], timeout=10)
        connection.request("GET", "/api/transformers", headers={"x-api-key": key})
        status = connection.getresponse().status
        connection.close()
        return status

    assert (ask("wrong"), ask("client-key-1"), ask("admin-key-1")) == (401, 403, 200)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
        ("box.local", "http://box.local:1"),
    ],
)
def test_where_a_gateway_is_reached(host: str, url: str) -> None:
    assert local_url(host, 1) == url


def test_the_log_goes_to_files_without_keys(home: Home) -> None:
    home.write({"APIKEY": "plain-client-key-1", "Providers": [], "Router": {"default": "plain-client-key-1,m"}})
    assert home.run("start", "--daemon").returncode == 0
    assert home.run("stop").returncode == 0
    [line] = [json.loads(one) for one in home.run("logs", "--level", "warn").stdout.splitlines()][:1]
    assert (line["level"], "configuration: Router.default" in line["msg"]) == (40, True)
    assert "plain-client-key-1" not in home.run("logs").stdout
    assert "configuration:" not in (home.folder / "logs" / "daemon.out").read_text()
    home.write({"LOG": False, "NoSuchKey": 1})
    for file in (home.folder / "logs").glob("ccr-*.log"):
        file.unlink()
    assert home.run("start", "--daemon").returncode == 0
    assert home.run("logs").returncode == 1


def test_something_else_at_the_port_is_no_gateway() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert ask_health("127.0.0.1", silent.getsockname()[1], timeout=0.05) is None


def test_sessions_that_were_killed_do_not_count(tmp_path: Path) -> None:
    env = {"CCR_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        mine = {"pid": os.getpid(), "started": process.started(os.getpid())}
        others = [{"pid": other.pid, "started": process.started(other.pid)}, {"pid": other.pid, "started": "before"}]
        listed = {"gateway": "g", "sessions": [mine, *others, {"pid": "?"}, 3]}
        (tmp_path / "code-sessions.json").write_text(json.dumps(listed))
        assert sessions.count(env) == 2
        assert sessions.leave(env) == "", "the other one still uses it"
        sessions.join(env)
        other.kill()
    assert sessions.leave(env) == "g"
    assert not (tmp_path / "code-sessions.json").exists()
