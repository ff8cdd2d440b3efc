"""An explanation as a person reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..unified import Json


def to_text(explained: Json) -> str:
    """The explanation as lines of text, the last one ended."""
    return "".join(f"{line}\n" for line in _lines(explained))


def _lines(explained: Json) -> Iterator[str]:
    yield from _asked(explained["request"])
    yield "rules"
    for tried in explained["rules"]:
        yield f"  {'yes' if tried['matched'] else 'no ':3}  {tried['rule']}: {tried['why']}"
    if custom := explained["custom_router"]:
        yield f"custom router {custom['router']}: {custom['outcome']} (the rules chose {custom['rules_chose']})"
    if decision := explained["decision"]:
        yield f"decision: {decision['target']} ({decision['scenario']})"
        yield f"  because {decision['reason']}"
        if decision["rule"]:
            yield f"  rule {decision['rule']}"
        if decision["parameters"]:
            yield f"  parameters {json.dumps(decision['parameters'], ensure_ascii=False)}"
    yield from _targets(explained["targets"])
    if explained["agents"]:
        yield f"agents that work on it first, which is not shown: {', '.join(explained['agents'])}"
    for level in explained["transformers"]:
        yield from _transformers(level, explained["sent"])
    if sent := explained["sent"]:
        yield f"sent to {sent['target']} as {sent['wire']}: {sent['url']}"
        yield from (f"  {name}: {value}" for name, value in sent["headers"].items())
        yield from _indented(sent["body"])
    if explained["losses"]:
        yield "losses"
        yield from (f"  {loss['feature']} {loss['action']}: {loss['detail']}" for loss in explained["losses"])
    yield from (f"note: {note}" for note in explained["notes"])
    if error := explained["error"]:
        yield f"error {error['status']}: {error['message']}"


def _asked(request: Json) -> Iterator[str]:
    yield f"request for {request['model'] or 'no model'}, {'as a stream' if request['stream'] else 'as JSON'}"
    if request["tokens"] is not None:
        yield f"  {request['tokens']} tokens (counter: {request['counter']})"
    if request["session"]:
        yield f"  session {request['session']}"
    if request["project"]:
        yield f"  project {request['project']}"


def _targets(targets: list[Json]) -> Iterator[str]:
    if targets:
        yield "targets, in the order they would be asked"
    for number, one in enumerate(targets, 1):
        keys = one["key"]
        if one["keys"] > 1:
            keys += f" of {one['keys']}" + (f", {one['resting_keys']} of which rest" if one["resting_keys"] else "")
        yield f"  {number}. {one['target']} ({one['role']}; {one['state']}; {keys}): {one['asked']}"


def _transformers(level: Json, sent: Json | None) -> Iterator[str]:
    names = ", ".join(step["name"] + ("" if step["changed"] else " (no change)") for step in level["steps"])
    yield f"transformers, {level['level']}: {names}"
    if any(step["changed"] for step in level["steps"]):
        yield "  before"
        yield from _indented(level["before"])
        if sent is not None and level["after"] == sent["body"]:
            yield "  after: what is sent"
        else:
            yield "  after"
            yield from _indented(level["after"])


def _indented(value: Any) -> Iterator[str]:
    for line in json.dumps(value, indent=2, ensure_ascii=False).splitlines():
        yield f"    {line}"
