"""docs/write-a-transformer.md: what it shows is run as it is shown."""

import asyncio
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from ccr_middleware import Gateway
from ccr_middleware.__main__ import main
from ccr_middleware.config.document import parse_document
from ccr_middleware.testing import Answer, FakeProvider, ToolCall, ask, fake_gateway, get

PAGE = (Path(__file__).parents[1] / "docs" / "write-a-transformer.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
#: The files of the guide, which begin with their name.
FILES = {found[1]: block for _, block in BLOCKS if (found := re.match(r"(?:#|//) ([\w.-]+)\n", block))}

OPTIONS = {"words": {"utilize": "use", "delve": "look", "größte": "große"}}
SAID = "Größte? We utilize, re-utilize and utilized it: delve.\nutilize-delve größte 🙂utilize"
WANTED = "Größte? We use, re-use and utilized it: look.\nuse-look große 🙂use"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the guide's files, in which the process runs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(path: Path) -> dict:
    """What a file of Python defines."""
    names: dict = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), names)
    return names


def gateway(provider, use, wire="chat", **more):
    """A gateway whose provider has a `use` list."""
    return fake_gateway(provider, wire, provider={"transformer": {"use": use}}, **more)


def wording(provider, options=OPTIONS, wire="chat"):
    """A gateway whose provider uses the guide's transformer."""
    return gateway(provider, ["wording"], wire, transformers=[{"path": "wording.py", "options": options}])


def test_the_guide_has_its_files():
    assert set(FILES) == {"wording.py", "config.json", "test_wording.py", "pyproject.toml"}


def test_the_test_of_the_guide_passes(folder):
    tests = {name: test for name, test in run(folder / "test_wording.py").items() if name.startswith("test_")}
    assert tests
    for test in tests.values():
        test()


def test_the_configuration_of_the_guide_has_no_other_fault(folder):
    assert Gateway("config.json", env={}, lazy=True).config.warnings == ()


@pytest.mark.parametrize("wire", ["chat", "responses", "gemini"])
@pytest.mark.parametrize("stream", [True, False])
def test_the_example_replaces_words_in_every_wire_format(folder, wire, stream):
    answer = Answer(thinking="I utilize.", text=SAID, tool_calls=[ToolCall("now", {"utilize": "utilize"})])
    provider = FakeProvider([answer])
    checked = asyncio.run(ask(wording(provider, wire=wire), "How?", stream=stream, tools=[{"name": "now"}]))
    assert (checked.text, checked.thinking) == (WANTED, "I utilize.")
    assert checked.tools[0].input == {"utilize": "utilize"}
    assert "instead of" in json.dumps(provider.bodies[0])


@pytest.mark.parametrize("size", range(1, 14))
def test_the_example_does_not_depend_on_where_a_text_is_cut(folder, size):
    pieces = [SAID[at : at + size] for at in range(0, len(SAID), size)]
    checked = asyncio.run(ask(wording(FakeProvider([Answer(text=pieces)])), "How?"))
    assert checked.text == WANTED


def test_the_model_is_not_told_when_that_is_not_wanted(folder):
    provider = FakeProvider(Answer(text="ok"))
    asyncio.run(ask(wording(provider, {**OPTIONS, "ask": False}), "How?"))
    assert [message["role"] for message in provider.bodies[0]["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("options", "named"),
    [({"word": {}}, "word"), ({"words": {}}, "words"), ({"words": {"two words": "x"}}, "words.two words")],
)
def test_wrong_options_of_the_example_are_named(folder, options, named):
    warnings = wording(FakeProvider(), options).config.warnings
    assert any(f"its options: {named}" in warning for warning in warnings)


def test_an_error_reads_as_the_guide_shows_it(folder):
    shown = next(block for language, block in BLOCKS if not language and "SyntaxError" in block).strip()
    lines = FILES["wording.py"].splitlines()
    number = int(re.search(r"line (\d+)", shown)[1])
    assert lines[number - 1].endswith(":")
    lines[number - 1] = lines[number - 1][:-1]
    (folder / "wording.py").write_text("\n".join(lines), encoding="utf-8")
    assert shown.removeprefix("configuration: ") in wording(FakeProvider()).config.warnings


def test_the_commands_of_the_guide_work(folder, capsys):
    commands = re.findall(r"^python -m ccr_middleware (.*)$", PAGE, re.MULTILINE)
    assert commands
    for command in commands:
        assert main(shlex.split(command)) == 0, capsys.readouterr().out


def test_the_package_of_the_guide_is_found(folder, monkeypatch):
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    points = project["entry-points"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in names.items()) for group, names in points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))
    (folder / "wording.py").rename(folder / "ccr_wording.py")
    monkeypatch.syspath_prepend(str(folder))
    try:
        app = gateway(FakeProvider([Answer(text=SAID)]), [["wording", OPTIONS]])
        assert asyncio.run(ask(app, "How?")).text == WANTED
        listed = json.loads(asyncio.run(get(app, "/api/transformers")).body)["transformers"]
    finally:
        sys.modules.pop("ccr_wording", None)
    origins = [one["origin"] for one in listed if one["name"] == "wording"]
    assert origins == ["entry point:ccr_wording:Wording"]


def test_the_uses_that_the_guide_lists_all_mean_the_example(folder, monkeypatch):
    table = re.search(r"^\| in a `use` list \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1]
    cells = re.findall(r"^\| (.*?) \| ", table, re.MULTILINE)
    uses = [parse_document(f'{{"use": {text}}}').value["use"] for cell in cells for text in re.findall("`(.*?)`", cell)]
    assert len(uses) == 5
    (folder / "my_package").mkdir()
    (folder / "my_package" / "wording.py").write_text(FILES["wording.py"], encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    try:
        for use in uses:
            transformers = [{"path": "wording.py"}] if use == "wording" else []
            name, *_ = use if isinstance(use, list) else [use]
            written = {**name, "options": OPTIONS} if isinstance(name, dict) else [name, OPTIONS]
            app = gateway(FakeProvider([Answer(text=SAID)]), [written], transformers=transformers)
            assert asyncio.run(ask(app, "How?")).text == WANTED, use
    finally:
        for module in ("my_package", "my_package.wording"):
            sys.modules.pop(module, None)
