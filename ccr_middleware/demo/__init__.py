"""The built-in demo model: a provider in this process that speaks real chat completions, without key or network.

It lets a first session run end to end (text, thinking, a tool loop) before any provider is configured, and gives
hosts and tests something that always answers. `request` reads and checks what it was sent, `script` decides what to
say, `sample` makes up tool arguments, `provider` puts it on the wire.
"""

from __future__ import annotations

from .provider import demo_model
from .request import DEMO_MODELS

#: What the URL of the demo provider begins with.
DEMO_SCHEME = "demo:"

#: The URL of the demo provider in a configuration.
DEMO_URL = "demo://model/v1/chat/completions"

__all__ = ["DEMO_MODELS", "DEMO_SCHEME", "DEMO_URL", "demo_model"]
