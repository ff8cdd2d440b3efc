"""What the checks share.

A check is a function that takes the SDK's client, or a coroutine function that takes the asynchronous one. It raises
when something is wrong, and may return a remark.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DEMO = "demo,demo"
THINKING = "demo,demo-thinking"

Kwargs = dict[str, Any]


class Skipped(Exception):
    """This version of the SDK cannot do it."""


@dataclass(frozen=True)
class Check:
    """`needs`: the models the gateway must have, and "a key" if it must ask for one."""

    name: str
    run: Callable[[Any], Any]
    needs: frozenset[str]


CHECKS: list[Check] = []


def check(*needs: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Make a function a check, under its own name."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        CHECKS.append(Check(function.__name__, function, frozenset(needs)))
        return function

    return register


def ask(text: Any, model: str = DEMO, **more: Any) -> Kwargs:
    """The arguments of a request that is not the first of its conversation, which the demo model answers briefly."""
    before = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    return {"model": model, "max_tokens": 200, "messages": [*before, {"role": "user", "content": text}], **more}


def able(resource: Any, name: str) -> Any:
    """What only some versions of the SDK have."""
    if not hasattr(resource, name):
        raise Skipped(f"this version has no {name}")
    return getattr(resource, name)


def same(actual: Any, expected: Any) -> None:
    """Fail, showing both values, unless they are equal. A plain assert does not show them outside of pytest."""
    assert actual == expected, f"{actual!r} is not {expected!r}"


def within(part: Any, whole: Any) -> None:
    """Fail, showing both, unless `part` is in `whole`."""
    assert part in whole, f"{part!r} is not in {whole!r}"


def kinds(message: Any) -> list[str]:
    """The types of a message's blocks."""
    return [block.type for block in message.content]


def text_of(message: Any) -> str:
    """A message's text."""
    return "".join(block.text for block in message.content if block.type == "text")


def plain(message: Any) -> list[dict[str, Any]]:
    """A message's blocks as they would be sent back, without the ids that differ from answer to answer."""
    return [block.model_dump(exclude_none=True, exclude={"id", "parsed_output"}) for block in message.content]
