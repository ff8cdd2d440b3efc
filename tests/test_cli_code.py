"""code: Claude Code with the gateway's environment, its arguments untouched, a gateway as long as it is used."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccr_middleware.access.keys import hash_key
from ccr_middleware.commands import environment
from ccr_middleware.config import Config, load_config
from ccr_middleware.errors import ConfigError

from .support.cli import Claude, Home, wait_until

ODD = [
    "-p",
    "hi $(touch x) `id` \"q\" 'q' \\ ; & |",
    "",
    "--add-dir",
    "a",
    "--add-dir",
    "b",
    "--help",
    "-v",
    "--",
    "ü 你好",
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Claude]]:
    """A gateway that somebody started, for tests that only use it."""
    folder = tmp_path_factory.mktemp("cli")
    home = Home(folder, {"APIKEY": "the-key-of-all"})
    claude = home.claude(folder)
    assert home.run("start", "--daemon").returncode == 0
    yield home, claude
    home.stop()


@pytest.fixture
def started(gateway: tuple[Home, Claude]) -> tuple[Home, Claude]:
    """The same, with a Claude Code that was not called yet."""
    gateway[1].forget()
    return gateway


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.stop()


def test_arguments_and_environment(started: tuple[Home, Claude]) -> None:
    home, claude = started
    done = home.run("code", *ODD, ANTHROPIC_API_KEY="sk-other", CLAUDE_CODE_USE_BEDROCK="1", NO_PROXY="corp.example")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = claude.told()
    assert told["argv"] == ODD
    env = told["env"]
    assert env["ANTHROPIC_BASE_URL"] == f"http://127.0.0.1:{home.record['port']}"
    assert env["ANTHROPIC_AUTH_TOKEN"] == "the-key-of-all"
    assert env["API_TIMEOUT_MS"] == "600000"
    assert env["NO_PROXY"] == "corp.example,127.0.0.1,localhost,::1"
    assert (env["DISABLE_TELEMETRY"], env["DISABLE_COST_WARNINGS"]) == ("true", "true")
    assert not {"ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK"} & set(env)
    assert "settings" not in told
    assert home.run("status").returncode == 0, "one that was started by hand goes on running"


def test_flags_of_the_program_go_before(started: tuple[Home, Claude]) -> None:
    home, claude = started
    other = home.folder / "other.json"
    other.write_text('{"APIKEY": "another-key", "API_TIMEOUT_MS": 5000, "NON_INTERACTIVE_MODE": true}')
    done = home.run("--config", str(other), "code", "--config", "mine", FAKE_CLAUDE="read", stdin="not for it")
    assert done.returncode == 0
    told = claude.told()
    assert told["argv"] == ["--config", "mine"]
    assert (told["env"]["ANTHROPIC_AUTH_TOKEN"], told["env"]["API_TIMEOUT_MS"]) == ("another-key", "5000")
    assert {name: told["env"][name] for name in environment.NON_INTERACTIVE} == environment.NON_INTERACTIVE
    assert told["stdin"] == ""


def test_its_input_output_and_exit_status_are_passed_on(started: tuple[Home, Claude]) -> None:
    home, claude = started
    assert home.run("code", FAKE_CLAUDE="exit 7").returncode == 7
    assert home.run("code", FAKE_CLAUDE="read", stdin="a question").returncode == 0
    wait_until(lambda: claude.told()["stdin"] == "a question")
    assert home.on_terminal("code", FAKE_CLAUDE="exit 9")[0] == 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_claude_codes(started: tuple[Home, Claude], number: signal.Signals) -> None:
    home, claude = started
    with home.begin("code", FAKE_CLAUDE="wait") as process:
        claude.told()
        process.send_signal(number)
        assert process.wait(10) == 100 + number


def test_ctrl_c_on_a_terminal_reaches_it_once(started: tuple[Home, Claude]) -> None:
    home, claude = started
    assert home.on_terminal("code", keys="\x03", when=claude.has_told, FAKE_CLAUDE="wait")[0] == 100 + signal.SIGINT


def test_s12_the_status_line_comes_in_a_private_file_that_is_gone_afterwards(started: tuple[Home, Claude]) -> None:
    home, claude = started
    config = home.folder / "status.json"
    config.write_text('{"APIKEY": "the-key-of-all", "StatusLine": {"enabled": true}}')
    assert home.run("--config", str(config), "code", "--resume").returncode == 0
    told = claude.told()
    assert told["argv"][0] == "--settings"
    assert told["argv"][2:] == ["--resume"]
    assert told["settings"]["statusLine"]["command"].endswith("-m ccr_middleware statusline")
    assert "the-key-of-all" not in json.dumps(told["settings"])
    assert told["modes"] == ["0o600", "0o700"]
    assert not os.path.exists(os.path.dirname(told["settings_path"]))
    own = ["--settings", str(config)]
    assert home.run("--config", str(config), "code", *own).returncode == 0
    assert claude.told()["argv"] == own, "whoever gives settings of their own has them alone"


def test_a_preset_in_place_of_the_command(started: tuple[Home, Claude]) -> None:
    home, claude = started
    folder = home.folder / "presets" / "my work"
    folder.mkdir(parents=True)
    settings = {"env": {"MAX_THINKING_TOKENS": 5}, "model": "x"}
    (folder / "manifest.json").write_text(json.dumps({"name": "my work", "claudeCodeSettings": settings}))
    assert home.run("my work", "-p", "hi").returncode == 0
    told = claude.told()
    assert told["argv"][2:] == ["-p", "hi"]
    assert told["env"]["ANTHROPIC_BASE_URL"].endswith("/preset/my%20work")
    assert told["env"]["MAX_THINKING_TOKENS"] == "5"
    assert told["settings"] == {"model": "x"}
    assert "/preset/my%20work" in home.run("activate", "--preset", "my work").stdout
    for name in ("mi work", "../my work", "activat"):
        failed = home.run(name)
        assert (failed.returncode, "there is no command and no preset" in failed.stderr) == (2, True)


def preset(home: Home, folder: str, **manifest: object) -> None:
    place = home.folder / "presets" / folder
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(json.dumps(manifest))


QUESTIONS = [
    {"id": "key", "type": "password", "required": True},
    {"id": "word", "type": "input", "defaultValue": "hi", "required": False},
]


def test_a_preset_with_what_was_answered(started: tuple[Home, Claude]) -> None:
    home, claude = started
    status_line = {"enabled": True, "currentStyle": "x", "x": {"modules": [{"text": "#{word} {{model}}"}]}}
    template = {
        "Providers": [{"name": "p", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "#{key}", "models": ["m"]}],
        "claudeCodeSettings": {"env": {"SOME_KEY": "#{key}"}, "model": "#{word}"},
        "StatusLine": status_line,
    }
    preset(home, "folder", name="called so", schema=QUESTIONS, template=template)
    not_ready = home.run("folder", "-p", "hi")
    assert (not_ready.returncode, claude.has_told()) == (2, False)
    assert 'the preset "folder" cannot be used: key: is required' in not_ready.stderr
    assert home.run("preset", "apply", "folder", "--set", "key=k1").returncode == 0
    for name in ("folder", "called so"):
        assert home.run(name, "-p", "hi").returncode == 0
        told = claude.told()
        assert told["env"]["ANTHROPIC_BASE_URL"].endswith("/preset/folder")
        assert told["env"]["SOME_KEY"] == "k1"
        assert told["settings"]["model"] == "hi"
        assert "k1" not in json.dumps(told["settings"])
        line = told["settings"]["statusLine"]["command"]
        assert line.endswith(" statusline folder")
        assert home.run("activate", "--preset", name).stdout.count("/preset/folder") == 1
    shown = home.run("statusline", "folder", stdin='{"model": {"display_name": "Opus"}}').stdout
    assert shown.startswith("hi ")


def test_there_is_no_claude_code(started: tuple[Home, Claude]) -> None:
    home, _ = started
    missing = home.run("code", CLAUDE_PATH="/nowhere/claude")
    assert missing.returncode == 127
    assert "CLAUDE_PATH" in missing.stderr


# -- the gateway for it ------------------------------------------------------------------------------------


def test_l2_a_gateway_is_started_for_it_and_stopped_with_its_last_user(home: Home, tmp_path: Path) -> None:
    claude = home.claude(tmp_path)
    with home.begin("code", FAKE_CLAUDE="wait") as first:
        url = claude.told()["env"]["ANTHROPIC_BASE_URL"]
        with home.begin("code", FAKE_CLAUDE="wait") as second:
            assert claude.told()["env"]["ANTHROPIC_BASE_URL"] == url
            check_both(home, first, second)
    assert home.run("status").returncode == 3


def check_both(home: Home, first: "subprocess.Popen[str]", second: "subprocess.Popen[str]") -> None:
    """The gateway stays until both have ended."""
    assert json.loads(home.run("status", "--json").stdout)["code_sessions"] == 2
    first.terminate()
    first.wait(10)
    assert home.run("status").returncode == 0, "the second one still uses it"
    second.terminate()
    assert second.wait(15) == 100 + signal.SIGTERM


def test_l2_a_session_that_was_killed_does_not_keep_it(home: Home, tmp_path: Path) -> None:
    claude = home.claude(tmp_path)
    with home.begin("code", FAKE_CLAUDE="wait") as first:
        child = claude.told()["pid"]
        first.kill()
        first.wait(10)
        os.kill(child, signal.SIGTERM)
    assert home.run("status").returncode == 0
    assert home.run("code").returncode == 0
    assert home.run("status").returncode == 3


def test_l2_whoever_starts_it_meanwhile_keeps_it(home: Home, tmp_path: Path) -> None:
    claude = home.claude(tmp_path)
    with home.begin("code", FAKE_CLAUDE="wait") as session:
        claude.told()
        assert "already runs" in home.run("start", "--daemon").stdout
        session.terminate()
        session.wait(10)
    assert home.run("status").returncode == 0


def test_nothing_is_started_for_a_claude_code_that_is_not_there(home: Home) -> None:
    assert home.run("code", CLAUDE_PATH="/nowhere/claude").returncode == 127
    assert not (home.folder / "logs").exists()


# -- the environment ---------------------------------------------------------------------------------------

NASTY = "a'b\"c $(touch pwned) `id` \\ ; é\u2019"


def test_s13_whatever_is_in_a_value_stays_a_value(started: tuple[Home, Claude], tmp_path: Path) -> None:
    home, _ = started
    printed = home.run("activate", "--shell", "sh", CCR_CLIENT_KEY=NASTY)
    assert (printed.returncode, printed.stderr) == (0, "")
    script = (
        printed.stdout
        + 'printf "%s\\n%s\\n%s" "$ANTHROPIC_AUTH_TOKEN" "$ANTHROPIC_BASE_URL" "${CLAUDE_CODE_USE_BEDROCK-gone}"'
    )
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "CLAUDE_CODE_USE_BEDROCK": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == [NASTY, f"http://127.0.0.1:{home.record['port']}", "gone"]
    assert not (tmp_path / "pwned").exists()
    assert home.run("env").stdout == home.run("activate").stdout


def test_an_address_that_nobody_can_know_is_not_printed(home: Home) -> None:
    failed = home.run("activate")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "at port 0 each one has another address" in failed.stderr
    assert "http://127.0.0.1:4321" in home.run("--port", "4321", "activate").stdout


def test_other_shells() -> None:
    fish = environment.script("fish", {"A": "it's \\ $x"})
    assert fish.splitlines()[0] == r"set -gx A 'it\'s \\ $x'"
    assert "set -e CLAUDE_CODE_USE_BEDROCK" in fish
    powershell = environment.script("powershell", {"A": "it's \u2019 $x"})
    assert powershell.splitlines()[0] == "$env:A = 'it''s \u2019\u2019 $x'"


def test_the_shell_is_known_by_its_variable(started: tuple[Home, Claude]) -> None:
    home, _ = started
    assert home.run("activate", SHELL="/usr/bin/fish").stdout.startswith("set -gx ANTHROPIC_BASE_URL ")
    assert home.run("activate", SHELL="/bin/zsh").stdout.startswith("export ANTHROPIC_BASE_URL=")
    assert home.run("activate", "--shell", "csh").returncode == 2


def test_which_key_is_sent() -> None:
    assert environment.token(Config(), {}) == environment.PLACEHOLDER
    assert environment.token(Config(api_key="k"), {"ANTHROPIC_AUTH_TOKEN": "x"}) == "k"
    assert environment.token(Config(api_key="k"), {"CCR_CLIENT_KEY": "own"}) == "own"
    hashed = load_config({"APIKEYS": [{"id": "a", "key_hash": hash_key("ccr-a")}]}, env={})
    assert environment.token(hashed, {"ANTHROPIC_AUTH_TOKEN": "ccr-a"}) == "ccr-a"
    with pytest.raises(ConfigError, match="CCR_CLIENT_KEY"):
        environment.token(hashed, {"ANTHROPIC_AUTH_TOKEN": "ccr-b"})
