"""model and keys: what they change in the configuration, and what stays (L-3)."""

import json
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccr_middleware.access.keys import hash_key
from ccr_middleware.commands.routes import check_target
from ccr_middleware.config import load_config
from ccr_middleware.errors import ConfigError

from .support.cli import Home

CONFIG = """{
  // the key stays where it is
  "APIKEY": "$CCR_TEST_KEY",
  Providers: [
    // one
    { name: 'one', api_base_url: 'http://127.0.0.1:9/v1', api_key: '${ONE_KEY}', models: ['a', 'b'] },
    { name: 'two', api_base_url: 'http://127.0.0.1:9/v1', api_key: 'k', models: ['b', 'c'], }, // two
  ],
  Router: {
    default: 'one,a', // the usual
    longContextThreshold: 50000,
  },
  "my-own": [1, 2,],
}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path, CONFIG)
    yield made
    made.stop()


def test_the_routes_are_shown(home: Home) -> None:
    shown = home.run("model")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.splitlines()[:3] == ["   scenario     model", "1  default      one,a", "2  background   -"]
    listed = home.run("model", "list").stdout.splitlines()
    assert listed[0].split() == ["provider", "model", "used", "for"]
    assert [line.split() for line in listed[1:]] == [["one", "a", "default"], ["one", "b"], ["two", "b"], ["two", "c"]]


def test_l3_a_route_is_set_and_everything_else_stays(home: Home) -> None:
    done = home.run("model", "set", "long-context", "two,c")
    assert (done.returncode, done.stdout, done.stderr) == (0, "longContext: two,c\n", "")
    text = home.config.read_text()
    assert load_config(text, env={}).router.long_context == "two,c"
    for kept in (
        "// the key stays where it is",
        '"$CCR_TEST_KEY"',
        "'${ONE_KEY}'",
        "// two",
        "// the usual",
        '"my-own"',
    ):
        assert kept in text
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    assert len(list(home.folder.glob("config.json.*.bak"))) == 1
    assert home.run("model", "unset", "longContext").returncode == 0
    assert load_config(home.config.read_text(), env={}).router.long_context is None


def test_every_model_with_what_it_is_used_for(home: Home) -> None:
    listed = json.loads(home.run("model", "list", "--json").stdout)["models"]
    assert [one["provider"] + "," + one["model"] for one in listed] == ["one,a", "one,b", "two,b", "two,c"]
    table = home.run("model", "list").stdout.splitlines()
    assert [line.split()[:2] for line in table[1:]] == [[one["provider"], one["model"]] for one in listed]
    assert "default" in listed[0]["used_for"]


def test_models_are_added_and_removed(home: Home) -> None:
    assert home.run("model", "add", "two,vendor/d").returncode == 0
    assert home.run("model", "add", "TWO,vendor/D").returncode == 2
    removed = home.run("model", "remove", "one,a")
    assert (removed.returncode, removed.stderr) == (0, "It is still the model of default.\n")
    config = load_config(home.config.read_text(), env={})
    assert [provider.models for provider in config.providers] == [("b",), ("b", "c", "vendor/d")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", "default", "onee,a"), 'there is no provider "onee"; did you mean "one"?'),
        (("set", "default", "b"), 'several providers have the model b: write "one,b" or "two,b"'),
        (("set", "default", "one"), '"one" is no target'),
        (("set", "nothing", "one,a"), "must be one of default, background"),
        (("unset", "default"), "is what the others go by"),
        (("remove", "one,x"), "one does not list the model x"),
        (("change",), "invalid choice"),
    ],
)
def test_mistakes_change_nothing(home: Home, arguments: tuple[str, ...], says: str) -> None:
    failed = home.run("model", *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert says in failed.stderr
    assert home.config.read_text() == CONFIG


def test_targets_in_short_form() -> None:
    config = load_config(CONFIG.replace("Router", "aliases: {fast: 'two,c'}, Router"), env={})
    assert check_target(config, " c ") == ("two,c", "")
    assert check_target(config, "fast") == ("fast", "")
    target, warning = check_target(config, "ONE,aa")
    assert (target, "does not list" in warning) == ("one,aa", True)
    with pytest.raises(ConfigError, match="is no target"):
        check_target(config, "nobody-has-it")


def test_choosing_on_a_terminal(home: Home) -> None:
    code, shown = home.on_terminal("model", keys="3\n4\nwebSearch\none,b\n99\n\n")
    assert code == 0, shown
    assert "think: two,c" in shown
    assert "There is no scenario 99." in shown
    router = load_config(home.config.read_text(), env={}).router
    assert (router.think, router.web_search) == ("two,c", "one,b")
    code, shown = home.on_terminal("model", keys="\x04")
    assert code == 130
    assert "\x1b[1mscenario" in shown


# -- keys --------------------------------------------------------------------------------------------------


def test_c37_a_key_from_its_making_to_its_end(home: Home) -> None:
    assert home.run("start", "--daemon").returncode == 0
    flags = ("--models", "two,*", "--rpm", "60", "--max-parallel", "2", "--expires", "2999-01-31")
    made = home.run("keys", "create", "laptop", *flags)
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    text = home.config.read_text()
    assert (key in text, hash_key(key) in text, "// two" in text) == (False, True, True)
    [entry] = load_config(text, env={}).client_keys
    assert home.run("keys").stdout == home.run("keys", "list").stdout
    assert (entry.name, entry.models, entry.rpm, entry.max_parallel) == ("laptop", ("two,*",), 60, 2)
    listed = json.loads(home.run("keys", "list", "--json").stdout)["keys"]
    assert [(one["id"], one["name"], one["enabled"]) for one in listed] == [(entry.id, "laptop", True)]
    assert key not in home.run("keys", "list").stdout
    assert "\x1b[32menabled" in home.on_terminal("keys", "list")[1]
    for action, enabled in (("disable", False), ("enable", True)):
        assert home.run("keys", action, entry.id).stdout == f"The key {entry.id} is {action}d.\n"
        assert load_config(home.config.read_text(), env={}).client_keys[0].enabled is enabled
    assert models(home, key) == 200, "the gateway that runs knows of it"
    assert home.run("keys", "delete", entry.id).returncode == 0
    assert load_config(home.config.read_text(), env={}).client_keys == ()


def models(home: Home, key: str) -> int:
    """The status of a request with that key."""
    request = urllib.request.Request(f"http://127.0.0.1:{home.record['port']}/v1/models", headers={"x-api-key": key})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as problem:
            if problem.code != 401:
                return problem.code
            import time

            time.sleep(0.02)
    return 401


def test_keys_without_a_configuration_make_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    made = json.loads(home.run("keys", "create", "first", "--json").stdout)
    assert load_config(home.config.read_text(), env={}).client_keys[0].id == made["id"]
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    assert "key_hash" not in made


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "x", "--expires", "tomorrow"), "expires_at"),
        (("create", "x", "--expires", "2001-01-01"), "is over already"),
        (("create", "x", "--rpm", "0"), "must be a number of at least 1"),
        (("delete", "key_none"), "there is no key with the id"),
        (("create", " "), "must not be empty"),
        (("destroy",), "invalid choice"),
    ],
)
def test_mistakes_about_keys(home: Home, arguments: tuple[str, ...], says: str) -> None:
    failed = home.run("keys", *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert says in failed.stderr
    assert home.config.read_text() == CONFIG
