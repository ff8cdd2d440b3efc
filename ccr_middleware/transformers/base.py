"""A transformer: edits for one provider, between the pivot and the wire. No I/O, no state between calls.

A request passes the transformers of the provider in their order, then those of the model; an answer passes them in
exactly the opposite order. `level` says which body a transformer sees: `unified` ones see the pivot before the wire
format builds the provider's body, `wire` ones see that body (and may add what the wire format does not know).
One instance serves all calls at once, so it must not keep anything of a call on itself: per-answer state belongs in
the stage that `open_response_stream` returns.

A whole answer is, at level `unified`, a stream of one or a few large chunks and passes the same stage, so that it
equals the folded stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from ..losses import Losses

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)

#: The wire formats a provider can speak.
WireName = Literal["chat", "messages", "responses", "gemini"]

#: Where a wire format may be served with other URLs and credentials than its own.
Platform = Literal["vertex"]

#: Which body a transformer sees.
Level = Literal["unified", "wire"]


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
    """Base of all options, and what a transformer has that takes none: it says so when given some.

    A name of several words may be written in snake case or camel case, as everywhere in the configuration.
    """

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, to_camel(name))),
    )


OptionsT = TypeVar("OptionsT", bound=BaseModel)


class Transformer(Generic[OptionsT]):
    """Base of all transformers; every method is an identity.

    `Options` is a pydantic model; what the configuration gives is validated on load. `name` is matched in any case,
    as are `aliases`. Three facts may be told instead of coded: `wire`, the wire format a provider speaks that uses
    this transformer; `platform`, where that format is served; and `dialect`, fields of the dialect it implies, which
    may depend on the options. A dialect of another wire format than chat takes those fields that it has as well.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    wire: ClassVar[WireName | None] = None
    platform: ClassVar[Platform | None] = None
    level: ClassVar[Level] = "wire"
    Options: ClassVar[type[BaseModel]] = NoOptions
    dialect: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Edit the request; the value given may be changed and returned."""
        return request

    def transform_response_out(self, body: dict[str, Any], context: TransformContext) -> dict[str, Any]:
        """Edit a whole answer as the provider wrote it. Only asked at level `wire`; at level `unified` a whole answer
        passes the stage of `open_response_stream`."""
        return body

    def open_response_stream(self, context: TransformContext) -> Stage[dict[str, Any], dict[str, Any]] | None:
        """A stage for the chunks of one answer: the provider's at level `wire`, unified ones at level `unified`. None:
        they pass as they are."""
        return None
