"""The Anthropic lane's answer: the provider's bytes pass unchanged, and a tap reads what the gateway must know.

Bytes are passed on up to the last complete event, so that a ping or an error of ours never lands inside one. Only the
events that carry usage, errors or the end are parsed, unless the client wants JSON and the stream has to be folded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..answer import Outcome, Output
from ..errors import EmptyAnswer, UpstreamBroken, UpstreamError
from ..jsonio import loads
from ..lenient import as_dict
from ..sse import MAX_EVENT_BYTES, SSEDecoder, parse_block
from ..unified import Event, Json, Usage
from .fold import unfold
from .renaming import rename_message, rename_opening

#: The events a tap needs; everything else of a stream is content.
_TAPPED = (b"event: message_", b"event: error", b"event:message_", b"event:error")

#: Anthropic error type -> HTTP status.
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class RelayAnswer:
    """One answer of a provider that speaks Anthropic.

    `streaming`: what the client asked for. `translated`: the client speaks another format, so every event is read and
    nothing passes as it is. `unframe`: takes another framing off the bytes first; raises ValueError. `name`: the model
    that the answer shall name; "" leaves what the provider says.
    """

    streams_arrays = False

    def __init__(
        self,
        *,
        streaming: bool,
        translated: bool = False,
        unframe: Callable[[bytes], bytes] | None = None,
        name: str = "",
    ) -> None:
        self._unframe = unframe
        self._name = name
        self.error: UpstreamError | None = None
        self.finishing = False
        self.ended = False
        self._tapping = streaming and not translated
        self._unfolding = streaming or translated
        self._pending = b""  # of an event that is not whole yet
        self._held = b""  # whole events before the message
        self._decoder = SSEDecoder()
        self._begun = False
        self._said = False  # content has passed
        self._usage: Json = {}
        self._stop_reason: str | None = None

    def start(self) -> list[Event]:
        """Nothing: the provider's own message_start is the only one there may be."""
        return []

    def feed(self, data: bytes) -> Output:
        """Pass on the events completed by these bytes. Raises `UpstreamBroken` when one of them never ends."""
        if self._unframe is not None:
            try:
                data = self._unframe(data)
            except ValueError as problem:
                raise UpstreamBroken(str(problem)) from None
        data = self._pending + data if self._pending else data
        end = _events_end(data)
        self._pending = self._limited(data[end:])
        return self._pass(data[:end]) if end else Output([])

    def finish(self) -> Output:
        """The stream has ended; without message_stop it was cut, and that is said."""
        rest, self._pending = self._pending, b""
        output = self._pass(rest + b"\n\n") if _is_event(rest) else Output([])
        if self.error is None and not self.ended:
            self.error = self._problem()
        return output

    def _problem(self) -> UpstreamError:
        """What is wrong with a stream that has ended and said nothing of an end."""
        if self._begun:
            return UpstreamBroken("the provider's stream ended before its message did")
        if b"data:" in self._held:
            return UpstreamBroken(
                "the provider's stream is none of Anthropic's; check the URL and wire of the provider"
            )
        return EmptyAnswer("the provider answered with nothing")

    def whole(self, body: bytes) -> Output:
        """A JSON message: as it is for a client that wants JSON, as events for one that wants a stream.

        Raises `UpstreamBroken` when it is none.
        """
        try:
            message = loads(body)
        except ValueError:
            raise UpstreamBroken("the provider's answer is not JSON") from None
        if not isinstance(message, dict):
            raise UpstreamBroken("the provider's answer is JSON but no object")
        if message.get("type") == "error" or ("error" in message and "content" not in message):
            self.error = error_from_event(message)
            return Output([])
        if not isinstance(message.get("content"), list):
            raise UpstreamBroken("the provider's answer is no message; check the URL of the provider")
        self.ended = True
        self._usage = as_dict(message.get("usage"))
        self._stop_reason = message.get("stop_reason")
        if self._unfolding:
            return Output(unfold(message | {"model": self._name} if self._name else message))
        return Output([], rename_message(body, self._name) if self._name else body)

    def outcome(self) -> Outcome:
        """Stop reason and usage as the provider told them."""
        usage: Usage = {}
        for ours, theirs in (
            ("input", "input_tokens"),
            ("output", "output_tokens"),
            ("cache_read", "cache_read_input_tokens"),
            ("cache_write", "cache_creation_input_tokens"),
        ):
            value = self._usage.get(theirs)
            if isinstance(value, int):
                usage[ours] = value  # type: ignore[literal-required]
        return Outcome(self._stop_reason, usage)

    def _pass(self, data: bytes) -> Output:
        try:
            blocks = self._decoder.feed_blocks(data)
        except ValueError as problem:
            raise UpstreamBroken(str(problem)) from None
        begun = self._begun
        events = [event for block in blocks if (event := self._tap(block)) is not None]
        if self.error is not None:
            return Output([])
        if not self._begun:  # until there is a message, a failure has a status
            self._held = self._limited(self._held + data)
            return Output([])
        data, self._held = self._held + data, b""
        if self._name and not begun:
            data = rename_opening(data, self._name)
        # Events matter to whoever wants JSON; for a stream they only mean that something was said.
        return Output(events, data)

    def _limited(self, data: bytes) -> bytes:
        """What is held back, unless it has grown too large."""
        if len(data) > MAX_EVENT_BYTES:
            raise UpstreamBroken(f"an event of the stream is larger than {MAX_EVENT_BYTES} bytes")
        return data

    def _tap(self, block: bytes) -> Event | None:
        if self._tapping and not block.startswith(_TAPPED):
            self._said = self._said or b"content_block" in block
            return None
        parsed = parse_block(block)
        if parsed is None:
            return None
        try:
            event: Any = loads(parsed.data)
        except ValueError:
            return None
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            return None
        self._note(event)
        return event

    def _note(self, event: Event) -> None:
        kind = event["type"]
        if kind == "message_start":
            self._begun = True
            message = as_dict(event.get("message"))
            self._usage = as_dict(message.get("usage"))
            if self._name and "model" in message:
                message["model"] = self._name
        elif kind == "message_delta":
            self.finishing = True
            self._usage = {**self._usage, **as_dict(event.get("usage"))}
            self._stop_reason = as_dict(event.get("delta")).get("stop_reason")
        elif kind == "message_stop":
            self.ended = True
        elif kind == "error" and self._said:
            self.ended = True  # the client has read it by itself
        elif kind == "error":
            self.error = error_from_event(event)


def error_from_event(event: Json) -> UpstreamError:
    """The error in an Anthropic error event or error body."""
    error = as_dict(event.get("error"))
    kind = str(error.get("type") or "api_error")
    message = str(error.get("message") or "the provider reported an error without a text")
    details = error.get("details")
    return UpstreamError(
        message, status=_STATUS.get(kind, 500), type=kind, details=details if isinstance(details, dict) else None
    )


def _is_event(rest: bytes) -> bool:
    """Whether what is left is an event that only lacks its blank line, not one that was cut."""
    parsed = parse_block(rest.replace(b"\r\n", b"\n").strip(b"\n"))
    try:
        return parsed is not None and isinstance(loads(parsed.data), dict)
    except ValueError:
        return False


def _events_end(data: bytes) -> int:
    """Where the last complete event ends; 0 when there is none."""
    ends = (data.rfind(blank) + len(blank) for blank in (b"\n\n", b"\r\n\r\n") if blank in data)
    return max(ends, default=0)
