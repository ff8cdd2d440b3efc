"""Every recorded chat exchange goes through: valid events, nothing lost, usage as the facts say, whole == folded."""

import json

import pytest

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import fold
from ccr_middleware.errors import UpstreamError
from ccr_middleware.jsonio import dumps
from ccr_middleware.testing import check_stream
from ccr_middleware.wire.provider_errors import read_error

from .support import recorded
from .support.translate import events_of, new_answer

#: Recorded failures inside a stream: what must come out instead of an end.
FAILING = {"openrouter/pai-stream-error", "groq/pai-tool-use-failed-error-streaming-1"}


def chunks_of(body: bytes) -> list[dict]:
    """The chunks of a recorded stream, read as simply as can be."""
    lines = body.decode().replace("\r\n", "\n").split("\n")
    data = [line[5:].strip() for line in lines if line.startswith("data:")]
    return [json.loads(text) for text in data if text and text != "[DONE]"]


def parts_of(delta: dict) -> tuple[str, str]:
    """(text, reasoning) of a delta or message."""
    content, text, thinking = delta.get("content"), "", ""
    for part in content if isinstance(content, list) else []:
        if part.get("type") == "thinking":
            thinking += "".join(piece.get("text", "") for piece in part["thinking"])
        else:
            text += part.get("text", "")
    text += content if isinstance(content, str) else ""
    details = "".join(
        (detail.get("text") or detail.get("summary") or "") for detail in delta.get("reasoning_details") or []
    )
    thinking += details or delta.get("reasoning_content") or delta.get("reasoning") or ""
    return text, thinking


def said_by(deltas: list[dict]) -> tuple[str, str, list[str]]:
    """Everything the provider said: text, reasoning, and the arguments of each tool call."""
    text = thinking = ""
    calls: dict[object, str] = {}
    for delta in deltas:
        more_text, more_thinking = parts_of(delta)
        text, thinking = text + more_text, thinking + more_thinking
        for position, call in enumerate(delta.get("tool_calls") or []):
            key = call.get("index", position)
            calls[key] = calls.get(key, "") + ((call.get("function") or {}).get("arguments") or "")
    return text, thinking, list(calls.values())


@pytest.mark.parametrize("feeding", ["whole", "bytes", "crlf"])
@pytest.mark.parametrize("case", recorded.params(api="openai-chat", stream=True))
def test_streams(case, feeding):
    chunks = chunks_of(case.body)
    events, answer = events_of(case.body, feeding)
    if case.name in FAILING:
        assert isinstance(answer.error, UpstreamError)
        return
    assert answer.error is None, answer.error
    checked = check_stream(frame(events))
    deltas = [choice.get("delta") or {} for chunk in chunks for choice in chunk.get("choices") or []]
    text, thinking, calls = said_by(deltas)
    assert checked.text.strip() == text.strip()
    assert checked.thinking.strip() == thinking.strip()
    assert [tool.input for tool in checked.tools] == [json.loads(arguments or "{}") for arguments in calls]
    assert fold(events) == checked.message
    if usage := last_usage(chunks):
        told = checked.usage
        read = told["input_tokens"] + told["cache_read_input_tokens"] + told["cache_creation_input_tokens"]
        assert read == usage["prompt_tokens"]
        assert told["output_tokens"] == usage["completion_tokens"] + reasoning_beside(usage)
    else:
        assert min(checked.usage["input_tokens"], checked.usage["output_tokens"]) > 0


def last_usage(chunks: list[dict]) -> dict | None:
    """The last usage of a stream, wherever it stands (facts 18)."""
    found = [chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage") for chunk in chunks]
    return next((usage for usage in reversed(found) if usage), None)


def reasoning_beside(usage: dict) -> int:
    """xAI counts its reasoning beside the completion (fact 19): the total tells."""
    return usage.get("total_tokens", 0) - usage["prompt_tokens"] - usage["completion_tokens"]


@pytest.mark.parametrize("case", recorded.params(api="openai-chat", stream=False, status=200))
def test_json_answers(case):
    answer = new_answer()
    body = case.json()
    events = answer.whole(dumps(body)).events + answer.finish().events
    assert answer.error is None
    checked = check_stream(frame(events))
    text, thinking, calls = said_by([body["choices"][0]["message"]])
    assert (checked.text, checked.thinking) == (text, thinking)
    assert [tool.input for tool in checked.tools] == [json.loads(arguments or "{}") for arguments in calls]
    usage = body["usage"]
    assert checked.usage["input_tokens"] + checked.usage["cache_read_input_tokens"] == usage["prompt_tokens"]
    assert checked.usage["output_tokens"] >= usage["completion_tokens"]


@pytest.mark.parametrize("case", [p for s in (400, 404) for p in recorded.params(api="openai-chat", status=s)])
def test_errors(case):
    error = read_error(case.status, case.headers, case.body, provider=case.provider, model=case.model or "m")
    assert 400 <= error.status < 600
    assert error.message
    assert "{" not in error.message[:1]
