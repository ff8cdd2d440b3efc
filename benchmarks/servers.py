"""How each contestant is started: the fake provider, the floor, and the gateway with a realistic configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from load import API_KEY
from processes import HERE, Server, free_port

Transport = Literal["aiohttp", "httpx"]
#: Starts a server of one kind on a core.
Start = Callable[[int], Server]

# As if the extra `speed` were not installed.
_WITHOUT_SPEED = (
    "import sys; sys.modules['aiohttp'] = sys.modules['orjson'] = None; "
    "from ccr_middleware.__main__ import main; main(sys.argv[1:])"
)


def start_upstream(core: int) -> Server:
    """The fake provider."""
    port = free_port()
    return Server("upstream", [str(HERE / "upstream.py"), "--port", str(port)], port, core)


def floor(upstream_port: int, text: str) -> Start:
    """The minimal translator."""

    def start(core: int) -> Server:
        port = free_port()
        url = f"http://127.0.0.1:{upstream_port}/v1/chat/completions"
        arguments = [str(HERE / "floor.py"), "--port", str(port), "--upstream", url, "--text", text]
        return Server("floor", arguments, port, core)

    return start


def gateway(upstream_port: int, folder: Path, transport: Transport) -> Start:
    """The gateway as its own program. `folder` takes its configuration."""
    config = folder / "config.json"
    config.write_text(json.dumps(configuration(upstream_port), indent=2))

    def start(core: int) -> Server:
        port = free_port()
        program = ["-m", "ccr_middleware"] if transport == "aiohttp" else ["-c", _WITHOUT_SPEED]
        home = {"CCR_HOME": str(folder)}  # its log files go there
        return Server("gateway", [*program, "--config", str(config), "--port", str(port)], port, core, home)

    return start


def configuration(upstream_port: int) -> dict[str, Any]:
    """What a user of Claude Code Router has: some providers, every scenario routed, a key, the log on."""
    url = f"http://127.0.0.1:{upstream_port}/v1/chat/completions"
    return {
        "APIKEY": API_KEY,
        "HOST": "127.0.0.1",
        "LOG": True,
        "API_TIMEOUT_MS": 600_000,
        "Providers": [
            {
                "name": "main",
                "api_base_url": url,
                "api_key": "sk-provider-main",
                "models": ["large-coder", "large-thinker", "large-long"],
                "transformer": {"use": [["maxtoken", {"max_tokens": 65_536}], "cleancache"]},
            },
            {
                "name": "deepseek",
                "api_base_url": url,
                "api_key": "sk-provider-deepseek",
                "models": ["deepseek-chat", "deepseek-reasoner"],
                "transformer": {"use": ["deepseek"], "deepseek-chat": {"use": ["tooluse"]}},
            },
            {"name": "local", "api_base_url": url, "api_key": "none", "models": ["small-coder", "small-vision"]},
        ],
        "Router": {
            "default": "main,large-coder",
            "background": "local,small-coder",
            "think": "main,large-thinker",
            "longContext": "main,large-long",
            "longContextThreshold": 60_000,
            "webSearch": "deepseek,deepseek-chat",
            "image": "local,small-vision",
        },
    }
