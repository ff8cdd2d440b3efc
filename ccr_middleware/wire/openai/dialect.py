"""What differs between providers in what chat completions and Responses have in common, as data.

A dialect is chosen by the host of the provider's URL, refined by the model's name, and every field may be set in
the configuration (`"dialect": {...}` of a provider). The defaults are the careful ones: a field an unknown
endpoint might refuse is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: The words for how much to think that OpenAI began with.
EFFORTS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class OpenAIDialect:
    """The quirks an endpoint has in either format.

    `name`: the provider family. It also signs the family's reasoning, so it is lower-case letters, digits, `-`, `_`.

    - `efforts`: the effort words taken, weakest first; others are moved to the nearest.
    - `max_output_tokens` (None: unknown, nothing is clamped), `min_output_tokens`.
    - `streams_only`: the endpoint has no JSON answers.

    Messages:
    - `images`: whether these are understood.
    - `documents`: `file` parts or `none`; `document_urls`: whether a file may be given by its URL.

    Tools:
    - `tools`: whether there are functions at all; `tools_limit`: how many.
    - `tool_name_limit`, `tool_description_limit`: characters.
    - `json_schema_uri`: whether a schema may say `$schema`.
    - `strict_tools`, `parallel_tool_calls`: whether these are understood.
    - `named_tool_choice`, `required_tool_choice`: False where a forced choice of that kind is refused.

    Fields:
    - `top_k`, `sampling` (temperature and top_p), `user`, `prompt_cache_key`: whether these are understood.
    - `json_schema`: structured output as `json_schema`, `json_object` (schema told in text) or `none` (text only).
    - `extra_body`: put into every body as it stands.
    """

    name: str = "openai-compatible"

    efforts: tuple[str, ...] = ()
    max_output_tokens: int | None = None
    min_output_tokens: int = 1
    streams_only: bool = False

    images: bool = True
    documents: Literal["file", "none"] = "none"
    document_urls: bool = False

    tools: bool = True
    tools_limit: int | None = None
    tool_name_limit: int = 64
    tool_description_limit: int | None = None
    json_schema_uri: bool = True
    strict_tools: bool = False
    parallel_tool_calls: bool = True
    named_tool_choice: bool = True
    required_tool_choice: bool = True

    top_k: bool = False
    sampling: bool = True
    user: bool = False
    prompt_cache_key: bool = False
    json_schema: Literal["json_schema", "json_object", "none"] = "json_schema"
    extra_body: Mapping[str, Any] = field(default_factory=dict)
