"""Where requests go."""

import pytest

from ccr_middleware.wire.urls import endpoint_url, wire_for


@pytest.mark.parametrize(
    ("base", "url"),
    [
        # CCR v2's whole endpoints stay as they are.
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions"),
        (
            "https://ark.cn-beijing.volces.com/api/v3/chat/completions/",
            "https://ark.cn-beijing.volces.com/api/v3/chat/completions",
        ),
        ("https://h/API/V1/Chat/Completions", "https://h/API/V1/Chat/Completions"),
        # Bases get their end.
        ("https://api.openai.com", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        ("https://api.z.ai/api/paas/v4/", "https://api.z.ai/api/paas/v4/chat/completions"),
        ("https://g/v1beta/openai/", "https://g/v1beta/openai/chat/completions"),
        ("https://g/v1beta1", "https://g/v1beta1/chat/completions"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions"),
        (
            "https://dashscope.aliyuncs.com/compatible-mode",
            "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
        ),
        ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        # The query stays, wherever the end goes.
        (
            "https://my.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://my.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        ("https://h/v1?key=a%2Fb&x=1#part", "https://h/v1/chat/completions?key=a%2Fb&x=1"),
        # Unknown paths are somebody's own endpoint.
        ("https://h/some/endpoint", "https://h/some/endpoint"),
        ("https://h/v2x", "https://h/v2x"),
        ("demo://demo", "demo://demo"),
        ("not a url", "not a url"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_chat_endpoints(base: str, url: str) -> None:
    assert endpoint_url(base, "chat") == url


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/messages?beta=true", "https://api.anthropic.com/v1/messages?beta=true"),
        ("https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages"),
        ("https://api.z.ai/api/anthropic/", "https://api.z.ai/api/anthropic/v1/messages"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/messages"),
        ("https://h/some/endpoint", "https://h/some/endpoint"),
    ],
)
def test_messages_endpoints(base: str, url: str) -> None:
    assert endpoint_url(base, "messages") == url


@pytest.mark.parametrize(
    ("base", "wire"),
    [
        ("https://api.anthropic.com", "messages"),
        ("https://api.anthropic.com/v1", "messages"),
        ("https://h/v1/messages", "messages"),
        ("https://h/v1/messages?beta=true", "messages"),
        ("https://api.deepseek.com/anthropic", "messages"),
        ("https://api.deepseek.com/anthropic/v1/", "messages"),
        ("https://api.openai.com/v1", "chat"),
        ("https://openrouter.ai/api/v1/chat/completions", "chat"),
        ("https://anthropic.example/v1", "chat"),
        ("demo://demo", "chat"),
        ("", "chat"),
    ],
)
def test_the_wire_format_is_told_by_the_url(base: str, wire: str) -> None:
    assert wire_for(base) == wire
