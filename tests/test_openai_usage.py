"""Usage in Anthropic's meaning."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.wire.openai.usage import read_usage

from .support import recorded

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}, {"input": 12, "output": 3}),
        (
            {"prompt_tokens": 100, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 80}},
            {"input": 20, "output": 3, "cache_read": 80},
        ),
        # DeepSeek tells it twice: subtracted once, its own number preferred when it says something.
        (
            {
                "prompt_tokens": 495,
                "completion_tokens": 144,
                "total_tokens": 639,
                "prompt_tokens_details": {"cached_tokens": 320},
                "completion_tokens_details": {"reasoning_tokens": 118},
                "prompt_cache_hit_tokens": 320,
                "prompt_cache_miss_tokens": 175,
            },
            {"input": 175, "output": 144, "cache_read": 320},
        ),
        (
            {"prompt_tokens": 10, "prompt_cache_hit_tokens": 0, "prompt_tokens_details": {"cached_tokens": 4}},
            {"input": 6, "cache_read": 4},
        ),
        ({"prompt_tokens": 254, "num_cached_tokens": 48}, {"input": 206, "cache_read": 48}),
        ({"prompt_tokens": 254, "cached_tokens": 54}, {"input": 200, "cache_read": 54}),
        # OpenRouter counts what was written to the cache into the prompt.
        (
            {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30}},
            {"input": 10, "cache_read": 60, "cache_write": 30},
        ),
        ({"prompt_tokens": 100, "cache_creation_input_tokens": 30}, {"input": 70, "cache_write": 30}),
        # xAI counts reasoning beside the completion, Google's endpoint does not say what the rest is (fact 19).
        (
            {
                "prompt_tokens": 307,
                "completion_tokens": 26,
                "total_tokens": 560,
                "prompt_tokens_details": {"cached_tokens": 306},
                "completion_tokens_details": {"reasoning_tokens": 227},
            },
            {"input": 1, "output": 253, "cache_read": 306},
        ),
        ({"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109}, {"input": 35, "output": 74}),
        # A prompt counted without its cache: nothing to subtract.
        (
            {
                "prompt_tokens": 1000,
                "completion_tokens": 50,
                "total_tokens": 1550,
                "prompt_tokens_details": {"cached_tokens": 500},
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            {"input": 1000, "output": 50, "cache_read": 500},
        ),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 500}}, {"input": 10, "cache_read": 500}),
        # A total that is too small explains nothing.
        ({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 3}, {"input": 12, "output": 3}),
        (
            {"input_tokens": 7, "output_tokens": 2, "cache_read_input_tokens": 3},
            {"input": 4, "output": 2, "cache_read": 3},
        ),
        (
            {"prompt_tokens": "12", "completion_tokens": "3", "prompt_tokens_details": None, "total_tokens": None},
            {"input": 12, "output": 3},
        ),
        ({"prompt_tokens": 12.0, "completion_tokens": True, "total_tokens": -1}, {"input": 12}),
        ({"completion_tokens": 3}, {"output": 3}),
        (
            {"prompt_tokens": 2317, "completion_tokens": 53, "server_tool_use_details": {"web_search_requests": 1}},
            {"input": 2317, "output": 53, "web_searches": 1},
        ),
        ({"prompt_tokens": 1, "num_search_queries": 2}, {"input": 1, "web_searches": 2}),
        ({}, {}),
        ({"prompt_tokens": None, "cost": 0.1}, {}),
    ],
)
def test_c42_usage(usage: Json, expected: Json) -> None:
    assert read_usage(usage) == expected


counts = st.one_of(st.none(), st.integers(-5, 2000), st.floats(), st.booleans(), st.text(max_size=4))
details = st.one_of(
    st.none(),
    counts,
    st.dictionaries(
        st.sampled_from(["cached_tokens", "cache_write_tokens", "reasoning_tokens", "web_search_requests"]), counts
    ),
)


@given(
    st.dictionaries(
        st.sampled_from(["prompt_tokens", "completion_tokens", "total_tokens", "prompt_cache_hit_tokens"]), counts
    ),
    st.dictionaries(
        st.sampled_from(["prompt_tokens_details", "completion_tokens_details", "server_tool_use"]), details
    ),
)
def test_c42_usage_is_never_negative_and_never_raises(usage: Json, more: Json) -> None:
    found: Any = read_usage({**usage, **more})
    assert all(isinstance(value, int) and value >= 0 for value in found.values())


#: What the recorded answers say in the end: input, output, and cache reads where there are any.
RECORDED: dict[str, tuple[int, ...]] = {
    "alibaba/vai-reasoning": (24, 1355),
    "azure-openai/vai-azure-deepseek-reasoning-1": (19, 1969),
    "cerebras/vai-cererebras-structured-output-tools-1-1": (66, 104, 256),
    "cerebras/vai-cererebras-structured-output-tools-1-2": (177, 122, 256),
    "crusoe/pai-model-streaming": (46, 14),
    "deepseek/oc-streams-text": (14, 2),
    "deepseek/vai-json": (175, 144, 320),
    "deepseek/vai-tool-call": (19, 83, 320),
    "gemini-openai-compat/pai-compatible-api-with-tool-calls-without-id-1": (35, 74),
    "groq/lc-code-interpreter-1": (512, 154),
    "groq/pai-tool-use-failed-error-streaming-2": (304, 49),
    "groq/vai-tool-call": (210, 15),
    "huggingface/pai-image-url-input": (269, 27),
    "mistral/pai-multimodal-tool-return-matrix-tool-return-content-url-image-mist-2": (206, 93, 48),
    "mistral/vai-incremental-tool-call": (43, 14, 128),
    "openai/envoy-chat-basic": (8, 377),
    "openai/pai-complex-agent-run-in-workflow-1": (364, 40),
    "openrouter/oc-claude-opus-4-7-drives-a-tool-loop-1": (802, 66),
    "openrouter/pai-stream-error": (43, 10),
    "openrouter/pai-web-search-annotations-stream": (2317, 53),
    "perplexity/vai-citations": (10, 336),
    "snowflake/pai-thinking-1": (597, 81),
    "vercel-gateway/oc-vercel-ai-gateway-reasoning-tool-loop-1": (623, 93),
    "xai/vai-text-v3": (10, 229, 2),
    "xai/vai-tool-call": (1, 253, 306),
    "xai/vai-tool-call-v2": (63, 281, 244),
    "xai/vai-tool-call-v4": (47, 215, 244),
    "zai/pai-reasoning-effort": (20, 67),
}


@recorded.needs_recorded
@pytest.mark.parametrize("name", RECORDED)
def test_c42_recorded_usage(name: str) -> None:
    found = read_usage(_last_usage(recorded.case(name)))
    assert (found["input"], found["output"], *([found["cache_read"]] if "cache_read" in found else [])) == RECORDED[
        name
    ]


def _last_usage(case: recorded.Case) -> Json:
    """The last usage object of a recorded answer."""
    if not case.is_stream:
        return dict(case.json()["usage"])
    last: Json = {}
    for line in case.body.decode().splitlines():
        if line.startswith("data:") and "{" in line:
            chunk = json.loads(line[5:])
            last = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage") or last
    return last
