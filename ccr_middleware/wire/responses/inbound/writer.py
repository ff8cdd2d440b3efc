"""The answer to a Responses client: Anthropic events in, the events of a response or the response itself out.

A whole answer goes the same way as a stream, its events only told to nobody; so the document of `whole` is the one in
`response.completed`.

| stop_reason                                      | status       | incomplete_details.reason |
|--------------------------------------------------|--------------|---------------------------|
| `max_tokens`, `model_context_window_exceeded`    | `incomplete` | `max_output_tokens`       |
| `refusal`, with an item that says so             | `incomplete` | `content_filter`          |
| any other                                        | `completed`  |                           |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ....anthropic.events import frame
from ....errors import GatewayError
from ....lenient import as_dict, text_of
from ....unified import Event, Json
from ...client import WriterSettings
from ...inbound.usage import Counts
from ...inbound.whole_message import events_of
from .errors import error_event, failure
from .output import Output

#: A comment: every reader of event streams passes it over.
_PING = b": ping\n\n"

_CUT = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
}
_REFUSAL = "The model declined to answer."


class ResponseState:
    """One response while it is made. `tell` takes its events without their sequence numbers."""

    def __init__(self, settings: WriterSettings, tell: Callable[[Json], None]) -> None:
        self.started = self.ended = False
        self._settings = settings
        self._tell = tell
        self._model = settings.model
        self._output = Output(tell, as_dict(settings.echo.get("names")), settings.new_id)
        self._usage: Json = {}
        self._reason = ""
        self._refusal = ""

    def read(self, event: Event) -> None:
        """Take an event. Events of unknown kinds are passed over."""
        kind = event.get("type")
        if kind == "content_block_delta":
            self._output.delta(event)
        elif kind == "content_block_start":
            self._output.start(event)
        elif kind == "content_block_stop":
            self._output.stop()
        elif kind == "message_start":
            self._start(as_dict(event.get("message")))
        elif kind == "message_delta":
            self._note(as_dict(event.get("delta")), event.get("usage"))
        elif kind == "message_stop":
            self.end()

    def end(self) -> None:
        """The message is complete."""
        if self.ended:
            return
        self.ended = True
        cut = _CUT.get(self._reason)
        status = "incomplete" if cut else "completed"
        self._output.end(status)
        if cut == "content_filter":
            self._output.refuse(self._refusal or _REFUSAL)
        self._tell({"type": f"response.{status}", "response": self.document()})

    def fail(self, error: GatewayError) -> None:
        """The message broke off. Items that were not finished are left as they are."""
        self.ended = True
        self._tell(error_event(error))
        self._tell({"type": "response.failed", "response": {**self.document("failed"), "error": failure(error)}})

    def document(self, status: str = "") -> Json:
        """The response as it is now; `status` is what the stop reason says unless given."""
        cut = None if status else _CUT.get(self._reason)
        status = status or ("incomplete" if cut else "completed")
        return {
            "id": "resp_" + self._settings.request_id.removeprefix("req_"),
            "object": "response",
            "created_at": self._settings.created,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": cut} if cut else None,
            "model": self._model,
            "output": [] if status == "in_progress" else self._output.items,
            "usage": None if status == "in_progress" else _usage(self._usage),
            **as_dict(self._settings.echo.get("response")),
        }

    def _start(self, message: Json) -> None:
        self._model = self._model or text_of(message.get("model"))
        self._note(message, message.get("usage"))
        if not self.started:
            self.started = True
            for kind in ("created", "in_progress"):
                self._tell({"type": f"response.{kind}", "response": self.document("in_progress")})

    def _note(self, told: Json, usage: Any) -> None:
        """Take the stop reason and the usage, of which later numbers replace earlier ones."""
        self._reason = text_of(told.get("stop_reason")) or self._reason
        self._refusal = text_of(as_dict(told.get("stop_details")).get("explanation")) or self._refusal
        self._usage |= {key: value for key, value in as_dict(usage).items() if value is not None}


def _usage(usage: Json) -> Json:
    counts = Counts.of(usage)
    return {
        "input_tokens": counts.prompt,
        "input_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": counts.written},
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": counts.thought},
        "total_tokens": counts.total,
    }


class ResponsesWriter:
    """Writes one answer. Events carry a number, from 0; there is no `[DONE]` (fixtures fact 2)."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        self._frames: list[bytes] = []
        self._number = 0
        self._state = ResponseState(settings, self._tell)

    def feed(self, events: Iterable[Event]) -> bytes:
        """The events of the response that these events make. A ping is a comment."""
        for event in events:
            if event.get("type") == "ping":
                self._frames.append(_PING)
            else:
                self._state.read(event)
        return self._taken()

    def finish(self) -> bytes:
        """Nothing after `message_stop`; without one, the end of the response."""
        self._state.end()
        return self._taken()

    def fail(self, error: GatewayError) -> bytes:
        """An `error` event and `response.failed`."""
        self._state.fail(error)
        return self._taken()

    def whole(self, message: Json) -> Json:
        """The response that a whole message makes."""
        state = ResponseState(self._settings, _unheard)
        for event in events_of(message):
            state.read(event)
        return state.document()

    def _tell(self, event: Json) -> None:
        self._frames.append(frame([{**event, "sequence_number": self._number}]))
        self._number += 1

    def _taken(self) -> bytes:
        data = b"".join(self._frames)
        self._frames.clear()
        return data


def _unheard(event: Json) -> None:
    """For events that nobody is told."""
