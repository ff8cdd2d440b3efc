"""A theme and what is known of the session → one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .colours import colour_code, painted, text_codes
from .scripts import Scripts
from .themes import DEFAULT, THEMES, Theme

#: The point between two segments.
SEPARATOR = "\ue0b0"

#: A theme may be longer, but no terminal is.
MAX_MODULES = 10

#: The background of a segment that names none.
_BACKGROUND = "bg_bright_blue"

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BLANKS = re.compile(r"\s*[\r\n]+\s*")


class Look(NamedTuple):
    """What the terminal can show: colours, and the icons of Nerd Fonts."""

    colours: bool
    icons: bool

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Look:
        """As the environment says: `NO_COLOR`, `USE_SIMPLE_ICONS`, a `TERM` that can do nothing."""
        is_plain = env.get("TERM", "") in ("dumb", "unknown")
        simple = env.get("USE_SIMPLE_ICONS", "").strip().lower() in ("1", "true", "yes")
        return cls(colours=not env.get("NO_COLOR") and not is_plain, icons=not simple and not is_plain)


class _Part(NamedTuple):
    """One module, ready to be shown."""

    text: str
    module: Mapping[str, Any]


def render(
    theme: Theme | None, variables: Mapping[str, str], look: Look, *, folder: str, env: Mapping[str, str]
) -> str:
    """The line. `folder`: where relative paths of scripts begin. Modules without a text are left out."""
    theme = theme or THEMES[DEFAULT if look.icons else "simple"]
    modules = theme.modules[:MAX_MODULES]
    with Scripts(modules, variables, folder, env) as scripts:
        texts = [scripts.output(module) if is_script(module) else _text_of(module, variables) for module in modules]
    parts = [_Part(_with_icon(module, text, look), module) for module, text in zip(modules, texts, strict=True) if text]
    if not look.colours:
        return " ".join(part.text for part in parts)
    return _segments(parts, look) if theme.powerline else " ".join(_coloured(part) for part in parts)


def is_script(module: Mapping[str, Any]) -> bool:
    """Whether a module's text comes from a program."""
    return module.get("type") == "script" and isinstance(module.get("scriptPath"), str)


def _text_of(module: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    text = module.get("text")
    filled = _VARIABLE.sub(lambda found: variables.get(found[1], ""), text) if isinstance(text, str) else ""
    return _BLANKS.sub(" ", filled).strip()


def _with_icon(module: Mapping[str, Any], text: str, look: Look) -> str:
    icon = module.get("icon")
    if not isinstance(icon, str) or not icon.strip() or not (look.icons or not _is_special(icon)):
        return text
    return f"{_BLANKS.sub(' ', icon.strip())} {text}"


def _is_special(icon: str) -> bool:
    """Whether only some fonts have it: Nerd Fonts use the areas for private use."""
    return any("\ue000" <= sign <= "\uf8ff" or sign >= "\U000f0000" for sign in icon)


def _coloured(part: _Part) -> str:
    background = colour_code(part.module.get("background"), background=True)
    return painted(part.text, background, *text_codes(part.module.get("color")))


def _segments(parts: list[_Part], look: Look) -> str:
    """Segments that run into each other, and the last one into the terminal's own background."""
    backgrounds = [_background(part.module) for part in parts]
    line = ""
    for index, part in enumerate(parts):
        own = colour_code(backgrounds[index], background=True)
        line += painted(f" {part.text} ", own, *(text_codes(part.module.get("color")) or ["97"]))
        following = backgrounds[index + 1] if index + 1 < len(parts) else ""
        if look.icons:
            line += painted(
                SEPARATOR, colour_code(backgrounds[index], background=False), colour_code(following, background=True)
            )
    return line


def _background(module: Mapping[str, Any]) -> str:
    written = module.get("background")
    return written if isinstance(written, str) and colour_code(written, background=True) else _BACKGROUND
