"""The installed presets, as far as running Claude Code with one needs them.

A preset is meant by the name of its folder, or by the one in its manifest when no other has it (E-2).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..errors import ConfigError
from .home import home

if TYPE_CHECKING:
    from ..config import Config
    from ..presets import Presets
    from ..presets.library import Preset


def folder(config: Config | None, env: Mapping[str, str]) -> str:
    """Where presets are installed."""
    configured = config.presets_dir if config else None
    return os.path.expanduser(configured) if configured else os.path.join(home(env), "presets")


def library(config: Config | None, env: Mapping[str, str]) -> Presets:
    """The presets that are installed."""
    from ..presets import Presets

    return Presets(folder(config, env))


def is_installed(config: Config | None, env: Mapping[str, str], name: str) -> bool:
    """Whether there is one of that name."""
    return name in library(config, env).namespaces()


def installed(config: Config, env: Mapping[str, str], name: str) -> Preset:
    """The preset of that name. Raises `ConfigError` when there is none."""
    from ..config.places import did_you_mean

    found = library(config, env)
    names = found.namespaces()
    if name not in names:
        hint = did_you_mean(name, names) or "; preset list shows those that are installed"
        raise ConfigError(f'there is no preset "{name}"{hint}')
    return found.get(names[name])


def usable(config: Config, env: Mapping[str, str], name: str) -> Preset:
    """The same, when it can be used as it is. Raises `ConfigError`."""
    preset = installed(config, env, name)
    if problems := preset.applied().problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError(
            f'the preset "{preset.id}" cannot be used: {problems[0]}{more}; '
            f"ccr-middleware preset info {preset.id} shows everything"
        )
    return preset


def namespace(preset: Preset | None) -> str:
    """The path of a preset behind the gateway's address; "" for none."""
    return f"/preset/{quote(preset.id, safe='')}" if preset else ""


def section(preset: Preset | None, key: str) -> dict[str, Any]:
    """An object of a preset's configuration, with the values that were given for it; an empty one for none."""
    found = preset.applied().document.get(key) if preset else None
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
