"""The conformance check: honest transformers pass, and every broken promise is found and named."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from ccr_middleware.__main__ import main, parser
from ccr_middleware.conformance import Scorecard, check_transformer
from ccr_middleware.conformance.command import load_target
from ccr_middleware.conformance.scenarios import scenarios
from ccr_middleware.conformance.scorecard import Verdict
from ccr_middleware.conformance.structure import faults
from ccr_middleware.errors import ConfigError
from ccr_middleware.testing.features import FEATURES
from ccr_middleware.transformers.base import NoOptions, Transformer
from ccr_middleware.transformers.builtin import BUILTIN
from ccr_middleware.wire.format import WireName

from .support import spoilt

ROOT = Path(__file__).parents[1]
#: The wire formats that are translated.
WIRES = [wire for wire in get_args(WireName) if wire != "messages"]

#: What a built-in is there to remove, with the options below.
MEANT = {
    "cleancache": ["*.cache_control"],
    "forcereasoning": ["thinking.*", "output_config.effort"],
    "sampling": ["temperature", "top_k"],
}
OPTIONS: dict[str, dict[str, Any]] = {
    "maxtoken": {"max_tokens": 100},
    "sampling": {"temperature": 0.5, "top_k": 5},
    "customparams": {"seed": 7, "headers": {"x-a": "b"}},
    "openrouter": {"provider": {"only": ["a"]}},
    "vertex-gemini": {"project": "p", "location": "l"},
}


class Nothing(Transformer[NoOptions]):
    name = "nothing"


def card_of(cls: type[Transformer[Any]], wire: WireName = "chat", **more: Any) -> Scorecard:
    return check_transformer(cls(cls.Options()), wire, **more)


def found(card: Scorecard) -> dict[str, str]:
    """What is wrong, by the name of the row."""
    return {row.name: row.detail for row in card.faults}


# -- what passes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRES)
def test_what_changes_nothing_passes(wire: WireName) -> None:
    card = card_of(Nothing, wire)
    assert card.passed, card.text()
    requests = [row for row in card.rows if row.part == "request"]
    assert [row.name for row in requests] == [feature.name for feature in FEATURES]
    assert {row.verdict for row in requests} <= {"kept", "absent"}
    absent = [row.name for row in requests if row.verdict == "absent"]
    assert "text.string" not in absent
    assert "max_tokens" not in absent
    assert absent
    answers = {row.name: row.verdict for row in card.rows if row.part == "stream"}
    assert set(answers) == {scenario.name for scenario in scenarios(wire)}
    assert len(answers) >= 15
    assert set(answers.values()) == {"kept"}


@pytest.mark.parametrize("cls", BUILTIN, ids=lambda cls: cls.name)
def test_what_ships_passes(cls: Any) -> None:
    card = check_transformer(load_target(cls.name, OPTIONS.get(cls.name)), None, MEANT.get(cls.name, ()))
    assert card.passed, card.text()
    assert card.wire == (cls.wire or "chat")
    assert bool(card.rows) == (card.wire != "messages")


def test_what_is_meant_to_go_is_lost_unless_it_is_allowed() -> None:
    card = check_transformer(load_target("cleancache"), "chat")
    assert set(found(card)) == {f.name for f in FEATURES if f.name.endswith(".cache_control")}
    assert {row.verdict for row in card.faults} == {"lost"}
    allowed = check_transformer(load_target("cleancache"), "chat", ["*.cache_control"])
    assert [row.verdict for row in allowed.rows].count("allowed") == len(card.faults)


# -- what does not -----------------------------------------------------------------------------------------


def verdict_of(card: Scorecard, name: str) -> Verdict:
    return next(row.verdict for row in card.rows if row.name == name)


def test_a_feature_that_is_dropped_in_silence_is_found() -> None:
    card = card_of(spoilt.DropsTools)
    lost = {row.name for row in card.rows if row.verdict == "lost"}
    assert {"tools.definition", "tools.strict", "tool_choice.any", "tool_choice.tool"} <= lost
    assert verdict_of(card, "system.text") == "kept"
    assert verdict_of(card, "tool_result.text") == "kept"


def test_a_feature_that_is_dropped_and_reported_is_no_fault() -> None:
    card = card_of(spoilt.DropsTopK)
    assert card.passed
    assert verdict_of(card, "top_k") == "reported"
    assert [row.detail for row in card.rows if row.name == "top_k"] == ["top_k=dropped"]


@pytest.mark.parametrize(
    ("cls", "name", "problem"),
    [
        (spoilt.EditsTheClient, "tools.definition", "the client's own request was changed"),
        (spoilt.ForgetsResults, "tool_use", "calls and results no longer belong together"),
        (spoilt.Counts, "text.string", "keep nothing on the transformer"),
        (spoilt.Raises, "top_p", "KeyError: 'unknown'"),
        (spoilt.ReturnsNothing, "stream", "must return the request"),
        (spoilt.NoMessages, "system.text", "messages must be a list of objects"),
        (spoilt.SharedBuffer, "text", "two answers at the same time get mixed up"),
        (spoilt.SwallowsErrors, "error after text", "the provider's error is swallowed: "),
        (spoilt.EatsText, "text", "gone from the answer: The north. turned wind"),
        (spoilt.LooksAtPieces, "text", "cut into other pieces the answer reads differently"),
        (spoilt.Dice, "text", "the second time the answer reads differently"),
        (spoilt.OneIdForAll, "parallel calls", "the whole answer differs from the folded stream: blocks"),
    ],
)
def test_a_broken_promise_is_found(cls: Any, name: str, problem: str) -> None:
    card = card_of(cls)
    assert not card.passed
    assert problem in found(card)[name]


def test_content_that_is_meant_to_go_may_be_allowed() -> None:
    card = card_of(spoilt.EatsText, allowed=["*text*"])
    assert verdict_of(card, "text and a call") == "allowed"
    assert verdict_of(card, "refusal") == "lost"


@pytest.mark.parametrize("wire", ["responses", "gemini"])
def test_a_body_nobody_could_read_is_found_in_every_format(wire: WireName) -> None:
    assert len(found(card_of(spoilt.NoMessages, wire))) == len(FEATURES)


def test_nothing_is_edited_where_nothing_is_translated() -> None:
    card = card_of(spoilt.DropsTools, "messages")
    assert (card.wire, card.rows, card.passed) == ("messages", (), True)
    assert card.text().endswith("no transformer edits them.")


# -- structure ---------------------------------------------------------------------------------------------

CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("wire", "body", "problem"),
    [
        ("chat", {"messages": [{"content": "Hi"}]}, "messages[0] has no role"),
        ("chat", {"messages": [{"role": "user"}]}, "messages[0] has no content"),
        ("chat", {"messages": [{"role": "assistant", "tool_calls": [CALL]}]}, "the calls a have no result"),
        ("chat", {"messages": [{"role": "tool", "content": "x", "tool_call_id": "b"}]}, "the result b answers no call"),
        ("chat", {"messages": [{"role": "user", "content": "x"}], "tools": [TOOL, TOOL]}, "two tools have one name"),
        (
            "chat",
            {"messages": [{"role": "user", "content": "x"}], "tool_choice": {"function": {"name": "g"}}},
            "tool_choice names g",
        ),
        ("chat", {"messages": [{"role": "user", "content": object()}]}, "not JSON"),
        ("responses", {"input": ""}, "input must be"),
        ("responses", {"input": [{"type": "function_call", "call_id": "a"}]}, "the calls a have no result"),
        ("gemini", {"contents": [{"role": "user", "parts": []}]}, "must have a role and parts"),
        ("gemini", {"contents": [{"role": "user", "parts": [{"functionResponse": {}}]}]}, "answers 1 calls instead"),
    ],
)
def test_what_no_provider_could_read_is_named(wire: WireName, body: dict[str, Any], problem: str) -> None:
    assert any(problem in fault for fault in faults(wire, body)), faults(wire, body)


# -- the target --------------------------------------------------------------------------------------------

OWN = """
from ccr_middleware.transformers.base import NoOptions, Transformer

class Options(NoOptions):
    word: str = "a"

class Own(Transformer[Options]):
    name = "own"
    Options = Options
"""


def test_a_target_is_a_name_a_class_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN)
    assert load_target("CleanCache").name == "cleancache"
    assert load_target("ccr_middleware.transformers.thinking:ForceReasoning").name == "forcereasoning"
    assert load_target(str(file), {"word": "b"}).options.word == "b"
    assert load_target(f"{file}:Own").name == "own"


@pytest.mark.parametrize(
    ("text", "source", "problem"),
    [
        ("cleancach", "", 'there is no transformer "cleancach"; did you mean "cleancache"?'),
        ("{tmp}/none.py", "", "none.py: no such file"),
        ("{tmp}/own.py", "x = 1 / 0", "own.py, line 1: ZeroDivisionError"),
        ("{tmp}/own.py", "x = 1", "has no transformer"),
        (
            "{tmp}/own.py",
            OWN + OWN.replace("Own", "Other").replace('"own"', '"other"'),
            "several transformers (own, other)",
        ),
        ("{tmp}/own.py:Options", OWN, "Options does not inherit from"),
        ("not_there_at_all:X", "", "no module is called not_there_at_all"),
    ],
)
def test_a_target_that_is_none_is_one_line(tmp_path: Path, text: str, source: str, problem: str) -> None:
    if source:
        (tmp_path / "own.py").write_text(source)
    with pytest.raises(ConfigError) as caught:
        load_target(text.format(tmp=tmp_path))
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_options_that_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing"):
        load_target("cleancache", {"nothing": 1})


# -- the command -------------------------------------------------------------------------------------------


def test_the_command_prints_a_scorecard(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "extrathinktag"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("extrathinktag (level unified) on chat\n")
    assert "\nrequests: " in out
    assert "  parallel calls                 kept\n" in out
    assert out.endswith(
        f"passed: {len(FEATURES) + len(scenarios('chat'))} of {len(FEATURES) + len(scenarios('chat'))}\n"
    )


def test_the_command_fails_when_something_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "cleancache", "--wire", "gemini"]) == 1
    out = capsys.readouterr().out
    assert "x text.cache_control             LOST SILENTLY  a cache mark on a message\n" in out
    assert "4 LOST SILENTLY" in out
    assert main(["conformance", "cleancache", "--allow", "*.cache_control"]) == 0


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "maxtoken", "--options", '{"max_tokens": 9}', "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["transformer"], card["wire"], card["passed"]) == ("maxtoken", "chat", True)
    row = next(row for row in card["rows"] if row["name"] == "max_tokens")
    assert (row["part"], row["verdict"], row["detail"]) == ("request", "reported", "max_tokens=clamped")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["no-such-thing"], "there is no transformer"),
        (["cleancache", "--allow", "text.cash"], '--allow: there is no feature or answer "text.cash"'),
        (["maxtoken"], 'transformer "maxtoken", max_tokens: Field required'),
    ],
)
def test_the_command_tells_what_can_be_mended(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", *arguments]) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("options", ["{", "[1]"])
def test_options_are_a_json_object(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["conformance", "cleancache", "--options", options])
    assert "--options: must be" in capsys.readouterr().err


def test_serving_is_what_happens_without_a_command() -> None:
    args = parser().parse_args(["--port", "0"])
    assert (args.command, args.port) == (None, 0)


def test_the_program_does_not_load_the_check_to_serve() -> None:
    code = "import sys, ccr_middleware.__main__ as m; m.parser(); print([n for n in sys.modules if 'conform' in n])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def test_the_command_is_documented_with_its_flags() -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    help_text = subprocess.run(
        [sys.executable, "-m", "ccr_middleware", "conformance", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    for flag in ("--options", "--wire", "--allow", "--json"):
        assert flag in help_text
        assert f"`{flag}" in page
    for verdict in get_args(Verdict):
        assert f"`{verdict}`" in page


def test_the_spoilt_ones_are_all_used() -> None:
    spec = importlib.util.find_spec(spoilt.__name__)
    assert spec is not None
    source = Path(__file__).read_text()
    named = [value for value in vars(spoilt).values() if isinstance(value, type) and "name" in vars(value)]
    assert all(f"spoilt.{cls.__name__}" in source for cls in named)
