"""How a Gemini answer ends: blocks, failures, errors; and that whatever comes, the events are valid."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.events import frame
from ccr_middleware.testing import check_stream
from ccr_middleware.testing.wires.gemini import array, call, chunk, sse, text

from .support.gemini_answer import Run, failure, stream, whole

Json = dict[str, Any]


@pytest.mark.parametrize(
    "reason",
    ["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "IMAGE_SAFETY"],
)
def test_a_blocked_answer_is_a_refusal_with_its_reason(reason: str) -> None:
    blocked = {"candidates": [{"finishReason": reason, "finishMessage": "Too spicy."}]}
    for checked in (whole(blocked), stream(sse(blocked, blocked))):
        assert checked.text == f"The answer was blocked by the provider ({reason}): Too spicy."
        assert checked.stop_reason == "refusal"
    after = stream(sse(chunk(text("Well")), blocked))
    assert after.text == f"Well\n\nThe answer was blocked by the provider ({reason}): Too spicy."
    assert after.stop_reason == "refusal"


def test_a_blocked_prompt_is_a_refusal_with_its_reason() -> None:
    feedback = {
        "blockReason": "SAFETY",
        "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "blocked": True}, {"category": "HARM_CATEGORY_X"}],
    }
    checked = stream(sse({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 9}}))
    assert checked.text == "The prompt was blocked by the provider (SAFETY; harassment)."
    assert (checked.stop_reason, checked.usage["input_tokens"]) == ("refusal", 9)


def test_feedback_on_a_prompt_that_was_let_through_says_nothing() -> None:
    feedback = {"promptFeedback": {"blockReason": "BLOCK_REASON_UNSPECIFIED", "safetyRatings": []}}
    checked = stream(sse(feedback, {**chunk(text("hi"), finish="STOP"), "promptFeedback": {}}))
    assert (checked.text, checked.stop_reason) == ("hi", "end_turn")


def test_a_call_of_an_undeclared_tool_is_a_call() -> None:
    checked = stream(sse(chunk(call("unknown_tool", {"a": 1}), finish="UNEXPECTED_TOOL_CALL", finishMessage="oh")))
    assert (checked.tools[0].name, checked.text, checked.stop_reason) == ("unknown_tool", "", "tool_use")


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER", "SOMETHING_NEW"])
def test_a_failure_before_anything_was_said_is_worth_another_try(reason: str) -> None:
    candidate = {"content": {}, "finishReason": reason, "finishMessage": "call:f{", "index": 0}
    events, error = failure({"candidates": [candidate]})
    assert events == []
    assert (error.status, error.retryable) == (502, True)
    assert error.message == f'provider "google" (model m): The provider ended its answer ({reason}): call:f{{'
    events, error = failure(chunk(text("thinking is not an answer", thought=True)), {"candidates": [candidate]})
    assert error.retryable
    assert "message_stop" not in events


def test_a_failure_after_text_is_told_in_the_text() -> None:
    failed = chunk(finish="MALFORMED_FUNCTION_CALL")
    checked = stream(sse(chunk(text("I will call")), failed, failed))
    assert checked.text == "I will call\n\n[The provider ended its answer (MALFORMED_FUNCTION_CALL).]"
    assert checked.stop_reason == "end_turn"


def test_c6_an_error_inside_the_stream() -> None:
    told = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    for body in (sse(told), array(told), b"data: [" + json.dumps(told).encode() + b"]\r\n\r\n"):
        run = Run().stream([body])
        assert run.events == []
        assert run.error is not None
        assert (run.error.status, run.error.message.endswith(": The model is overloaded.")) == (503, True)
    events, error = failure(chunk(text("half")), told, chunk(text("never"), finish="STOP"))
    assert error.status == 503
    assert events == ["message_start", "content_block_start", "content_block_delta"]


# -- anything --------------------------------------------------------------------------------------------

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "text", "uri"]), inner, max_size=2)
    ),
    max_leaves=6,
)


def some(**known: Any) -> Any:
    """Objects with any of these members, each as it should be or anything else."""
    return st.fixed_dictionaries({}, optional={key: value | junk for key, value in known.items()})


words = st.text(max_size=5)
pieces_of_arguments = some(
    jsonPath=st.sampled_from(["$.a", "$.a[0]", "$.a.b", "$.c[1].d", "$['e']", "x"]),
    stringValue=words,
    numberValue=st.just(1),
)
calls = some(
    name=st.sampled_from(["f", "g"]),
    args=st.dictionaries(words, junk, max_size=2),
    id=st.sampled_from(["i", "j"]),
    willContinue=st.booleans(),
    partialArgs=st.lists(pieces_of_arguments, max_size=2),
)
parts = some(
    text=words,
    thought=st.booleans(),
    thoughtSignature=words,
    functionCall=calls,
    executableCode=some(code=words, language=words),
    codeExecutionResult=some(outcome=words, output=words),
    inlineData=some(mimeType=words, data=words),
)
candidates = some(
    content=some(parts=st.lists(parts, max_size=3)),
    finishReason=st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"]),
    groundingMetadata=some(
        groundingChunks=st.lists(some(web=some(uri=words, title=words)), max_size=2),
        groundingSupports=st.lists(some(segment=some(text=words), groundingChunkIndices=st.lists(st.integers(0, 2)))),
        webSearchQueries=st.lists(words, max_size=2),
    ),
    urlContextMetadata=some(urlMetadata=st.lists(some(retrievedUrl=words), max_size=2)),
    safetyRatings=st.lists(some(category=words, blocked=st.just(True)), max_size=2),
)
usages = some(promptTokenCount=st.integers(-5, 5), candidatesTokenCount=st.integers(0, 5), trafficType=words)
chunks_of_anything = some(
    candidates=st.lists(candidates, max_size=2), usageMetadata=usages, promptFeedback=some(blockReason=words)
)


@given(st.lists(chunks_of_anything, max_size=5))
def test_whatever_comes_the_events_are_valid(chunks: list[Json]) -> None:
    run = Run().chunks(chunks)
    checked = check_stream(frame(run.events), complete=run.error is None)
    assert run.error is not None or checked.complete
