"""A transformer: edits for one provider, between the pivot and the wire. No I/O, no state between calls.

A request passes the transformers of the provider in their order, then those of the model; an answer passes them in
exactly the opposite order. `level` says which body a transformer sees: `unified` ones see the pivot before the wire
format builds the provider's body, `wire` ones see that body (and may add what the wire format does not know).
One instance serves all calls at once, so it must not keep anything of a call on itself: per-answer state belongs in
the stage that `open_response_stream` returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from ..losses import Losses

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


class Stage(Protocol[In, Out]):
    """An incremental step: `feed` one piece in, get pieces out; `finish` when nothing follows. Holds no resource."""

    def feed(self, piece: In) -> Iterable[Out]:
        """Take one piece."""

    def finish(self) -> Iterable[Out]:
        """Nothing follows: give what was held back."""


@dataclass(slots=True)
class UpstreamRequest:
    """What will be sent. `headers` with lower-case names. `body` is the pivot at level `unified`, the provider's body
    at level `wire`."""

    url: str
    headers: dict[str, str]
    body: dict[str, Any]


class TransformContext(NamedTuple):
    """What a transformer may know of the call: the target, the session, and where to report losses."""

    provider: str
    model: str
    losses: Losses
    session_id: str | None = None
    stream: bool = False


class NoOptions(BaseModel):
    """A transformer that takes no options says so when given some."""

    model_config = ConfigDict(extra="forbid")


OptionsT = TypeVar("OptionsT", bound=BaseModel)


class Transformer(Generic[OptionsT]):
    """Base of all transformers; every method is an identity.

    `Options` is a pydantic model; what the configuration gives is validated on load. `name` is matched in any case,
    as are `aliases`. Two facts may be told instead of coded: `wire`, the wire format a provider speaks that uses
    this transformer, and `dialect`, fields of the chat dialect it implies.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    wire: ClassVar[Literal["chat", "messages"] | None] = None
    dialect: ClassVar[Mapping[str, Any]] = {}
    level: ClassVar[Literal["unified", "wire"]] = "wire"
    Options: ClassVar[type[BaseModel]] = NoOptions

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Edit the request; the value given may be changed and returned."""
        return request

    def transform_response_out(self, body: dict[str, Any], context: TransformContext) -> dict[str, Any]:
        """Edit a whole answer: the provider's body at level `wire`, one unified chunk at level `unified`."""
        return body

    def open_response_stream(self, context: TransformContext) -> Stage[dict[str, Any], dict[str, Any]] | None:
        """A stage for the chunks of one streamed answer; None: they pass as they are."""
        return None
