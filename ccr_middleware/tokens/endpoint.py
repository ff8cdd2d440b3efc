"""Token counts from an HTTP endpoint.

What it is sent, by `request_format` (CCR v2 §7):

| format      | body                                                                                  |
|-------------|---------------------------------------------------------------------------------------|
| `standard`  | `{model, messages, system, tools}` as the client sent them                             |
| `anthropic` | the same, with the key as `x-api-key`: Anthropic's own `/v1/messages/count_tokens`     |
| `openai`    | `{model, messages: [{role, content}]}`, contents as text, system and tools first       |
| `custom`    | `{text}`: all texts, one after the other                                               |

The last two cannot be given images and documents: those are estimated and added (`parts`, `media`).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import anyio

from ..config.tokenizer import Tokenizer
from ..errors import GatewayError
from ..jsonio import dumps, loads
from .cache import CountCache
from .counter import NO_BOUND, TokenCounter
from .parts import MESSAGE_TOKENS, Text, split

#: Sends a POST (URL, headers, body) and gives back status and body. May raise anything.
Post = Callable[[str, dict[str, str], bytes], Awaitable[tuple[int, bytes]]]

#: Counts that are remembered, by the request that was sent.
MAX_CACHED_COUNTS = 2_000
#: After a failure the endpoint is left in peace for so long; every request would wait for its timeout otherwise.
REST_SECONDS = 30.0
#: These are about one request and say nothing of the next: bad request, too large, not processable.
_ABOUT_THE_REQUEST = frozenset({400, 413, 422})
#: Where the number is looked for when the configuration does not say: CCR v2's default, Anthropic's and OpenAI's own.
_USUAL_FIELDS = ("token_count", "input_tokens")
_ANTHROPIC_VERSION = "2023-06-01"

_log = logging.getLogger(__name__)


class EndpointFailed(Exception):
    """The endpoint gave no number. The text says why; `about_the_request`: it may give one for the next request."""

    def __init__(self, reason: str, about_the_request: bool = False) -> None:
        super().__init__(reason)
        self.about_the_request = about_the_request


class Endpoint:
    """One configured endpoint, and what is remembered of it: counts by request, and until when it is left in peace.

    `clock` gives seconds.
    """

    def __init__(self, setting: Tokenizer, clock: Callable[[], float] = time.monotonic) -> None:
        self._setting = setting
        self._clock = clock
        self._counts = CountCache(MAX_CACHED_COUNTS)
        self._headers = _headers_of(setting)
        self._rests_until = -math.inf
        self._warned = False

    async def count(self, body: Any, model: str, post: Post) -> int | None:
        """The tokens of a request for a model, asked or remembered; None when there is no number. Never raises."""
        try:
            payload, flat_tokens = request_of(body, self._setting.request_format, self._setting.model or model)
            data = dumps(payload)
        except (TypeError, ValueError, RecursionError):  # no JSON can be made of it
            return None
        count = self._counts.get(data)
        if count is None and self._clock() >= self._rests_until:
            try:
                count = await self._ask(data, post)
            except EndpointFailed as failure:
                self._note(failure)
                return None
            self._warned = False
            self._counts.put(data, count)
        return None if count is None else count + flat_tokens

    async def _ask(self, data: bytes, post: Post) -> int:
        try:
            with anyio.fail_after(self._setting.timeout_seconds):
                status, answer = await post(self._setting.url or "", dict(self._headers), data)
        except TimeoutError:
            raise EndpointFailed(f"no answer within {self._setting.timeout_seconds:g} seconds") from None
        except GatewayError as error:
            raise EndpointFailed(error.message) from None
        except Exception as error:  # whatever: no request fails for a number
            raise EndpointFailed(type(error).__name__) from None
        if not 200 <= status < 300:
            raise EndpointFailed(f"it answered {status}", status in _ABOUT_THE_REQUEST)
        return number_in(answer, self._setting.response_field)

    def _note(self, failure: EndpointFailed) -> None:
        if not failure.about_the_request:
            self._rests_until = self._clock() + REST_SECONDS
        if not self._warned:
            self._warned = True
            _log.warning("The token counts of %s are estimated for now: %s", _host(self._setting.url), failure)


class EndpointCounter:
    """The counts of an endpoint for one model, or those of the `fallback`."""

    def __init__(self, endpoint: Endpoint, model: str, post: Post, fallback: TokenCounter) -> None:
        self._endpoint = endpoint
        self._model = model
        self._post = post
        self._fallback = fallback

    def at_most(self, body: Any) -> int:
        """Nobody knows."""
        return NO_BOUND

    async def count(self, body: Any) -> int:
        """The endpoint's number, or the fallback's."""
        count = await self._endpoint.count(body, self._model, self._post)
        return await self._fallback.count(body) if count is None else count

    def count_text(self, text: str) -> int:
        """The fallback's number: an endpoint is not asked for single texts."""
        return self._fallback.count_text(text)


def request_of(body: Any, request_format: str, model: str) -> tuple[dict[str, Any], int]:
    """What the endpoint is sent, and the tokens of what that cannot hold."""
    body = body if isinstance(body, dict) else {}
    if request_format in ("standard", "anthropic"):
        kept = ("messages", "system", "tools")
        return {"model": model, **{key: body[key] for key in kept if body.get(key) is not None}}, 0
    texts, flat_tokens = split(body)
    if request_format == "custom":
        return {"text": _joined(texts)}, flat_tokens
    written = body.get("messages")
    messages = [
        {"role": message.get("role"), "content": _joined(split({"messages": [message]}).texts)}
        for message in (written if isinstance(written, list) else ())
        if isinstance(message, dict)
    ]
    flat_tokens -= MESSAGE_TOKENS * len(messages)  # the endpoint sees the roles
    before = _joined(split({**body, "messages": []}).texts)
    if before:
        messages.insert(0, {"role": "system", "content": before})
    return {"model": model, "messages": messages}, flat_tokens


def number_in(answer: bytes, field: str | None) -> int:
    """The number at a dotted path of a JSON answer (`data.0.count`). Raises EndpointFailed."""
    try:
        document = loads(answer)
    except ValueError:
        raise EndpointFailed("its answer is no JSON") from None
    fields = (field,) if field else _USUAL_FIELDS
    for value in (_at(document, path) for path in fields):
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < NO_BOUND:
            return math.ceil(value)
    raise EndpointFailed(f"its answer has no number at {' or '.join(fields)}")


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _joined(texts: list[Text]) -> str:
    return "\n".join(text.decode("utf-8", "replace") if isinstance(text, bytes) else text for text in texts)


def _headers_of(setting: Tokenizer) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    if setting.request_format == "anthropic":
        headers["anthropic-version"] = _ANTHROPIC_VERSION
    if setting.api_key:
        anthropic = setting.request_format == "anthropic"
        headers |= {"x-api-key": setting.api_key} if anthropic else {"authorization": f"Bearer {setting.api_key}"}
    return headers | {name.lower(): value for name, value in setting.headers.items()}


def _host(url: str | None) -> str:
    try:
        return urlsplit(url or "").hostname or "an endpoint"
    except ValueError:
        return "an endpoint"
