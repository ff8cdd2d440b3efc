"""The provider's side: a Messages request in the form a provider takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..answer import Answer
from ..config.schema import Config, Provider, TransformerUse
from ..errors import ConfigError, UpstreamError
from ..jsonio import dumps, loads
from ..losses import Losses
from ..routing.session import session_of
from ..targets import Snapshot, Target
from ..transformers.base import TransformContext
from ..transformers.builtin import builtin_registry
from ..transformers.registry import Registry
from ..unified import Json
from ..wire.format import Recall, WireName, recall_nothing
from ..wire.provider_errors import read_error
from .client import ClientRequest, new_id, read_request
from .conversion import convert, open_relay, relay

#: A transformer by its name, or by name and options, as in a configuration.
Use = str | tuple[str, Mapping[str, Any]]

#: Stands where no base URL is given: it has no host, so nothing is known of the provider.
_NO_URL = "provider:"


@dataclass(frozen=True, slots=True)
class Translated:
    """A request as a provider takes it.

    - `url`: where to post it, `""` when no base URL was given. `headers`: content type and credential.
    - `body`: a JSON object. `losses`: what could not be carried, and what was done about it.
    - `open_answer` makes the reader of one answer, `read_error(status, headers, body)` reads an HTTP error; see
      `open_stream`, `translate_answer` and `translate_error`.
    """

    url: str
    headers: dict[str, str] = field(repr=False)
    body: Json
    losses: Losses
    open_answer: Callable[[], Answer] = field(repr=False)
    read_error: Callable[[int, Mapping[str, str], bytes], UpstreamError] = field(repr=False)


def translate_request(
    request: Json | ClientRequest,
    *,
    wire: WireName | None = None,
    base_url: str = "",
    model: str = "",
    api_key: str = "",
    max_output_tokens: int | None = None,
    dialect: Mapping[str, Any] | None = None,
    use: Iterable[Use] = (),
    registry: Registry | None = None,
    recall: Recall = recall_nothing,
    new_id: Callable[[str], str] = new_id,
) -> Translated:
    """A Messages request, or what `read_request` made of another, in a provider's form. It is not changed, but
    the body shares values with it.

    - `wire`: `chat`, `responses`, `gemini` or `messages`; None: as the transformers say or the URL looks, else `chat`.
    - `base_url`: its host tells what is known of the provider. `model`: the name there; empty: the request's own.
    - `max_output_tokens`, `dialect`, `use`: as in a provider's configuration; `registry`: the transformers there are.
    - `recall`: looks up earlier reasoning, for clients that drop it (`AnswerStream.outcome` tells what to remember).
    - `new_id`: makes the ids of messages and tool calls, given a prefix.

    Raises BadRequest naming the place in the request, ConfigError for settings that cannot be used.
    """
    asked = request if isinstance(request, ClientRequest) else read_request(request, "messages", created=0)
    snapshot = snapshot_of(
        [(one, {}) if isinstance(one, str) else one for one in use],
        registry or builtin_registry(),
        name=_host_of(base_url) or wire or "provider",
        wire=wire,
        base_url=base_url or _NO_URL,
        models=(model or asked.settings.model,),
        api_key=api_key,
        max_output_tokens=max_output_tokens,
        dialect=dict(dialect or {}),
    )
    target = snapshot.target(snapshot.config.providers[0].name, snapshot.config.providers[0].models[0])
    if target.format is None:
        return _relayed(asked, target, snapshot)
    return _converted(asked, target, snapshot, recall, new_id)


def _relayed(asked: ClientRequest, target: Target, snapshot: Snapshot) -> Translated:
    """For a provider that speaks Anthropic."""
    losses, stream = asked.losses.copy(), asked.body.get("stream") is True
    sent = relay(
        b"",
        asked.body,
        target,
        edited=True,
        native=asked.client.relays,
        client_headers={},
        headers=target.headers,
        losses=losses,
    )
    return Translated(
        url=_url(target, stream),
        headers=sent.headers,
        body=loads(sent.body),
        losses=losses,
        open_answer=partial(open_relay, target, streaming=stream, native=False),
        read_error=partial(read_error, provider=target.provider.name, model=target.model, mask=snapshot.mask),
    )


def _converted(
    asked: ClientRequest, target: Target, snapshot: Snapshot, recall: Recall, new_id: Callable[[str], str]
) -> Translated:
    """For a provider of any other format."""
    losses, stream = asked.losses.copy(), asked.body.get("stream") is True
    session_id = session_of(asked.body, {}) or None
    context = TransformContext(target.provider.name, target.model, losses, session_id, stream)
    url = _url(target, stream)
    converted = convert(asked.body, target, context, url=url, headers=target.headers, recall=recall)
    sent = converted.request

    def open_answer() -> Answer:
        return converted.open_answer(
            message_id=new_id("msg_"),
            model=asked.settings.model or target.model,
            input_tokens=1 + len(dumps(sent.body)) // 4,
            new_id=new_id,
            mask=snapshot.mask,
        )

    errors = partial(
        read_error,
        provider=target.provider.name,
        model=target.model,
        mask=snapshot.mask,
        max_tokens=converted.max_tokens,
    )
    return Translated(sent.url, sent.headers, sent.body, losses, open_answer, errors)


def _url(target: Target, stream: bool) -> str:
    """Where to post; `""` when nobody said where the provider is."""
    return "" if target.provider.base_url == _NO_URL else target.url(stream=stream)


def snapshot_of(uses: Sequence[tuple[str, Mapping[str, Any]]], registry: Registry, **settings: Any) -> Snapshot:
    """A configuration with one provider, which uses these transformers and has these fields. Raises ConfigError."""
    for name, options in uses:
        registry.make(name, dict(options), "use")  # a configuration only warns of names that it does not know
    try:
        steps = tuple(TransformerUse(name=name, options=dict(options)) for name, options in uses)
        provider = Provider(use=steps, **settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    snapshot = Snapshot(Config(providers=(provider,)), registry)
    snapshot.check()
    return snapshot


def _host_of(base_url: str) -> str:
    """The host of a URL, which names the provider in errors; `""` for a text that is no URL."""
    try:
        return urlsplit(base_url).hostname or ""
    except ValueError:
        return ""
