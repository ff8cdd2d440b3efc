"""What a Gemini answer tells beside its content: usage and sources."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.testing.wires.gemini import call, chunk, sse, text
from ccr_middleware.wire.gemini.grounding import Grounding
from ccr_middleware.wire.gemini.usage import counts_of, read_usage

from .support.gemini_answer import stream, whole

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"promptTokenCount": 12, "candidatesTokenCount": 3, "totalTokenCount": 15}, {"input": 12, "output": 3}),
        (
            {"promptTokenCount": 8, "candidatesTokenCount": 40, "thoughtsTokenCount": 28, "totalTokenCount": 76},
            {"input": 8, "output": 68},
        ),
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 80,
                "toolUsePromptTokenCount": 7,
                "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 80}],
            },
            {"input": 27, "output": 0, "cache_read": 80},
        ),
        ({"promptTokenCount": 5, "cachedContentTokenCount": 9}, {"input": 0, "output": 0, "cache_read": 9}),
        ({"promptTokenCount": -5, "candidatesTokenCount": "3", "thoughtsTokenCount": True}, {"input": 0, "output": 0}),
    ],
)
def test_c42_usage_in_anthropic_s_meaning(metadata: Json, expected: Json) -> None:
    assert read_usage(counts_of(metadata)) == expected


def test_c42_the_last_total_counts_and_what_it_leaves_out_stays() -> None:
    checked = stream(
        sse(
            chunk(text("a"), usage={"promptTokenCount": 169, "totalTokenCount": 169}),
            chunk(text("b"), usage={"promptTokenCount": 79, "candidatesTokenCount": 12, "thoughtsTokenCount": 4}),
            chunk(finish="STOP", usage={"promptTokenCount": 79, "trafficType": "ON_DEMAND"}),
            {"usageMetadata": {"trafficType": "ON_DEMAND"}},
        )
    )
    assert (checked.usage["input_tokens"], checked.usage["output_tokens"]) == (79, 16)


def test_c42_without_counts_there_are_estimates() -> None:
    checked = stream(sse(chunk(text("some words"), finish="STOP", usage={"trafficType": "ON_DEMAND"})))
    assert checked.usage["input_tokens"] == 7
    assert checked.usage["output_tokens"] > 0


counts = st.dictionaries(
    st.sampled_from(
        ["promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "trafficType"]
    ),
    st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
)


@given(counts)
def test_c42_never_negative_whatever_comes(metadata: Json) -> None:
    assert all(type(value) is int and value >= 0 for value in read_usage(counts_of(metadata)).values())


# -- sources (C45) ---------------------------------------------------------------------------------------

WEB = {
    "groundingChunks": [
        {"web": {"uri": "https://a.test", "title": "A"}},
        {"web": {"uri": "https://b.test"}},
        {"web": {"uri": "https://a.test", "title": "A again"}},
        {"retrievedContext": {"text": "a file of a store has no address"}},
        {"maps": {"uri": "https://maps.test/1", "title": "A place", "text": "nice"}},
        {"image": {"sourceUri": "https://c.test", "imageUri": "https://c.test/i.png", "title": "C"}},
    ],
    "groundingSupports": [
        {"segment": {"startIndex": 0, "endIndex": 5, "text": "First."}, "groundingChunkIndices": [0, 1]},
        {"segment": {"text": "Second."}, "groundingChunkIndices": [0, 99, "x"]},
        {"segment": {}, "groundingChunkIndices": [1]},
    ],
    "webSearchQueries": ["one", "two", "one"],
}

SOURCES = [
    {"url": "https://a.test", "title": "A", "text": "First.\nSecond."},
    {"url": "https://b.test", "title": "https://b.test", "text": "First."},
    {"url": "https://maps.test/1", "title": "A place", "text": "nice"},
    {"url": "https://c.test", "title": "C"},
]


def test_c45_every_source_once_with_what_rests_on_it() -> None:
    grounding = Grounding()
    assert grounding.take({"groundingMetadata": {}}) == []
    assert grounding.take({"groundingMetadata": WEB}) == SOURCES
    assert grounding.take({"groundingMetadata": WEB}) == []
    assert grounding.searches == 2


def test_pages_that_were_read_are_sources_and_others_are_not() -> None:
    pages = [
        {"retrievedUrl": "https://a.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
        {"retrievedUrl": "https://b.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR"},
    ]
    found = Grounding().take({"urlContextMetadata": {"urlMetadata": pages}})
    assert found == [{"url": "https://a.test", "title": "https://a.test"}]


@pytest.mark.parametrize("usage", [None, {"promptTokenCount": 5, "candidatesTokenCount": 2}])
def test_c45_searches_are_counted_and_shown(usage: Json | None) -> None:
    body = sse(
        chunk(text("Found."), groundingMetadata=WEB, usage=usage),
        chunk(text("", thoughtSignature="S"), finish="STOP", usage=usage),
    )
    asked = stream(body, search_query="q")
    assert [block["type"] for block in asked.blocks] == [
        "text",
        "thinking",
        "server_tool_use",
        "web_search_tool_result",
    ]
    assert asked.usage["server_tool_use"] == {"web_search_requests": 2}
    cited = stream(body)
    assert [one["url"] for one in cited.blocks[0]["citations"]] == [source["url"] for source in SOURCES]
    assert cited.usage["server_tool_use"] == {"web_search_requests": 2}


def test_c45_sources_told_after_a_signed_text_are_still_cited() -> None:
    checked = stream(
        sse(
            chunk(text("Found.")),
            chunk(text("", thoughtSignature="S")),
            chunk(finish="STOP", groundingMetadata=WEB),
        )
    )
    assert [block["type"] for block in checked.blocks] == ["text"]
    assert len(checked.blocks[0]["citations"]) == len(SOURCES)


def test_a_whole_answer_has_its_sources_on_the_text_before_the_call() -> None:
    checked = whole(chunk(text("Found."), call("f"), finish="STOP", groundingMetadata=WEB))
    assert len(checked.blocks[0]["citations"]) == len(SOURCES)
    assert checked.stop_reason == "tool_use"
