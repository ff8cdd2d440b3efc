"""The pivot: the shapes every wire format is converted to and from.

They look like OpenAI chat completions, extended so that nothing an Anthropic client says is lost on the way. They
are plain dicts (TypedDicts): a pivot object is built once, read once and thrown away, and a custom transformer
may put whatever its provider wants on it. Nothing here is sent as it stands: each wire format builds its body from
a white list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from .errors import GatewayError

Json = dict[str, Any]


class TextPart(TypedDict):
    """A piece of text. Never empty."""

    type: Literal["text"]
    text: str
    cache_control: NotRequired[Json]


class ImageURL(TypedDict):
    """`url` is http(s) or a `data:` URL holding base64."""

    url: str


class ImagePart(TypedDict):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageURL
    cache_control: NotRequired[Json]


class DocumentPart(TypedDict):
    """A binary document (PDF). `url` is http(s) or a `data:` URL. Text documents are text parts already."""

    type: Literal["document"]
    url: str
    media_type: str
    title: NotRequired[str]
    cache_control: NotRequired[Json]


Part = TextPart | ImagePart | DocumentPart


class ThinkingBlock(TypedDict):
    """Reasoning of the model. `redacted` holds what only its issuer can read; `issuer` is who signed (`""`: nobody,
    `anthropic`: a genuine signature, otherwise the provider family recorded in our own signature)."""

    text: str
    signature: NotRequired[str]
    redacted: NotRequired[str]
    issuer: NotRequired[str]


class FunctionCall(TypedDict):
    """`arguments` is JSON text."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A call made by the model."""

    id: str
    type: Literal["function"]
    function: FunctionCall


#: What an item of an assistant message is, in `UnifiedMessage.order`.
Item = Literal["thinking", "content", "call"]

#: How the items of an assistant message follow each other when nothing else is said.
PLAIN_ORDER: tuple[Item, ...] = ("thinking", "content", "call")


class UnifiedMessage(TypedDict):
    """One message. `content` is a string, or parts, or None (an assistant turn of calls only).

    Role `tool` answers `tool_call_id`; `is_error` marks a failed tool. `thinking` belongs to role `assistant`.
    `order` tells how thinking blocks, content parts and calls followed each other, one entry each; without it all
    thinking came first and all calls last.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[Part] | None
    tool_calls: NotRequired[list[ToolCall]]
    tool_call_id: NotRequired[str]
    is_error: NotRequired[bool]
    thinking: NotRequired[list[ThinkingBlock]]
    order: NotRequired[list[Item]]


def parts_of(content: str | list[Part] | None) -> list[Part]:
    """A message's content as parts."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content or []


def in_order(message: UnifiedMessage) -> Iterator[tuple[Item, Any]]:
    """What an assistant message holds, each with its kind, as it was made: thinking blocks, parts, calls. What `order`
    does not name comes last."""
    left: dict[Item, Iterable[Any]] = {
        "thinking": iter(message.get("thinking", ())),
        "content": iter(parts_of(message["content"])),
        "call": iter(message.get("tool_calls", ())),
    }
    for kind in message.get("order", ()):
        yield from ((kind, value) for value in islice(left[kind], 1))
    for kind in PLAIN_ORDER:
        yield from ((kind, value) for value in left[kind])


class Remembered(NamedTuple):
    """The reasoning before a tool call, as the gateway remembers it by the call's id: its text, and what its issuer
    signed it with (`issuer` as in `ThinkingBlock`)."""

    text: str
    signature: str = ""
    issuer: str = ""


class FunctionSpec(TypedDict):
    """A function offered to the model. `parameters` is always a JSON schema of type object."""

    name: str
    description: NotRequired[str]
    parameters: Json
    strict: NotRequired[bool]


class UnifiedTool(TypedDict):
    """A client tool. Server tools are in `UnifiedRequest.server_tools`, never here."""

    type: Literal["function"]
    function: FunctionSpec
    cache_control: NotRequired[Json]


class NamedToolChoice(TypedDict):
    """Forces one tool."""

    type: Literal["function"]
    function: dict[str, str]


class Reasoning(TypedDict):
    """What the client wants of thinking. `enabled` False: thinking is to be off. `effort`: low|medium|high|xhigh|max.
    `max_tokens`: the budget in tokens. All absent: leave it to the provider."""

    enabled: NotRequired[bool]
    effort: NotRequired[str]
    max_tokens: NotRequired[int]


class ResponseFormat(TypedDict):
    """The answer must be JSON of this schema."""

    type: Literal["json_schema"]
    name: str
    schema: Json


class UnifiedRequest(TypedDict):
    """A whole request. `server_tools` holds tools the provider would have to run itself, as the client sent them.
    `repetition_penalty` no client can say; transformers may."""

    model: str
    messages: list[UnifiedMessage]
    stream: bool
    max_tokens: NotRequired[int]
    temperature: NotRequired[float]
    top_p: NotRequired[float]
    top_k: NotRequired[int]
    repetition_penalty: NotRequired[float]
    stop: NotRequired[list[str]]
    tools: NotRequired[list[UnifiedTool]]
    server_tools: NotRequired[list[Json]]
    tool_choice: NotRequired[Literal["auto", "none", "required"] | NamedToolChoice]
    parallel_tool_calls: NotRequired[bool]
    reasoning: NotRequired[Reasoning]
    response_format: NotRequired[ResponseFormat]
    user: NotRequired[str]
    session_id: NotRequired[str]
    service_tier: NotRequired[str]


class UnifiedChunk(TypedDict, total=False):
    """One piece of an answer, normalised: whatever the provider's spelling was, it is here in one form.

    Keys are present only when they say something. A whole (non-streamed) answer is one chunk with everything in it.

    - `text`: answer text.
    - `thinking`: reasoning text; `signature`: its signature, which closes the thinking block; `redacted`: an
      opaque block.
    - `tool_calls`: deltas in the provider's order; see `ToolDelta`.
    - `refusal`: text of a refusal (shown as text, and decides the stop reason).
    - `annotations`: web citations.
    - `finish`: the provider's finish reason, raw, lower case; it may come more than once.
    - `stop_sequence`: the stop sequence that matched, where a provider tells.
    - `usage`: the running total so far; the last one counts.
    - `id`, `model`: what the provider calls this answer.
    - `error`: the provider reports a failure inside its answer. Nothing after it counts.
    """

    id: str
    model: str
    text: str
    thinking: str
    signature: str
    redacted: str
    tool_calls: list[ToolDelta]
    refusal: str
    annotations: list[Annotation]
    finish: str
    stop_sequence: str
    usage: Usage
    error: GatewayError


class ToolDelta(TypedDict, total=False):
    """A piece of a tool call: any of the keys may be missing. `arguments` is JSON text, possibly partial."""

    index: int
    id: str
    name: str
    arguments: str


class Annotation(TypedDict):
    """A web source of the answer."""

    url: str
    title: str
    text: NotRequired[str]


class Usage(TypedDict, total=False):
    """Token counts with Anthropic's meaning: `input` without cache reads and writes, `output` with reasoning."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    web_searches: int


#: One event of an Anthropic stream, e.g. `{"type": "content_block_delta", "index": 0, "delta": {...}}`.
Event = Json
