"""Which dialect is spoken where."""

import re
from dataclasses import fields
from typing import Any

import pytest

from ccr_middleware import catalogue
from ccr_middleware.errors import ConfigError
from ccr_middleware.wire.chat.dialect import ChatDialect, dialect_for
from ccr_middleware.wire.openai.known import DEMO
from ccr_middleware.wire.openai.model_families import MODEL_FAMILIES

FACTS = [family.facts["chat"] for family in catalogue.families().values() if "chat" in family.facts]
TABLES = [
    DEMO,
    *(rule.fields for rule in MODEL_FAMILIES),
    *(facts.fields for facts in FACTS),
    *(fields for facts in FACTS for _, fields in facts.rules),
]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1/chat/completions", "openai"),
        ("https://my.openai.azure.com/openai/v1", "azure"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://openrouter.ai/api/v1/chat/completions", "openrouter"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.cerebras.ai/v1", "cerebras"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://api.x.ai/v1", "xai"),
        ("https://api.z.ai/api/coding/paas/v4", "zai"),
        ("https://open.bigmodel.cn/api/paas/v4", "zai"),
        ("https://api.moonshot.cn/v1", "moonshot"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://api.siliconflow.cn/v1/chat/completions", "siliconflow"),
        ("https://ark.cn-beijing.volces.com/api/v3/chat/completions", "volcengine"),
        ("https://api.minimaxi.com/v1", "minimax"),
        ("https://api-inference.modelscope.cn/v1", "modelscope"),
        ("https://api.together.xyz/v1", "together"),
        ("https://api.fireworks.ai/inference/v1", "fireworks"),
        ("https://router.huggingface.co/v1", "huggingface"),
        ("https://api.perplexity.ai", "perplexity"),
        ("https://integrate.api.nvidia.com/v1", "nvidia"),
        ("https://ai-gateway.vercel.sh/v1", "vercel"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "gemini"),
        ("https://models.github.ai/inference", "github"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://192.168.1.20:11434", "ollama"),
        ("http://127.0.0.1:1234/v1", "lmstudio"),
        ("http://[::1]:8000/v1", "vllm"),
        ("http://host.docker.internal:8080/v1", "llamacpp"),
        ("demo://demo", "demo"),
        ("http://localhost:9999/v1", "openai-compatible"),
        ("https://llm.example:11434/v1", "openai-compatible"),
        ("https://notopenai.com/v1", "openai-compatible"),
        ("https://api.openai.com.evil.example/v1", "openai-compatible"),
        ("", "openai-compatible"),
        ("http://[broken", "openai-compatible"),
        ("https://x.example:port/v1", "openai-compatible"),
    ],
)
def test_hosts(url: str, name: str) -> None:
    assert dialect_for(url, "some-model").name == name


def test_an_unknown_endpoint_gets_the_careful_defaults() -> None:
    assert dialect_for("https://llm.example/v1", "some-model") == ChatDialect()


@pytest.mark.parametrize(
    ("url", "model", "expected"),
    [
        ("https://api.openai.com", "gpt-5-chat-latest", {"reasoning_style": "none", "sampling": True}),
        ("https://api.openai.com", "gpt-5.2-chat-latest", {"reasoning_style": "none", "sampling": False}),
        ("https://api.openai.com", "o3-mini", {"parallel_tool_calls": False, "images": False}),
        ("https://api.openai.com", "gpt-4o", {"reasoning_style": "none", "strict_tools": True, "documents": "file"}),
        ("https://api.openai.com", "gpt-4.1-mini", {"max_output_tokens": 32_768}),
        ("https://my.openai.azure.com", "gpt-4o", {"max_tokens_field": "max_tokens", "documents": "none"}),
        ("https://my.openai.azure.com", "gpt-5", {"max_tokens_field": "max_completion_tokens"}),
        ("https://api.groq.com", "qwen/qwen3-32b", {"reasoning_style": "effort", "efforts": ("default",)}),
        ("https://api.groq.com", "openai/gpt-oss-120b", {"reasoning_style": "effort", "replay_field": "reasoning"}),
        ("https://api.groq.com", "llama-3.3-70b-versatile", {"reasoning_style": "none", "replay_field": None}),
        ("https://api.x.ai/v1", "grok-3-mini", {"efforts": ("low", "high"), "stop": False}),
        ("https://api.x.ai/v1", "grok-4", {"reasoning_style": "none"}),
        ("https://api.x.ai/v1", "grok-4.5", {"reasoning_style": "effort"}),
        ("https://api.x.ai/v1", "grok-4.20-0309-reasoning", {"reasoning_style": "none"}),
        ("https://api.z.ai/api/paas/v4", "glm-4.6", {"thinking_effort": False, "named_tool_choice": False}),
        ("https://api.z.ai/api/paas/v4", "glm-5.3", {"thinking_effort": True, "efforts": ("low", "high", "max")}),
        ("https://api.z.ai/api/paas/v4", "glm-4-plus", {"reasoning_style": "none"}),
        ("https://api.moonshot.ai/v1", "kimi-k3", {"reasoning_style": "effort", "required_tool_choice": False}),
        ("https://api.moonshot.ai/v1", "kimi-k2.5", {"reasoning_style": "thinking", "thinking_options": {}}),
        ("https://api.moonshot.ai/v1", "kimi-k2-0905-preview", {"reasoning_style": "none", "replay_field": None}),
        ("https://dashscope.aliyuncs.com", "qwen3-coder-plus", {"reasoning_style": "none"}),
        ("https://dashscope.aliyuncs.com", "qwen-plus", {"reasoning_style": "enable_thinking", "streams_only": False}),
        ("https://dashscope.aliyuncs.com", "qwen3-32b", {"reasoning_style": "enable_thinking", "streams_only": True}),
        ("https://api.siliconflow.cn", "Qwen/Qwen3-32B", {"reasoning_style": "enable_thinking"}),
        ("https://api.siliconflow.cn", "Qwen/Qwen3-30B-A3B-Instruct-2507", {"reasoning_style": "none"}),
        ("https://api.siliconflow.cn", "moonshotai/Kimi-K2-Instruct", {"reasoning_style": "none"}),
        ("https://ark.cn-beijing.volces.com/api/v3", "doubao-seed-1-6-250615", {"reasoning_style": "thinking"}),
        ("https://ark.cn-beijing.volces.com/api/v3", "ep-20250101", {"reasoning_style": "none"}),
        ("https://openrouter.ai", "anthropic/claude-opus-4.7", {"cache_control": True, "replay_unsigned": False}),
        ("https://openrouter.ai", "google/gemini-3-pro", {"cache_control": True, "cache_ttl": False}),
        ("https://openrouter.ai", "mistralai/devstral-2512", {"tool_id_length": None, "cache_control": False}),
        ("https://openrouter.ai", "openai/gpt-5.6", {"effort_with_tools": "sent", "max_tokens_field": "max_tokens"}),
        ("https://generativelanguage.googleapis.com", "gemini-2.0-flash", {"reasoning_style": "none"}),
        ("https://llm.example", "mistralai/Devstral-Small", {"tool_id_length": 9, "tool_then_user": False}),
        ("https://llm.example", "zai-org/GLM-4.5V", {"images": True}),
        ("https://llm.example", "zai-org/GLM-4.5-Air", {"images": False}),
        ("https://llm.example", "moonshotai/Kimi-K2.6", {"images": True, "replay_always": True}),
        ("https://llm.example", "openai/gpt-oss-20b", {"images": False, "reasoning_style": "none"}),
        ("demo://demo", "demo-thinking", {"reasoning_style": "thinking", "replay_field": None}),
    ],
)
def test_models(url: str, model: str, expected: dict[str, Any]) -> None:
    dialect = dialect_for(url, model)
    assert {key: getattr(dialect, key) for key in expected} == expected


def test_overrides_win() -> None:
    dialect = dialect_for("https://api.deepseek.com", "deepseek-chat", {"replay_field": None, "efforts": ["low"]})
    assert dialect.replay_field is None
    assert dialect.efforts == ("low",)
    assert dialect.reasoning_style == "thinking"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"reasonning_style": "effort"}, ["reasonning_style", "reasoning_style", "max_stops"]),
        ({"name": "mine"}, ["name"]),
        ({"reasoning_style": "on"}, ["dialect.reasoning_style", "enable_thinking", "'on'"]),
        ({"images": "no"}, ["dialect.images", "boolean", "'no'"]),
        ({"max_stops": True}, ["dialect.max_stops", "integer"]),
        ({"efforts": "low"}, ["dialect.efforts", "list", "'low'"]),
        ({"efforts": [1]}, ["dialect.efforts", "string"]),
        ({"extra_body": []}, ["dialect.extra_body", "dict"]),
        ({"replay_field": 1}, ["dialect.replay_field", "string"]),
    ],
)
def test_a_wrong_override_is_named(overrides: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as problem:
        dialect_for("https://llm.example", "m", overrides)
    assert "\n" not in str(problem.value)
    assert all(word in str(problem.value) for word in words)


def test_the_tables_name_only_fields_of_the_dialect() -> None:
    known = {field.name for field in fields(ChatDialect)}
    assert all(set(table) <= known for table in TABLES)
    for name in (*catalogue.families(), DEMO["name"]):
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name), "the name signs reasoning"


def test_every_entry_of_the_tables_has_values_of_the_right_type() -> None:
    for table in TABLES:
        dialect_for("", "", {name: value for name, value in table.items() if name != "name"})
