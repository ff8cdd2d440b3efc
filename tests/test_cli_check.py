"""check: every mistake with its place, and every provider from its name to its models."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.testing import Answer, FakeServer

from .support.cli import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def provider(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "api_base_url": f"{url}/v1/chat/completions", "api_key": "sk-check-1", **more}


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Answer(text="OK.")) as running:
        yield running


def test_every_mistake_with_file_line_and_column(home: Home) -> None:
    home.write('{\n  "PORT": "x",\n  "Providers": [\n    {"name": 5, "models": 3}\n  ]\n}')
    failed = home.run("check")
    assert failed.returncode == 1
    assert f"{home.config}:2:11: PORT: must be a whole number" in failed.stdout
    assert f"{home.config}:4:" in failed.stdout
    told = json.loads(home.run("check", "--json").stdout)
    assert (told["ok"], told["providers"]) == (False, [])
    assert {problem["path"] for problem in told["config"]["problems"]} >= {"PORT", "Providers[0].models"}
    home.write("{ a: }")
    assert f"{home.config}:1:6: unexpected" in home.run("check").stdout


def test_warnings_do_not_count(home: Home) -> None:
    home.write(
        '{\n "Routr": {},\n "Providers": [{"name": "p", "api_base_url": "http://127.0.0.1:9/v1", "models": ["m"]}]\n}'
    )
    done = home.run("check", "--offline")
    assert done.returncode == 0
    assert f"warning  {home.config}:2:2: Routr: " in done.stdout
    assert "The configuration can be used." in done.stdout


def test_what_answers(home: Home, server: FakeServer) -> None:
    home.write({"Providers": [provider("one", server.url, models=["a", "b"])], "Router": {"default": "one,a"}})
    done = home.run("check")
    assert done.returncode == 0, done.stdout
    lines = [re.sub(r"  \d+\.\d s$", "", line).split() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert lines == [
        ["ok"],
        ["name", "ok", "127.0.0.1"],
        ["connection", "ok", "port", str(server.port)],
        ["model", "a", "ok", "OK."],
        ["model", "b", "ok", "OK."],
    ]
    assert done.stdout.endswith("Everything answers.\n")
    assert sorted(body["model"] for body in server.bodies) == ["a", "b"]
    assert server.exchanges[0].headers["authorization"] == "Bearer sk-check-1"
    code, shown = home.on_terminal("check", "ONE", "--quick")
    assert (code, "\x1b[32mEverything answers." in shown) == (0, True)
    assert len(server.bodies) == 3


def test_what_does_not_answer_and_what_to_do(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with FakeServer(Answer(error=401)) as server:
        home.write(
            {
                "Providers": [
                    provider("nowhere", "http://no-such-host.invalid", models=["m"]),
                    provider("closed", f"http://127.0.0.1:{port}", models=["m"]),
                    provider("refusing", server.url, models=["a"]),
                    provider("empty", server.url, models=[]),
                    provider("unset", server.url, models=["m"]) | {"api_key": "$NO_SUCH_VARIABLE"},
                ]
            }
        )
        failed = home.run("check", "--json")
        table = home.run("check", "refusing").stdout
    assert failed.returncode == 1
    told = json.loads(failed.stdout)
    steps = {one["name"]: {step["name"]: step for step in one["steps"]} for one in told["providers"]}
    assert steps["nowhere"]["name"]["ok"] is False
    assert "cannot be resolved" in steps["nowhere"]["name"]["fix"]
    assert steps["nowhere"]["model m"]["ok"] is None
    assert steps["closed"]["connection"]["detail"] == "connection refused"
    assert "Nothing listens" in steps["closed"]["connection"]["fix"]
    assert steps["refusing"]["model a"]["ok"] is False
    assert "key is not accepted" in steps["refusing"]["model a"]["fix"]
    assert steps["empty"]["models"]["ok"] is False
    assert "NO_SUCH_VARIABLE is not set" in steps["unset"]["model m"]["detail"]
    assert "sk-check-1" not in failed.stdout
    assert "fix" in table
    assert table.endswith("1 of 3 checks failed.\n")


def test_every_key_is_tried(home: Home) -> None:
    with FakeServer(Answer(text="OK.")) as server:
        keys = ["sk-first-$x", "sk-second"]
        home.write({"Providers": [provider("one", server.url, models=["a"], api_keys=keys) | {"api_key": ""}]})
        done = home.run("check")
        assert done.returncode == 0, done.stdout
        sent = {exchange.headers["authorization"] for exchange in server.exchanges}
    assert sent == {f"Bearer {key}" for key in keys}
    assert re.search(r"^  key 2 +ok ", done.stdout, re.MULTILINE)


def test_no_configuration_is_no_mistake(home: Home) -> None:
    done = home.run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the demo model answers" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("nobody",), 'there is no provider "nobody"'), (("--timeout", "0"), "seconds above 0"), (("--x",), "--x")],
)
def test_mistakes_in_the_arguments(home: Home, arguments: tuple[str, ...], says: str) -> None:
    home.write({"Providers": [provider("one", "http://127.0.0.1:9", models=["a"])]})
    failed = home.run("check", *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert says in failed.stderr
