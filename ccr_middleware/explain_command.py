"""`python -m ccr_middleware explain FILE`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping

from .endpoints.answering import parse_body
from .errors import ConfigError, GatewayError
from .explain import to_text
from .gateway import Gateway
from .home import home_folder
from .jsonio import dumps_str
from .standalone import load_settings


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Explain and return the exit status: 0, or 1 when the request would be refused. Raises ConfigError for what
    cannot be read."""
    raw = _read(args.file)
    gateway = Gateway(load_settings(args, env), env=env, lazy=True, home=home_folder(env))
    try:
        explained = asyncio.run(gateway.explain(parse_body(raw), dict(args.header)))
    except GatewayError as problem:
        raise ConfigError(f"{_shown(args.file)}: {problem.message}") from None
    sys.stdout.write(dumps_str(explained) + "\n" if args.json else to_text(explained))
    return 1 if explained["error"] else 0


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read()
        with open(name, "rb") as file:
            return file.read()
    except OSError as problem:
        raise ConfigError(f"{_shown(name)}: {problem.strerror or problem}") from None


def _shown(name: str) -> str:
    return "standard input" if name == "-" else name
