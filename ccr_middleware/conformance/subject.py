"""A transformer on a wire format, as the gateway would use it: one request through it, and readers of answers."""

from __future__ import annotations

import copy
from dataclasses import fields
from itertools import count
from typing import Any, NamedTuple, cast

from ..anthropic.request import to_unified
from ..anthropic.stream import MessageStream, StreamSettings
from ..errors import ConfigError
from ..losses import Losses
from ..pairing import pair_tools
from ..transformers.base import TransformContext, UpstreamRequest
from ..transformers.registry import AnyTransformer
from ..unified import Json, UnifiedRequest
from ..wire.answer import TranslatedAnswer
from ..wire.chat.errors import error_from_chunk
from ..wire.format import Endpoint, WireFormat, WireName, recall_nothing
from ..wire.formats import wire_format
from .relayed import RelayedAnswer

MODEL = "test-model"
BASE_URL = "https://provider.test/v1"


class Sent(NamedTuple):
    """A request before and after the transformer (the pivot or the provider's body, by its level), what it reported,
    and the provider's body in the end."""

    before: Json
    after: Json
    losses: Losses
    body: Json


class Subject:
    """The transformer that is checked. Raises ConfigError when the wire format cannot take it."""

    def __init__(self, transformer: AnyTransformer, wire: WireName) -> None:
        self.transformer = transformer
        self.wire: WireName = wire
        self.unified = transformer.level == "unified"
        if wire == "messages" and self.unified:
            raise ConfigError(f"conformance: {transformer.name} edits the pivot, which messages does not pass through")
        self._form: WireFormat[Any] | None = None if wire == "messages" else wire_format(wire)
        self._dialect = self._form and _dialect(self._form, transformer)

    def send(self, request: Json) -> Sent:
        """One request on its way to the provider. Raises what the transformer or the wire format raises."""
        pivot = self._pivot(request)
        before = cast(Json, pivot) if self.unified or self._form is None else self._build(pivot)
        kept, losses = copy.deepcopy(before), Losses()
        url = self._form.url(Endpoint(BASE_URL, MODEL, pivot["stream"])) if self._form else f"{BASE_URL}/messages"
        sent = self.transformer.transform_request_in(
            UpstreamRequest(url, {"content-type": "application/json"}, before), self._context(losses, pivot["stream"])
        )
        if not isinstance(sent, UpstreamRequest) or not isinstance(sent.body, dict):
            raise TypeError("transform_request_in must return the request, with a body that is an object")
        body = self._build(cast(UnifiedRequest, sent.body)) if self.unified else sent.body
        return Sent(kept, sent.body, losses, body)

    def new_answer(self, losses: Losses, *, bare: bool = False) -> TranslatedAnswer | RelayedAnswer:
        """A reader for one answer. `bare`: as if there was no transformer."""
        steps = () if bare else (self.transformer,)
        context = self._context(losses, True)
        if self._form is None:
            return RelayedAnswer(steps, context)
        return TranslatedAnswer(
            self._form,
            _new_message(),
            lambda error: error_from_chunk(error, provider="provider", model=MODEL),
            wire_steps=() if self.unified else steps,
            unified_steps=steps if self.unified else (),
            context=context,
        )

    def _pivot(self, request: Json) -> UnifiedRequest:
        if self._form is None:
            return cast(UnifiedRequest, {**request})
        pivot = to_unified(request, Losses(), session_id="session")
        pivot["messages"] = pair_tools(pivot["messages"], Losses())
        return pivot

    def _build(self, pivot: UnifiedRequest) -> Json:
        assert self._form is not None
        return self._form.build(pivot, MODEL, self._dialect, Losses(), recall_nothing).body

    def _context(self, losses: Losses, stream: bool) -> TransformContext:
        return TransformContext("provider", MODEL, losses, "session", stream)


def _dialect(form: WireFormat[Any], transformer: AnyTransformer) -> Any:
    """The dialect of an unknown provider, with what the transformer says of it."""
    known = {field.name for field in fields(form.dialect_for(BASE_URL, MODEL, {}, None))}
    told = {key: value for key, value in transformer.dialect.items() if form.name == "chat" or key in known}
    return form.dialect_for(BASE_URL, MODEL, told, None)


def _new_message() -> MessageStream:
    numbers = count(1)
    return MessageStream(
        StreamSettings(
            message_id="msg_conformance",
            model="claude-sonnet-4-5",
            input_tokens=7,
            new_tool_id=lambda: f"toolu_made_{next(numbers)}",
        )
    )
