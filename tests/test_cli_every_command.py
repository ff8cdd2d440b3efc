"""Every command as a process, in a pipe and on a terminal: exit status, what is said, and no colours in a pipe."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ccr_middleware.commands import COMMANDS

from .support.cli import Claude, Home

CONFIG = """{
  // of mine
  "Providers": [{"name": "one", "api_base_url": "http://127.0.0.1:9/v1/chat/completions", "models": ["a"]}],
  "Router": {"default": "one,a"}
}
"""

REQUEST = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}


class Use(NamedTuple):
    """How a command is used: `{home}` in its arguments is the home folder. `says`: in what it prints. `keys`: what is
    typed on a terminal, or comes through the pipe."""

    arguments: str
    says: str
    status: int = 0
    keys: str = ""


USES = {
    "start": Use("start --daemon", "The gateway runs at http://127.0.0.1:"),
    "stop": Use("stop", "No gateway runs."),
    "restart": Use("restart", "The gateway runs at http://127.0.0.1:"),
    "status": Use("status", "not running", 3),
    "code": Use("code -p hi", ""),
    "activate": Use("--port 4321 activate --shell sh", "export ANTHROPIC_BASE_URL=http://127.0.0.1:4321\n"),
    "model": Use("model", "one,a", keys="\n"),
    "check": Use("check --offline", "The configuration can be used."),
    "keys": Use("keys create laptop", "ccr-"),
    "logs": Use("logs", "all is well"),
    "ui": Use("ui --no-open", "/ui/\n"),
    "preset": Use("preset", "mine"),
    "install": Use("install {home}/source --name another", "The preset another is installed"),
    "import": Use("import {home}", "LOG_LEVEL"),
    "explain": Use("explain {home}/request.json", "decision: one,a"),
    "conformance": Use("conformance cleancache --wire gemini", "faults: ", 1),
    "version": Use("version", "ccr_middleware "),
    "statusline": Use("statusline", "↑ 0", keys='{"model": {"display_name": "Opus"}}\n\x04'),
}

each_command = pytest.mark.parametrize("name", [*COMMANDS, "statusline"])


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path, CONFIG)
    (made.folder / "request.json").write_text(json.dumps(REQUEST))
    for folder in (made.folder / "presets" / "mine", made.folder / "source"):
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text('{"name": "mine", "Router": {"default": "one,a"}}')
    (made.folder / "logs").mkdir()
    (made.folder / "logs" / "ccr-20260101000000.log").write_text('{"level":30,"time":1,"msg":"all is well"}\n')
    yield made
    made.stop()


@pytest.fixture
def claude(home: Home, tmp_path: Path) -> Claude:
    return home.claude(tmp_path)


def words(use: Use, home: Home) -> list[str]:
    return [word.replace("{home}", str(home.folder)) for word in use.arguments.split()]


@each_command
def test_in_a_pipe(name: str, home: Home, claude: Claude) -> None:
    use = USES[name]
    done = home.run(*words(use, home), stdin=use.keys.removesuffix("\x04"))
    assert (done.returncode, "Traceback" in done.stderr) == (use.status, False), done.stderr
    assert use.says in done.stdout
    if name != "statusline":  # which Claude Code reads from a pipe, and shows in colours
        assert "\x1b" not in done.stdout + done.stderr
    assert claude.has_told() is (name == "code")


@each_command
def test_on_a_terminal(name: str, home: Home, claude: Claude) -> None:
    use = USES[name]
    status, shown = home.on_terminal(*words(use, home), keys=use.keys)
    assert (status, "Traceback" in shown) == (use.status, False), shown
    assert use.says in shown
    assert claude.has_told() is (name == "code")
