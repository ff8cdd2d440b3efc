"""The configuration as commands see it: loaded with the flags and variables of the program."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..config import Config
from ..standalone import config_path, load_settings


def complete(args: argparse.Namespace) -> argparse.Namespace:
    """The arguments with the flags of the program that a command may not have."""
    for name in ("config", "host", "port", "log_level"):
        if not hasattr(args, name):
            setattr(args, name, None)
    return args


def settings(args: argparse.Namespace, env: Mapping[str, str]) -> Config:
    """The configuration in use. Raises `ConfigError`."""
    return load_settings(complete(args), env)


def file_of(args: argparse.Namespace, env: Mapping[str, str]) -> str | None:
    """The configuration file, None when there is none."""
    return config_path(complete(args), env)
