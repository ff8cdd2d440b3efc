"""Transformers that break one promise each, for tests of the conformance check."""

import random
from typing import Any, ClassVar

from ccr_middleware.transformers.base import Level, NoOptions, Stage, TransformContext, Transformer, UpstreamRequest

Json = dict[str, Any]


class Spoilt(Transformer[NoOptions]):
    """What they share: they see the pivot."""

    level: ClassVar[Level] = "unified"


class DropsTools(Spoilt):
    name = "drops-tools"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        request.body.pop("tools", None)
        request.body.pop("tool_choice", None)
        return request


class DropsTopK(Spoilt):
    """Says so, which is honest."""

    name = "drops-top-k"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        if request.body.pop("top_k", None) is not None:
            context.losses.add("top_k", "dropped", "The provider has none.")
        return request


class EditsTheClient(Spoilt):
    name = "edits-the-client"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        for tool in request.body.get("tools", ()):
            tool["function"]["parameters"]["title"] = "Arguments"
        return request


class ForgetsResults(Spoilt):
    name = "forgets-results"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        request.body["messages"] = [m for m in request.body["messages"] if m["role"] != "tool"]
        return request


class Counts(Spoilt):
    """Keeps something of a call on itself."""

    name = "counts"
    calls = 0

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        self.calls += 1
        request.body["call"] = self.calls
        return request


class Raises(Spoilt):
    name = "raises"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        raise KeyError("unknown" if "top_p" in request.body else "messages")


class ReturnsNothing(Spoilt):
    name = "returns-nothing"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        return None  # type: ignore[return-value]


class NoMessages(Transformer[NoOptions]):
    name = "no-messages"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        kept = {key: value for key, value in request.body.items() if key not in ("messages", "input", "contents")}
        request.body = kept | {"messages": [], "input": [], "contents": []}
        return request


class Stages(Spoilt):
    """What stages are made of here: a function for each piece, and one for the end."""

    def open_response_stream(self, context: TransformContext) -> Stage[Json, Json]:
        return _Stage(self)

    def piece(self, piece: Json) -> list[Json]:
        return [piece]

    def end(self) -> list[Json]:
        return []


class _Stage:
    def __init__(self, owner: Stages) -> None:
        self.feed, self.finish = owner.piece, owner.end


class SharedBuffer(Stages):
    """Keeps text of all answers in one place until the end."""

    name = "shared-buffer"

    def __init__(self, options: NoOptions) -> None:
        super().__init__(options)
        self.held: list[str] = []

    def piece(self, piece: Json) -> list[Json]:
        if "text" not in piece:
            return [piece]
        self.held.append(piece["text"])
        return [{key: value for key, value in piece.items() if key != "text"}]

    def end(self) -> list[Json]:
        text, self.held = "".join(self.held), []
        return [{"text": text}] if text else []


class SwallowsErrors(Stages):
    name = "swallows-errors"

    def piece(self, piece: Json) -> list[Json]:
        return [{"text": "All is well."}] if "error" in piece else [piece]


class EatsText(Stages):
    name = "eats-text"

    def piece(self, piece: Json) -> list[Json]:
        return [{key: value for key, value in piece.items() if key != "text"}]


class LooksAtPieces(Stages):
    """Replaces a word that may be cut."""

    name = "looks-at-pieces"

    def piece(self, piece: Json) -> list[Json]:
        return [{**piece, "text": piece["text"].replace("north", "south")}] if "text" in piece else [piece]


class Dice(Stages):
    name = "dice"

    def piece(self, piece: Json) -> list[Json]:
        return [{**piece, "text": f"{piece['text']}{random.random()}"}] if "text" in piece else [piece]


class OneIdForAll(Stages):
    """Makes several calls one."""

    name = "one-id-for-all"

    def piece(self, piece: Json) -> list[Json]:
        calls = [{**delta, "id": "same", "index": number} for number, delta in enumerate(piece.get("tool_calls", ()))]
        return [{**piece, "tool_calls": calls}] if calls else [piece]
