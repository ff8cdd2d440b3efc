"""The gateway as a program: where its settings come from, where it listens, and what it refuses."""

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import standalone
from ccr_middleware.__main__ import main, parser
from ccr_middleware.config import Config
from ccr_middleware.errors import ConfigError
from ccr_middleware.logs.levels import LEVELS

VARIABLES = (
    "CCR_CONFIG", "CCR_HOME", "HOST", "PORT", "APIKEY", "ADMIN_KEY", "LOG", "LOG_LEVEL", "CUSTOM_ROUTER_PATH",
)  # fmt: skip


def has_ipv6() -> bool:
    """Whether this machine has the IPv6 loopback."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the developer's own settings."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def settings(*flags: str, **env: str) -> Config:
    """The settings of the program with these flags and variables."""
    return standalone.load_settings(parser().parse_args(flags), {"HOME": os.environ["HOME"], **env})


def written(folder: Path, document: Any, name: str = "config.json") -> str:
    """A configuration file; text is written as it stands."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


# -- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "flag", "variable", "in_file", "default"),
    [
        ("host", ("--host", "127.0.0.2", "127.0.0.2"), ("HOST", "127.0.0.3", "127.0.0.3"), "127.0.0.4", "127.0.0.1"),
        ("port", ("--port", "1001", 1001), ("PORT", "1002", 1002), 1003, 3456),
        ("log_level", ("--log-level", "debug", "debug"), ("LOG_LEVEL", "ERROR", "error"), "warn", "info"),
        ("api_key", None, ("APIKEY", " key-2\n", "key-2"), "key-3", ""),
        ("admin_key", None, ("ADMIN_KEY", "key-2", "key-2"), "key-3", ""),
        ("custom_router", None, ("CUSTOM_ROUTER_PATH", "a.py", "a.py"), "b.py", None),
        ("log", None, ("LOG", "false", False), True, True),
    ],
)
def test_a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default(
    field: str, flag: Any, variable: Any, in_file: Any, default: Any, tmp_path: Path
) -> None:
    name, text, from_environment = variable
    path = written(tmp_path, {name: in_file})
    assert getattr(settings(), field) == default
    assert getattr(settings("--config", path), field) == in_file
    assert getattr(settings("--config", path, **{name: text}), field) == from_environment
    assert getattr(settings("--config", path, **{name: "  "}), field) == in_file, "an empty variable says nothing"
    if flag:
        option, argument, expected = flag
        assert getattr(settings("--config", path, option, argument, **{name: text}), field) == expected


@pytest.mark.parametrize("text", ["0", "no", "OFF", "False"])
def test_log_off_in_several_words(text: str) -> None:
    assert settings(LOG=text).log is False
    assert settings(LOG="true").log is True


@pytest.mark.parametrize("level", ["warning", "WARNING", "critical"])
def test_level_names_of_other_programs(level: str) -> None:
    assert settings(LOG_LEVEL=level).log_level == level.lower()
    assert LEVELS[level.lower()] >= 30


def test_where_the_configuration_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    by_flag, by_variable = written(tmp_path, {"PORT": 1}, "flag.json"), written(tmp_path, {"PORT": 2}, "variable.json")
    folder = str(Path(written(tmp_path, {"PORT": 3}, "folder/config.json")).parent)
    written(tmp_path, {"PORT": 4}, "home/.claude-code-router/config.json")
    written(tmp_path, {"PORT": 5}, "home/mine.json")
    assert settings("--config", by_flag, CCR_CONFIG=by_variable, CCR_HOME=folder).port == 1
    assert settings(CCR_CONFIG=by_variable, CCR_HOME=folder).port == 2
    assert settings(CCR_HOME=folder).port == 3
    assert settings().port == 4
    assert settings("--config", "~/mine.json").port == 5
    assert settings(CCR_HOME="~/.claude-code-router").port == 4


@pytest.mark.parametrize("home", ["/nowhere/at/all", "/dev/null", "~nobody-has-this-name"])
def test_no_configuration_at_the_usual_place_is_none(home: str) -> None:
    assert settings(CCR_HOME=home) == Config()


def test_one_at_the_usual_place_that_cannot_be_read_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patched:
        patched.setattr(standalone.os, "stat", stat)
        path = standalone.config_path(parser().parse_args([]), {"CCR_HOME": "/root/secret"})
    assert path == "/root/secret/config.json"


# -- the socket --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("example.com", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_which_hosts_are_loopback(host: str, expected: bool) -> None:
    assert standalone.is_loopback(host) is expected


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_c47_nothing_but_loopback_without_a_key(host: str) -> None:
    with pytest.raises(ConfigError, match="APIKEY"):
        standalone.open_socket(Config(host=host, port=0))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", *(pytest.param(host, marks=needs_ipv6) for host in ("::1", "[::1]"))],
)
def test_where_it_listens(host: str) -> None:
    with standalone.open_socket(Config(host=host, port=0, api_key="key")) as listener:
        port = listener.getsockname()[1]
        target = {"0.0.0.0": "127.0.0.1"}.get(host, host.strip("[]"))
        with socket.create_connection((target, port), timeout=1):
            pass


def resolving(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Let every name resolve to an address, or fail to."""

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (answer, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "problem",
    [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), UnicodeError("label empty or too long")],
)
def test_a_host_that_is_none(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, problem)
    with pytest.raises(ConfigError, match=r"HOST a\.\.b: .* set HOST or --host"):
        standalone.open_socket(Config(host="a..b", port=0, api_key="key"))


def test_an_address_of_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "192.0.2.1")
    with pytest.raises(ConfigError, match="no address of this machine"):
        standalone.open_socket(Config(host="192.0.2.1", port=0, api_key="key"))


# -- the banner --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:99"),
        ("0.0.0.0", "http://127.0.0.1:99"),
        ("::", "http://[::1]:99"),
        ("::1", "http://[::1]:99"),
        ("[::1]", "http://[::1]:99"),
        ("localhost", "http://localhost:99"),
    ],
)
def test_the_banner_gives_lines_that_can_be_pasted(host: str, url: str) -> None:
    lines = standalone.banner(Config(host=host), 99, show_key=True).splitlines()
    assert lines[0].endswith(f"listens on {url}")
    assert f"  export ANTHROPIC_BASE_URL={url}" in lines


def test_the_banner_shows_the_key_to_a_person_only() -> None:
    config = Config(api_key="secret-key")
    assert "ANTHROPIC_AUTH_TOKEN=secret-key" in standalone.banner(config, 1, show_key=True)
    assert "secret-key" not in standalone.banner(config, 1, show_key=False)


# -- what cannot work --------------------------------------------------------------------------------------


def failing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line a start that cannot work ends with."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ccr_middleware: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program sets up logging for its whole process; here that is pytest's."""
    monkeypatch.setattr(standalone, "set_up_logging", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("", "line 1, column 1"),
        ('{\n  "PORT": 1,\n  "HOST" "x"\n}', "line 3, column 10"),
        ("{PORT: 1,\n // fine so far\n HOST: }", "line 3, column 8"),
        ("[]", "not an object"),
        ({"Providers": 5}, "Providers: must be a list"),
        ({"Providers": [{"api_base_url": "http://x.test", "models": []}]}, "Providers[0].name: is missing"),
        ({"Providers": [{"name": "p"}]}, "api_base_url: is missing"),
        ({"Providers": [{"name": "p", "api_base_url": "http://x.test", "models": 5}]}, "models: must be a list"),
        ({"PORT": "many"}, "PORT: must be a whole number"),
        ({"PORT": 70000}, "PORT"),
        ({"Router": {"longContextThreshold": "x"}}, "Router.longContextThreshold"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ],
    ids=repr,
)
def test_a_broken_configuration_is_one_line(
    document: Any, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, document)
    line = failing(["--config", path], capsys)
    assert path in line
    assert says in line
    assert ";" in line, "the fix follows"


def test_a_configuration_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such file" in failing(["--config", str(tmp_path / "none.json")], capsys)
    assert "is a directory" in failing(["--config", str(tmp_path)], capsys)
    assert "no such file" in failing(["--config", "~nobody-has-this-name/config.json"], capsys)


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "abc"), ("PORT", "70000"), ("PORT", "-1"), ("LOG_LEVEL", "x")]
)
def test_a_bad_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    line = failing([], capsys)
    assert f"{variable}={value}" in line


@pytest.mark.usefixtures("quiet")
def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        line = failing(["--port", port], capsys)
    assert f"port {port}" in line
    assert "in use" in line


@pytest.mark.usefixtures("quiet")
def test_c47_open_to_everybody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "APIKEY" in failing(["--host", "0.0.0.0", "--port", "0"], capsys)


@pytest.mark.usefixtures("quiet")
def test_a_server_that_is_not_installed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert 'pip install "ccr_middleware[server]"' in failing(["--port", "0"], capsys)


@pytest.mark.parametrize("argument", ["--port=x", "--port=70000", "--log-level=loud", "--nonsense"])
def test_a_bad_argument(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main([argument])
    assert ending.value.code == 2
    assert argument.partition("=")[0] in capsys.readouterr().err
