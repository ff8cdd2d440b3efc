"""One attempt at one target: the request that will be sent, and the reader for what comes back.

Converted anew from the pristine request each time, for the target's own wire format.
"""

from __future__ import annotations

from .answer import Answer
from .call import Call
from .counting import count_for_target
from .credentials.access import Access
from .errors import BadRequest
from .jsonio import dumps
from .resilience.keys import Key
from .routing.parameters import with_parameters
from .routing.subagent import strip_tag
from .state import State
from .targets import NOWHERE, Target
from .transformers.base import TransformContext
from .translate.conversion import convert, open_relay, relay
from .unified import Json
from .upstream import WireRequest

#: Searched for in the raw bytes of a small request; JSON has no need to escape any of it.
SUBAGENT_TAG = b"CCR-SUBAGENT-MODEL"


class Attempt:
    """A target, the request for it and the reader of its answer. The request can be taken once, then it is let go.

    `max_tokens` is what was asked of the provider, for the texts of its errors.
    """

    __slots__ = ("_request", "answer", "max_tokens", "target")

    def __init__(self, target: Target, request: WireRequest, answer: Answer, max_tokens: int | None = None) -> None:
        self.target = target
        self.answer = answer
        self.max_tokens = max_tokens
        self._request: WireRequest | None = request

    @property
    def request(self) -> WireRequest:
        """The request, as long as it was not taken."""
        assert self._request is not None
        return self._request

    def take_request(self) -> WireRequest:
        """The request, given away so that its body does not live as long as the answer."""
        request, self._request = self.request, None
        return request


async def prepare(call: Call, state: State, key: Key) -> Attempt:
    """Build the attempt for the call's decision, with one of the provider's keys.

    Raises `BadRequest` when `strict` forbids what would be lost.
    """
    decision = call.decision
    assert decision is not None
    target = call.snapshot.target(decision.provider, decision.model, key.secret)
    call.losses = call.reading_losses.copy()
    body = with_parameters(call.pristine() if call.edited is None else call.edited, decision.parameters)
    if len(call.raw) > 10_000 or SUBAGENT_TAG in call.raw:  # beyond that looking costs more than stripping
        body = strip_tag(body, is_subagent=call.facts.is_subagent)
    access = await _access(target, state)
    if target.format is None:
        attempt = _relay(call, target, body, access)
    else:
        if call.streaming:
            call.input_tokens = await count_for_target(call, state)
        try:
            attempt = _translate(call, target, body, access, state)
        except RecursionError:  # converted, but too deep to be written
            raise BadRequest("the request is nested too deeply") from None
    if call.strict and (dropped := call.losses.dropped()):
        lost = "; ".join(f"{loss.feature}: {loss.detail or 'cannot be carried'}" for loss in dropped)
        raise BadRequest(f"strict: {target.provider.name} would not get everything that was asked ({lost})")
    return attempt


async def _access(target: Target, state: State) -> Access:
    """The URL's place and the headers with the credential, which some platforms give out only for a while."""
    if target.vertex is None:
        return Access(target.headers, NOWHERE)
    provider = target.provider
    access = await state.vertex.get(
        provider.base_url, provider.api_key, target.vertex, key_is_token=provider.auth == "bearer"
    )
    return Access({**access.headers, **target.headers}, access.place)


def _relay(call: Call, target: Target, body: Json, access: Access) -> Attempt:
    """The Anthropic lane: the client's bytes, its `anthropic-*` headers, our credential."""
    native = call.client.relays
    sent = relay(
        call.raw,
        body,
        target,
        edited=body is not call.body,  # by a tag, by parameters, by agents
        native=native,
        client_headers=call.headers,
        headers=access.headers,
        losses=call.losses,
    )
    url = target.url(stream=call.streaming, place=access.place)
    config = call.snapshot.config
    # The bytes pass as they are unless the configuration says in so many words which model an answer names.
    renamed = config.response_model == "requested" and "response_model" in config.model_fields_set
    answer = open_relay(
        target,
        streaming=call.streaming,
        native=native and call.edited is None,
        name=call.asked_model if renamed else "",
    )
    return Attempt(target, _wire_request(target, url, sent.headers, sent.body), answer)


def _translate(call: Call, target: Target, body: Json, access: Access, state: State) -> Attempt:
    """Through the pivot to the target's wire format."""
    context = TransformContext(target.provider.name, target.model, call.losses, call.session_id or None, call.streaming)
    url = target.url(stream=call.streaming, place=access.place)
    converted = convert(body, target, context, url=url, headers=access.headers, recall=state.reasoning.get)
    answer = converted.open_answer(
        message_id=call.id.replace("req_", "msg_", 1),
        model=target.model if call.snapshot.config.response_model == "routed" else call.asked_model or target.model,
        # Not counted: only a provider that tells no usage makes this estimate seen.
        input_tokens=call.input_tokens or 1 + len(call.raw) // 4,
        new_id=state.new_id,
        mask=call.snapshot.mask,
    )
    request = converted.request
    wire = _wire_request(target, request.url, request.headers, dumps(request.body))
    return Attempt(target, wire, answer, converted.max_tokens)


def _wire_request(target: Target, url: str, headers: dict[str, str], body: bytes) -> WireRequest:
    return WireRequest(url, headers, body, connect_timeout_seconds=target.timeouts.connect_seconds)
