"""All transformers that ship, in the order of the documentation."""

from __future__ import annotations

from .params import CleanCache, CustomParams, MaxCompletionTokens, MaxToken, Sampling, StreamOptions
from .providers import (
    Anthropic,
    Cerebras,
    DeepSeek,
    Gemini,
    Groq,
    Mistral,
    OpenAI,
    OpenAIResponses,
    OpenRouter,
    Vercel,
    VertexClaude,
    VertexGemini,
    VertexOpenAI,
)
from .registry import AnyTransformer, Registry
from .thinking import ExtraThinkTag, ForceReasoning, Reasoning
from .tools import EnhanceTool, ToolUse

BUILTIN: tuple[type[AnyTransformer], ...] = (
    Anthropic,
    OpenAI,
    OpenAIResponses,
    Gemini,
    VertexGemini,
    VertexClaude,
    VertexOpenAI,
    DeepSeek,
    OpenRouter,
    Vercel,
    Groq,
    Cerebras,
    Mistral,
    ToolUse,
    EnhanceTool,
    Reasoning,
    ForceReasoning,
    ExtraThinkTag,
    Sampling,
    MaxToken,
    MaxCompletionTokens,
    StreamOptions,
    CustomParams,
    CleanCache,
)


def builtin_registry() -> Registry:
    """A registry with everything that ships."""
    return Registry(BUILTIN)
