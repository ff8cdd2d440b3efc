"""A strict reader of what an Anthropic client is sent, independent of the code that writes it.

    checked = check_stream(body)                      # raises Violation, naming the event and the rule
    assert checked.text == "Hello" and checked.tools == [Tool("call_0001", "read", {"path": "a"})]
    check_message(json.loads(body))                   # the same rules for a JSON answer
    check_error(body)                                 # an Anthropic error body

The rules are those of claude-code-client.md section 5 and R16, R17, and of fixtures facts 54 to 59.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .grammar import TOOL_BLOCKS, Checked, Grammar, Json, Tool, Violation

__all__ = ["Checked", "Tool", "Violation", "check_error", "check_message", "check_stream"]

LINE_END = re.compile(rb"\r\n|\r|\n")


def check_stream(data: bytes, *, zero_input: bool = False, complete: bool = True) -> Checked:
    """Read a whole event stream. `zero_input` allows input_tokens 0 in message_start (a relayed provider may say so);
    `complete=False` allows an end anywhere (the reader left), even inside an event."""
    reader = Grammar(zero_input)
    for name, event in _events(data, complete):
        reader.read(name, event)
    reader.require(reader.ended or not complete, "the stream ends with message_stop or an error event")
    if reader.open and reader.open["type"] in TOOL_BLOCKS:
        reader.open["input"] = None
    return reader.checked


def check_message(message: Json, *, zero_input: bool = False) -> Checked:
    """Check a JSON answer: the rules a stream's folded message has to keep."""
    reader = Grammar(zero_input)
    reader.number, reader.now = "message", message
    reader.envelope(message)
    reader.checked.message = {**message, "content": []}
    for block in message["content"]:
        reader.block_type(block)
        reader.finished_block(block)
        if block["type"] in TOOL_BLOCKS:
            reader.require(isinstance(block.get("input"), dict), "a tool's input is an object")
        reader.checked.blocks.append(block)
    reader.stopped(message)
    reader.checked.complete = True
    return reader.checked


def check_error(body: bytes | str | Json) -> Json:
    """Check an Anthropic error body and give its `error` object."""
    answer = body if isinstance(body, dict) else json.loads(body)
    reader = Grammar(False)
    reader.number, reader.now = "error", answer
    return reader.error(answer)


def _events(data: bytes, complete: bool) -> Iterator[tuple[str, Json]]:
    """Parse SSE the way our clients need it: each event has exactly one `event:` and one `data:` line."""
    *lines, rest = LINE_END.split(data)
    number, fields = 0, []
    for line in lines:
        if line:
            fields.append(line)
        elif fields := [one for one in fields if not one.startswith(b":")]:
            yield _event(number, fields)
            number, fields = number + 1, []
    if complete and (rest or fields):
        raise Violation(f"event {number}: the last event is closed by a blank line, got {(rest or fields)!r:.200}")


def _event(number: int, lines: list[bytes]) -> tuple[str, Json]:
    parts = [line.partition(b":") for line in lines]
    if sorted(part[0] for part in parts) != [b"data", b"event"]:
        raise Violation(f"event {number}: an event has one `event:` and one `data:` line, got {lines!r:.300}")
    values = {key: value.removeprefix(b" ").decode("utf-8") for key, _, value in parts}
    try:
        event = json.loads(values[b"data"])
    except ValueError as error:
        raise Violation(f"event {number}: data is JSON ({error}), got {values[b'data']!r:.300}") from None
    return values[b"event"], event
