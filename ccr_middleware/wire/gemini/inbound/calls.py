"""Function calls of a conversation, and which response answers which call."""

from __future__ import annotations

from dataclasses import dataclass

from ....jsonio import dumps_str
from ....lenient import text_of
from ....unified import Json


@dataclass(slots=True)
class OpenCall:
    """A call without a response. `given`: the id is the client's, not made here."""

    id: str
    name: str
    given: bool


class Calls:
    """The calls that wait, those of the last turn that made any. Ids made here tell the place in the conversation, so
    they are the same in every request of it."""

    def __init__(self) -> None:
        self._open: list[OpenCall] = []

    def begin_turn(self, calls: list[OpenCall]) -> None:
        """The model made these calls."""
        self._open = calls or self._open

    def answer(self, identifier: str, name: str) -> str:
        """The id of the call that a response answers: by its id, else the first of its name, since parallel calls may
        be equal and are answered in order (fixtures fact 34). `""` when no call waits for it."""
        found = next((call for call in self._open if identifier and call.id == identifier), None)
        if found is None:
            # Clients make ids of their own for calls that came without one.
            free = (call for call in self._open if call.name == name and not (identifier and call.given))
            found = next(free, None)
        if found is None:
            return ""
        self._open.remove(found)
        return found.id


def response_text(response: Json) -> tuple[str, bool]:
    """What a function gave, as text, and whether it failed. Google's convention is one member `output` or `error`
    (older clients: `result`); anything else is the output itself."""
    if len(response) == 1:
        ((key, value),) = response.items()
        if key in ("output", "result", "error"):
            return (value if isinstance(value, str) else dumps_str(value)), key == "error"
    failed = bool(text_of(response.get("error"))) and "output" not in response
    return (dumps_str(response) if response else ""), failed
