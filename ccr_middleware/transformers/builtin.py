"""The built-in transformers that are plain edits or facts about a provider."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..unified import Json
from .base import NoOptions, TransformContext, Transformer, UpstreamRequest
from .registry import Registry

Level = Literal["unified", "wire"]


class AnthropicOptions(BaseModel):
    """`UseBearer`: send the key as `Authorization: Bearer` rather than `x-api-key`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    use_bearer: bool = Field(default=False, alias="UseBearer")


class Anthropic(Transformer[AnthropicOptions]):
    """The provider speaks Anthropic Messages: requests and answers pass unchanged."""

    name = "Anthropic"
    wire = "messages"
    Options = AnthropicOptions


class OpenAI(Transformer[NoOptions]):
    """The provider speaks chat completions. This is the default, so naming it changes nothing."""

    name = "OpenAI"
    wire = "chat"


class DeepSeek(Transformer[NoOptions]):
    """Thinking as DeepSeek does it: asked for with `thinking`, sent back as `reasoning_content`."""

    name = "deepseek"
    dialect: ClassVar[Mapping[str, Any]] = {"reasoning_style": "thinking", "replay_field": "reasoning_content"}


class ReasoningOptions(BaseModel):
    """`enable` False: thinking is never asked for."""

    model_config = ConfigDict(extra="forbid")

    enable: bool = True


class Reasoning(Transformer[ReasoningOptions]):
    """Thinking for providers that take `thinking` and expect `reasoning_content` back (Kimi, GLM, Volcengine)."""

    name = "reasoning"
    level: ClassVar[Level] = "unified"
    Options = ReasoningOptions
    dialect: ClassVar[Mapping[str, Any]] = {"reasoning_style": "thinking", "replay_field": "reasoning_content"}

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Take the wish for thinking out when it is not to be granted."""
        if not self.options.enable:
            request.body["reasoning"] = {"enabled": False}
        return request


class OpenRouterOptions(BaseModel):
    """Anything OpenRouter takes: `provider`, `transforms`, `models` … is put into the body as it is."""

    model_config = ConfigDict(extra="allow")


class OpenRouter(Transformer[OpenRouterOptions]):
    """OpenRouter's dialect, wherever it is served from, and its routing options."""

    name = "openrouter"
    Options = OpenRouterOptions
    dialect: ClassVar[Mapping[str, Any]] = {"reasoning_style": "openrouter", "replay_field": "reasoning_details"}

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Merge the options over the body."""
        request.body.update(copy.deepcopy(self.options.model_extra or {}))
        return request


class Vercel(OpenRouter):
    """Vercel's AI gateway, which follows OpenRouter here."""

    name = "vercel"


class Groq(Transformer[NoOptions]):
    """Groq: nothing of prompt caching is understood, effort is a word."""

    name = "groq"
    dialect: ClassVar[Mapping[str, Any]] = {"cache_control": False}


class Cerebras(Transformer[NoOptions]):
    """Cerebras: the careful defaults are right for it."""

    name = "cerebras"


class MaxTokenOptions(BaseModel):
    """`max_tokens`: the most that is asked for."""

    model_config = ConfigDict(extra="forbid")

    max_tokens: int = Field(gt=0)


class MaxToken(Transformer[MaxTokenOptions]):
    """Lowers `max_tokens` to what the provider takes."""

    name = "maxtoken"
    level: ClassVar[Level] = "unified"
    Options = MaxTokenOptions

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Cap, and say so when it changes anything."""
        limit = self.options.max_tokens
        if request.body.get("max_tokens", 0) > limit:
            request.body["max_tokens"] = limit
            context.losses.add("max_tokens", "clamped", f"the transformer maxtoken allows {limit}")
        return request


class MaxCompletionTokens(Transformer[NoOptions]):
    """The provider wants `max_completion_tokens` instead of `max_tokens`."""

    name = "maxcompletiontokens"
    dialect: ClassVar[Mapping[str, Any]] = {"max_tokens_field": "max_completion_tokens"}


class SamplingOptions(BaseModel):
    """Values that replace the client's; `max_tokens` only lowers."""

    model_config = ConfigDict(extra="forbid")

    max_tokens: int | None = Field(default=None, gt=0)
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None


class Sampling(Transformer[SamplingOptions]):
    """Sets sampling parameters."""

    name = "sampling"
    Options = SamplingOptions

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Write the configured values into the provider's body."""
        values = self.options.model_dump(exclude_none=True)
        limit = values.pop("max_tokens", None)
        for key in ("max_tokens", "max_completion_tokens"):
            if limit is not None and request.body.get(key, 0) > limit:
                request.body[key] = limit
                context.losses.add("max_tokens", "clamped", f"the transformer sampling allows {limit}")
        request.body.update(values)
        return request


class StreamOptions(Transformer[NoOptions]):
    """Asks for usage in streams. Every provider known to take it is asked anyway."""

    name = "streamoptions"
    dialect: ClassVar[Mapping[str, Any]] = {"stream_options": True}


class CleanCache(Transformer[NoOptions]):
    """Sends no `cache_control`, whatever the dialect would."""

    name = "cleancache"
    dialect: ClassVar[Mapping[str, Any]] = {"cache_control": False}


class CustomParamsOptions(BaseModel):
    """The values to put into the body."""

    model_config = ConfigDict(extra="allow")


class CustomParams(Transformer[CustomParamsOptions]):
    """Adds parameters of one's own to the body: absent ones are set, objects are merged, the rest stays."""

    name = "customparams"
    Options = CustomParamsOptions

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Merge the options into the provider's body."""
        _merge(request.body, self.options.model_extra or {})
        return request


def _merge(target: Json, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            target[key] = {**target[key]}
            _merge(target[key], value)
        else:
            target.setdefault(key, copy.deepcopy(value))


BUILTIN = (
    Anthropic,
    OpenAI,
    DeepSeek,
    Reasoning,
    OpenRouter,
    Vercel,
    Groq,
    Cerebras,
    MaxToken,
    MaxCompletionTokens,
    Sampling,
    StreamOptions,
    CleanCache,
    CustomParams,
)


def builtin_registry() -> Registry:
    """A registry with everything that ships."""
    return Registry(BUILTIN)
