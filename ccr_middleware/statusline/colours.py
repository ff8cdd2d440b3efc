"""Colours as terminals want them: by name, as in CCR v2, or as `#RGB` and `#RRGGBB`."""

from __future__ import annotations

import re

RESET = "\x1b[0m"

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

#: Those of the terminal's palette of 256 colours that have names of their own.
_BY_NUMBER = {"bright_orange": 202, "bright_purple": 129}

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STYLES = {"bold": "1", "dim": "2", "italic": "3", "underline": "4"}


def colour_code(name: object, *, background: bool) -> str:
    """What selects a colour (`94`, `48;2;255;0;0`), "" for none that is known. `bg_` before a name changes nothing."""
    if not isinstance(name, str):
        return ""
    plain = name.strip().lower().removeprefix("bg_")
    if plain in _NAMES:
        return str((40 if background else 30) + _NAMES.index(plain))
    base = plain.removeprefix("bright_")
    if base in _NAMES:
        return str((100 if background else 90) + _NAMES.index(base))
    layer = 48 if background else 38
    if plain in _BY_NUMBER:
        return f"{layer};5;{_BY_NUMBER[plain]}"
    if found := _HEX.fullmatch(plain):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return f"{layer};2;{int(digits[:2], 16)};{int(digits[2:4], 16)};{int(digits[4:], 16)}"
    return ""


def text_codes(written: object) -> list[str]:
    """What the colour of a text selects; words such as `bold` may stand before it."""
    words = written.split() if isinstance(written, str) else []
    return [code for word in words if (code := _STYLES.get(word.lower()) or colour_code(word, background=False))]


def painted(text: str, *codes: str) -> str:
    """A text in colours, plain again behind it."""
    wanted = ";".join(code for code in codes if code)
    return f"\x1b[{wanted}m{text}{RESET}" if wanted else text
