"""`GET /api/plugins` and `GET /api/agents`."""

import asyncio

import pytest

from ccr_middleware import Gateway
from ccr_middleware.plugins import NoOptions, Plugin
from ccr_middleware.testing import Answer, FakeProvider, ask, fake_config, fake_gateway, get

KEY = "a-long-admin-key"
HEADERS = [("x-api-key", KEY)]

CLOCK = '''
from ccr_middleware.agents import Agent


class Clock(Agent):
    """Tells the time."""

    name = "clock"
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with an agent and a plugin that fails, in which the process runs."""
    (tmp_path / "clock.py").write_text(CLOCK)
    (tmp_path / "fails.py").write_text(f"def on_request(context, body):\n    raise ValueError('{KEY}')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Listening(Plugin[NoOptions]):
    """Hears everything."""

    name = "listening"

    def __init__(self):
        super().__init__(NoOptions())
        self.heard = []

    def on_event(self, context, event):
        """Write its type down."""
        self.heard.append(event["type"])

    async def on_response(self, context, record):
        """Write down what came of it."""
        self.heard.append(record["output_tokens"])


def listed(gateway, path, key):
    """What a list has, by name."""
    reply = asyncio.run(get(gateway, path, headers=HEADERS))
    assert reply.status == 200
    return {one["name"]: one for one in reply.json()[key]}


def test_plugins_with_what_came_of_them(folder):
    listening = Listening()
    provider = FakeProvider([Answer(text="Hello")])
    uses = [{"path": "fails.py", "enabled": True}, {"name": "nothing", "enabled": True}]
    gateway = Gateway(fake_config(APIKEY=KEY, plugins=uses), transport=provider, env={}, plugins=[listening])
    assert asyncio.run(ask(gateway, "Hi", headers=HEADERS)).text == "Hello"
    assert listening.heard[0] == "message_start"
    assert listening.heard[-2] == "message_stop"
    assert isinstance(listening.heard[-1], int)

    found = listed(gateway, "/api/plugins", "plugins")
    assert list(found) == ["fails", "nothing", "listening", "token-speed"]
    assert found["fails"]["failures"] == 1
    assert found["fails"]["last_error"] == "fails (fails.py), line 2: on_request: ValueError: ***"
    assert found["nothing"]["enabled"] is False
    assert "no plugin is called so" in found["nothing"]["last_error"]
    assert (found["listening"]["origin"], found["listening"]["hooks"]) == ("host", ["on_event", "on_response"])
    assert found["listening"]["description"] == "Hears everything."
    assert (found["token-speed"]["origin"], found["token-speed"]["enabled"]) == ("builtin", False)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("wire", ["chat", "messages", "responses", "gemini"])
def test_plugins_hear_the_whole_answer_whatever_the_provider_speaks(wire, stream):
    listening = Listening()
    provider = FakeProvider([Answer(text=["Hel", "lo"])])
    gateway = Gateway(fake_config(wire=wire), transport=provider, env={}, plugins=[listening])
    assert asyncio.run(ask(gateway, "Hi", stream=stream)).text == "Hello"
    heard = [kind for kind in listening.heard if kind not in ("ping", "content_block_delta")]
    assert heard[:-1] == ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    assert "content_block_delta" in listening.heard


def test_agents_with_what_is_wrong_with_them(folder):
    agents = [{"path": "clock.py"}, {"path": "missing.py"}, {"name": "search"}, {"path": "clock.py", "enabled": False}]
    gateway = fake_gateway(FakeProvider([]), APIKEY=KEY, agents=agents)
    reply = asyncio.run(get(gateway, "/api/agents", headers=HEADERS))
    assert [(one["name"], one["origin"], one["enabled"]) for one in reply.json()["agents"]] == [
        ("image", "builtin", True),
        ("search", "builtin", False),
        ("clock", "file:clock.py", True),
        ("missing.py", "file:missing.py", False),
        ("clock.py", "file:clock.py", False),
    ]
    described = {one["name"]: one for one in reply.json()["agents"]}
    assert described["clock"]["description"] == "Tells the time."
    assert described["image"]["description"]
    assert described["missing.py"]["error"].startswith("missing.py: no such file")
    assert described["search"]["error"] == 'it needs a section search; write {"backend": "searxng", "url": …}'


@pytest.mark.parametrize("path", ["/api/plugins", "/api/agents"])
def test_only_who_manages_the_gateway_may_ask(path):
    gateway = fake_gateway(FakeProvider([]), APIKEY="a-client-key", ADMIN_KEY=KEY)
    for headers, status in (([], 401), ([("x-api-key", "a-client-key")], 403), (HEADERS, 200)):
        assert asyncio.run(get(gateway, path, headers=headers)).status == status
