"""Everything that is wrong with a configuration, and where it stands."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ccr_middleware.config.places import show_path
from ccr_middleware.config.problems import Problem, problems_of, read_path
from ccr_middleware.config.syntax import line_and_column

TEXT = """\
{
  PORT: "abc",
  Providers: [
    { name: "x", api_base_url: 5, models: "m", timeouts: { idle_seconds: -1 } }, // two
    { api_key: "$NOPE" },
  ],
  rules: [{ when: { hedaer: { a: 1 } }, target: "x,y" }],
  "a b": { "x.y": 1 },
}
"""


def found(text: str) -> dict[str, tuple[int | None, int | None]]:
    return {problem.path: (problem.line, problem.column) for problem in problems_of(text, env={}).problems}


def place_of(part: str) -> tuple[int, int]:
    assert TEXT.count(part) == 1
    return line_and_column(TEXT, TEXT.index(part))


def test_every_problem_is_found_at_its_value():
    assert found(TEXT) == {
        "PORT": place_of('"abc"'),
        "Providers[0].models": place_of('"m"'),
        "Providers[0].timeouts.idle_seconds": place_of("-1"),
        "Providers[1].name": place_of('{ api_key: "$NOPE"'),
        "Providers[1].api_base_url": place_of('{ api_key: "$NOPE"'),
        "rules[0].when": place_of("{ hedaer"),
    }


def test_the_messages_say_what_to_do():
    messages = {problem.path: problem.message for problem in problems_of(TEXT, env={}).problems}
    assert messages["PORT"] == "must be a whole number; correct it, or leave it out for the default"
    assert messages["Providers[1].name"] == 'is missing; give it a name, such as "deepseek"'
    assert 'did you mean "header"?' in messages["rules[0].when"]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', 3, 3, "unexpected '\"'; put a comma before it, or correct it"),
        ("", 1, 1, "there is nothing in it; write {} for an empty configuration"),
        ("[]", 1, 1, "the top level is not an object; put everything between { and }"),
        ("{a: " + "[" * 5000, 1, 1, "is nested too deeply; take some levels out"),
    ],
)
def test_a_syntax_error_is_the_only_problem(text: str, line: int, column: int, message: str):
    assert problems_of(text) == ([Problem("", message, line, column)], [])


def test_a_variable_that_is_not_set_is_told():
    (problem,) = problems_of('{"PORT": "$NOPE"}', env={}).problems
    assert problem == Problem(
        "PORT",
        "must be a whole number and the variable NOPE is not set; correct it, or leave it out for the default",
        1,
        10,
    )
    assert problems_of('{"PORT": "$NOPE"}', env={"NOPE": "80"}).problems == []


def test_an_address_that_cannot_be_completed():
    (problem,) = problems_of('{\n Providers: [{name: "azure"}]}').problems
    assert (problem.path, problem.line, problem.column) == ("Providers[0].resource", 2, 14)
    assert problem.message.startswith("is missing; write it")


def test_a_document_has_no_lines():
    document: dict[str, Any] = {"PORT": "x", "Providers": 5}
    assert [(one.path, one.line, one.column) for one in problems_of(document).problems] == [
        ("PORT", None, None),
        ("Providers", None, None),
    ]


def test_no_value_is_ever_shown():
    text = '{APIKEY: ["sk-secret"], Providers: [{name: {x: "sk-secret"}, api_key: {y: "sk-secret"}}]}'
    findings = problems_of(text)
    assert len(findings.problems) >= 3
    assert "sk-secret" not in repr(findings)


def test_warnings_are_those_of_loading_and_keys_that_are_there_twice():
    text = '{"PORT": 1, Providers: [{name: "deepseek", name: "deepseek", api_key: "$NOPE", api_key2: ""}], "PORT": 2}'
    problems, warnings = problems_of(text, env={}, known_transformers=["deepseek"])
    assert problems == []
    assert "PORT: the object has this key twice, the last one counts; remove one" in warnings
    assert "Providers[0].name: the object has this key twice, the last one counts; remove one" in warnings
    assert any(warning.startswith("Providers[0].api_key: the variable NOPE is not set") for warning in warnings)
    assert any('did you mean "api_key"?' in warning for warning in warnings)


def test_nothing_that_is_named_is_loaded():
    code = (
        "import sys; from ccr_middleware.config.problems import problems_of;"
        'print(problems_of(\'{transformers: [{path: "this"}], CUSTOM_ROUTER_PATH: "this:x",'
        ' agents: [{module: "antigravity"}]}\').problems, {"this", "antigravity"} & set(sys.modules))'
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert shown.stdout.strip() == "[] set()"


@pytest.mark.parametrize("path", [("a",), ("a", 0, "b"), ("a b", "x.y", 3, "$c"), ('q"\\', "ü"), ("Providers", 10)])
def test_paths_are_read_as_they_are_shown(path: Any):
    line = f"{show_path(path)}: is missing; write it"
    assert read_path(line) == (path, len(show_path(path)))


def test_a_line_without_a_path():
    assert read_path("is nested too deeply; x") == ((), 0)
    assert read_path("something is: wrong") == ((), 0)
