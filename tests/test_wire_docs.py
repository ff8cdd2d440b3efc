"""The pages about wire formats, clouds and clients: examples load, addresses lead where they say, and every dialect
field, loss and ending is documented as it is."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import load_config
from ccr_middleware.demo import DEMO_MODELS, DEMO_URL
from ccr_middleware.endpoints.table import find_endpoint
from ccr_middleware.errors import UpstreamError
from ccr_middleware.losses import Losses
from ccr_middleware.targets import Snapshot, Target
from ccr_middleware.transformers.builtin import builtin_registry
from ccr_middleware.translate import read_request, translate_answer, write_answer
from ccr_middleware.wire.chat.inbound.request import _DROPPED as CHAT_DROPPED
from ccr_middleware.wire.gemini.dialect import GeminiDialect
from ccr_middleware.wire.gemini.dialect import dialect_for as gemini_dialect_for
from ccr_middleware.wire.gemini.thinking import thinking_config
from ccr_middleware.wire.platforms import Place
from ccr_middleware.wire.responses.dialect import ResponsesDialect
from ccr_middleware.wire.responses.inbound.request import _DROPPED as RESPONSES_DROPPED
from ccr_middleware.wire.responses.inbound.request import _REFUSED as RESPONSES_REFUSED

from .test_docs import shown
from .test_sdk import PATIENCE_SECONDS, serve_alone

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ccr_middleware"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
WIRES = {"wire-chat": "chat", "wire-responses": "responses", "wire-gemini": "gemini", "wire-messages": "messages"}
OURS = (*WIRES, "clouds", "clients")


def examples(language: str, *pages: str) -> list[Any]:
    """The examples in that language, each with the name of its page."""
    found = [
        (page, text) for page in pages or OURS for text in re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.S)
    ]
    return [pytest.param(text, id=f"{page}-{number}") for number, (page, text) in enumerate(found)]


def tables(page: str, head: str) -> Iterator[list[list[str]]]:
    """The rows of every table with that head."""
    for rows in re.findall(rf"^\| {re.escape(head)} \|\n\|[-|]+\n((?:\|.*\n)+)", PAGES[page], re.MULTILINE):
        yield [[cell.strip() for cell in line.strip("|").split(" |")] for line in rows.splitlines()]


def pairs(page: str, head: str) -> list[tuple[str, str]]:
    """The rows of the only table with that head of two columns, without the marks of code."""
    (rows,) = tables(page, head)
    return [(first.strip("`"), second.strip("`")) for first, second in rows]


def targets(document: str) -> Iterator[tuple[str, Target, Place]]:
    """The first model of each provider of a configuration, and where on Vertex it is."""
    variables = dict.fromkeys(re.findall(r"\$([A-Z_]+)", document), "value-of-it")
    config = load_config(document + "\n", env=variables)
    assert config.warnings == ()
    snapshot = Snapshot(config, builtin_registry())
    snapshot.check()
    for provider in config.providers:
        target = snapshot.target(provider.name, provider.models[0])
        vertex = target.vertex
        region = re.match(r"https://([a-z0-9-]+)-aiplatform", provider.base_url)
        location = (vertex and vertex.location) or (region[1] if region else "")
        yield provider.name, target, Place(vertex.project, location) if vertex else Place()


# -- configurations ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", examples("json5"))
def test_the_examples_load_without_a_warning(example: str) -> None:
    assert list(targets(example))


@pytest.mark.parametrize("page", WIRES)
def test_the_examples_of_a_page_speak_its_format(page: str) -> None:
    for example in examples("json5", page):
        for name, target, _ in targets(example.values[0]):
            assert (target.format.name if target.format else "messages") == WIRES[page], name


@pytest.mark.parametrize("page", WIRES)
def test_addresses_lead_where_the_page_says(page: str) -> None:
    rows = pairs(page, "`api_base_url` | posted to")
    assert len(rows) >= 4
    for base_url, url in rows:
        provider = {"name": "p", "api_base_url": base_url, "api_key": "k", "models": ["gemini-2.5-pro"]}
        config = load_config(
            {"Providers": [provider | {"wire": WIRES[page]}], "Router": {"default": "p,gemini-2.5-pro"}}
        )
        target = Snapshot(config, builtin_registry()).target("p", "gemini-2.5-pro")
        assert target.url(stream=True) == url


def test_clouds_are_asked_where_the_page_says() -> None:
    documented = {
        first.strip("`"): second.strip("`")
        for rows in tables("clouds", "provider | posted to")
        for first, second in rows
    }
    found = {
        name: target.url(stream=True, place=place)
        for example in examples("json5", "clouds")
        for name, target, place in targets(example.values[0])
    }
    assert {name: found[name] for name in documented} == documented
    assert set(found) - set(documented) == {"vertex-express"}


# -- dialects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "dialect"),
    [("wire-gemini", GeminiDialect), ("wire-responses", ResponsesDialect)],
    ids=["gemini", "responses"],
)
def test_every_dialect_field_is_documented_with_its_default(page: str, dialect: type[Any]) -> None:
    (rows,) = tables(page, "field | default | meaning")
    documented = {name.strip("`"): default for name, default, _ in rows}
    settable = [field.name for field in fields(dialect) if field.name != "name"]  # the name is ours to give
    assert sorted(documented) == sorted(settable)
    defaults = {name: getattr(dialect(), name) for name in settable}
    # A dialect without words for something says so in words.
    allowed = {name: shown(value) | ({"none"} if value == () else set()) for name, value in defaults.items()}
    assert not {name for name in settable if documented[name] not in allowed[name]}


def test_what_is_said_of_gemini_models_is_so() -> None:
    (rows,) = tables("wire-gemini", "model | `thinking` | off is sent as")
    for model, thinking, off in ([cell.strip("`") for cell in row] for row in rows):
        dialect = gemini_dialect_for("", model, {}, None)
        assert dialect.thinking == thinking, model
        sent = thinking_config({"enabled": False}, dialect, Losses())
        assert (str(*sent.values()) if sent else "nothing") == off, model


# -- losses ------------------------------------------------------------------------------------------------

#: The code each page is about, and code whose losses it may name besides.
SOURCES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wire-chat": (("wire/chat/*.py", "wire/openai/*.py", "wire/*.py"), ()),
    "wire-responses": (("wire/responses/*.py", "wire/openai/*.py", "wire/*.py"), ()),
    "wire-gemini": (("wire/gemini/*.py", "wire/*.py"), ()),
    "wire-messages": (("anthropic/[!n]*.py", "pairing.py"), ()),
    "clients": (("wire/*/inbound/*.py", "wire/inbound/*.py", "anthropic/native.py"), ("fields.py",)),
}


class Reported:
    """The losses code reports: those it names, with `*` for what it fills in, and what it may name by a variable."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.named: set[tuple[str, str]] = set()
        self._actions: set[str] = set()
        self._texts: set[str] = set()
        for path in (path for pattern in patterns for path in PACKAGE.glob(pattern)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                self._read(node)

    def _read(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._texts.add(node.value)
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("losses.add"):
            return
        feature, action = node.args[0], ast.literal_eval(node.args[1])
        if isinstance(feature, ast.Constant):
            self.named.add((feature.value, action))
        elif isinstance(feature, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "*" for part in feature.values)
            self.named.add((text, action))
        else:
            self._actions.add(action)

    def has(self, feature: str, action: str) -> bool:
        named = any(fnmatchcase(feature, known) for known, when in self.named if when == action)
        return named or (action in self._actions and feature in self._texts)


def documented_losses(page: str) -> set[tuple[str, str]]:
    """What a page says is reported: `feature=action`, with `<…>` for what depends."""
    found = re.findall(r"`([A-Za-z_.<>]+)=(dropped|emulated|clamped|omitted)`", PAGES[page])
    return {(re.sub(r"<\w+>", "*", feature), action) for feature, action in found}


@pytest.mark.parametrize("page", SOURCES)
def test_every_loss_is_documented(page: str) -> None:
    documented = documented_losses(page)
    missing = {
        (feature, action)
        for feature, action in Reported(SOURCES[page][0]).named
        if not any(fnmatchcase(told, feature) and when == action for told, when in documented)
    }
    assert not missing


@pytest.mark.parametrize("page", SOURCES)
def test_no_loss_is_documented_that_is_never_reported(page: str) -> None:
    own, besides = SOURCES[page]
    reported = Reported((*own, *besides))
    assert {loss for loss in documented_losses(page) if not reported.has(*loss)} == set()


@pytest.mark.parametrize("field", [*CHAT_DROPPED, *RESPONSES_DROPPED, *RESPONSES_REFUSED])
def test_fields_of_clients_that_are_dropped_or_refused_are_documented(field: str) -> None:
    assert f"`{field}`" in PAGES["clients"]


# -- endings -----------------------------------------------------------------------------------------------

CALL = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
CALL_ITEM = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "read", "arguments": "{}"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}


def chat_answer(ending: str) -> Any:
    message = {"content": None, "tool_calls": [CALL]} if ending == "tool_calls" else {"content": "Hi"}
    return {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": ending}]}


def gemini_answer(ending: str) -> Any:
    failed = ending in ("OTHER", "MALFORMED_FUNCTION_CALL")  # told as long as nothing was said
    parts = [] if failed else [{"text": "Hi"}]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": ending}]}


def responses_answer(ending: str) -> Any:
    status, _, rest = ending.partition("`")
    output = [CALL_ITEM] if "call" in rest else [SAID]
    reason = re.search(r"`(\w+)`", rest + "`")
    details = {"reason": reason[1]} if status == "incomplete" and reason else None
    return {"id": "r", "object": "response", "status": status, "output": output, "incomplete_details": details}


@pytest.mark.parametrize(
    ("page", "head", "answer"),
    [
        ("wire-chat", "`finish_reason` | `stop_reason`", chat_answer),
        ("wire-gemini", "`finishReason` | `stop_reason`", gemini_answer),
        ("wire-responses", "how it ends | `stop_reason`", responses_answer),
    ],
    ids=["chat", "gemini", "responses"],
)
def test_answers_end_as_documented(page: str, head: str, answer: Any) -> None:
    rows = pairs(page, head)
    assert len(rows) >= 5
    for ending, stop_reason in rows:
        if stop_reason == "an error":
            with pytest.raises(UpstreamError):
                translate_answer(answer(ending), WIRES[page])
        else:
            assert translate_answer(answer(ending), WIRES[page])["stop_reason"] == stop_reason, ending


REQUESTS: dict[str, Any] = {
    "chat": {"messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"input": "Hi"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
}


def ending_of(client: Any, message: Any) -> str:
    """How a client is told that a message ended."""
    answer = write_answer(message, read_request(REQUESTS[client], client))
    if client == "chat":
        return str(answer["choices"][0]["finish_reason"])
    if client == "gemini":
        return str(answer["candidates"][0]["finishReason"])
    details = answer["incomplete_details"]
    return f"{answer['status']}` (`{details['reason']}`)" if details else str(answer["status"])


@pytest.mark.parametrize(
    ("client", "word"), [("chat", "finish_reason"), ("responses", "status"), ("gemini", "finishReason")]
)
def test_clients_are_told_the_end_as_documented(client: str, word: str) -> None:
    for stop_reason, told in pairs("clients", f"`stop_reason` | `{word}`"):
        call = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}}
        content = [call] if stop_reason == "tool_use" else [{"type": "text", "text": "Hi"}]
        message = {"type": "message", "role": "assistant", "model": "m", "content": content, "usage": {}}
        assert ending_of(client, message | {"stop_reason": stop_reason, "stop_sequence": None}) == told, stop_reason


# -- clients -----------------------------------------------------------------------------------------------


def test_the_programs_of_clients_run(tmp_path: Path) -> None:
    programs = [example.values[0] for example in examples("python", "clients")]
    config = tmp_path / "config.json"
    demo = {"name": "demo", "api_base_url": DEMO_URL, "models": DEMO_MODELS}
    config.write_text(json.dumps({"Providers": [demo], "Router": {"default": "demo,demo"}}))
    with serve_alone(config) as base_url:
        # One process for all: most of the time goes into importing the SDKs.
        program = "print('-----')\n".join(programs).replace("http://127.0.0.1:3456", base_url)
        command = [sys.executable, "-c", program.replace("deepseek,deepseek-chat", "demo,demo")]
        run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert run.returncode == 0, run.stderr
    said = run.stdout.split("-----")
    assert len(said) == len(programs) == 3
    assert all("Hello!" in text for text in said)


def test_the_settings_of_codex_lead_to_the_gateway() -> None:
    (example,) = examples("toml", "clients")
    settings = tomllib.loads(example.values[0])
    provider = settings["model_providers"][settings["model_provider"]]
    assert provider["wire_api"] == "responses"
    assert find_endpoint("POST", provider["base_url"].removeprefix("http://127.0.0.1:3456") + "/responses")


@pytest.mark.parametrize("path", re.findall(r"`POST (/\S+?)`", PAGES["clients"]))
def test_the_endpoints_are_there(path: str) -> None:
    assert find_endpoint("POST", path.replace("{model}", "m"))


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page for page in OURS if f"](docs/{page}.md)" not in readme] == []
