"""What differs between providers that all say they speak the Responses format, as data, and who is known to differ.

What a provider or model does in chat completions too stands in the `chat` part of the catalogue and in
`wire.openai.model_families`; here is what is different or more. `owner/name#n` are public issue threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from ..model_rules import Fields, ModelRule, matching, rule
from ..openai.dialect import EFFORTS, OpenAIDialect
from ..openai.known import known_at, known_of_chat
from ..overrides import checked_overrides


@dataclass(frozen=True, slots=True)
class ResponsesDialect(OpenAIDialect):
    """The quirks of one Responses endpoint, besides those of any format of OpenAI's.

    `name`: the provider family, ending in `-responses`, since the same provider signs reasoning otherwise in chat.
    `efforts`: none means that it cannot be set. `min_output_tokens`: the format's own least.

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

    Tools the provider runs:
    - `web_search`: the type of its search tool; None: it has none. `search_exclusion`: the filter for blocked domains.
    - `code_interpreter`: whether code may be executed there.

    Fields:
    - `output_limit`: whether `max_output_tokens` is understood; `store`: whether `store: false` is.
    """

    name: str = "openai-compatible-responses"
    min_output_tokens: int = 16

    default_instructions: str | None = None
    mid_system: Literal["user", "developer", "system"] = "user"
    assistant_parts: bool = False
    tool_media: bool = False
    calls_last: bool = False
    call_id_limit: int | None = 64

    off_effort: str | None = None
    summary: Literal["auto", "concise", "detailed", "none"] = "none"
    encrypted_reasoning: bool = False

    replay: Literal["encrypted", "text", "none"] = "encrypted"
    replay_unsigned: bool = False
    replay_placeholder: str | None = None
    reasoning_ids: bool = False

    web_search: str | None = None
    search_exclusion: str | None = None
    code_interpreter: bool = False

    output_limit: bool = True
    store: bool = True


#: What is told of a provider's chat endpoint and holds for this one as well, word for word.
_SHARED = {field.name for field in fields(OpenAIDialect)} - {
    *("name", "efforts", "min_output_tokens", "top_k", "extra_body"),
}

#: Which efforts a model takes: anomalyco/opencode#26268 and anomalyco/models.dev#2296. A gpt-5 that searches the web
#: refuses `minimal`, see `reasoning`.
_MODEL_RULES: tuple[ModelRule, ...] = (
    rule(r"o[134](?:-|$)|gpt-5|gpt-[6-9]", summary="auto", encrypted_reasoning=True),
    rule(r"gpt-5(?:-mini|-nano)?(?:-2\d{3}|$)", off_effort="minimal"),
    rule(r"(?:gpt-5\.[1-9]|gpt-[6-9])(?!.*(?:codex|pro|chat))", off_effort="none"),
    rule(r"gpt-5-codex", efforts=("low", "medium", "high")),
    rule(r"gpt-5-pro", efforts=("high",)),
    rule(r"gpt-5\.\d-pro", efforts=("medium", "high", "xhigh")),
    # "Encrypted content is not supported with this model": these may not reason at all.
    rule(r"gpt-5(?:\.\d)?-chat", summary="none", encrypted_reasoning=False),
)


def dialect_for(
    base_url: str, model: str, overrides: Mapping[str, Any] | None = None, max_output_tokens: int | None = None
) -> ResponsesDialect:
    """The dialect of a model at a provider.

    What is known of its chat endpoint comes first, then what is known of the model's family, of the host, then
    `max_output_tokens` (the provider's setting), then `overrides` (the provider's `dialect`). Raises ConfigError for
    an override that is not a field or has the wrong type.
    """
    model = model.lower().removeprefix("openai.")  # Bedrock's way to write a vendor
    chat = known_of_chat(base_url, model)
    family = chat.get("name", OpenAIDialect().name)
    known = _from_chat(chat) | matching(_MODEL_RULES, model) | known_at(family, "responses", model)
    if max_output_tokens is not None:
        known["max_output_tokens"] = max_output_tokens
    known |= checked_overrides(ResponsesDialect, overrides or {})
    return replace(ResponsesDialect(name=f"{family}-responses"), **known)


def _from_chat(chat: Fields) -> Fields:
    """What holds for both of a provider's endpoints."""
    known = {field: value for field, value in chat.items() if field in _SHARED}
    if chat.get("min_output_tokens", 0) > ResponsesDialect().min_output_tokens:
        known["min_output_tokens"] = chat["min_output_tokens"]
    if chat.get("reasoning_style") == "effort":
        known["efforts"] = chat.get("efforts", EFFORTS)
    return known
