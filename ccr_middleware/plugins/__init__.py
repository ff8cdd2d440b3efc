"""Plugins: code of one's own that is told of every call and may change it.

Write one with `Plugin`; `loading` finds those of a configuration, `hooks` asks them, `token_speed` is built in.
"""

from ..transformers.base import NoOptions
from .base import GatewayInfo, HookContext, Plugin, Route, UpstreamCall

__all__ = ["GatewayInfo", "HookContext", "NoOptions", "Plugin", "Route", "UpstreamCall"]
