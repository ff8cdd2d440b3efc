"""logs: files of JSON lines, for people and for programs."""

import json
import os
import signal
from pathlib import Path

import pytest

from ccr_middleware.commands.log_lines import LogLine

from .support.cli import Home, wait_until


def line(msg: str, level: int = 30, request: str = "req_1", **more: object) -> str:
    return (
        json.dumps({"level": level, "time": 1_795_289_573_364, "pid": 1, "reqId": request, "msg": msg, **more}) + "\n"
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    logs = made.folder / "logs"
    logs.mkdir()
    (logs / "ccr-20260101000000.log").write_text(line("old") + line("old error", 50, "req_9"))
    lines = [line(f"line {n}") for n in range(60)]
    (logs / "ccr-20260102000000.log").write_text(
        "".join(lines) + line("careful", 40, "req_2", provider="p") + "no json\n"
    )
    (logs / "other.log").write_text(line("not ours"))
    return made


def messages(text: str) -> list[str]:
    return [json.loads(one)["msg"] for one in text.splitlines() if one.startswith("{")]


def test_the_end_of_the_newest_file(home: Home) -> None:
    shown = home.run("logs")
    assert (shown.returncode, len(shown.stdout.splitlines())) == (0, 50)
    assert shown.stdout.endswith("no json\n")
    assert messages(home.run("logs", "-n", "3").stdout) == ["line 59", "careful"]


def test_levels_and_requests(home: Home) -> None:
    assert messages(home.run("logs", "--level", "warn").stdout) == ["careful"]
    assert messages(home.run("logs", "--request", "req_9").stdout) == ["old error"], "wherever it is"
    assert messages(home.run("logs", "--request", "req_none").stdout) == []
    assert home.run("logs", "--level", "loud").returncode == 2


def test_nothing_of_that_kind_is_told(home: Home) -> None:
    nothing = home.run("logs", "--request", "req_nowhere")
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert nothing.stderr == f"There is no such line in {os.path.join(home.folder, 'logs')}.\n"


def test_on_a_terminal_lines_are_for_people(home: Home) -> None:
    code, shown = home.on_terminal("logs", "--level", "warn", NO_COLOR="1", TZ="UTC")
    assert (code, shown) == (0, "19:32:53.364 WARN  req_2 careful provider=p\n")
    assert "\x1b[33mWARN " in home.on_terminal("logs", "--level", "warn")[1]
    assert messages(home.on_terminal("logs", "-n", "2", "--json")[1]) == ["careful"]


def test_following_into_the_next_file(home: Home) -> None:
    logs = home.folder / "logs"
    shown: list[str] = []
    with home.begin("logs", "-f", "-n", "2", PYTHONUNBUFFERED="1") as process:
        assert process.stdout

        def wait_for(msg: str) -> None:
            wait_until(lambda: shown.append(process.stdout.readline()) or msg in shown[-1])

        wait_for("no json")
        with (logs / "ccr-20260102000000.log").open("a") as file:
            file.write(line("half")[:20])
            file.flush()
            file.write(line("half")[20:])
        wait_for("half")
        (logs / "ccr-20260103000000.log").write_text(line("in the next"))
        wait_for("in the next")
        (logs / "ccr-20260103000000.log").write_text("")
        (logs / "ccr-20260103000000.log").write_text(line("anew"))
        wait_for("anew")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    assert messages("".join(shown)) == ["careful", "half", "in the next", "anew"]


def test_a_reader_that_has_enough(home: Home) -> None:
    with home.begin("logs", "-f", "-n", "60") as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        with (home.folder / "logs" / "ccr-20260102000000.log").open("a") as file:
            file.write(line("x") * 2000)
        assert process.wait(10) == 128 + signal.SIGPIPE
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_there_is_no_log(tmp_path: Path) -> None:
    home = Home(tmp_path)
    nothing = home.run("logs")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr == f"There is no log file in {os.path.join(home.folder, 'logs')}.\n"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "ccr-20260101000000.log").write_text(line("here"))
    home.write({"logs": {"dir": str(elsewhere)}})
    assert messages(home.run("logs").stdout) == ["here"]


def test_errors_are_shown_with_their_stack() -> None:
    shown = LogLine(pretty=True)(line("bad", 50, err={"type": "X", "stack": "Traceback ..."}, data={"a": [1]}))
    assert shown.endswith('ERROR req_1 bad data={"a":[1]} \nTraceback ...')
