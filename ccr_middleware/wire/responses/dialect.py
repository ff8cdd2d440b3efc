"""What differs between providers that all say they speak the Responses format, as data.

Chosen and overridden like a `ChatDialect`; the defaults are the careful ones. Functions, the choice among them, images
and documents follow the rules of chat completions and only their spelling differs, so those fields have the names and
the meaning they have there (`SHARED`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..chat.dialect import ChatDialect

#: Fields that mean the same in both formats: taken over from what is known of a provider's chat endpoint.
SHARED = (
    *("images", "documents", "document_urls"),
    *("tools", "tools_limit", "tool_name_limit", "tool_description_limit", "json_schema_uri", "strict_tools"),
    *("parallel_tool_calls", "named_tool_choice", "required_tool_choice"),
    *("max_output_tokens", "sampling", "user", "prompt_cache_key", "json_schema", "streams_only"),
)


@dataclass(frozen=True, slots=True)
class ResponsesDialect:
    """The quirks of one Responses endpoint. What is not explained here is explained at `ChatDialect`.

    `name`: the provider family, ending in `-responses`, since the same provider signs reasoning otherwise in chat.

    Messages:
    - `default_instructions`: sent where a request has no system text and the endpoint insists on some.
    - `mid_system`: a system message after the first other message becomes a message of that role at its place;
      `user` makes it user text.
    - `assistant_parts`: text of the assistant as `output_text` parts. Otherwise it is a plain string: OpenRouter takes
      such parts only with the id and status they once had (CherryHQ/cherry-studio#10477).
    - `tool_media`: a tool's output may be a list with images and files. Otherwise these follow as a user message.
    - `calls_last`: in a turn calls follow everything else, so that nothing stands between them and their outputs
      (fixtures fact 45: DeepSeek).
    - `call_id_limit`: characters of a call's id; longer ones are replaced (F7).

    Reasoning asked for:
    - `efforts`: the words for `reasoning.effort`, weakest first; none: it cannot be set.
    - `off_effort`: the word that says not to think. None: nothing is said.
    - `summary`: asked for when the client wants to see thinking. OpenAI refuses it to organisations that are not
      verified (OpenHands/software-agent-sdk#987); they set `none`.
    - `encrypted_reasoning`: reasoning is asked for in its encrypted form, to be sent back.

    Reasoning sent back:
    - `replay`: items with encrypted content (`encrypted`), also those in plain text (`text`), or `none`.
    - `replay_unsigned`: thinking of other models may go back as the provider's own text.
    - `replay_placeholder`: the text of an item for turns without reasoning, where the provider insists on some.
    - `reasoning_ids`: items are sent with their id, as OpenRouter's schema wants it. Otherwise without: nothing is
      stored, and OpenAI looks up what has an id: "Item with id 'rs_…' not found" (NousResearch/hermes-agent#10217).

    Size:
    - `output_limit`: whether `max_output_tokens` is understood; `min_output_tokens`: the format's own least.

    Tools the provider runs:
    - `web_search`: the type of its search tool; None: it has none. `search_exclusion`: the filter for blocked domains.
    - `code_interpreter`: whether code may be executed there.

    Fields:
    - `store`: whether `store: false` is understood; `top_k`: whether that is.
    """

    name: str = "openai-compatible-responses"

    default_instructions: str | None = None
    mid_system: Literal["user", "developer", "system"] = "user"
    assistant_parts: bool = False
    tool_media: bool = False
    calls_last: bool = False
    call_id_limit: int | None = 64
    images: bool = True
    documents: Literal["file", "none"] = "none"
    document_urls: bool = False

    efforts: tuple[str, ...] = ()
    off_effort: str | None = None
    summary: Literal["auto", "concise", "detailed", "none"] = "none"
    encrypted_reasoning: bool = False

    replay: Literal["encrypted", "text", "none"] = "encrypted"
    replay_unsigned: bool = False
    replay_placeholder: str | None = None
    reasoning_ids: bool = False

    output_limit: bool = True
    max_output_tokens: int | None = None
    min_output_tokens: int = 16

    tools: bool = True
    tools_limit: int | None = None
    tool_name_limit: int = 64
    tool_description_limit: int | None = None
    json_schema_uri: bool = True
    strict_tools: bool = False
    parallel_tool_calls: bool = True
    named_tool_choice: bool = True
    required_tool_choice: bool = True
    web_search: str | None = None
    search_exclusion: str | None = None
    code_interpreter: bool = False

    streams_only: bool = False
    store: bool = True
    top_k: bool = False
    sampling: bool = True
    user: bool = False
    prompt_cache_key: bool = False
    json_schema: Literal["json_schema", "json_object", "none"] = "json_schema"
    extra_body: Mapping[str, Any] = field(default_factory=dict)


def chat_rules(dialect: ResponsesDialect) -> ChatDialect:
    """The same provider as chat completions would see it, for what the formats have in common."""
    shared = {field: getattr(dialect, field) for field in SHARED}
    routed = dialect.web_search == "openrouter:web_search"
    return ChatDialect(
        **shared,
        reasoning_style="effort" if dialect.efforts else "none",
        efforts=dialect.efforts,
        web_search="server_tool" if routed else "none",
    )
