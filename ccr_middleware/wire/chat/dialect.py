"""What differs between providers that all say they speak chat completions, as data.

A dialect is chosen by the host of the provider's URL, refined by the model's name, and every field may be set in
the configuration (`"dialect": {...}` of a provider). The defaults are the careful ones: a field an unknown
endpoint might refuse is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ReasoningStyle = Literal["none", "effort", "openrouter", "thinking", "enable_thinking"]


@dataclass(frozen=True, slots=True)
class ChatDialect:
    """The quirks of one chat-completions endpoint.

    `name`: the provider family. It also signs the family's reasoning, so it is lower-case letters, digits, `-`, `_`.

    Reasoning asked for:
    - `reasoning_style`: how thinking is switched on: not at all (`none`), `reasoning_effort` (`effort`),
      `reasoning: {...}` (`openrouter`), `thinking: {"type": "enabled"}` (`thinking`: DeepSeek, GLM, Kimi, Volcengine),
      `enable_thinking` + `thinking_budget` (`enable_thinking`: Qwen, DashScope, SiliconFlow).
    - `efforts`: the effort words taken, weakest first; others are moved to the nearest.
    - `thinking_effort`: whether `reasoning_effort` may stand beside `thinking`.
    - `thinking_options`: what else belongs into the `thinking` object.
    - `disable_thinking`: whether "off" is said when the client switches thinking off. By default nothing is said,
      since models that cannot stop thinking refuse it (failure-modes F1).
    - `effort_with_tools`: what becomes of `reasoning_effort` when functions are offered: `sent`, `omitted`, or
      replaced by the word `none`.

    Reasoning sent back (failure-modes F1):
    - `replay_field`: the field of an assistant message in which earlier reasoning is expected; None: it is not.
      `reasoning_details` is a list of signed pieces, `thought_signature` Gemini's mark on tool calls, any other name
      a string.
    - `replay_always`: also on turns without tool calls.
    - `replay_placeholder`: sent when a turn has no reasoning and the provider insists on some.
    - `replay_unsigned`: whether reasoning that the provider did not make itself may be sent as its own.

    Size:
    - `max_tokens_field`, `max_output_tokens` (None: unknown, nothing is clamped), `min_output_tokens`.

    Messages:
    - `stream_options`: whether `stream_options.include_usage` is understood.
    - `streams_only`: the endpoint has no JSON answers.
    - `system_role`: `system` or `developer`.
    - `mid_system`: what becomes of a system message after the first other message: user text at its place
      (`user`), moved up to the first system message (`first`), or left (`keep`).
    - `merge_roles`: consecutive messages of one role are made one.
    - `tool_then_user`: False where a user message may not follow a tool message (Mistral); an assistant message is
      put between.
    - `documents`: `file` parts or `none`; `document_urls`: whether a file may be given by its URL.
    - `images`, `cache_control` (`cache_ttl`: with its `ttl`): whether these are understood.
    - `prefill`: whether a last assistant message is continued; `prefill_field` must then be set to true on it.

    Tools:
    - `tools`: whether there are functions at all; `tools_limit`: how many.
    - `tool_name_limit`, `tool_description_limit`: characters.
    - `tool_id_length`: exact length of tool ids, alphanumeric only (Mistral: 9), None: any. `tool_id_limit`: greatest
      length, and only letters, digits, `-` and `_`.
    - `json_schema_uri`: whether a schema may say `$schema`.
    - `tool_stream`: `tool_stream: true` is needed to get arguments bit by bit (GLM).
    - `strict_tools`, `parallel_tool_calls`: whether these are understood.
    - `named_tool_choice`, `required_tool_choice`: False where a forced choice of that kind is refused.
    - `forced_with_thinking`: False where a forced choice is refused while the model thinks; it is then told not to.
    - `web_search`: how a web search is asked for: `server_tool` (`openrouter:web_search`), `plugin` (OpenRouter's
      older way), `options` (OpenAI search models), `native` (it always searches), `none`.

    Fields:
    - `top_k`, `stop` (at most `max_stops`), `sampling` (temperature and top_p), `user`, `prompt_cache_key`: whether
      these are understood.
    - `json_schema`: structured output as `json_schema`, `json_object` (schema told in text) or `none` (text only).
    - `extra_body`: put into every body as it stands.
    """

    name: str = "openai-compatible"

    reasoning_style: ReasoningStyle = "none"
    efforts: tuple[str, ...] = ("low", "medium", "high")
    thinking_effort: bool = False
    thinking_options: Mapping[str, Any] = field(default_factory=dict)
    disable_thinking: bool = False
    effort_with_tools: Literal["sent", "omitted", "none"] = "sent"

    replay_field: str | None = None
    replay_always: bool = False
    replay_placeholder: str | None = None
    replay_unsigned: bool = True

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    max_output_tokens: int | None = None
    min_output_tokens: int = 1

    stream_options: bool = True
    streams_only: bool = False
    system_role: Literal["system", "developer"] = "system"
    mid_system: Literal["user", "first", "keep"] = "user"
    merge_roles: bool = False
    tool_then_user: bool = True
    documents: Literal["file", "none"] = "none"
    document_urls: bool = False
    images: bool = True
    cache_control: bool = False
    cache_ttl: bool = False
    prefill: bool = False
    prefill_field: str | None = None

    tools: bool = True
    tools_limit: int | None = None
    tool_name_limit: int = 64
    tool_description_limit: int | None = None
    tool_id_length: int | None = None
    tool_id_limit: int | None = None
    json_schema_uri: bool = True
    tool_stream: bool = False
    strict_tools: bool = False
    parallel_tool_calls: bool = True
    named_tool_choice: bool = True
    required_tool_choice: bool = True
    forced_with_thinking: bool = True
    web_search: Literal["server_tool", "plugin", "options", "native", "none"] = "none"

    top_k: bool = False
    stop: bool = True
    max_stops: int = 4
    sampling: bool = True
    user: bool = False
    prompt_cache_key: bool = False
    json_schema: Literal["json_schema", "json_object", "none"] = "json_schema"
    extra_body: Mapping[str, Any] = field(default_factory=dict)
