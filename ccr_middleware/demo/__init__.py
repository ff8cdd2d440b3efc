"""The built-in demo model: a provider in this process that speaks real chat completions, without key or network.

It lets a first session run end to end (text, thinking, a tool loop) before any provider is configured, and gives
hosts and tests something that always answers. `request` reads and checks what it was sent, `script` decides what to
say, `sample` makes up tool arguments, `provider` puts it on the wire.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config.schema import DEMO_SCHEME

if TYPE_CHECKING:
    from ..upstream.in_process import Handler

#: The URL of the demo provider in a configuration.
DEMO_URL = "demo://model/v1/chat/completions"

__all__ = ["DEMO_MODELS", "DEMO_SCHEME", "DEMO_URL", "demo_model"]

DEMO_MODELS = ("demo", "demo-thinking")


def demo_model(pace_seconds: float = 0.015, clock: Callable[[], float] = time.time) -> Handler:
    """A handler for `InProcessTransport`. `pace_seconds` lies between two chunks of a stream, 0 for none.

    The first call imports what the model consists of; a gateway with providers of its own never needs it.
    """
    from .provider import make_handler

    return make_handler(pace_seconds, clock)
