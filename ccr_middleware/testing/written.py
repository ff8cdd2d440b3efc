"""An `Answer` written in a wire format: its events, its document, or the script that plays it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ..wire.format import WireName
from ..wire.urls import wire_for
from .answers import Answer
from .script import Happening, Script, Step, json_answer
from .wires import WRITERS

Json = dict[str, Any]


def answer_events(answer: Answer, wire: WireName, model: str = "test-model") -> Iterator[bytes]:
    """The events of a streamed answer, each as the bytes of one event."""
    writer = WRITERS[wire](answer, model)
    yield from map(writer.frame, writer.begin())
    if answer.then is not None:
        return
    if answer.error is not None:
        yield writer.frame(writer.failure_event())
        return
    yield from map(writer.frame, writer.end())
    if writer.last:
        yield writer.last


def answer_document(answer: Answer, wire: WireName, model: str = "test-model") -> Json:
    """The answer as one JSON document; of one with an error the body of the HTTP error."""
    writer = WRITERS[wire](answer, model)
    return writer.whole() if answer.error is None else writer.failure()


def answer_script(answer: Answer, path: str, body: bytes, wire: WireName | None = None) -> Script:
    """The answer to a request with that path and body: in the wire format the path names unless one is given, as a
    stream or a document as it is asked for."""
    wire = wire or wire_for(f"http://provider.test{path.partition('?')[0]}")
    model, streamed = _asked(path, body)
    if answer.error is not None and (answer.empty or not streamed):
        return json_answer(answer_document(answer, wire, model), answer.error, answer.headers)
    if not streamed:
        return _document_script(answer, wire, model)
    steps: list[bytes | Happening] = []
    for event in answer_events(answer, wire, model):
        steps += [event, answer.pace_seconds] if answer.pace_seconds else [event]
    if answer.then is not None:
        steps.append(answer.then)
    return Script(steps, headers={"content-type": "text/event-stream", **answer.headers})


def _document_script(answer: Answer, wire: WireName, model: str) -> Script:
    """A JSON answer; half of it when something else happens than its end."""
    script = json_answer(answer_document(answer, wire, model), headers=answer.headers)
    if answer.then is None:
        return script
    data = b"".join(step for step in script.steps if isinstance(step, bytes))
    rest = [] if isinstance(answer.then, Step | Exception) else [data[len(data) // 2 :]]
    return Script([data[: len(data) // 2], answer.then, *rest], headers=script.headers, framing="length")


def _asked(path: str, body: bytes) -> tuple[str, bool]:
    """The model and whether a stream is asked for: in the body, or in Gemini's path."""
    if found := re.search(r"/models/([^/:?]+):(\w+)", path):
        return unquote(found[1]), found[2].startswith("stream")
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        return "test-model", False
    model = asked.get("model")
    return model if isinstance(model, str) and model else "test-model", asked.get("stream") is True
