"""A gateway's memory and configuration as an explanation uses them: nothing is written, nobody is asked."""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

from ..config.schema import Vertex
from ..config.tokenizer import ENCODINGS, Tokenizer
from ..credentials.access import VertexAccess
from ..credentials.google import Granted
from ..state import State
from ..targets import Snapshot, Target
from ..tokens import Counter, Counters
from ..tokens.endpoint import Post
from ..transformers.base import Level, TransformContext, Transformer, UpstreamRequest
from ..unified import Json

#: Stands for a project that only the credentials know.
_SOME_PROJECT = "PROJECT"


def untouched(state: State) -> State:
    """A state that knows what the given one knows, and can be changed without changing that one."""
    own = copy(state)
    own.counters = _LocalCounters(state.counters)
    own.vertex = _NoTokens(state.vertex)
    own.reasoning, own.session_tokens = deepcopy(state.reasoning), deepcopy(state.session_tokens)
    return own


def local(tokenizer: Tokenizer | None) -> Tokenizer:
    """The tokenizer that counts in place of another one without asking anybody."""
    if tokenizer is None:
        return Tokenizer()
    if tokenizer.type == "api":
        return Tokenizer(encoding=tokenizer.fallback or ENCODINGS[0], factor=tokenizer.factor)
    return tokenizer.model_copy(update={"allow_download": False})


#: A transformer's name and level, and the body before and after it.
Seen = tuple[str, Level, Json, Json]


class _LocalCounters(Counters):
    """The counters of a gateway without those that ask somebody."""

    def __init__(self, counters: Counters) -> None:
        self.standard = counters.standard
        self._counters = counters

    def counter_for(self, tokenizer: Tokenizer | None, model: str, post: Post) -> Counter:
        """The counter of a model, or of what counts where that fails."""
        return self._counters.counter_for(tokenizer and local(tokenizer), model, post)


class _NoTokens(VertexAccess):
    """Access to Vertex that fetches no token."""

    def __init__(self, access: VertexAccess) -> None:
        vars(self).update(vars(access))

    async def granted(self, settings: Vertex) -> Granted:
        """Something in place of a token."""
        return Granted("***", _SOME_PROJECT)


class Watched(Transformer[Any]):
    """A transformer of a target, which notes what it does to the request."""

    name = "watched"

    def __init__(self, step: Transformer[Any], level: Level, seen: list[Seen]) -> None:
        super().__init__(step.options)
        self._step = step
        self._level: Level = level
        self._seen = seen

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """What the transformer makes of the request."""
        before = deepcopy(request.body)
        request = self._step.transform_request_in(request, context)
        self._seen.append((self._step.name, self._level, before, deepcopy(request.body)))
        return request


class WatchedSnapshot(Snapshot):
    """A configuration whose targets note in `seen` what their transformers do. Made for one explanation."""

    def __init__(self, snapshot: Snapshot) -> None:
        vars(self).update(vars(snapshot))
        self.seen: list[Seen] = []

    def target(self, provider_name: str, model: str, api_key: str | None = None) -> Target:
        """The target with its transformers watched."""
        target = super().target(provider_name, model, api_key)
        unified = tuple(Watched(step, "unified", self.seen) for step in target.unified_steps)
        wire = tuple(Watched(step, "wire", self.seen) for step in target.wire_steps)
        return replace(target, unified_steps=unified, wire_steps=wire)

    def chain(self) -> list[Json]:
        """What the transformers did, level by level."""
        levels: list[Json] = []
        for name, level, before, after in self.seen:
            if not levels or levels[-1]["level"] != level:
                levels.append({"level": level, "steps": [], "before": before})
            levels[-1]["steps"].append({"name": name, "changed": before != after})
            levels[-1]["after"] = after
        return levels
