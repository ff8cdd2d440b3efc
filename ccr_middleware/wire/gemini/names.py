"""Names of tools as Gemini takes them: letters, digits, `_`, `.`, `:` and `-`, at most 64, not beginning with a digit
or a sign ("Invalid function name. Must start with a letter or an underscore", kaitranntt/ccs#219).

Like `wire.chat.tool_names`, a function of the name alone, so that history stays what the provider has cached.
"""

from __future__ import annotations

import re
from hashlib import sha256

from ...unified import UnifiedRequest
from ..chat.tool_names import ToolNames

LIMIT = 64

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.:-]")


def tool_names(request: UnifiedRequest) -> ToolNames:
    """The names of the tools offered, the tool chosen, and the calls in history."""
    names = {tool["function"]["name"] for tool in request.get("tools", ())}
    names |= {call["function"]["name"] for message in request["messages"] for call in message.get("tool_calls", ())}
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        names.add(choice["function"]["name"])
    taken = {name for name in names if _LEGAL.fullmatch(name)}
    changed: dict[str, str] = {}
    for name in sorted(names - taken):
        changed[name] = legal = _legal(name, taken)
        taken.add(legal)
    return ToolNames(changed)


def _legal(name: str, taken: set[str]) -> str:
    """As much of the name as fits, and a hash of the whole. `taken` can only matter when somebody aims at it."""
    kept = _ILLEGAL.sub("_", name)
    if not re.match(r"[A-Za-z_]", kept):
        kept = "_" + kept
    attempt = name
    while True:
        mark = "_" + sha256(attempt.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        legal = kept[: LIMIT - len(mark)] + mark
        if legal not in taken:
            return legal
        attempt += "'"
