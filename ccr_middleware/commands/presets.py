"""The installed presets, as far as running Claude Code with one needs them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..config import Config
from ..config.document import read_document
from ..config.places import did_you_mean
from ..errors import ConfigError
from ..presets.names import problem_with_name
from .home import home


def folder(config: Config | None, env: Mapping[str, str]) -> str:
    """Where presets are installed."""
    configured = config.presets_dir if config else None
    return os.path.expanduser(configured) if configured else os.path.join(home(env), "presets")


def installed(config: Config | None, env: Mapping[str, str]) -> list[str]:
    """The names of those installed, sorted."""
    place = folder(config, env)
    try:
        names = os.listdir(place)
    except OSError:
        return []
    return sorted(name for name in names if os.path.isfile(os.path.join(place, name, "manifest.json")))


def is_installed(config: Config | None, env: Mapping[str, str], name: str) -> bool:
    """Whether there is one of that name."""
    if problem_with_name(name):
        return False
    return os.path.isfile(os.path.join(folder(config, env), name, "manifest.json"))


def check_installed(config: Config, env: Mapping[str, str], name: str) -> None:
    """Raise `ConfigError` when there is none of that name."""
    if not is_installed(config, env, name):
        hint = did_you_mean(name, installed(config, env)) or "; preset list shows those that are installed"
        raise ConfigError(f'there is no preset "{name}"{hint}')


def namespace(name: str) -> str:
    """The path of a preset behind the gateway's address; "" for none."""
    return f"/preset/{quote(name, safe='')}" if name else ""


def claude_settings(config: Config, env: Mapping[str, str], name: str) -> dict[str, Any]:
    """What a preset says about Claude Code's own settings (`claudeCodeSettings`). Raises `ConfigError`."""
    manifest = read_document(os.path.join(folder(config, env), name, "manifest.json")).value
    found = manifest.get("claudeCodeSettings")
    return dict(found) if isinstance(found, Mapping) else {}


def find_preset(args: argparse.Namespace, env: Mapping[str, str], name: str) -> bool:
    """Whether a word of the command line names one; a configuration that cannot be used does not count."""
    if is_installed(None, env, name):
        return True
    from .settings import settings

    try:
        return is_installed(settings(args, env), env, name)
    except ConfigError:
        return False
