"""Transformers that set or take out parameters of a request."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..unified import Json
from .base import Level, NoOptions, TransformContext, Transformer, UpstreamRequest


class MaxTokenOptions(NoOptions):
    """`max_tokens`: the most that is asked for."""

    max_tokens: int = Field(gt=0)


class MaxToken(Transformer[MaxTokenOptions]):
    """Lowers `max_tokens` to what the provider takes."""

    name = "maxtoken"
    aliases = ("maxtokens",)
    level: ClassVar[Level] = "unified"
    Options = MaxTokenOptions

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Cap, and say so when it changes anything."""
        _lower(request.body, self.options.max_tokens, self.name, context)
        return request


class MaxCompletionTokens(Transformer[NoOptions]):
    """The provider wants `max_completion_tokens` instead of `max_tokens`."""

    name = "maxcompletiontokens"
    dialect: Mapping[str, Any] = {"max_tokens_field": "max_completion_tokens"}


class StreamOptions(Transformer[NoOptions]):
    """Asks for usage in streams. Every provider known to take it is asked anyway."""

    name = "streamoptions"
    dialect: Mapping[str, Any] = {"stream_options": True}


class SamplingOptions(NoOptions):
    """Values that replace the client's; `max_tokens` only lowers. Only chat completions have a `repetition_penalty`."""

    max_tokens: int | None = Field(default=None, gt=0)
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None


#: The fields of a dialect that say whether a parameter is taken.
_TAKEN_BY = {"temperature": ("sampling",), "top_p": ("sampling",), "top_k": ("sampling", "top_k")}


class Sampling(Transformer[SamplingOptions]):
    """Sets sampling parameters. Whoever sets one says that the provider takes it, whatever is known of the host."""

    name = "sampling"
    level: ClassVar[Level] = "unified"
    Options = SamplingOptions

    def __init__(self, options: SamplingOptions) -> None:
        super().__init__(options)
        self._values = options.model_dump(exclude={"max_tokens"}, exclude_none=True)
        self.dialect = {field: True for name in self._values for field in _TAKEN_BY.get(name, ())}

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Write the configured values into the request."""
        if self.options.max_tokens is not None:
            _lower(request.body, self.options.max_tokens, self.name, context)
        request.body.update(self._values)
        return request


def _lower(request: Json, limit: int, name: str, context: TransformContext) -> None:
    if request.get("max_tokens", 0) > limit:
        request["max_tokens"] = limit
        context.losses.add("max_tokens", "clamped", f"the transformer {name} allows {limit}")


class CleanCache(Transformer[NoOptions]):
    """Takes every prompt caching mark out of the request."""

    name = "cleancache"
    level: ClassVar[Level] = "unified"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Strip messages, their parts, and tools. What is the client's own object is copied, not changed."""
        body = request.body
        body["messages"] = [_unmarked_message(message) for message in body["messages"]]
        for key in ("tools", "server_tools"):
            if key in body:
                body[key] = [_unmarked(tool) for tool in body[key]]
        return request


def _unmarked_message(message: Json) -> Json:
    message, content = _unmarked(message), message.get("content")
    if isinstance(content, list) and any("cache_control" in part for part in content):
        message = {**message, "content": [_unmarked(part) for part in content]}
    return message


def _unmarked(value: Json) -> Json:
    """The object without the mark; the same object when it has none."""
    if "cache_control" not in value:
        return value
    return {key: inner for key, inner in value.items() if key != "cache_control"}


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise ValueError(f"{name!r} is no name of a header")
    return name.lower()


def _header_value(value: str) -> str:
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise ValueError("the value of a header is one line of text")
    return value


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]


class CustomParamsOptions(BaseModel):
    """The fields to put into the body, beside these options or in `params` (for one that is called like an option).

    `override` False: only what is absent is set, and objects are merged, the configured member first (as in CCR v2).
    True: what is configured replaces what is there, and null takes a field out. The same holds for `headers`.
    """

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    params: dict[str, Any] = Field(default_factory=dict)
    override: bool = False
    headers: dict[HeaderName, HeaderValue | None] = Field(default_factory=dict)


class CustomParams(Transformer[CustomParamsOptions]):
    """Adds fields of one's own to the provider's body, whatever its format, and headers to the request."""

    name = "customparams"
    Options = CustomParamsOptions

    def __init__(self, options: CustomParamsOptions) -> None:
        super().__init__(options)
        self._params = {**(options.model_extra or {}), **options.params}

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Merge the options into the provider's body and headers."""
        override = self.options.override
        request.body = _merged(request.body, self._params, override=override, keep=not override)
        for name, value in self.options.headers.items():
            if override:
                request.headers.pop(name, None)
            if value is not None:
                request.headers.setdefault(name, value)
        return request


def _merged(old: Json, values: Mapping[str, Any], *, override: bool, keep: bool = False) -> Json:
    """An object with values put into it; neither is changed, since the one may hold the client's own objects and the
    other is the configuration. `override`: null takes out. `keep`: what is there already stays, unless both are
    objects; inside of those what is configured wins."""
    merged = dict(old)
    for key, value in values.items():
        there = merged.get(key)
        if override and value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(there, dict):
            merged[key] = _merged(there, value, override=override)
        elif not keep or key not in merged:
            merged[key] = _merged({}, value, override=override) if isinstance(value, dict) else copy.deepcopy(value)
    return merged
