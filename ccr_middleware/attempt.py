"""One attempt at one target: the request that will be sent, and the reader for what comes back.

Converted anew from the pristine request each time, for the target's own wire format.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from .answer import Answer
from .anthropic.event_stream import EventStreamDecoder
from .anthropic.lane import forward_headers, lane_body
from .anthropic.native import to_native
from .anthropic.relay import RelayAnswer
from .anthropic.request import to_unified
from .anthropic.stream import MessageStream, StreamSettings
from .call import Call
from .counting import count_for_target
from .credentials.access import Access
from .errors import BadRequest
from .jsonio import dumps
from .pairing import pair_tools
from .routing.subagent import strip_tag
from .state import State
from .targets import NOWHERE, Target
from .transformers.base import TransformContext, UpstreamRequest
from .unified import Json, Part, UnifiedRequest
from .upstream import WireRequest
from .wire.answer import TranslatedAnswer
from .wire.chat.errors import error_from_chunk
from .wire.format import Built, WireFormat
from .wire.platforms import Platform

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
    call.losses = call.reading_losses.copy()
    body = call.body
    if len(call.raw) > 10_000 or SUBAGENT_TAG in call.raw:  # beyond that looking costs more than stripping
        body = strip_tag(body, is_subagent=call.facts.is_subagent)
    access = await _access(target, state)
    if target.format is None:
        attempt = _relay(call, target, body, access)
    else:
        if call.streaming:
            call.input_tokens = await count_for_target(call, state)
        try:
            attempt = _translate(call, target, target.format, body, access, state)
        except RecursionError:
            raise BadRequest("the request is nested too deeply") from None
    if call.strict and (dropped := call.losses.dropped()):
        lost = "; ".join(f"{loss.feature}: {loss.detail or 'cannot be carried'}" for loss in dropped)
        raise BadRequest(f"strict: {target.provider.name} would not get everything that was asked ({lost})")
    return attempt


async def _access(target: Target, state: State) -> Access:
    """The URL's place and the headers with the credential, which some platforms give out only for a while."""
    if target.vertex is None:
        return Access(target.headers, NOWHERE)
    provider = target.provider
    access = await state.vertex.get(
        provider.base_url, provider.api_key, target.vertex, key_is_token=provider.auth == "bearer"
    )
    return Access({**access.headers, **target.headers}, access.place)


def _relay(call: Call, target: Target, body: Json, access: Access) -> Attempt:
    """The Anthropic lane: the client's bytes, its `anthropic-*` headers, our credential."""
    if not call.client.relays:
        body = to_native(body, call.losses)
    provider, platform, edited = target.provider, target.platform, body is not call.body
    headers = {**forward_headers(call.headers, provider.allowed_betas), **access.headers}
    drop_fields, add_fields = provider.drop_fields, None
    if platform is not None:
        drop_fields, add_fields = _on_platform(platform, drop_fields, headers)
    raw = lane_body(
        call.raw,
        body,
        model=target.model if platform is None else None,
        drop_fields=drop_fields,
        add_fields=add_fields,
        edited=edited,
        losses=call.losses,
    )
    request = _wire_request(target, target.url(stream=call.streaming, place=access.place), headers, raw)
    answer = RelayAnswer(
        streaming=call.streaming,
        translated=not call.client.relays,
        unframe=EventStreamDecoder().feed if platform is not None and platform.event_stream else None,
    )
    return Attempt(target, request, answer)


def _on_platform(
    platform: Platform, drop_fields: tuple[str, ...], headers: dict[str, str]
) -> tuple[tuple[str, ...], Json]:
    """The fields of a Messages body that go and come on a platform. Takes out the headers that it has in the body."""
    add_fields: Json = {"anthropic_version": platform.anthropic_version}
    headers.pop("anthropic-version", None)
    if platform.betas_in_body and (betas := headers.pop("anthropic-beta", "")):
        add_fields["anthropic_beta"] = [beta.strip() for beta in betas.split(",")]
    return drop_fields if platform.keeps_stream else (*drop_fields, "stream"), add_fields


def _translate(call: Call, target: Target, form: WireFormat[Any], body: Json, access: Access, state: State) -> Attempt:
    """Through the pivot to the target's wire format."""
    session_id = call.session_id or None
    context = TransformContext(target.provider.name, target.model, call.losses, session_id, call.streaming)
    unified = to_unified(body, call.losses, session_id=session_id)
    unified["stream"] = call.streaming
    unified["messages"] = pair_tools(unified["messages"], call.losses)
    url = target.url(stream=call.streaming, place=access.place)
    request = UpstreamRequest(url, dict(access.headers), cast(Json, unified))
    for step in target.unified_steps:
        request = step.transform_request_in(request, context)
    unified = cast(UnifiedRequest, request.body)
    built = form.build(unified, target.model, target.dialect, call.losses, state.reasoning.get)
    request.body = built.body
    for step in target.wire_steps:
        request = step.transform_request_in(request, context)
    answer = TranslatedAnswer(
        form,
        MessageStream(_stream_settings(call, target, state, unified, built)),
        partial(
            error_from_chunk,
            provider=target.provider.name,
            model=target.model,
            mask=call.snapshot.mask,
            max_tokens=built.max_tokens,
        ),
        stop=tuple(unified.get("stop", ())),
        wire_steps=target.wire_steps[::-1],
        unified_steps=target.unified_steps[::-1],
        context=context,
    )
    wire = _wire_request(target, request.url, request.headers, dumps(request.body))
    return Attempt(target, wire, answer, built.max_tokens)


def _stream_settings(call: Call, target: Target, state: State, unified: UnifiedRequest, built: Built) -> StreamSettings:
    """What the writer of the answer is told. It holds nothing of the request's messages."""
    return StreamSettings(
        message_id=call.id.replace("req_", "msg_", 1),
        model=call.asked_model or target.model,
        # Not counted: only a provider that tells no usage makes this estimate seen.
        input_tokens=call.input_tokens or 1 + len(call.raw) // 4,
        new_tool_id=partial(state.new_id, "toolu_"),
        tool_name=built.tool_name,
        issuer=target.dialect.name,
        search_query=_search_query(unified),
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
