"""Looks through a home of Claude Code Router v2 (reference §1, §8, §12). Nothing is written, nothing is run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from ..config import load_config
from ..config.document import read_document
from ..config.schema import Config
from ..config.spelling import is_blank, spellings
from ..errors import ConfigError
from .v2_config import about_config

#: Folders of the home that are no projects.
_OWN_FOLDERS = frozenset({"plugins", "presets", "logs", "temp", ".huggingface"})


class Finding(NamedTuple):
    """Something that is not as it was: `broken` (it does not work as it is), `different`, or `better` (it did not work
    and does now). `do` "": nothing has to be done."""

    kind: Literal["broken", "different", "better"]
    place: str
    what: str
    do: str = ""


def look_through(home: str, env: Mapping[str, str]) -> list[Finding]:
    """Everything worth knowing about a home, the most important first."""
    findings = [*_about_config(home, env), *_about_presets(home), *_about_projects(home), *_about_files(home)]
    order = ("broken", "different", "better")
    return sorted(findings, key=lambda one: order.index(one.kind))


def _about_config(home: str, env: Mapping[str, str]) -> Iterator[Finding]:
    path = os.path.join(home, "config.json")
    if not os.path.exists(path):
        yield Finding("different", "config.json", "is not there; without providers the built-in demo model answers")
        return
    try:
        config = load_config(path, env=env)
    except ConfigError as problem:
        what = str(problem).removeprefix(f"{path}: ")
        yield Finding("broken", "config.json", what, "Correct it; v2 would not have started, or left the provider out.")
        return
    for warning in config.warnings:
        where, _, what = warning.partition(": ")
        yield Finding("different", f"config.json {where}", what)
    yield from (Finding(*found) for found in about_config(config, home))


def _about_presets(home: str) -> Iterator[Finding]:
    folder = os.path.join(home, "presets")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        manifest = os.path.join(folder, name, "manifest.json")
        if not os.path.isfile(manifest):
            continue
        place = f"presets/{name}/manifest.json"
        try:
            document = read_document(manifest).value
        except ConfigError as problem:
            yield Finding("broken", place, str(problem).removeprefix(f"{manifest}: "), "Correct it.")
            continue
        yield from _about_preset(name, place, document)


def _about_preset(name: str, place: str, document: Mapping[str, Any]) -> Iterator[Finding]:
    if document.get("name") not in (None, name):
        yield Finding(
            "different",
            place,
            f'v2 served it at /preset/{document["name"]} and addressed it by its folder "{name}"',
            f"Use /preset/{name}.",
        )
    if document.get("noServer"):
        yield Finding("different", f"{place} noServer", "is not used; Claude Code talks to the gateway in any case")
    kept = [key for key in ("transformers", "fallback", "PROXY_URL", "CUSTOM_ROUTER_PATH") if document.get(key)]
    if kept:
        yield Finding("better", place, f"v2 ignored {', '.join(kept)} of presets; here they count")
    for script in _scripts(document):
        yield Finding("broken", place, f"{script} is JavaScript, which does not run here", "Write it in Python.")


def _scripts(value: object) -> Iterator[str]:
    """Every file of JavaScript that is named anywhere."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("path", "scriptPath", "CUSTOM_ROUTER_PATH") and is_javascript(inner):
                yield str(inner)
            else:
                yield from _scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scripts(inner)


def is_javascript(value: object) -> bool:
    """Whether this is the name of a file of JavaScript."""
    return isinstance(value, str) and value.lower().endswith((".js", ".cjs", ".mjs", ".ts"))


def _about_projects(home: str) -> Iterator[Finding]:
    for folder in sorted(os.listdir(home)):
        path = os.path.join(home, folder)
        if folder in _OWN_FOLDERS or not os.path.isdir(path):
            continue
        for name in sorted(os.listdir(path)):
            if not name.endswith(".json"):
                continue
            yield from _about_project(f"{folder}/{name}", os.path.join(path, name))


def _about_project(place: str, path: str) -> Iterator[Finding]:
    try:
        document = read_document(path).value
    except ConfigError as problem:
        yield Finding("broken", place, str(problem).removeprefix(f"{path}: "), "Correct it.")
        return
    if all(is_blank(document.get(name)) for name in spellings(Config, "router")):
        yield Finding("different", place, "has no Router, so that it changes nothing")
        return
    yield Finding("different", place, "its Router is laid over the global one; in v2 it took its place as a whole")


def _about_files(home: str) -> Iterator[Finding]:
    for name in sorted(os.listdir(home)):
        path = os.path.join(home, name)
        if name.startswith("config.json") and os.path.isfile(path) and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
            yield Finding("different", name, "may be read by other users of this machine", "--apply makes it private.")
    if os.path.exists(os.path.join(home, ".claude-code-router.pid")):
        yield Finding(
            "different", ".claude-code-router.pid", "v2 may still run", "Stop it (ccr stop): both use one port."
        )
    logs = os.path.join(home, "logs")
    if os.path.isdir(logs) and os.listdir(logs):
        yield Finding("different", "logs", "v2 wrote whole requests and keys into its log files", "Delete those of v2.")
