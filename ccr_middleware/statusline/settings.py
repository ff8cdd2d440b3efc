"""What the status line shall show: the `StatusLine` of a preset, else of the configuration, else a built-in theme.

StatusLine: {
  enabled: true,
  currentStyle: "powerline",
  powerline: {modules: [{type: "model", icon: "", text: "{{model}}", color: "white", background: "bg_blue"}]},
}
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .loose_json import loads
from .status import section, text
from .themes import DEFAULT, POWERLINE, THEMES, Theme

#: A file that is larger (bytes) is none of ours.
MAX_BYTES = 8 * 1024 * 1024

_ASKED = re.compile(r"#\{(\w+)\}")


class Settings(NamedTuple):
    """`theme`: what to show, None: the built-in theme that the terminal can show. `folder`: where relative paths of its
    scripts begin. `default_model`: of the configuration's route for everything."""

    theme: Theme | None
    folder: str
    default_model: str


def read_settings(env: Mapping[str, str], *, config: str = "", preset: str = "", project: str = "") -> Settings:
    """The settings for this environment. `project`: the folder whose own configuration may name another model."""
    home = _expanded(env.get("CCR_HOME") or "~/.claude-code-router", env)
    path = _expanded(config or env.get("CCR_CONFIG") or os.path.join(home, "config.json"), env)
    document = _read(path)
    presets = os.path.join(os.path.dirname(path), _expanded(text(document, "presets_dir"), env))
    if not text(document, "presets_dir"):
        presets = os.path.join(home, "presets")
    model = (_model_of(os.path.join(project, ".claude-code-router", "config.json")) if project else "") or _model_in(
        document
    )
    of_preset = os.path.join(presets, preset) if preset and os.path.basename(preset) == preset else ""
    if of_preset and preset not in (".", "..") and (theme := _theme_in(_manifest(of_preset))):
        return Settings(theme, of_preset, model)
    return Settings(_theme_in(document), os.path.dirname(path), model)


def _theme_in(document: dict[str, Any]) -> Theme | None:
    """The style that is chosen in a document; a built-in theme where it names one and does not describe it."""
    written = section(document, "StatusLine")
    name = text(written, "currentStyle") or DEFAULT
    modules = section(written, name).get("modules")
    if isinstance(modules, list):
        return Theme(tuple(one for one in modules if isinstance(one, dict)), powerline=name == POWERLINE)
    return THEMES.get(name) if name != DEFAULT else None


def _manifest(folder: str) -> dict[str, Any]:
    """The configuration of a preset, as far as the status line is concerned, with what was answered filled in, or the
    defaults. The template goes before what stands beside it once something was answered (docs/presets.md); what
    `configMappings` would change is not seen here."""
    manifest = _read(os.path.join(folder, "manifest.json"))
    answers = section(manifest, "userValues")
    sources = (section(manifest, "template"), manifest)
    written = (section(source, "StatusLine") for source in (sources if answers else reversed(sources)))
    return {"StatusLine": _filled(next(filter(None, written), {}), _defaults(manifest) | answers)}


def _defaults(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the fields of a preset's schema are without an answer."""
    schema = manifest.get("schema")
    fields = [field for field in schema if isinstance(field, dict)] if isinstance(schema, list) else []
    found = {str(field.get("id")): field.get("defaultValue", field.get("default")) for field in fields}
    return {name: value for name, value in found.items() if value is not None}


def _filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """Texts with `#{id}` replaced. `{{…}}` is the status line's own."""
    if isinstance(value, str):
        return _ASKED.sub(lambda found: str(answers.get(found[1], "")), value)
    if isinstance(value, list):
        return [_filled(one, answers) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, answers) for name, one in value.items()}
    return value


def _model_of(path: str) -> str:
    return _model_in(_read(path)) if os.path.exists(path) else ""


def _model_in(document: dict[str, Any]) -> str:
    """The model of `Router.default`, as it is shown: without its provider."""
    route = text(section(document, "Router") or section(document, "router"), "default")
    return (route.partition(",")[2] or route).strip()


def _read(path: str) -> dict[str, Any]:
    """A document; an empty one when there is none, or it cannot be read."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            document = loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _expanded(path: str, env: Mapping[str, str]) -> str:
    """A path whose `~` is this environment's home."""
    if path == "~" or path.startswith(("~/", "~\\")):
        return (env.get("HOME") or os.path.expanduser("~")) + path[1:]
    return path
