"""The built-in themes. Icons are those of Nerd Fonts, but for those of `full` that every font has."""

from __future__ import annotations

from typing import Any, NamedTuple

DEFAULT = "default"
POWERLINE = "powerline"


class Theme(NamedTuple):
    """What is shown, in this order. `powerline`: as coloured segments one in the other."""

    modules: tuple[dict[str, Any], ...]
    powerline: bool = False


_FOLDER = "\U000f024b"
_BRANCH = "\ue725"
_ROBOT = "\U000f06a9"


def _module(kind: str, icon: str, text: str, color: str, background: str = "") -> dict[str, Any]:
    return {"type": kind, "icon": icon, "text": text, "color": color, "background": background}


_PLACE = (
    _module("workDir", _FOLDER, "{{workDirName}}", "bright_blue"),
    _module("gitBranch", _BRANCH, "{{gitBranch}}", "bright_magenta"),
    _module("model", _ROBOT, "{{model}}", "bright_cyan"),
)
_USAGE = (
    _module("usage", "↑", "{{inputTokens}}", "bright_green"),
    _module("usage", "↓", "{{outputTokens}}", "bright_yellow"),
)
_MORE = (
    _module("context", "🪟", "{{contextPercent}}% / {{contextWindowSize}}", "bright_green"),
    _module("speed", "⚡", "{{tokenSpeed}} t/s {{isStreaming}}", "bright_yellow"),
    _module("cost", "💰", "{{cost}}", "bright_magenta"),
    _module("duration", "⏱️", "{{duration}}", "bright_white"),
    _module("lines", "📝", "+{{linesAdded}}/-{{linesRemoved}}", "bright_cyan"),
)


def _without_icons(module: dict[str, Any]) -> dict[str, Any]:
    return module if module["type"] == "usage" else {**module, "icon": ""}


def _as_segment(module: dict[str, Any]) -> dict[str, Any]:
    return {**module, "color": "white", "background": f"bg_{module['color']}"}


THEMES = {
    DEFAULT: Theme((*_PLACE, *_USAGE)),
    "simple": Theme(tuple(_without_icons(module) for module in (*_PLACE, *_USAGE))),
    POWERLINE: Theme(tuple(_as_segment(module) for module in (*_PLACE, *_USAGE)), powerline=True),
    "full": Theme((*_PLACE, *_MORE)),
}
