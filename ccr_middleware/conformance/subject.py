"""A transformer as the gateway would use it: one request through it, and readers of answers."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from ..losses import Losses
from ..targets import Target
from ..transformers.base import TransformContext, Transformer, UpstreamRequest
from ..transformers.registry import AnyTransformer, Entry, Registry
from ..translate.conversion import Conversion, convert
from ..translate.provider import snapshot_of
from ..unified import Json
from ..wire.answer import TranslatedAnswer
from ..wire.format import WireName, recall_nothing

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
    """The transformer that is checked, with a provider of which nothing is known but what it says itself.

    `wire`: the wire format, None: as the transformer says, else chat completions. Raises ConfigError when the two
    cannot be used together.
    """

    def __init__(self, transformer: AnyTransformer, wire: WireName | None) -> None:
        self.unified = transformer.level == "unified"
        self._transformer = transformer
        self._target = _target(transformer, wire)
        self._bare = replace(self._target, unified_steps=(), wire_steps=())

    @property
    def wire(self) -> WireName:
        """The wire format."""
        return self._target.format.name if self._target.format else "messages"

    def send(self, request: Json) -> Sent:
        """One request on its way to the provider. Raises what the transformer or the wire format raises."""
        watched, stream = _Watched(self._transformer), request.get("stream") is True
        bare, steps = self._bare, (watched,)
        target = replace(bare, unified_steps=steps) if self.unified else replace(bare, wire_steps=steps)
        context, url = _context(Losses(), stream), target.url(stream=stream)
        sent = convert(request, target, context, url=url, headers=target.headers, recall=recall_nothing)
        return Sent(watched.before, watched.after, watched.losses, sent.request.body)

    def new_answer(self, losses: Losses, *, bare: bool = False) -> TranslatedAnswer:
        """A reader for one answer. `bare`: as if there was no transformer."""
        numbers = count(1)
        return Conversion(
            target=self._bare if bare else self._target,
            context=_context(losses, stream=True),
            request=UpstreamRequest("", {}, {}),
            tool_name=str,
            stop=(),
            search_query=None,
            max_tokens=None,
        ).open_answer(
            message_id="msg_conformance",
            model="claude-sonnet-4-5",
            input_tokens=7,
            new_id=lambda prefix: f"{prefix}made_{next(numbers)}",
        )


class _Watched(Transformer[Any]):
    """A step that does what the transformer does, and keeps how the request was before and after it."""

    def __init__(self, inner: AnyTransformer) -> None:
        super().__init__(inner.options)
        self.before: Json = {}
        self.after: Json = {}
        self.losses = Losses()
        self._inner = inner

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """The request as the transformer leaves it."""
        self.before = copy.deepcopy(request.body)
        sent = self._inner.transform_request_in(request, _context(self.losses, context.stream))
        if not isinstance(sent, UpstreamRequest) or not isinstance(sent.body, dict):
            raise TypeError("transform_request_in must return the request, with a body that is an object")
        self.after = sent.body
        return sent


class _Made(Entry):
    """A registry's entry for a transformer that is made already."""

    def __init__(self, transformer: AnyTransformer) -> None:
        super().__init__(transformer.name, type(transformer))
        self._transformer = transformer

    def make(self, name: str, options: dict[str, Any], place: str) -> AnyTransformer:
        """It, whatever the options."""
        return self._transformer


def _target(transformer: AnyTransformer, wire: WireName | None) -> Target:
    registry = Registry()
    registry.add(_Made(transformer))
    snapshot = snapshot_of(
        [(transformer.name, {})], registry, name="provider", base_url=BASE_URL, wire=wire, models=(MODEL,)
    )
    return snapshot.target("provider", MODEL)


def _context(losses: Losses, stream: bool) -> TransformContext:
    return TransformContext("provider", MODEL, losses, "session", stream)
