"""`preset …` and `install`, called in this process: what they say, what they do, how they end."""

import argparse
import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.commands import install, preset, preset_questions
from ccr_middleware.errors import ConfigError
from ccr_middleware.presets import Presets

from .support.presets import PLAIN, SIMPLE, write_preset, zipped

CONFIG = {
    "Providers": [{"name": "main", "api_base_url": "https://m.test", "api_key": "sk-main-secret", "models": ["m"]}],
    "Router": {"default": "main,m"},
}


class Program:
    """The command with a home of its own."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.env: Mapping[str, str] = {"CCR_HOME": str(home)}
        self.presets = Presets(home / "presets")
        self.home = home
        self._capsys = capsys
        home.mkdir()
        (home / "config.json").write_text(json.dumps(CONFIG))

    def run(self, *words: str, module: Any = preset) -> tuple[int, str, str]:
        """The exit status, and what was written to both outputs."""
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        status = module.run(parser.parse_args(words), self.env)
        out, err = self._capsys.readouterr()
        return status, out, err


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(tmp_path / "home", capsys)


def test_nothing_is_there(program: Program) -> None:
    assert program.run("list")[0] == 0
    assert json.loads(program.run("list", "--json")[1]) == {"presets": []}
    for words in (("info", "x"), ("apply", "x"), ("delete", "x")):
        status, _, err = program.run(*words)
        assert (status, err) == (1, 'ccr_middleware: there is no preset "x"\n')


def test_e1_from_a_folder_to_a_preset_that_is_ready(program: Program, tmp_path: Path) -> None:
    source = write_preset(tmp_path, "source", SIMPLE)
    status, out, err = program.run("install", str(source))
    assert status == 1
    assert "clients reach it under /preset/simple" in out
    assert "apiKey: is required; write API Key" in err
    assert "--set ID=VALUE" in err
    assert program.run("apply", "simple", "--set", "apiKey=sk-new-secret", "--set", "useProxy=no")[0] == 0
    assert program.presets.get("simple").manifest.user_values == {"apiKey": "sk-new-secret", "useProxy": False}
    status, out, _ = program.run("list")
    assert status == 0
    assert "simple  1.0.0    ready" in out
    status, out, _ = program.run("info", "simple")
    assert status == 0
    assert "asks for apiKey: ***" in out
    assert "asks the hosts: api.openai.com" in out
    status, out, _ = program.run("info", "simple", "--json")
    assert json.loads(out)["config"]["Router"] == {"default": "openai,a"}
    assert "sk-new-secret" not in out
    assert program.run("delete", "simple")[0] == 0
    assert program.presets.list() == []


@pytest.mark.parametrize("words", [["delete"], ["remove"], ["rm"]])
def test_words_for_deleting(program: Program, words: list[str]) -> None:
    write_preset(program.presets.directory, "p", PLAIN)
    assert program.run(*words, "p")[0] == 0


def test_installing_with_everything_at_once(program: Program, tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    archive.write_bytes(zipped({"manifest.json": json.dumps(SIMPLE)}))
    status, *_ = program.run(str(archive), "--name", "mine", "--set", "apiKey=sk-1", module=install)
    assert status == 0
    with pytest.raises(ConfigError, match='there is a preset "mine" already'):
        program.run(str(archive), "--name", "mine", module=install)
    assert program.run(str(archive), "--name", "mine", "--force", module=install)[0] == 0
    assert program.presets.get("mine").manifest.user_values == {"apiKey": "sk-1"}


def test_the_name_of_an_installed_one_means_its_values(program: Program) -> None:
    """`preset install <name>` is how CCR v2 configures one again."""
    write_preset(program.presets.directory, "p", SIMPLE)
    assert program.run("install", "p", "--set", "apiKey=sk-1")[0] == 0
    assert program.presets.get("p").manifest.user_values == {"apiKey": "sk-1"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["install", "{tmp}/x.zip", "--sha256", "00"], "do not trust"),
        (["install", "http://x.test/p.zip"], "https://"),
        (["install", "{tmp}/x.zip", "--name", "../x"], "preset name"),
        (["apply", "p", "--set", "nothing=1"], "there is no field"),
        (["apply", "p", "--set", "apiKey=x"], "does not match"),
        (["export", "../../x"], "preset name"),
        (["export", "p"], "there is a preset p already"),
    ],
)
def test_what_the_user_can_mend(program: Program, tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"manifest.json": json.dumps(PLAIN)}))
    write_preset(program.presets.directory, "p", SIMPLE)
    with pytest.raises(ConfigError, match=said):
        program.run(*(word.replace("{tmp}", str(tmp_path)) for word in words))


def test_what_is_not_there_is_no_mistake_of_the_command(program: Program, tmp_path: Path) -> None:
    status, _, err = program.run("install", str(tmp_path / "nothing"))
    assert status == 1
    assert "no such file or folder" in err


def test_code_has_to_be_allowed(program: Program, tmp_path: Path) -> None:
    source = write_preset(tmp_path, "source", {**PLAIN, "CUSTOM_ROUTER_PATH": "router.py"})
    status, _, err = program.run("install", str(source))
    assert status == 1
    assert "install the preset with --allow-code" in err
    assert program.run("install", str(source), "--force", "--allow-code")[0] == 0


def test_exporting(program: Program, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    status, out, err = program.run("export", "mine", "--description", "d", "--tags", "a, b", "--output", str(output))
    assert (status, out) == (0, f"Written to {output}.\n")
    assert "asks for main_api_key: API key of main" in err
    manifest = json.loads(output.read_text())
    assert (manifest["description"], manifest["keywords"]) == ("d", ["a", "b"])
    assert "sk-main-secret" not in output.read_text()
    program.run("export", "all", "--include-sensitive")
    assert "sk-main-secret" in (program.presets.directory / "all" / "manifest.json").read_text()


def test_a_configuration_that_is_broken_does_not_hide_the_presets(program: Program) -> None:
    write_preset(program.presets.directory, "p", PLAIN)
    (program.home / "config.json").write_text("{")
    status, out, err = program.run("list")
    assert status == 0
    assert "config.json: line 1" in err
    assert "p " in out
    with pytest.raises(ConfigError):
        program.run("export", "x")


def test_somebody_elses_text_does_not_steer_the_terminal(program: Program) -> None:
    write_preset(program.presets.directory, "p", {**PLAIN, "description": "\x1b[2J\x1b]0;evil\x07hi"})
    for words in (["list"], ["info", "p"]):
        _, out, _ = program.run(*words)
        assert "\x1b" not in out
        assert "hi" in out


# -- questions -------------------------------------------------------------------------------------------------

Answers = Callable[..., list[str]]


class Terminal(io.StringIO):
    """A terminal, as far as anybody asks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Somebody who types these lines; the questions are gathered."""

    def begin(*lines: str) -> list[str]:
        asked: list[str] = []
        answers = iter(lines)

        def answer(question: str = "") -> str:
            asked.append(question)
            return next(answers)

        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr(sys, "stdout", Terminal())
        monkeypatch.setattr(preset_questions, "ask", answer)
        monkeypatch.setattr(preset_questions, "getpass", answer)
        return asked

    return begin


def test_everything_is_asked_that_becomes_visible(program: Program, typing: Answers) -> None:
    write_preset(program.presets.directory, "p", SIMPLE)
    asked = typing("wrong", "sk-typed", "2", "yes", "http://p:1")
    assert program.run("apply", "p")[0] == 0
    assert asked == ["API Key: ", "API Key: ", "model [a]: ", "useProxy [no]: ", "proxyUrl: "]
    assert program.presets.get("p").manifest.user_values == {
        "apiKey": "sk-typed",
        "model": "b",
        "useProxy": True,
        "proxyUrl": "http://p:1",
    }


def test_enter_keeps_what_is_there(program: Program, typing: Answers) -> None:
    write_preset(program.presets.directory, "p", {**SIMPLE, "userValues": {"apiKey": "sk-old", "model": "b"}})
    asked = typing("", "", "")
    assert program.run("apply", "p")[0] == 0
    assert asked == ["API Key [kept]: ", "model [b]: ", "useProxy [no]: "]
    assert program.presets.get("p").manifest.user_values["apiKey"] == "sk-old"


def test_nothing_is_asked_when_all_was_given(program: Program, typing: Answers) -> None:
    write_preset(program.presets.directory, "p", SIMPLE)
    asked = typing()
    assert program.run("apply", "p", "--set", "apiKey=sk-1")[0] == 0
    assert asked == []


def test_all_kinds_of_questions(program: Program, typing: Answers) -> None:
    fields = [
        {"id": "n", "type": "number", "label": "Number", "min": 1},
        {"id": "many", "type": "multiselect", "prompt": "Which?", "options": ["a", "b", "c"]},
        {"id": "text", "type": "editor"},
        {"id": "provider", "type": "select", "options": {"type": "providers"}},
        {"id": "model", "type": "select", "options": {"type": "models", "providerField": "#{provider}"}},
        {"id": "spare", "type": "input", "required": False},
    ]
    write_preset(program.presets.directory, "p", {**PLAIN, "schema": fields})
    typing("0", "5", "1, c", "two", "lines", "", "2", "1", "")
    assert program.run("apply", "p")[0] == 0
    assert program.presets.get("p").manifest.user_values == {
        "n": 5,
        "many": ["a", "c"],
        "text": "two\nlines",
        "provider": "main",
        "model": "m",
    }
