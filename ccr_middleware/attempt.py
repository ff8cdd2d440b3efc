"""One attempt at one target: the request that will be sent, and the reader for what comes back.

Converted anew from the pristine request each time, for the target's own wire format.
"""

from __future__ import annotations

from functools import partial
from typing import cast

from .answer import Answer
from .anthropic.lane import forward_headers, lane_body
from .anthropic.relay import RelayAnswer
from .anthropic.request import to_unified
from .anthropic.stream import MessageStream, StreamSettings
from .call import Call
from .errors import BadRequest
from .jsonio import dumps
from .losses import Losses
from .pairing import pair_tools
from .routing.subagent import strip_tag
from .state import State
from .targets import Target
from .transformers.base import TransformContext, UpstreamRequest
from .unified import Json, Part, UnifiedRequest
from .upstream import WireRequest
from .wire.chat.answer import ChatAnswer
from .wire.chat.errors import error_from_chunk
from .wire.chat.request import build_chat_body
from .wire.chat.tool_names import ToolNames

#: Searched for in the raw bytes of a small request; JSON has no need to escape any of it.
SUBAGENT_TAG = b"CCR-SUBAGENT-MODEL"


class Attempt:
    """A target, the request for it and the reader of its answer. The request can be taken once, then it is let go.

    `max_tokens` is what was asked of the provider, for the texts of its errors.
    """

    __slots__ = ("_request", "answer", "max_tokens", "target")

    def __init__(self, target: Target, request: WireRequest, answer: Answer, max_tokens: int | None = None) -> None:
        self.target = target
        self.answer = answer
        self.max_tokens = max_tokens
        self._request: WireRequest | None = request

    def take_request(self) -> WireRequest:
        """The request, given away so that its body does not live as long as the answer."""
        request, self._request = self._request, None
        assert request is not None
        return request


async def prepare(call: Call, state: State) -> Attempt:
    """Build the attempt for the call's decision. Raises `BadRequest` when `strict` forbids what would be lost."""
    decision = call.decision
    assert decision is not None
    target = call.snapshot.target(decision.provider, decision.model)
    call.losses = Losses()
    body = call.body
    if len(call.raw) > 10_000 or SUBAGENT_TAG in call.raw:  # beyond that looking costs more than stripping
        body = strip_tag(body, is_subagent=call.facts.is_subagent)
    if target.wire == "messages":
        attempt = _relay(call, target, body)
    else:
        if call.streaming and call.input_tokens is None:
            call.input_tokens = await state.counter.count(call.body)
        try:
            attempt = _translate(call, target, body, state)
        except RecursionError:
            raise BadRequest("the request is nested too deeply") from None
    if call.strict and (dropped := call.losses.dropped()):
        lost = "; ".join(f"{loss.feature}: {loss.detail or 'cannot be carried'}" for loss in dropped)
        raise BadRequest(f"strict: {target.provider.name} would not get everything that was asked ({lost})")
    return attempt


def _relay(call: Call, target: Target, body: Json) -> Attempt:
    """The Anthropic lane: the client's bytes, its `anthropic-*` headers, our credential."""
    provider, edited = target.provider, body is not call.body
    raw = lane_body(
        call.raw, body, model=target.model, drop_fields=provider.drop_fields, edited=edited, losses=call.losses
    )
    headers = {**forward_headers(call.headers, provider.allowed_betas), **target.headers}
    return Attempt(target, _wire_request(target, target.url, headers, raw), RelayAnswer(streaming=call.streaming))


def _translate(call: Call, target: Target, body: Json, state: State) -> Attempt:
    """Through the pivot to chat completions."""
    session_id = call.session_id or None
    context = TransformContext(target.provider.name, target.model, call.losses, session_id, call.streaming)
    unified = to_unified(body, call.losses, session_id=session_id)
    unified["stream"] = call.streaming
    unified["messages"] = pair_tools(unified["messages"], call.losses)
    request = UpstreamRequest(target.url, dict(target.headers), cast(Json, unified))
    for step in target.unified_steps:
        request = step.transform_request_in(request, context)
    unified = cast(UnifiedRequest, request.body)
    built = build_chat_body(unified, target.model, target.dialect, call.losses, recall=state.reasoning.get)
    request.body = built.body
    for step in target.wire_steps:
        request = step.transform_request_in(request, context)
    max_tokens = request.body.get(target.dialect.max_tokens_field)
    answer = _reader(call, target, state, unified, built.tool_names, context, max_tokens)
    wire = _wire_request(target, request.url, request.headers, dumps(request.body))
    return Attempt(target, wire, answer, max_tokens)


def _reader(
    call: Call,
    target: Target,
    state: State,
    unified: UnifiedRequest,
    names: ToolNames,
    context: TransformContext,
    max_tokens: int | None,
) -> ChatAnswer:
    """What reads the answer to that request. It holds nothing of the request's messages."""
    settings = StreamSettings(
        message_id=call.id.replace("req_", "msg_", 1),
        model=call.asked_model or target.model,
        # Not counted: only a provider that tells no usage makes this estimate seen.
        input_tokens=call.input_tokens or 1 + len(call.raw) // 4,
        new_tool_id=partial(state.new_id, "toolu_"),
        tool_name=names.from_wire,
        issuer=target.dialect.name,
        search_query=_search_query(unified),
    )
    read_chunk_error = partial(
        error_from_chunk,
        provider=target.provider.name,
        model=target.model,
        mask=call.snapshot.mask,
        max_tokens=max_tokens,
    )
    return ChatAnswer(
        MessageStream(settings),
        read_chunk_error,
        stop=tuple(unified.get("stop", ())),
        wire_steps=target.wire_steps[::-1],
        unified_steps=target.unified_steps[::-1],
        context=context,
    )


def _wire_request(target: Target, url: str, headers: dict[str, str], body: bytes) -> WireRequest:
    return WireRequest(url, headers, body, connect_timeout_seconds=target.timeouts.connect_seconds)


def _search_query(request: UnifiedRequest) -> str | None:
    """What a web search request searches for: the last thing the user said (client report, section 4)."""
    tools = request.get("server_tools", ())
    if not any(str(tool.get("type", "")).startswith("web_search") for tool in tools):
        return None
    said = (message["content"] for message in reversed(request["messages"]) if message["role"] == "user")
    return _text_of(next(said, None)).rpartition("query:")[2].strip()


def _text_of(content: str | list[Part] | None) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content or () if part["type"] == "text")
