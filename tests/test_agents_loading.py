"""Which agents a configuration has, and what is said of those that cannot be used."""

import sys

import pytest

from ccr_middleware.agents.loading import load_agents
from ccr_middleware.config import load_config
from tests.support.agents import agent, tool

CLOCK = '''
from ccr_middleware.agents import Agent, NoOptions, Tool


class Now(Tool):
    name = "now"

    async def run(self, arguments, context):
        return "noon"


class ClockOptions(NoOptions):
    time_zone: str = "UTC"


class Clock(Agent[ClockOptions]):
    """Tells the time."""

    name = "clock"
    Options = ClockOptions
    tools = (Now(),)
'''
ENGINE = """
class Own:
    def __init__(self, settings, fetch):
        self.settings = settings
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with agents, in which the process runs."""
    (tmp_path / "clock.py").write_text(CLOCK)
    (tmp_path / "two.py").write_text(CLOCK + "\n\nclass Other(Clock):\n    name = 'other'\n")
    (tmp_path / "engine.py").write_text(ENGINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(*given, **document):
    """The names of the agents of a configuration, and the warnings."""
    agents, warnings = load_agents(load_config(document), given)
    return [one.name for one in agents], warnings


def test_the_image_agent_works_and_the_search_agent_only_when_it_is_configured():
    assert load() == (["image"], [])
    assert load(search={"backend": "brave", "api_key": "k"}) == (["image", "search"], [])


def test_they_can_be_switched_off():
    off = [{"name": name, "enabled": False} for name in ("Image", "search")]
    assert load(agents=off, search={"backend": "brave", "api_key": "k"}) == ([], [])


def test_the_options_of_the_image_agent():
    agents, _ = load_agents(load_config({"agents": [{"name": "image", "options": {"maxTokens": 5}}]}))
    assert agents[0].options.max_tokens == 5
    names, warnings = load(agents=[{"name": "image", "options": {"tokens": 5}}])
    assert names == []
    assert warnings == ['the agent "image" cannot be used: its options: tokens: Extra inputs are not permitted']


def test_the_search_agent_needs_something_to_search_with():
    assert load(agents=["search"])[1] == [
        'agents: "search" needs a section search; write {"backend": "searxng", "url": …}'
    ]


@pytest.mark.parametrize(
    "use",
    [
        {"path": "clock.py"},
        {"path": "./clock.py:Clock"},
        {"path": "two.py:Clock"},
        {"path": "two.py", "name": "clock"},
        {"path": "two.py:clock"},
        {"module": "clock_module"},
        {"module": "clock_module:Clock"},
    ],
)
def test_agents_of_ones_own(folder, use, monkeypatch):
    (folder / "clock_module.py").write_text(CLOCK)
    monkeypatch.syspath_prepend(str(folder))
    try:
        agents, warnings = load_agents(load_config({"agents": [{**use, "options": {"timeZone": "CET"}}]}))
    finally:
        sys.modules.pop("clock_module", None)
    assert warnings == []
    assert [(one.name, getattr(one.options, "time_zone", None)) for one in agents] == [
        ("image", None),
        ("clock", "CET"),
    ]


def test_one_that_is_not_enabled_is_not_even_loaded(folder):
    assert load(agents=[{"path": "nothing.py", "enabled": False}]) == (["image"], [])


def test_installed_agents_are_used_when_they_are_named(folder, monkeypatch):
    info = folder / "clock-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: clock\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ccr_middleware.agents]\nwall-clock = clock_installed:Clock\n")
    (folder / "clock_installed.py").write_text(CLOCK)
    monkeypatch.syspath_prepend(str(folder))
    try:
        assert load(agents=["Wall-Clock"]) == (["image", "clock"], [])
        assert load() == (["image"], [])
    finally:
        sys.modules.pop("clock_installed", None)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ({"path": "no.py"}, 'the agent "no.py" cannot be used: no.py: no such file; '),
        ({"path": "x.js"}, 'the agent "x.js" cannot be used: x.js: agents are written in Python; '),
        ({"path": "two.py"}, "two.py: has several agents (Clock, Other); write one behind a colon"),
        ({"path": "clock.py:Watch"}, 'clock.py: has no agent "Watch"; it has Clock'),
        ({"path": "engine.py"}, "engine.py: has no agent; write a class that inherits from "),
        ({"path": "clock.py", "options": {"zone": 1}}, "its options: zone: Extra inputs are not permitted"),
        ({"name": "imagee"}, 'the agent "imagee" cannot be used: no agent is called so; did you mean "image"?'),
        ({"name": "nobody"}, "no agent is called so; for one of your own write its path"),
        ({"module": "no_such.module"}, "no_such.module: no module is called no_such; "),
    ],
)
def test_what_cannot_be_used_is_said(folder, use, told):
    names, (warning,) = load(agents=[use])
    assert names == ["image"]
    assert told in warning


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('    name = "clock"\n', "", 'Clock has no name; write name = "my-agent"'),
        ("    tools = (Now(),)", "    tools = Now()", "Clock.tools must be a tuple of tools, such as (MyTool(),)"),
        ("    tools = (Now(),)", "    tools = (Now,)", "is no object of a class that inherits from"),
        ('    name = "now"', '    name = "what time"', "Now.name must be 1 to 64 letters, digits, _ or -"),
        ("    async def run", "    def run", "Now.run must be written with async def"),
        ('    name = "now"', '    name = "now"\n    input = Tool', "Now.input has no JSON schema: AttributeError"),
        ("    tools =", "    def prepare(self, body, context): ...\n    tools =", "Clock.prepare must be written with"),
        (
            "    tools =",
            "    async def should_handle(self, context): ...\n    tools =",
            "should_handle must be written",
        ),
        ("    tools =", "    def __init__(self, options): 1 / 0\n    tools =", "ZeroDivisionError: division by zero"),
        ('"UTC"\n', '"UTC"\n\nx y', "clock.py, line 15: SyntaxError: "),
    ],
)
def test_what_is_wrong_with_an_agent_is_said(folder, before, after, told):
    assert CLOCK.count(before) == 1
    (folder / "clock.py").write_text(CLOCK.replace(before, after))
    names, (warning,) = load(agents=[{"path": "clock.py"}])
    assert names == ["image"]
    assert told in warning


def test_agents_of_the_host_come_last_and_names_are_given_once():
    first, second = agent(called="one"), agent(called="ONE")
    names, (warning,) = load(first, second, agents=[])
    assert names == ["image", "one"]
    assert "another agent is called" in warning
    assert "is no object of a class" in load(tool("x"))[1][0]


def test_an_engine_of_ones_own(folder):
    settings = {"backend": "engine.py:Own", "url": "http://x.test"}
    assert load(search=settings) == (["image", "search"], [])


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        ("engine.py:Other", "engine.py: has no Other"),
        ("bing", '"bing" is none of searxng, brave, tavily; '),
        ("no.py:Own", "no.py: no such file"),
    ],
)
def test_engines_that_cannot_be_used(folder, backend, told):
    names, (warning,) = load(search={"backend": backend})
    assert names == ["image"]
    assert warning.startswith(f"search.backend cannot be used: {told}")


def test_modules_made_of_files_go_with_their_agents(folder):
    agents, _ = load_agents(load_config({"agents": [{"path": "clock.py"}]}))
    made = type(agents[1]).__module__
    assert made in sys.modules
    del agents
    import gc

    gc.collect()
    assert made not in sys.modules
