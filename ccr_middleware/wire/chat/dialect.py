"""What differs between providers that all say they speak chat completions, as data, and who is known to differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..openai.dialect import EFFORTS, OpenAIDialect
from ..openai.known import known_of_chat
from ..overrides import checked_overrides

ReasoningStyle = Literal["none", "effort", "openrouter", "thinking", "enable_thinking"]


@dataclass(frozen=True, slots=True)
class ChatDialect(OpenAIDialect):
    """The quirks of one chat-completions endpoint, besides those of any format of OpenAI's.

    Reasoning asked for:
    - `reasoning_style`: how thinking is switched on: not at all (`none`), `reasoning_effort` (`effort`),
      `reasoning: {...}` (`openrouter`), `thinking: {"type": "enabled"}` (`thinking`: DeepSeek, GLM, Kimi, Volcengine),
      `enable_thinking` + `thinking_budget` (`enable_thinking`: Qwen, DashScope, SiliconFlow).
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

    Messages:
    - `system_role`: `system` or `developer`.
    - `mid_system`: what becomes of a system message after the first other message: user text at its place
      (`user`), moved up to the first system message (`first`), or left (`keep`).
    - `merge_roles`: consecutive messages of one role are made one.
    - `tool_then_user`: False where a user message may not follow a tool message (Mistral); an assistant message is
      put between.
    - `cache_control` (`cache_ttl`: with its `ttl`): whether cache marks are understood.
    - `prefill`: whether a last assistant message is continued; `prefill_field` must then be set to true on it.

    Tools:
    - `tool_id_length`: exact length of tool ids, alphanumeric only (Mistral: 9), None: any. `tool_id_limit`: greatest
      length, and only letters, digits, `-` and `_`.
    - `tool_stream`: `tool_stream: true` is needed to get arguments bit by bit (GLM).
    - `forced_with_thinking`: False where a forced choice is refused while the model thinks; it is then told not to.
    - `web_search`: how a web search is asked for: `server_tool` (`openrouter:web_search`), `plugin` (OpenRouter's
      older way), `options` (OpenAI search models), `native` (it always searches), `none`.

    Fields:
    - `max_tokens_field`: the name of the limit.
    - `stream_options`: whether `stream_options.include_usage` is understood.
    - `stop`: whether stop sequences are, and at most `max_stops`.
    """

    efforts: tuple[str, ...] = EFFORTS

    reasoning_style: ReasoningStyle = "none"
    thinking_effort: bool = False
    thinking_options: Mapping[str, Any] = field(default_factory=dict)
    disable_thinking: bool = False
    effort_with_tools: Literal["sent", "omitted", "none"] = "sent"

    replay_field: str | None = None
    replay_always: bool = False
    replay_placeholder: str | None = None
    replay_unsigned: bool = True

    system_role: Literal["system", "developer"] = "system"
    mid_system: Literal["user", "first", "keep"] = "user"
    merge_roles: bool = False
    tool_then_user: bool = True
    cache_control: bool = False
    cache_ttl: bool = False
    prefill: bool = False
    prefill_field: str | None = None

    tool_id_length: int | None = None
    tool_id_limit: int | None = None
    tool_stream: bool = False
    forced_with_thinking: bool = True
    web_search: Literal["server_tool", "plugin", "options", "native", "none"] = "none"

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream_options: bool = True
    stop: bool = True
    max_stops: int = 4


def dialect_for(
    base_url: str, model: str, overrides: Mapping[str, Any] | None = None, max_output_tokens: int | None = None
) -> ChatDialect:
    """The dialect of a model at a provider.

    What is known of the two comes first, then `max_output_tokens` (the provider's setting), then `overrides` (the
    provider's `dialect`). Raises ConfigError for an override that is not a field or has the wrong type.
    """
    known = known_of_chat(base_url, model)
    if max_output_tokens is not None:
        known["max_output_tokens"] = max_output_tokens
    return replace(ChatDialect(), **known | checked_overrides(ChatDialect, overrides or {}))
