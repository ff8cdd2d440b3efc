"""Every recorded Gemini and Vertex exchange goes through: valid events, nothing lost, whole == folded."""

import json
from typing import Any

import pytest

from ccr_middleware.anthropic.fold import fold
from ccr_middleware.jsonio import loads
from ccr_middleware.testing import Checked
from ccr_middleware.testing.script import FEEDINGS, feed

from .support import recorded
from .support.gemini_answer import Run, signatures

Json = dict[str, Any]

#: Recorded JSON bodies that are streams: the endpoint without `alt=sse` (fact 3).
ARRAYS = {
    "gemini/llm-tools-with-gemini-3-thought-signatures-1",
    "gemini/llm-tools-with-gemini-3-thought-signatures-2",
    "gemini/llm-tools-with-nested-pydantic-models-1",
}

STREAMED_ARGUMENTS = "gemini/vai-google-stream-no-args-tool-call"


def chunks_of(case: recorded.Case) -> list[Json]:
    """The chunks of an exchange, read as simply as can be."""
    if case.is_stream:
        lines = case.body.decode().replace("\r\n", "\n").split("\n")
        return [json.loads(line[5:]) for line in lines if line.startswith("data:")]
    body = case.json()
    return body if isinstance(body, list) else [body]


def parts_of(chunks: list[Json]) -> list[Json]:
    candidates = [candidate for chunk in chunks for candidate in chunk.get("candidates", [])]
    return [part for one in candidates for part in (one.get("content") or {}).get("parts", [])]


def expected_calls(case: recorded.Case, parts: list[Json]) -> list[tuple[str, Json]]:
    """Name and arguments of each call. The arguments that came in pieces are written out here."""
    if case.name == STREAMED_ARGUMENTS:
        return [("read_theme", {}), *(("read_screen", {"id": letter}) for letter in "ABC")]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    return [(one["name"], one.get("args", {})) for one in calls]


def check(case: recorded.Case, run: Run) -> None:
    """Hold what came out against what was recorded."""
    checked, chunks = run.checked(), chunks_of(case)
    parts = parts_of(chunks)
    texts = [part["text"] for part in parts if part.get("text") and not part.get("thought")]
    blocked = checked.stop_reason == "refusal"
    if blocked:
        assert not texts
        assert "blocked by the provider" in checked.text
    elif any("executableCode" in part or "codeExecutionResult" in part for part in parts):
        for piece in texts:
            assert piece in checked.text
        for part in parts:
            assert part.get("executableCode", {}).get("code", "").strip() in checked.text
            assert part.get("codeExecutionResult", {}).get("output", "").strip() in checked.text
    else:
        assert checked.text == "".join(texts)
    assert checked.thinking == "".join(part.get("text", "") for part in parts if part.get("thought"))
    assert [(tool.name, tool.input) for tool in checked.tools] == expected_calls(case, parts)
    # What signed code that Google ran is not kept.
    signed = [part["thoughtSignature"] for part in parts if "thoughtSignature" in part and "executableCode" not in part]
    assert [one["s"] for one in [*signatures(checked), *remembered(run)]] == signed
    check_ids(checked, parts)
    check_usage(checked, chunks)


def remembered(run: Run) -> list[Json]:
    """What signed the text an answer ended with: clients are not shown it."""
    kept = run.message.outcome().remember
    return [loads(reasoning.signature) for key, reasoning in kept.items() if key.startswith("text:")]


def check_ids(checked: Checked, parts: list[Json]) -> None:
    """Given ids are kept; others are made, all different."""
    given = [part["functionCall"]["id"] for part in parts if "id" in part.get("functionCall", {})]
    ids = [tool.id for tool in checked.tools]
    assert set(given) <= set(ids)
    assert len(set(ids)) == len(ids)


def check_usage(checked: Checked, chunks: list[Json]) -> None:
    """The total is the sum of all (fact 19), so nothing is counted twice and nothing forgotten."""
    total = chunks[-1]["usageMetadata"].get("totalTokenCount")
    told = checked.usage
    if total is None:
        assert min(told["input_tokens"], told["output_tokens"]) > 0
        return
    read = told["input_tokens"] + told["cache_read_input_tokens"]
    last = chunks[-1]["usageMetadata"]
    assert read == last["promptTokenCount"] + last.get("toolUsePromptTokenCount", 0)
    if total > read:
        assert read + told["output_tokens"] == total


@pytest.mark.parametrize("feeding", FEEDINGS)
@pytest.mark.parametrize("case", recorded.params(api="gemini", stream=True))
def test_streams(case: recorded.Case, feeding: str) -> None:
    run = Run().stream(feed(case.body, feeding))
    check(case, run)
    assert run.decoder.malformed == 0
    assert fold(run.events) == run.checked().message


@pytest.mark.parametrize("case", recorded.params(api="gemini", stream=False, status=200))
def test_documents(case: recorded.Case) -> None:
    if case.name in ARRAYS:
        for reads in (feed(case.body), feed(case.body, "bytes")):
            run = Run().stream(reads)
            assert run.done
            check(case, run)
    else:
        check(case, Run().whole(case.json()))


@pytest.mark.parametrize("case", recorded.params(api="gemini", stream=True))
def test_a_stream_cut_anywhere_and_one_in_an_array_give_the_same_events(case: recorded.Case) -> None:
    expected = Run().stream([case.body]).events
    assert Run().stream(feed(case.body, "bytes")).events == expected
    body = json.dumps(chunks_of(case), ensure_ascii=False).encode()
    assert Run().stream([body]).events == expected
    assert Run().stream([body[at : at + 7] for at in range(0, len(body), 7)]).events == expected


@pytest.mark.parametrize("case", recorded.params(api="gemini", stream=True))
def test_a_folded_stream_is_what_the_whole_answer_would_be(case: recorded.Case) -> None:
    """All parts in one document say what they said in pieces; text is one block either way."""
    chunks = chunks_of(case)
    candidate = {key: value for one in chunks for key, value in one["candidates"][0].items()}
    candidate["content"] = {"parts": parts_of(chunks), "role": "model"}
    document = {**chunks[-1], "candidates": [candidate]}
    whole, folded = Run().whole(document).checked().message, fold(Run().stream([case.body]).events)
    assert whole["content"] == folded["content"]
    assert whole["stop_reason"] == folded["stop_reason"]
    assert whole["usage"] == folded["usage"]


@recorded.needs_recorded
def test_c18_signatures_stand_where_they_are_needed() -> None:
    first = Run().stream([recorded.case("gemini/llm-tools-with-gemini-3-thought-signatures-1").body]).checked()
    assert [block["type"] for block in first.blocks] == ["thinking", "tool_use"]
    assert [one["on"] for one in signatures(first)] == ["call"]
    text_end = Run().stream([recorded.case("gemini/pai-google-model-file-search-grounding-gemini-3-true-4").body])
    assert [one["on"] for one in signatures(text_end.checked())] == ["part", "part"]
    assert [one["on"] for one in remembered(text_end)] == ["text"]
    assert text_end.checked().blocks[-1]["type"] == "text"


@recorded.needs_recorded
def test_c45_a_search_is_shown_and_counted() -> None:
    body = recorded.case("gemini/pai-google-model-web-search-tool-stream-1").body
    asked = Run(search_query="weather in San Francisco").stream([body]).checked()
    result = asked.blocks[-1]
    assert [block["type"] for block in asked.blocks] == ["text", "server_tool_use", "web_search_tool_result"]
    assert [one["title"] for one in result["content"]][:3] == [
        "Weather information for San Francisco, CA, US",
        "timeanddate.com",
        "weather.gov",
    ]
    assert asked.usage["server_tool_use"] == {"web_search_requests": 1}
    cited = Run().stream([body]).checked().blocks[0]["citations"]
    assert len(cited) == len(result["content"])
    assert cited[1]["cited_text"].startswith("Another report indicates")


@recorded.needs_recorded
def test_a_page_that_was_fetched_is_cited_once() -> None:
    checked = Run().whole(recorded.case("gemini/pai-google-model-web-fetch-tool").json()).checked()
    assert [(one["url"], one["title"]) for one in checked.blocks[0]["citations"]] == [
        ("https://ai.pydantic.dev", "Pydantic AI")
    ]


@recorded.needs_recorded
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gemini/pai-google-model-safety-settings", ["SAFETY", "hate speech"]),
        ("vertex/pai-google-model-armor-response-template-real-block", ["MODEL_ARMOR", "Responsible AI Safety"]),
        ("vertex/pai-google-model-armor-prompt-template-text-gets-blocked-2", ["MODEL_ARMOR", "Prompt Injection"]),
    ],
)
def test_a_block_is_a_refusal_that_says_why(name: str, words: list[str]) -> None:
    checked = Run().whole(recorded.case(name).json()).checked()
    assert checked.stop_reason == "refusal"
    assert all(word in checked.text for word in words)


@recorded.needs_recorded
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gemini/pai-google-model-max-tokens", "max_tokens"),
        ("vertex/pai-multimodal-tool-return-matrix-direct-binary-audio-google-vertex-1", "tool_use"),
        ("vertex/pai-google-vertex-tool-combination-omits-include-server-side-tool-in-1", "tool_use"),
        ("gemini/pai-receive-history-from-another-provider-2", "end_turn"),
    ],
)
def test_stop_reasons(name: str, reason: str) -> None:
    assert Run().whole(recorded.case(name).json()).checked().stop_reason == reason
