"""The command line as a whole: its help, its mistakes, its documentation, and what it loads."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ccr_middleware import __version__
from ccr_middleware.__main__ import parser
from ccr_middleware.commands import ALIASES, COMMANDS, command_module
from ccr_middleware.commands.terminal import Paint, folded, table, width

from .support.cli import ROOT, Home

PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

each_command = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@each_command
def test_every_command_has_help_with_examples_and_exit_status(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser(name).parse_args([name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "\nexamples:\n  " in shown
    assert "exit status: " in shown
    assert command_module(name).HELP


@each_command
def test_every_command_and_its_flags_are_documented(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"## `{name}`" in PAGE or f"## `{name} " in PAGE
    with pytest.raises(SystemExit):
        parser(name).parse_args([name, "--help"])
    flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", capsys.readouterr().out.split("examples:")[0]))
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    own = next(part for part in section if part.startswith((f"`{name}`", f"`{name} ")))
    missing = (
        flags - {"--help", "--config", "--host", "--port", "--log-level"} - set(re.findall(r"--[a-z][a-z-]+", own))
    )
    assert not missing


def test_no_command_is_documented_that_is_not_there() -> None:
    documented = re.findall(r"^## `(\w+)", PAGE, re.MULTILINE)
    assert set(documented) == {*COMMANDS, "statusline"}
    assert all(f"`{alias}`" in PAGE for aliases in ALIASES.values() for alias in aliases)


def test_help_in_a_pipe_and_on_a_terminal(home: Home) -> None:
    done = home.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n    {name} " in done.stdout for name in COMMANDS)
    code, shown = home.on_terminal("help", "code", COLUMNS="100")
    assert (code, "All arguments go to Claude Code" in shown) == (0, True)


@pytest.mark.parametrize("arguments", [("version",), ("--version",), ("-v",)])
def test_the_version(home: Home, arguments: tuple[str, ...]) -> None:
    done = home.run(*arguments)
    assert (done.returncode, done.stdout) == (0, f"ccr_middleware {__version__}\n")
    assert home.on_terminal(*arguments) == (0, f"ccr_middleware {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("stats",), 'there is no command and no preset "stats"; did you mean "status"?'),
        (("--prot", "1"), "unrecognized arguments"),
        (("--port", "x"), "must be a number from 0 to 65535"),
        (("status", "--jsno"), "unrecognized arguments: --jsno"),
        (("explain",), "the following arguments are required: FILE"),
        (("--config", "/nowhere.json", "model"), "/nowhere.json: no such file"),
        (("help", "mdoel"), 'there is no command and no preset "mdoel"; did you mean "model"?'),
    ],
)
def test_mistakes_end_with_two(home: Home, arguments: tuple[str, ...], says: str) -> None:
    failed = home.run(*arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert says in failed.stderr
    assert failed.stderr.startswith("ccr_middleware: ")
    assert failed.stderr.count("\n") == 1


def test_output_that_cannot_be_written_is_no_crash(home: Home) -> None:
    shell = f"{sys.executable} -m ccr_middleware version"
    for redirected, status, says in ((">/dev/full", 2, "No space left on device"), (">&-", 0, "")):
        done = subprocess.run(
            ["sh", "-c", f"{shell} {redirected}"], env=home.env, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, says in done.stderr, "Traceback" in done.stderr) == (status, True, False)
    assert home.run("keys", "create", "Zoë").returncode == 0
    listed = home.run("keys", PYTHONIOENCODING="ascii")
    assert (listed.returncode, "Zo?" in listed.stdout) == (0, True)


@pytest.mark.parametrize("arguments", ["explain request.json", "explain request.json --json"])
def test_commands_that_were_there_before(home: Home, arguments: str) -> None:
    request = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
    (home.folder / "request.json").write_text(json.dumps(request))
    words = arguments.replace("request.json", str(home.folder / "request.json")).split()
    done = home.run(*words)
    assert done.returncode == 0, done.stderr
    assert "demo,demo" in done.stdout
    code, shown = home.on_terminal(*words)
    assert (code, shown) == (0, done.stdout) or "demo,demo" in shown


def test_conformance_in_a_pipe_and_on_a_terminal(home: Home) -> None:
    done = home.run("conformance", "cleancache", "--wire", "gemini")
    assert done.returncode == 1
    code, shown = home.on_terminal("conformance", "cleancache", "--wire", "gemini")
    assert (code, shown) == (1, done.stdout)


def test_the_web_interface_has_an_address(home: Home) -> None:
    try:
        printed = home.run("ui")
        assert (printed.returncode, printed.stderr) == (0, "")
        assert printed.stdout == f"http://127.0.0.1:{home.record['port']}/ui/\n"
        assert home.on_terminal("ui", "--no-open") == (0, printed.stdout)
        assert "No browser could be opened" in home.on_terminal("ui", BROWSER="/nowhere/browser", DISPLAY="")[1]
        assert home.run("status").returncode == 0, "it goes on running"
    finally:
        home.stop()


def loaded_by(code: str) -> set[str]:
    script = f"import sys, io; sys.stdin = io.StringIO('{{}}'); {code}; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT)
    return set(done.stderr.split())


def test_little_is_loaded() -> None:
    """The status line is written several times a second."""
    line = loaded_by("from ccr_middleware.__main__ import main; main(['statusline'])")
    assert not {"argparse", "pydantic", "asyncio", "ccr_middleware.commands", "ccr_middleware.config"} & line
    status = loaded_by("from ccr_middleware.__main__ import main; main(['status'])")
    assert not {"pydantic", "asyncio", "anyio", "ccr_middleware.config"} & status


# -- tables ------------------------------------------------------------------------------------------------


def test_columns_line_up_with_wide_letters_and_colours() -> None:
    class Screen:
        def isatty(self) -> bool:
            return True

    rows = [("模型", "x"), ("e\u0301", "ok"), ("short",)]
    assert table(("name", "state"), rows).splitlines() == ["name   state", "模型   x", "e\u0301      ok", "short"]
    assert [width(text) for text in ("模型", "e\u0301", "abc")] == [4, 1, 3]
    painted = table(("name", "state"), rows, Paint(Screen(), {}), {"ok": "green"})  # type: ignore[arg-type]
    assert "\x1b[32mok\x1b[0m" in painted
    assert table(("name", "state"), rows, Paint(Screen(), {"NO_COLOR": "1"})) == table(("name", "state"), rows)  # type: ignore[arg-type]
    assert Paint(Screen(), {"TERM": "dumb"}).on is False  # type: ignore[arg-type]


def test_what_is_too_wide_for_a_terminal_is_folded_in_its_column(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen:
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "30")
    paint = Paint(Screen(), {"NO_COLOR": "1"})  # type: ignore[arg-type]
    rows = [("short", "a text of several words that goes on", "ok")]
    assert table(("name", "about", "state"), rows, paint).splitlines() == [
        "name   about             state",
        "short  a text of         ok",
        "       several words",
        "       that goes on",
    ]
    assert len(table(("name", "about", "state"), rows).splitlines()) == 2, "in a pipe a row is a line"
    assert folded("模型模型模", 4) == ["模型", "模型", "模"]
    assert [folded("", 5), folded("x" * 7, 3)] == [[""], ["xxx", "xxx", "x"]]
