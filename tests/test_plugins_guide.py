"""docs/plugins.md and docs/statusline.md: what they show is run as it is shown, and their tables are complete."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ccr_middleware import load_config
from ccr_middleware.plugins import HookContext, Plugin
from ccr_middleware.plugins.base import HOOKS, GatewayInfo
from ccr_middleware.plugins.loading import load_plugins
from ccr_middleware.plugins.token_speed import options as token_speed
from ccr_middleware.plugins.token_speed.plugin import TokenSpeed
from ccr_middleware.statusline.settings import read_settings
from ccr_middleware.statusline.status import Status
from ccr_middleware.statusline.themes import THEMES
from ccr_middleware.statusline.variables import variables_of

DOCS = Path(__file__).parents[1] / "docs"
PLUGINS = (DOCS / "plugins.md").read_text(encoding="utf-8")
STATUSLINE = (DOCS / "statusline.md").read_text(encoding="utf-8")


def blocks(page):
    """The examples of a page, with their language."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def rows(page, head):
    """The rows of a table, as their cells."""
    table = re.search(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.MULTILINE)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def names(cells):
    """What stands in code in some cells."""
    return [name for cell in cells for name in re.findall(r"`(\w+)", cell)]


#: The files of the guides, which begin with their name.
FILES = {
    found[1]: block
    for _, block in blocks(PLUGINS) + blocks(STATUSLINE)
    if (found := re.match(r"(?:#|//) ([\w.-]+)\n", block))
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the guides' files, in which the process runs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_test_of_the_guide_passes(folder):
    found: dict = {}
    exec(compile(FILES["test_budget.py"], "test_budget.py", "exec"), found)
    tests = [test for name, test in found.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_the_configurations_of_the_guide_have_no_fault(folder):
    examples = [block for language, block in blocks(PLUGINS) if language == "json5"]
    assert len(examples) == 2
    for example in examples:
        config = load_config(example + "\n", env={"STATS_TOKEN": "a-token"})
        assert config.warnings == ()
        plugins, warnings = load_plugins(config)
        assert warnings == []
        assert all(one.plugin is not None for one in plugins)
    made = plugins[0].plugin
    assert isinstance(made, TokenSpeed)
    assert [type(output).__name__ for output in made.outputs] == ["WebhookOutput", "ConsoleOutput", "FileOutput"]


def test_the_tables_of_hooks_and_members_are_complete():
    assert [re.match(r"`(\w+)", row[0])[1] for row in rows(PLUGINS, "hook")] == list(HOOKS)
    for row in rows(PLUGINS, "hook"):
        name, parameters = re.match(r"`(\w+)\((.*)\)`", row[0]).groups()
        told = [one.strip() for one in parameters.split(",") if one.strip()]
        assert told == list(getattr(Plugin, name).__code__.co_varnames[1 : getattr(Plugin, name).__code__.co_argcount])
    startup = next(row for row in rows(PLUGINS, "hook") if "on_startup" in row[0])
    assert names([startup[2]])[1:] == list(GatewayInfo.__annotations__)
    facts = {*HookContext.__annotations__, "target"}
    assert set(names(row[0] for row in rows(PLUGINS, "member"))) == facts


def test_the_tables_of_token_speed_are_complete():
    camel = {
        re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in token_speed.TokenSpeedOptions.model_fields
    }
    assert set(names(row[0] for row in rows(PLUGINS, "option"))) == camel
    told = {names([row[0]])[0]: set(names([row[2]])) for row in rows(PLUGINS, "output")}
    assert told["console"] == {"level"}
    assert set(token_speed.ConsoleConfig.model_fields) == {"level", "colors"}
    assert told["temp"] == {"subdirectory", "prefix", "extension", "includeTimestamp"}
    assert told["webhook"] - {"bearer", "basic", "custom"} == set(token_speed.WebhookConfig.model_fields)


def test_the_style_of_the_guide_is_shown(folder):
    example = next(block for language, block in blocks(STATUSLINE) if language == "json5")
    (folder / "config.json").write_text(example, encoding="utf-8")
    given = {"workspace": {"current_dir": str(folder)}, "model": {"display_name": "Opus"}, "context_window": {}}
    command = [sys.executable, "-m", "ccr_middleware", "statusline"]
    env = {"CCR_HOME": str(folder), "NO_COLOR": "1", "USE_SIMPLE_ICONS": "true", "PYTHONPATH": str(DOCS.parent)}
    done = subprocess.run(
        command, input=json.dumps(given).encode(), env=env, capture_output=True, timeout=60, check=True
    )
    assert done.stdout.decode() == f"{folder.name} Opus 0% of 0 ☀ Berlin is sunny for Opus\n"


def test_the_tables_of_the_status_line_are_complete():
    assert [row[0].strip("`") for row in rows(STATUSLINE, "style")] == list(THEMES)
    told = names(row[0] for row in rows(STATUSLINE, "variable") if not row[0].startswith(("`NO_", "`USE_", "`TERM")))
    assert set(told) == set(variables_of(Status({}), "", {}))
    kinds = {module["type"] for theme in THEMES.values() for module in theme.modules}
    assert set(names([rows(STATUSLINE, "key of a module")[0][1]])) == {*kinds, "script"}


def test_the_style_of_the_guide_is_read(folder):
    example = next(block for language, block in blocks(STATUSLINE) if language == "json5")
    (folder / "config.json").write_text(example, encoding="utf-8")
    settings = read_settings({"CCR_HOME": str(folder)})
    assert [module["type"] for module in settings.theme.modules][-1] == "script"
    assert load_config(str(folder / "config.json")).warnings == ()
