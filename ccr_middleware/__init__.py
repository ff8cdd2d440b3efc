"""A Claude Code gateway that lives inside a Python web application, or runs alone.

    from ccr_middleware import Gateway
    app.mount("/ccr", Gateway("config.json"))

`Gateway` is an ASGI application, `CCRMiddleware` wraps any ASGI or WSGI host. Importing has no side effects; the
names load what they need when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access import Principal
    from .config import Config, load_config
    from .errors import ConfigError, GatewayError
    from .gateway import Gateway
    from .middleware import CCRMiddleware

__version__ = "0.1.0"

__all__ = [
    "CCRMiddleware",
    "Config",
    "ConfigError",
    "Gateway",
    "GatewayError",
    "Principal",
    "__version__",
    "load_config",
]

_HOMES = {
    "CCRMiddleware": "middleware",
    "Config": "config",
    "ConfigError": "errors",
    "Gateway": "gateway",
    "GatewayError": "errors",
    "Principal": "access",
    "load_config": "config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
