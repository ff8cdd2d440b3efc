"""A Messages request made ready for one target, and the reader of its answer: what the gateway does for every attempt.

Two lanes: a target that speaks Anthropic gets the body nearly as it is (`relay`), any other gets it in its own wire
format (`convert`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

from ..anthropic.event_stream import EventStreamDecoder
from ..anthropic.lane import forward_headers, lane_body
from ..anthropic.native import to_native
from ..anthropic.relay import RelayAnswer
from ..anthropic.request import to_unified
from ..anthropic.stream import MessageStream, StreamSettings
from ..errors import BadRequest
from ..losses import Losses
from ..pairing import pair_tools
from ..targets import Target
from ..transformers.base import TransformContext, UpstreamRequest
from ..unified import Json, Part, UnifiedRequest
from ..wire.answer import TranslatedAnswer
from ..wire.format import Recall, WireFormat
from ..wire.platforms import Platform
from ..wire.provider_errors import error_from_chunk


class Conversion(NamedTuple):
    """A request in a target's wire format, and what of it the reader of the answer must know; none of its messages.

    `tool_name` turns the names of tools back into the client's. `stop`: the stop sequences. `search_query`: what a
    request for a web search searches for. `max_tokens`: the limit that is asked of the provider.
    """

    target: Target
    context: TransformContext
    request: UpstreamRequest
    tool_name: Callable[[str], str]
    stop: tuple[str, ...]
    search_query: str | None
    max_tokens: int | None

    def open_answer(
        self,
        *,
        message_id: str,
        model: str,
        input_tokens: int,
        new_id: Callable[[str], str],
        mask: Callable[[str], str] = str,
    ) -> TranslatedAnswer:
        """The reader of one answer.

        `model`: as the client asked for it. `input_tokens` is shown until the provider tells the number. `mask` hides
        keys in the texts of errors.
        """
        target = self.target
        settings = StreamSettings(
            message_id=message_id,
            model=model,
            input_tokens=input_tokens,
            new_tool_id=partial(new_id, "toolu_"),
            tool_name=self.tool_name,
            issuer=target.dialect.name,
            search_query=self.search_query,
        )
        read_error = partial(
            error_from_chunk,
            provider=target.provider.name,
            model=target.model,
            mask=mask,
            max_tokens=self.max_tokens,
        )
        return TranslatedAnswer(
            cast("WireFormat[Any]", target.format),
            MessageStream(settings),
            read_error,
            stop=self.stop,
            wire_steps=target.wire_steps[::-1],
            unified_steps=target.unified_steps[::-1],
            context=self.context,
        )


def convert(
    body: Json, target: Target, context: TransformContext, *, url: str, headers: Mapping[str, str], recall: Recall
) -> Conversion:
    """Through the pivot and the target's transformers to its wire format. The body is not changed.

    `context` says whether a stream is wanted, and its `losses` are told what could not be carried. Raises BadRequest
    naming the place.
    """
    try:
        return _convert(body, target, context, UpstreamRequest(url, dict(headers), {}), recall)
    except RecursionError:
        raise BadRequest("the request is nested too deeply") from None


def _convert(
    body: Json, target: Target, context: TransformContext, request: UpstreamRequest, recall: Recall
) -> Conversion:
    assert target.format is not None
    losses = context.losses
    unified = to_unified(body, losses, session_id=context.session_id)
    unified["stream"] = context.stream
    unified["messages"] = pair_tools(unified["messages"], losses)
    request.body = cast(Json, unified)
    for step in target.unified_steps:
        request = step.transform_request_in(request, context)
    unified = cast(UnifiedRequest, request.body)
    built = target.format.build(unified, target.model, target.dialect, losses, recall)
    request.body = built.body
    for step in target.wire_steps:
        request = step.transform_request_in(request, context)
    return Conversion(
        target=target,
        context=context,
        request=request,
        tool_name=built.tool_name,
        stop=tuple(unified.get("stop", ())),
        search_query=_search_query(unified),
        max_tokens=built.max_tokens,
    )


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


# -- targets that speak Anthropic ----------------------------------------------------------------------------


class Relayed(NamedTuple):
    """What an Anthropic-speaking target is sent."""

    headers: dict[str, str]
    body: bytes


def relay(
    raw: bytes,
    body: Json,
    target: Target,
    *,
    edited: bool,
    native: bool,
    client_headers: Mapping[str, str],
    headers: Mapping[str, str],
    losses: Losses,
) -> Relayed:
    """The client's bytes with the model replaced, its `anthropic-*` headers, and `headers` with our credential.

    `raw` is what the client sent, `body` the same parsed, `edited` when it was changed since. `native`: the client
    speaks Anthropic itself; what was made of another format is brought into the order that Anthropic wants.
    """
    if not native:
        body, edited = to_native(body, target.model, losses), True
    provider, platform = target.provider, target.platform
    sent = {**forward_headers(client_headers, provider.allowed_betas), **headers}
    drop_fields, add_fields = provider.drop_fields, None
    if platform is not None:
        drop_fields, add_fields = _on_platform(platform, drop_fields, sent)
    model = target.model if platform is None else None
    data = lane_body(
        raw,
        body,
        model=model,
        drop_fields=drop_fields,
        add_fields=add_fields,
        edited=edited,
        is_claude=target.is_claude,
        losses=losses,
    )
    return Relayed(sent, data)


def _on_platform(
    platform: Platform, drop_fields: tuple[str, ...], headers: dict[str, str]
) -> tuple[tuple[str, ...], Json]:
    """The fields of a Messages body that go and come on a platform. Takes out the headers that it has in the body."""
    add_fields: Json = {"anthropic_version": platform.anthropic_version}
    headers.pop("anthropic-version", None)
    if platform.betas_in_body and (betas := headers.pop("anthropic-beta", "")):
        add_fields["anthropic_beta"] = [beta.strip() for beta in betas.split(",")]
    return drop_fields if platform.keeps_stream else (*drop_fields, "stream"), add_fields


def open_relay(target: Target, *, streaming: bool, native: bool, name: str = "") -> RelayAnswer:
    """The reader of an answer that passes. `streaming`: what the client asked for; `native`: it speaks Anthropic;
    `name`: the model that the answer shall name instead of the provider's."""
    framed = target.platform is not None and target.platform.event_stream
    unframe = EventStreamDecoder().feed if framed else None
    return RelayAnswer(streaming=streaming, translated=not native, unframe=unframe, name=name)
