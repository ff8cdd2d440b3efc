"""What a wire format consists of: how a request is written, and how an answer is read. No I/O.

Each format is a folder with a module `format` that holds its `WireFormat`; `wire.formats` finds them by name.
An answer is read in two steps: a `Decoder` turns bytes into the provider's chunks, a `Reader` turns those into unified
chunks of one form. A whole JSON answer takes the same way as one big chunk, so a folded stream equals it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from ..errors import GatewayError
from ..losses import Losses
from ..transformers.base import WireName as WireName
from ..unified import Json, Remembered, UnifiedChunk, UnifiedRequest

#: What is remembered of the reasoning before a tool call, by the call's id.
Recall = Callable[[str], Remembered | None]

#: Makes an error of the object a provider reports inside an answer.
ReadError = Callable[[Any], GatewayError]

DialectT = TypeVar("DialectT", bound="Dialect")


def recall_nothing(tool_call_id: str) -> Remembered | None:
    """For a gateway without a memory."""
    return None


class Dialect(Protocol):
    """What every dialect tells. `name` says who signed a piece of reasoning: lower-case letters, digits, `-`, `_`."""

    @property
    def name(self) -> str:
        """The provider family."""


class Built(NamedTuple):
    """A request's body; what turns the tool names of its answer back into the client's; the limit that was asked for
    (for the texts of errors)."""

    body: Json
    tool_name: Callable[[str], str] = str
    max_tokens: int | None = None


class Decoder(Protocol):
    """Bytes → chunks, as the provider wrote them, cut anywhere.

    `done`: the provider said that nothing follows. `malformed`: how many events could not be read and were skipped.
    `cut`: after `finish`, whether the stream lacks an end that it must have; one of events need not have any.
    `feed` raises ValueError when it is no stream at all or an event grows beyond all limits.
    """

    done: bool
    malformed: int

    @property
    def cut(self) -> bool:
        """Whether it is certain that something is missing."""

    def feed(self, data: bytes) -> list[Json]:
        """The chunks completed by these bytes."""

    def finish(self) -> list[Json]:
        """The stream has ended; what lacks only its end still counts."""


class Reader(Protocol):
    """Chunks → unified chunks."""

    def feed(self, chunk: Json) -> list[UnifiedChunk]:
        """What one chunk says, possibly nothing."""

    def finish(self) -> list[UnifiedChunk]:
        """What was held back."""

    def read_whole(self, document: Json) -> list[UnifiedChunk]:
        """What a JSON answer says."""


class Endpoint(NamedTuple):
    """What a URL is made of: the provider's base URL, the model's name there, whether a stream is asked for."""

    base_url: str
    model: str
    stream: bool


@dataclass(frozen=True, slots=True)
class WireFormat(Generic[DialectT]):
    """One wire format.

    - `url`: where to post. Never raises: a text that is no URL fails when it is used.
    - `dialect_for(base_url, model, overrides, max_output_tokens)`: how this provider and model speak it. Raises
      `ConfigError` for an override that is no field or has the wrong type.
    - `build(request, model, dialect, losses, recall)`: the body. The request is not changed.
    - `new_decoder()`, `new_reader(read_error, stop)`: `stop` are the stop sequences that were asked for.
    - `streams_arrays`: a body that begins with `[` is a stream of chunks, not a document.
    - `auth`: how the key is sent unless configured otherwise: `bearer` or a header's name.
    """

    name: WireName
    url: Callable[[Endpoint], str]
    dialect_for: Callable[[str, str, Mapping[str, Any], int | None], DialectT]
    build: Callable[[UnifiedRequest, str, DialectT, Losses, Recall], Built]
    new_decoder: Callable[[], Decoder]
    new_reader: Callable[[ReadError, tuple[str, ...]], Reader]
    streams_arrays: bool = False
    auth: str = "bearer"
