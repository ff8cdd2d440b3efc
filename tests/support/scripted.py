"""The fake provider of `ccr_middleware.testing`, under the names the tests use."""

from ccr_middleware.testing.provider import Exchange, Plan
from ccr_middleware.testing.provider import FakeProvider as ScriptedTransport
from ccr_middleware.testing.script import (
    CUT,
    FEEDINGS,
    RESET,
    STALL,
    Feeding,
    Script,
    Signal,
    feed,
    json_answer,
    stream,
    until,
)

__all__ = [
    "CUT",
    "FEEDINGS",
    "RESET",
    "STALL",
    "Exchange",
    "Feeding",
    "Plan",
    "Script",
    "ScriptedTransport",
    "Signal",
    "feed",
    "json_answer",
    "stream",
    "until",
]
