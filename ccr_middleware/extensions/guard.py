"""Transformers of one's own at work: what they raise, or give back that is none, fails one request and names the line.

A `GatewayError` that they raise on purpose (`BadRequest("…")`) passes as it is.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from ..errors import ConfigError, GatewayError
from ..transformers.base import Stage, TransformContext, Transformer, UpstreamRequest
from ..transformers.registry import AnyTransformer, BrokenTransformer, Entry, what_is_wrong
from ..unified import Json
from .modules import at_line, last_line, said

log = logging.getLogger("ccr_middleware")


class Loaded(Entry):
    """A transformer that was loaded. `shown`: what its file or module is called in texts; `options`: what its uses
    have unless they say otherwise."""

    loaded = True

    def __init__(
        self,
        name: str,
        cls: type[AnyTransformer] | None,
        aliases: Iterable[str] = (),
        *,
        origin: str,
        shown: str = "",
        options: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        super().__init__(name, cls, aliases, origin)
        self.shown = shown
        self.error = error
        self._options = dict(options or {})
        if cls is not None and self._options and not error:
            self.error = _wrong_defaults(cls, self._options)

    def make(self, name: str, options: dict[str, Any], place: str) -> AnyTransformer:
        """A guarded transformer. Raises BrokenTransformer when there can be none, whatever the reason."""
        if self.error is not None:
            raise BrokenTransformer(f'{place}: the transformer "{name}" cannot be used: {self.error}', name)
        try:
            made = super().make(name, _merged(self._options, options), place)
            return Guarded(made, name, self.shown)
        except ConfigError as problem:
            raise BrokenTransformer(str(problem), name) from None
        except Exception as problem:
            assert self.cls is not None
            where = at_line(self.shown, last_line(problem, self.cls.__module__))
            raise BrokenTransformer(f'{place}: transformer "{name}": {where}: {said(problem)}', name) from problem


def _wrong_defaults(cls: type[AnyTransformer], options: Mapping[str, Any]) -> str | None:
    """What is wrong with options that others may be added to."""
    try:
        cls.Options.model_validate(options)
    except ValidationError as problem:
        if any(detail["type"] != "missing" for detail in problem.errors(include_url=False)):
            return f"its options: {what_is_wrong(problem)}"
    except Exception as problem:
        return f"its options: {said(problem)}"
    return None


def _merged(defaults: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options over defaults; one name in snake case and in camel case is one option."""
    given = {_plain(key) for key in options}
    return {key: value for key, value in defaults.items() if _plain(key) not in given} | dict(options)


def _plain(key: str) -> str:
    return key.replace("_", "").lower()


class _Watched:
    """Calls a transformer and turns what goes wrong into a `BrokenTransformer`, with the traceback in the log."""

    def __init__(self, name: str, module: str, shown: str) -> None:
        self._name = name
        self._module = module
        self._shown = shown

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns."""
        try:
            return function(*arguments)
        except GatewayError:
            raise
        except Exception as problem:
            # What it says may be the request itself, so only the log shows that.
            where = at_line(self._shown, last_line(problem, self._module))
            log.error('the transformer "%s" failed (%s)', self._name, where, exc_info=problem)
            text = f"{where}: {type(problem).__name__}; the log tells more"
            raise BrokenTransformer(f'the transformer "{self._name}" failed: {text}', self._name) from problem

    def wrong(self, method: str, wanted: str, given: object) -> NoReturn:
        """Raise for a method that gave something else than it must."""
        if inspect.iscoroutine(given):
            given.close()
        text = f"{self._shown}: {method} must return {wanted}, not {type(given).__name__}"
        log.error('the transformer "%s" failed: %s', self._name, text)
        raise BrokenTransformer(f'the transformer "{self._name}" failed: {text}', self._name)


class Guarded(Transformer[BaseModel]):
    """A transformer of one's own, watched."""

    def __init__(self, inner: AnyTransformer, name: str, shown: str) -> None:
        super().__init__(inner.options)
        facts = ("wire", "platform", "level", "aliases")
        vars(self).update({fact: getattr(inner, fact) for fact in facts}, name=name)
        self.dialect = dict(inner.dialect)
        self._inner = inner
        self._watched = _Watched(name, type(inner).__module__, shown)

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """The request as the transformer leaves it."""
        method = "transform_request_in"
        sent = self._watched.call(self._inner.transform_request_in, request, context)
        if not isinstance(sent, UpstreamRequest):
            self._watched.wrong(method, "the request", sent)
        if not isinstance(sent.body, dict):
            self._watched.wrong(method, "a request whose body is an object", sent.body)
        if self.level == "unified" and not isinstance(sent.body.get("messages"), list):
            self._watched.wrong(method, "a request with a list of messages", sent.body.get("messages"))
        return sent

    def transform_response_out(self, body: Json, context: TransformContext) -> Json:
        """The answer as the transformer leaves it."""
        answer = self._watched.call(self._inner.transform_response_out, body, context)
        if not isinstance(answer, dict):
            self._watched.wrong("transform_response_out", "the answer as an object", answer)
        return answer

    def open_response_stream(self, context: TransformContext) -> Stage[Json, Json] | None:
        """A watched stage."""
        stage = self._watched.call(self._inner.open_response_stream, context)
        if stage is None:
            return None
        if not (callable(getattr(stage, "feed", None)) and callable(getattr(stage, "finish", None))):
            self._watched.wrong("open_response_stream", "a stage with feed and finish or None", stage)
        return _GuardedStage(stage, self._watched)


class _GuardedStage:
    """A stage of one's own, watched."""

    def __init__(self, inner: Stage[Json, Json], watched: _Watched) -> None:
        self._inner = inner
        self._watched = watched

    def feed(self, piece: Json) -> list[Json]:
        """What the stage makes of a chunk."""
        return self._chunks("feed", self._watched.call(self._inner.feed, piece))

    def finish(self) -> list[Json]:
        """What the stage held back."""
        return self._chunks("finish", self._watched.call(self._inner.finish))

    def _chunks(self, method: str, out: Any) -> list[Json]:
        """What a method gave, as a list: if it is a generator, this is where it runs."""
        if isinstance(out, Mapping) or not isinstance(out, Iterable):
            self._watched.wrong(method, "a list of chunks", out)
        chunks: list[Json] = self._watched.call(list, out)
        for chunk in chunks:
            if not isinstance(chunk, dict):
                self._watched.wrong(method, "a list of chunks", chunk)
        return chunks
