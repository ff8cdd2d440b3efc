"""Which plugins a configuration has, and what is said of those that cannot be used."""

import asyncio
import gc
import subprocess
import sys
from importlib.metadata import EntryPoint
from unittest.mock import ANY

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.plugins import NoOptions, Plugin
from ccr_middleware.plugins.hooks import Hooks
from ccr_middleware.plugins.loading import list_plugins, load_plugins
from tests.support.plugins import context, plugin

AUDIT = '''
from ccr_middleware.plugins import NoOptions, Plugin


class AuditOptions(NoOptions):
    max_words: int = 5


class Audit(Plugin[AuditOptions]):
    """Counts what is
    asked.

    More of it."""

    name = "audit"
    Options = AuditOptions

    async def on_request(self, context, body):
        return {**body, "model": str(self.options.max_words)}
'''
FUNCTIONS = '''
"""Tags requests."""


def on_request(context, body):
    return {**body, "model": "tagged"}


async def on_error(context, error):
    pass


def helper():
    pass
'''
BODY = {"model": "m", "messages": []}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with plugins, in which the process runs."""
    (tmp_path / "audit.py").write_text(AUDIT)
    (tmp_path / "two.py").write_text(AUDIT + "\n\nclass Other(Audit):\n    name = 'other'\n")
    (tmp_path / "tagging.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(*uses, given=()):
    """What a list of plugins comes to."""
    return load_plugins(load_config({"plugins": list(uses)}), given)


def names(plugins):
    """Those that work."""
    return [one.name for one in plugins if one.plugin is not None]


def asked(plugins):
    """The model of a request behind all plugins."""
    changed = asyncio.run(Hooks(plugins).on_request(context(), BODY))
    return changed and changed["model"]


def test_plugins_are_off_unless_they_are_enabled(folder):
    plugins, warnings = load({"name": "token-speed"}, {"path": "audit.py", "enabled": False}, {"name": "whatever"})
    assert (names(plugins), warnings) == ([], [])
    assert [(one.name, one.to_json()["enabled"]) for one in plugins] == [
        ("token-speed", False),
        ("audit", False),
        ("whatever", False),
    ]


def test_what_is_off_is_not_even_imported(folder):
    (folder / "bomb.py").write_text("raise SystemExit('boom')")
    assert load({"path": "bomb.py"})[1] == []


def test_the_form_of_v2():
    plugins, warnings = load({"name": "token-speed", "enabled": True, "options": {"reporter": "console"}})
    assert (names(plugins), warnings) == (["token-speed"], [])
    assert plugins[0].origin == "builtin"


@pytest.mark.parametrize(
    "use",
    [
        {"path": "audit.py"},
        {"path": "./audit.py:Audit"},
        {"path": "two.py", "name": "audit"},
        {"path": "two.py:audit"},
    ],
)
def test_a_file(folder, use):
    plugins, warnings = load({**use, "enabled": True, "options": {"maxWords": 7}, "timeout_seconds": 1})
    assert (names(plugins), warnings) == (["audit"], [])
    assert asked(plugins) == "7"
    assert plugins[0].timeout_seconds == 1
    assert plugins[0].to_json() == {
        "name": "audit",
        "description": "Counts what is asked.",
        "origin": f"file:{use['path']}",
        "enabled": True,
        "hooks": ["on_request"],
        "failures": 0,
        "overruns": 0,
        "last_error": None,
        "last_error_at": None,
        "options": ANY,
    }


def test_a_module(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "audit", raising=False)
    plugins, warnings = load({"module": "audit:Audit", "enabled": True})
    assert (names(plugins), warnings, plugins[0].origin) == (["audit"], [], "module:audit:Audit")


def test_functions_that_are_called_like_hooks_make_a_plugin(folder):
    plugins, warnings = load({"path": "tagging.py", "enabled": True})
    assert (names(plugins), warnings) == (["tagging"], [])
    assert plugins[0].to_json()["hooks"] == ["on_request", "on_error"]
    assert plugins[0].description == "Tags requests."
    assert asked(plugins) == "tagged"


def test_installed_ones(folder, monkeypatch):
    points = [EntryPoint("installed", "audit:Audit", "ccr_middleware.plugins")]
    monkeypatch.setattr("ccr_middleware.plugins.loading.entry_points", lambda group: points)
    monkeypatch.syspath_prepend(str(folder))
    plugins, warnings = load("installed")
    assert (names(plugins), warnings, plugins[0].origin) == (["audit"], [], "entry point:audit:Audit")
    assert [(one.name, one.origin) for one in list_plugins(())] == [
        ("token-speed", "builtin"),
        ("installed", "entry point:audit:Audit"),
    ]


def test_the_built_in_one_is_listed_once():
    plugins, _ = load({"name": "Token-Speed"})
    assert [one.name for one in list_plugins(plugins)] == ["Token-Speed"]
    assert list_plugins(plugins)[0].description


@pytest.mark.parametrize(
    ("use", "warning"),
    [
        ("tokenspeed", 'the plugin "tokenspeed" cannot be used: no plugin is called so; did you mean "token-speed"?'),
        ("xyz", "no plugin is called so; known are token-speed; for one of your own write its path"),
        ({}, 'the plugin "" cannot be used: it says no name, path or module'),
        ({"path": "x.py"}, "x.py: no such file"),
        ({"path": "old.js"}, "old.js: is a plugin of CCR v2; here they are written in Python: docs/plugins.md"),
        ({"path": "two.py"}, "two.py: has several plugins (Audit, Other); write one behind a colon"),
        ({"path": "two.py:Third"}, 'two.py: has no plugin "Third"; it has '),
        ({"path": "empty.py"}, "has no plugin; write a class that inherits from ccr_middleware.plugins.Plugin"),
        ({"path": "broken.py"}, "broken.py, line 2: ValueError: oh"),
        ({"path": "made.py"}, "ZeroDivisionError: division by zero"),
        ({"path": "audit.py", "options": {"words": 1}}, "its options: words: Extra inputs are not permitted"),
        ({"path": "tagging.py", "options": {"words": 1}}, "functions take no options"),
        ({"path": "wrong.py"}, "on_request must take (context, body)"),
        ({"path": "nameless.py"}, 'Nameless has no name; write name = "my-plugin"'),
        ({"name": "token-speed", "options": {"reporter": "paper"}}, "its options: reporter.0: Input should be "),
        ({"name": "token-speed", "options": {"reporter": "webhook"}}, 'the reporter "webhook" needs its address'),
    ],
)
def test_what_cannot_be_used_is_told_and_listed(folder, use, warning):
    head = "from ccr_middleware.plugins import Plugin\n\n\nclass "
    (folder / "empty.py").write_text("x = 1\n")
    (folder / "broken.py").write_text("x = 1\nraise ValueError('oh')\n")
    (folder / "made.py").write_text(
        f"{head}Made(Plugin):\n    name = 'made'\n    def __init__(self, o):\n        1 / 0\n"
    )
    (folder / "wrong.py").write_text(
        f"{head}W(Plugin):\n    name = 'w'\n    def on_request(self, body):\n        pass\n"
    )
    (folder / "nameless.py").write_text(f"{head}Nameless(Plugin):\n    pass\n")
    plugins, warnings = load(use if isinstance(use, str) else {**use, "enabled": True})
    assert len(warnings) == 1
    assert warning in warnings[0]
    assert warnings[0].endswith(plugins[0].to_json()["last_error"])
    assert names(plugins) == []


def test_two_of_a_name_and_a_hook_with_a_mistake_in_it(folder):
    (folder / "odd.py").write_text(AUDIT.replace('"audit"', '"odd"') + "\n    def on_reponse(self):\n        pass\n")
    plugins, warnings = load(*({"path": path, "enabled": True} for path in ("audit.py", "two.py:Audit", "odd.py")))
    assert names(plugins) == ["audit", "odd"]
    assert warnings == [
        'the plugin "two.py:Audit" cannot be used: another plugin is called "audit" too',
        'the plugin odd: on_reponse is no hook and never called; did you mean "on_response"?',
    ]


def test_plugins_of_the_host():
    class Counting(Plugin[NoOptions]):
        name = "counting"

        def on_request(self, context, body):
            return {**body, "model": body["model"] + "c"}

    def on_request(context, body):
        return {**body, "model": body["model"] + "f"}

    def make():
        return plugin("made", on_request=lambda self, context, body: {**body, "model": body["model"] + "m"})

    own = plugin("own", on_request=lambda self, context, body: {**body, "model": body["model"] + "o"})
    plugins, warnings = load(given=[Counting, on_request, make, own])
    assert (names(plugins), warnings) == (["counting", "on_request", "made", "own"], [])
    assert asked(plugins) == "mcfmo"
    assert {one.origin for one in plugins} == {"host"}


@pytest.mark.parametrize(
    ("given", "warning"),
    [
        (5, "the plugin int cannot be used: it is no object of a class that inherits from"),
        (lambda: 5, "the plugin <lambda> cannot be used: it is no object of a class"),
        (lambda: 1 / 0, "the plugin <lambda> cannot be used: ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_host_gives_may_be_wrong(given, warning):
    plugins, warnings = load(given=[given])
    assert warnings[0].startswith(warning)
    assert names(plugins) == []


def test_a_reload_leaves_nothing_behind(folder):
    plugins, _ = load({"path": "audit.py", "enabled": True})
    module = type(plugins[0].plugin).__module__
    assert module in sys.modules
    del plugins
    gc.collect()
    assert module not in sys.modules


def test_the_built_in_plugin_is_not_imported_unless_it_is_used():
    code = (
        "import sys; from ccr_middleware.config import load_config; from ccr_middleware.plugins.loading import "
        "load_plugins; plugins, _ = load_plugins(load_config({'plugins': [{'name': 'token-speed'}]}));"
        "assert not any('token_speed' in name for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_is_listed_tells_its_options():
    """The web UI makes forms of them."""
    (listed,) = [one.to_json() for one in list_plugins([]) if one.name == "token-speed"]
    assert "reporter" in listed["options"]["properties"]
    assert listed["enabled"] is False
