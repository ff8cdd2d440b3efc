"""Runs a provider's answer through the translation alone, without a gateway: bytes in, checked events out."""

from itertools import count

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.stream import MessageStream, StreamSettings
from ccr_middleware.errors import UpstreamError
from ccr_middleware.jsonio import dumps
from ccr_middleware.testing import Checked, check_stream
from ccr_middleware.testing.script import feed
from ccr_middleware.wire.answer import TranslatedAnswer
from ccr_middleware.wire.chat.format import CHAT


def new_message(**settings) -> MessageStream:
    """A writer with predictable ids."""
    numbers = count(1)
    defaults = {
        "message_id": "msg_test",
        "model": "asked-model",
        "input_tokens": 7,
        "new_tool_id": lambda: f"toolu_{next(numbers)}",
    }
    return MessageStream(StreamSettings(**(defaults | settings)))


def new_answer(*, stop=(), **settings) -> TranslatedAnswer:
    """A reader of chat completions as the gateway makes it."""
    return TranslatedAnswer(CHAT, new_message(**settings), _read_error, stop=stop)


def _read_error(error) -> UpstreamError:
    text = error.get("message", "") if isinstance(error, dict) else str(error)
    return UpstreamError(text, status=502)


def events_of(data: bytes, feeding: str = "whole", **settings) -> tuple[list[dict], TranslatedAnswer]:
    """All events of a streamed answer, and its reader."""
    answer = new_answer(**settings)
    events = [event for piece in feed(data, feeding) for event in answer.feed(piece).events]
    return events + answer.finish().events, answer


def stream(data: bytes, feeding: str = "whole", **settings) -> Checked:
    """A streamed answer through the strict checker."""
    events, answer = events_of(data, feeding, **settings)
    assert answer.error is None, answer.error
    return check_stream(frame(events))


def whole(body: dict, **settings) -> Checked:
    """A JSON answer, as the stream it becomes, through the strict checker."""
    answer = new_answer(**settings)
    events = answer.whole(dumps(body)).events + answer.finish().events
    assert answer.error is None, answer.error
    return check_stream(frame(events))
