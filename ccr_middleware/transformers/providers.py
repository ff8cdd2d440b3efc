"""Transformers that state facts: which wire format a provider speaks, and how.

Hosts that are known (the catalogue) need none of these. They are for the same services behind another address,
and for configurations of CCR v2, which name them everywhere. A fact here wins over what is known of the host, so
only facts are stated that hold for every model there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from .base import NoOptions, Platform, TransformContext, Transformer, UpstreamRequest, WireName


class AnthropicOptions(NoOptions):
    """`UseBearer`: send the key as `Authorization: Bearer` rather than `x-api-key`."""

    use_bearer: bool = Field(
        default=False, alias="UseBearer", validation_alias=AliasChoices("UseBearer", "use_bearer", "useBearer")
    )


class Anthropic(Transformer[AnthropicOptions]):
    """The provider speaks Anthropic Messages: requests and answers pass unchanged."""

    name = "Anthropic"
    wire: ClassVar[WireName] = "messages"
    Options = AnthropicOptions


class OpenAI(Transformer[NoOptions]):
    """The provider speaks chat completions. This is the default, so naming it changes nothing."""

    name = "OpenAI"
    aliases = ("openai-chat",)
    wire: ClassVar[WireName] = "chat"


class OpenAIResponses(Transformer[NoOptions]):
    """The provider speaks OpenAI's Responses API."""

    name = "openai-responses"
    aliases = ("openai-response",)
    wire: ClassVar[WireName] = "responses"


class Gemini(Transformer[NoOptions]):
    """The provider speaks Gemini's own API."""

    name = "gemini"
    wire: ClassVar[WireName] = "gemini"


class VertexOptions(NoOptions):
    """Where on Google Cloud, and as whom. What is left out comes from the surroundings.

    `credentials` is a key file: its path, or the object that is in it. `client_email` and `private_key` are the two
    members of a service account's key that are needed, given singly (CCR v2's vertex-openai).
    """

    project: str | None = Field(
        default=None,
        validation_alias=AliasChoices("project", "project_id", "projectId", "GOOGLE_CLOUD_PROJECT"),
    )
    location: str | None = Field(
        default=None, validation_alias=AliasChoices("location", "region", "GOOGLE_CLOUD_LOCATION")
    )
    credentials: str | dict[str, Any] | None = Field(
        default=None,
        repr=False,
        validation_alias=AliasChoices(
            "credentials",
            "keyFile",
            "key_file",
            "keyFilename",
            "key_filename",
            "credentialsFile",
            "credentials_file",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ),
    )
    client_email: str | None = None
    private_key: str | None = Field(default=None, repr=False)


class VertexGemini(Transformer[VertexOptions]):
    """Gemini on Google's Vertex AI."""

    name = "vertex-gemini"
    wire: ClassVar[WireName] = "gemini"
    platform: ClassVar[Platform] = "vertex"
    Options = VertexOptions


class VertexClaude(Transformer[VertexOptions]):
    """Claude on Google's Vertex AI, which speaks Anthropic Messages."""

    name = "vertex-claude"
    aliases = ("vertex-anthropic",)
    wire: ClassVar[WireName] = "messages"
    platform: ClassVar[Platform] = "vertex"
    Options = VertexOptions


class VertexOpenAI(Transformer[VertexOptions]):
    """The chat-completions endpoint of Google's Vertex AI."""

    name = "vertex-openai"
    wire: ClassVar[WireName] = "chat"
    platform: ClassVar[Platform] = "vertex"
    Options = VertexOptions


class DeepSeek(Transformer[NoOptions]):
    """Thinking as DeepSeek does it: asked for with `thinking`, sent back as `reasoning_content`."""

    name = "deepseek"
    dialect: Mapping[str, Any] = {"reasoning_style": "thinking", "replay_field": "reasoning_content"}


class RoutingOptions(BaseModel):
    """Anything OpenRouter takes: `provider`, `transforms`, `models` … is put into the body as it is."""

    model_config = ConfigDict(extra="allow")


class OpenRouter(Transformer[RoutingOptions]):
    """OpenRouter's dialect, wherever it is served from, and its routing options."""

    name = "openrouter"
    Options = RoutingOptions
    dialect: Mapping[str, Any] = {"reasoning_style": "openrouter", "replay_field": "reasoning_details"}

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Put the options over the body."""
        request.body.update(copy.deepcopy(self.options.model_extra or {}))
        return request


class Vercel(OpenRouter):
    """Vercel's AI gateway, which follows OpenRouter here (`providerOptions`, `models`)."""

    name = "vercel"


class Groq(Transformer[NoOptions]):
    """Groq: no prompt caching marks, and no `$schema` in schemas."""

    name = "groq"
    dialect: Mapping[str, Any] = {
        "cache_control": False,
        "json_schema_uri": False,
        "max_tokens_field": "max_completion_tokens",
    }


class Cerebras(Transformer[NoOptions]):
    """Cerebras, which refuses every field it does not know."""

    name = "cerebras"
    dialect: Mapping[str, Any] = {
        "cache_control": False,
        "max_tokens_field": "max_completion_tokens",
        "parallel_tool_calls": False,
        "named_tool_choice": False,
    }


class Mistral(Transformer[NoOptions]):
    """Mistral: tool ids of nine characters, no user message right behind a tool's, no unknown fields."""

    name = "mistral"
    dialect: Mapping[str, Any] = {
        "replay_field": None,
        "replay_always": False,
        "replay_placeholder": None,
        "stream_options": False,
        "tool_id_length": 9,
        "tool_then_user": False,
        "prefill": True,
        "prefill_field": "prefix",
    }
