"""Surviving: keys that are refused, providers that fail, limits that are reached. Knows no HTTP and no client.

`Resilience` remembers how targets are; `Plan` decides, for one call, who is asked next.
"""

from .foresight import Foreseen
from .names import TargetName
from .plan import Attempted, GiveUp, Plan, TryThis
from .slots import Busy
from .state import Resilience
from .store import MemoryStore, StateStore
from .triggers import Failure

__all__ = [
    "Attempted",
    "Busy",
    "Failure",
    "Foreseen",
    "GiveUp",
    "MemoryStore",
    "Plan",
    "Resilience",
    "StateStore",
    "TargetName",
    "TryThis",
]
