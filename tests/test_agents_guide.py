"""docs/agents.md: what it shows is run as it is shown."""

import asyncio
import re
from pathlib import Path

import pytest

from ccr_middleware import load_config
from ccr_middleware.agents import AgentContext
from ccr_middleware.agents.image import ImageOptions
from ccr_middleware.agents.loading import load_agents
from ccr_middleware.config.agents import SEARCH_BACKENDS
from ccr_middleware.jsonio import dumps
from tests.support.agents import call, drive, result, said, user

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
#: The files of the guide, which begin with their name.
FILES = {found[1]: block for _, block in BLOCKS if (found := re.match(r"(?:#|//) ([\w.-]+)\n", block))}
BODY = {
    "model": "m",
    "max_tokens": 100,
    "messages": [user("What is ZAP?")],
    "tools": [{"name": "Read", "input_schema": {"type": "object"}}],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the guide's files, in which the process runs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(config="config.json"):
    """The agents of a configuration, which must have no fault."""
    agents, warnings = load_agents(load_config(config))
    assert warnings == []
    return agents


def rows(head):
    """The first cells of a table."""
    table = re.search(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1]
    return [line.split("|")[1].strip(" ") for line in table.splitlines()]


def test_the_example_answers_the_model(folder):
    agents = load()
    rounds = [said("One moment. ", call("look_up_word", {"word": "zap"}, "a")), said("The build server.")]
    outcome = asyncio.run(drive(agents, BODY, rounds))
    assert outcome.checked.text == "One moment. The build server."
    assert outcome.bodies[0]["system"] == "Look up words that you do not know with look_up_word."
    assert outcome.bodies[1]["messages"][-1] == user(result("a", "our build server"))


def test_the_example_says_what_it_does_not_know(folder):
    rounds = [said(call("look_up_word", {"word": "ZIP"}, "a")), said("Unknown.")]
    outcome = asyncio.run(drive(load(), BODY, rounds))
    told = {**result("a", "nobody knows 'ZIP'; known are zap"), "is_error": True}
    assert outcome.bodies[1]["messages"][-1] == user(told)


def test_the_test_of_the_guide_passes(folder):
    names: dict = {}
    exec(compile(FILES["test_terms.py"], "test_terms.py", "exec"), names)
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_the_engine_of_the_guide_searches(folder):
    async def fetch(request):
        assert (request.url, request.body) == ("https://wiki.example.org/find", b"cats")
        return 200, dumps([{"url": "https://wiki.example.org/cats", "title": "Cats", "extract": "Cats!"}])

    written = re.search(r"with `(search: \{.*\})`", PAGE)[1]
    agents = load(f"{{{written}}}\n")
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    body = {**BODY, "tools": tools, "messages": [user("Perform a web search for the query: cats")]}
    outcome = asyncio.run(drive(agents, body, [said("Cats.")], fetch=fetch))
    found = outcome.checked.blocks[1]["content"]
    assert [one["title"] for one in found] == ["Cats"]


def test_the_configurations_of_the_guide_have_no_fault(folder):
    examples = [block for language, block in BLOCKS if language == "json5"]
    assert len(examples) == 3
    for example in examples:
        variables = dict.fromkeys(re.findall(r"\$([A-Z_]+)", example), "value-of-it")
        config = load_config(example + "\n", env=variables)
        assert config.warnings == ()
        load(config)


def test_the_tables_of_the_guide_are_complete():
    assert [cell.strip("`") for cell in rows("backend")[:3]] == list(SEARCH_BACKENDS)
    assert [cell.strip("`") for cell in rows("option")] == list(ImageOptions.model_fields)
    told = set(re.findall(r"`(\w+)", " ".join(rows("member"))))
    facts = {name for name in dir(AgentContext) if not name.startswith("_")} | set(AgentContext.__annotations__)
    assert told == facts - {"kept", "shown", "usage", "new_id"}
