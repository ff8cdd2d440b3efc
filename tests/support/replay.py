"""Recorded answers as the next request sees them: through the translation, to the client, and back to a provider.

answered = answer_of(case)                          # the Anthropic message, and what the gateway remembers
asked = next_request(answered.message)              # what Claude Code sends next
body, losses = request_for(TARGETS["openai"], asked)
accept(TARGETS["openai"], body)                     # AssertionError for what that provider refuses
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.anthropic.relay import RelayAnswer
from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.anthropic.stream import MessageStream, StreamSettings
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.unified import Remembered
from ccr_middleware.wire.answer import TranslatedAnswer
from ccr_middleware.wire.format import Recall, WireFormat, WireName, recall_nothing
from ccr_middleware.wire.formats import wire_format
from ccr_middleware.wire.provider_errors import error_from_chunk

from . import recorded
from .strict_chat import check_body
from .strict_gemini import check_gemini_request
from .strict_responses import check_responses_request

Json = dict[str, Any]

#: The wire format of each recorded API.
FORMS: dict[str, WireName] = {
    "openai-chat": "chat",
    "openai-responses": "responses",
    "gemini": "gemini",
    "anthropic-messages": "messages",
}

#: Answers that end in an error the provider reports within them: there is nothing to go on from.
FAILED = {"openrouter/pai-stream-error", "groq/pai-tool-use-failed-error-streaming-1"}


class Target(NamedTuple):
    """A provider that can be asked next."""

    form: WireName
    base_url: str
    model: str

    @property
    def wire(self) -> WireFormat[Any]:
        return wire_format(self.form)

    @property
    def dialect(self) -> Any:
        return self.wire.dialect_for(self.base_url, self.model, {}, None)


TARGETS: dict[str, Target] = {
    "chat-openai": Target("chat", "https://api.openai.com/v1", "gpt-5.2"),
    "chat-unknown": Target("chat", "https://llm.example/v1", "some-model"),
    "chat-deepseek": Target("chat", "https://api.deepseek.com", "deepseek-v4-pro"),
    "chat-groq": Target("chat", "https://api.groq.com/openai/v1", "openai/gpt-oss-120b"),
    "chat-mistral": Target("chat", "https://api.mistral.ai/v1", "mistral-large-latest"),
    "chat-openrouter-claude": Target("chat", "https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6"),
    "chat-openrouter-glm": Target("chat", "https://openrouter.ai/api/v1", "z-ai/glm-5"),
    "chat-gemini": Target("chat", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-3-flash-preview"),
    "chat-vllm": Target("chat", "http://localhost:8000/v1", "qwen3"),
    "responses-openai": Target("responses", "https://api.openai.com/v1", "gpt-5.2"),
    "responses-codex": Target("responses", "https://chatgpt.com/backend-api/codex", "gpt-5.5"),
    "responses-deepseek": Target("responses", "https://api.deepseek.com", "deepseek-v4-flash"),
    "responses-openrouter": Target("responses", "https://openrouter.ai/api/v1", "openai/gpt-oss-20b"),
    "responses-xai": Target("responses", "https://api.x.ai/v1", "grok-4-fast-reasoning"),
    "responses-unknown": Target("responses", "https://llm.example/v1", "some-model"),
    "gemini-2.5": Target("gemini", "https://generativelanguage.googleapis.com", "gemini-2.5-pro"),
    "gemini-3": Target("gemini", "https://generativelanguage.googleapis.com", "gemini-3-flash-preview"),
    "vertex-3": Target("gemini", "https://aiplatform.googleapis.com", "gemini-3-flash-preview"),
}

#: Where the requests that were not recorded went, and those whose URL was left out.
_HOMES = {
    "alibaba": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "anthropic": "https://api.anthropic.com",
    "azure-openai": "https://example.openai.azure.com/openai/v1",
    "cerebras": "https://api.cerebras.ai/v1",
    "deepseek": "https://api.deepseek.com",
    "gemini": "https://generativelanguage.googleapis.com",
    "groq": "https://api.groq.com/openai/v1",
    "huggingface": "https://router.huggingface.co/v1",
    "lmstudio": "http://localhost:1234/v1",
    "mistral": "https://api.mistral.ai/v1",
    "openai": "https://api.openai.com/v1",
    "openai-codex": "https://chatgpt.com/backend-api/codex",
    "openai-compat-anthropic-fallback": "https://llm.example/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "perplexity": "https://api.perplexity.ai",
    "vercel-gateway": "https://ai-gateway.vercel.sh/v1",
    "xai": "https://api.x.ai/v1",
}


def home_of(case: recorded.Case) -> Target:
    """The provider and model that answered."""
    url = (case.request or {}).get("url")
    base_url = "{0.scheme}://{0.netloc}/v1".format(urlsplit(url)) if url else _HOMES[case.provider]
    return Target(FORMS[case.api], base_url, case.model or "some-model")


# -- an answer -----------------------------------------------------------------------------------------------


class Answered(NamedTuple):
    """The message the client has, what the gateway remembers of its reasoning, and the events it came in."""

    message: Json
    remembered: dict[str, Remembered]
    events: list[Json]

    def recall(self, key: str) -> Remembered | None:
        return self.remembered.get(key)


def answer_of(case: recorded.Case, *, searching: bool = False) -> Answered:
    """What a client gets of a recorded answer. `searching`: it had asked for a web search."""
    home = home_of(case)
    if home.form == "messages":
        events = _relayed(case)
        return Answered(fold(events), {}, events)
    numbers = count(1)
    settings = StreamSettings(
        message_id="msg_recorded",
        model=home.model,
        input_tokens=7,
        new_tool_id=lambda: f"toolu_made_{next(numbers)}",
        issuer=home.dialect.name,
        search_query="what was asked" if searching else None,
    )
    read_error = partial(error_from_chunk, provider=case.provider, model=home.model)
    answer = TranslatedAnswer(home.wire, MessageStream(settings), read_error)
    is_document = not case.is_stream and not case.body.startswith(b"[")
    events = (answer.whole if is_document else answer.feed)(case.body).events + answer.finish().events
    if answer.error is not None:
        raise answer.error
    return Answered(fold(events), dict(answer.outcome().remember), events)


def _relayed(case: recorded.Case) -> list[Json]:
    answer = RelayAnswer(streaming=False)
    if not case.is_stream:
        return unfold(case.json())
    return answer.feed(case.body).events + answer.finish().events


def answers(*forms: WireName, where: Callable[[Json], bool] | None = None) -> list[Any]:
    """Recorded answers as pytest parameters: all, or those of providers that speak these formats; `where`: those whose
    message is such."""
    params = [p for api, form in FORMS.items() if form in (forms or FORMS.values()) for p in _good(api)]
    return [p for p in params if where is None or p.values[0] is None or where(answer_of(p.values[0]).message)]


def has_calls(message: Json) -> bool:
    """Whether a message calls tools."""
    return any(block["type"] == "tool_use" for block in message["content"])


def _good(api: str) -> list[Any]:
    params = recorded.params(api=api, status=200)
    return [param for param in params if param.values[0] is None or param.values[0].name not in FAILED]


# -- the next request ----------------------------------------------------------------------------------------

PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aVZCT1J3MEtHZ28="}}
SYSTEM = [
    {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=12345;"},
    {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
]
ASKED = "Say it as it was recorded."
REMINDER = "<system-reminder>\nBe brief.\n</system-reminder>"


def result_text(number: int) -> str:
    """What the tool called as the one of this number (in its message) gave back."""
    return f"result {number} of the tool"


def next_request(*messages: Json, **more: Any) -> Json:
    """What Claude Code sends after these assistant messages, each given back as it came.

    Tools give their results (a text, a failure, a picture, in turn), followed by a reminder in the same message; an
    answer without calls is followed by what the user says.
    """
    conversation: list[Json] = [{"role": "user", "content": ASKED}]
    for message in messages:
        conversation += [given_back(message), {"role": "user", "content": _reply(message)}]
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 32_000,
        "system": SYSTEM,
        "messages": conversation,
        "tools": tools_for(messages),
        "thinking": {"type": "adaptive"},
        "metadata": {"user_id": json.dumps({"session_id": "s-1"})},
        "stream": True,
        **more,
    }


def given_back(message: Json) -> Json:
    """An answer as the client sends it again."""
    return {"role": "assistant", "content": json.loads(json.dumps(message["content"]))}


def _reply(message: Json) -> list[Json]:
    ids = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
    results = [_result(number, tool_id) for number, tool_id in enumerate(ids)]
    return [*results, {"type": "text", "text": REMINDER if results else "Go on."}]


def _result(number: int, tool_id: str) -> Json:
    result: Json = {"type": "tool_result", "tool_use_id": tool_id, "content": result_text(number)}
    if number % 3 == 1:
        return {**result, "is_error": True}
    if number % 3 == 2:
        return {**result, "content": [{"type": "text", "text": result_text(number)}, PICTURE]}
    return result


def tools_for(messages: Iterable[Json]) -> list[Json]:
    """The tools that were called, and one that was not."""
    names = {block["name"] for message in messages for block in message["content"] if block["type"] == "tool_use"}
    schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    return [{"name": name, "description": "A tool.", "input_schema": schema} for name in sorted(names | {"Read"})]


def request_for(target: Target, asked: Json, recall: Recall = recall_nothing) -> tuple[Json, Losses]:
    """The body a provider is sent, made as the gateway makes it, and what it will not know."""
    losses = Losses()
    unified = to_unified(asked, losses, session_id="s-1")
    unified["messages"] = pair_tools(unified["messages"], losses)
    built = target.wire.build(unified, target.model, target.dialect, losses, recall)
    return json.loads(json.dumps(built.body)), losses


# -- what a provider takes -----------------------------------------------------------------------------------

#: Fields of a chat body that its provider knows besides, and of an assistant message.
_CHAT_FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "openrouter": ({"reasoning", "top_k"}, {"reasoning_details"}),
    "vercel": ({"reasoning", "top_k"}, {"reasoning_details"}),
    "mistral": ({"prompt_mode", "random_seed"}, {"prefix"}),
    "snowflake": ({"reasoning"}, set()),
    "vllm": ({"top_k"}, set()),
    "zai": ({"tool_stream"}, set()),
}


def accept(target: Target, body: Json) -> None:
    """Refuse what a strict endpoint of that provider refuses."""
    if target.form == "gemini":
        check_gemini_request(body, target.model)
    elif target.form == "responses":
        dialect = target.dialect
        fields = {"top_k"} if dialect.top_k else set()
        check_responses_request(body, fields=fields, adjacent=dialect.calls_last, ids=dialect.reasoning_ids)
    else:
        _accept_chat(target, body)


def _accept_chat(target: Target, body: Json) -> None:
    dialect = target.dialect
    fields, message_fields = _CHAT_FIELDS.get(dialect.name, (set(), set()))
    style = {"thinking": {"thinking"}, "enable_thinking": {"enable_thinking", "thinking_budget"}}
    fields = fields | style.get(dialect.reasoning_style, set()) | set(dialect.extra_body)
    if dialect.replay_field not in (None, "thought_signature"):
        message_fields = message_fields | {dialect.replay_field}
    check_body(
        body,
        fields=fields,
        message_fields=message_fields,
        cache_control=dialect.cache_control,
        prefix=bool(dialect.prefill),
        max_stops=dialect.max_stops,
        server_tools={"openrouter:web_search"} if dialect.web_search == "server_tool" else None,
    )
