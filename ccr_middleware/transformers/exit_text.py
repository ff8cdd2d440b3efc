"""The text in the arguments of an exit call, `{"response": "…"}`, as it comes."""

from __future__ import annotations

import re

from ..jsonio import loads
from .repair import repair, unescape

#: The one parameter of the exit tool.
PARAMETER = "response"

_HEAD = re.compile(rf'\s*\{{\s*"{PARAMETER}"\s*:\s*"')
_PLAIN_HEAD = f'{{"{PARAMETER}":"'
#: How much may stand before the text while it is still waited for, in characters.
_HEAD_LIMIT = 100

_HEX = "[0-9a-fA-F]"
_HIGH = "[dD][89abAB]"
#: As much of the inside of a JSON string as is whole: no half escape at its end, and no half pair of surrogates.
_WHOLE = re.compile(
    r"(?:"
    r'[^"\\]++'
    r"|\\[^u]"
    rf"|\\u(?!{_HIGH}){_HEX}{{4}}"
    rf"|\\u{_HIGH}{_HEX}{{2}}(?!\Z|\\\Z|\\u{_HEX}{{0,3}}\Z)"
    rf"|\\u(?!{_HEX}{{4}}|{_HEX}{{0,3}}\Z)"
    r")*+",
    re.DOTALL,
)


class ExitText:
    """Decodes the arguments bit by bit. What has another form than expected is read at the end, so nothing is lost."""

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._held: list[str] = []
        self._state = "head"

    def feed(self, arguments: str) -> str:
        """The text that a further piece of the arguments gives."""
        if self._state == "done":
            return ""
        if self._state == "text" and not self._held and '"' not in arguments and "\\" not in arguments:
            return arguments
        self._held.append(arguments)
        if self._state == "head":
            self._pass_head()
        return self._decode() if self._state == "text" else ""

    def finish(self) -> str:
        """The text that was held back: a broken escape, or arguments of another form."""
        rest, self._held = "".join(self._held), []
        if self._state == "text":
            return unescape(rest)
        return "" if self._state == "done" else _any_text(rest)

    def _pass_head(self) -> None:
        text = "".join(self._held)
        if match := _HEAD.match(text):
            self._state, self._held = "text", [text[match.end() :]]
        elif len(text) > _HEAD_LIMIT or not _PLAIN_HEAD.startswith("".join(text.split())):
            self._state = "other"

    def _decode(self) -> str:
        text = "".join(self._held)
        match = _WHOLE.match(text)
        end = match.end() if match else 0
        self._held = [text[end:]] if end < len(text) else []
        if text[end : end + 1] == '"':
            self._state, self._held = "done", []
        return unescape(text[:end])


def _any_text(arguments: str) -> str:
    """What arguments of any form say: the parameter, or the first text, or they themselves."""
    if match := _HEAD.match(arguments):  # only the head was too long
        text = ExitText()
        return text.feed(arguments[match.start() :]) + text.finish()
    try:
        value = loads(repair(arguments, close=True))
    except ValueError:
        return arguments
    if isinstance(value, dict):
        value = value.get(PARAMETER, next((v for v in value.values() if isinstance(v, str)), None))
    if value is None:
        return ""
    return value if isinstance(value, str) else arguments
