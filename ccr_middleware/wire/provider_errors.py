"""What a provider says when it fails, as one error a client can use (fixtures facts 49 to 53, acceptance C41).

Statuses are kept where Anthropic has them. What is changed, and why:

| provider                                       | client | because                                                  |
|------------------------------------------------|--------|----------------------------------------------------------|
| context overflow, as 400, 413, 422 or 5xx      | 400    | "prompt is too long" makes the client compact, not retry |
| too large a max_tokens, as 400 or 422          | 400    | in the words that make the client ask for less           |
| 400 `tool_use_failed` (Groq)                   | 502    | the model's fault, not the request's: retried (fact 51)  |
| 401, 403                                       | same   | not to be retried: eleven requests otherwise             |
| 400 `API_KEY_INVALID` (Gemini)                 | 401    | the same                                                 |
| 400 "payload size exceeds" (Gemini)            | 413    | a request that is too large, which no client tries again |
| 429 with an exhausted balance                  | 429    | not to be retried                                        |
| 406, 415, 416, 422 and other 4xx               | 400    | the same to Anthropic                                    |
| 405, 410; 431                                  | 404; 413 | the same to Anthropic                                  |
| 424, 499, 501, 52x and other 5xx, 3xx; 524, 598 | 502; 504 | a proxy's words for bad gateway and timeout           |
| 425; 498 (Groq: capacity)                      | 503; 429 | the same to Anthropic                                  |

One clean message: `provider "x" (model y): text`. Texts that Claude Code acts upon pass without that heading
(claude-code-client section 6.2). Stack traces, keys, and everything beyond 2,000 characters are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Unpack

from ..errors import ERROR_TYPES, About, UpstreamError
from .provider_error_body import Told, read_body, read_object
from .retry_after import retry_after_seconds

LONGEST_TEXT = 2000

_STATUSES = {405: 404, 410: 404, 431: 413, 424: 502, 499: 502, 425: 503, 498: 429, 524: 504, 598: 504, 599: 504}

#: Statuses with which a wait makes sense.
_WAITING = frozenset({408, 425, 429, 503, 529})

#: The words of providers for a prompt that does not fit. Rate limits speak of tokens too, so 429 is never looked at.
_OVERFLOW = re.compile(
    r"prompt is too long|maximum context length|context[_ ]length[_ ]exceeded|exceeds? the (?:model's )?context window"
    r"|context window exceeds|exceeds? the available context|greater than the context length|input is too long for"
    r"|input token count.{0,40}(?:exceeds|only supports up to)|maximum prompt length is"
    r"|reduce the length of the (?:messages|prompt)"
    r"|exceeded model token limit|too large for model with \d+|context length is only|input tokens exceed the"
    r"|input length.{0,40}exceeds|prompt token count of \d+ exceeds|range of input length should be"
    r"|model_context_window_exceeded|exceeds? (?:the )?(?:model's )?maximum (?:context|input|prompt)",
    re.IGNORECASE | re.DOTALL,
)
_OVERFLOW_STATUSES = frozenset({400, 413, 422, 500, 502, 503})
_OVERFLOW_LIMIT = re.compile(
    r"(\d[\d,]{2,12}) maximum|(?:maximum|limit|allowed|only|window|length)\b[^\d]{0,60}?(?:\[1, ?)?(\d[\d,]{2,12})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,]{2,12}")

#: The greatest max_tokens, in the words of OpenAI, Groq, DeepSeek, DashScope, GLM and Volcengine; and the first that is
#: too great, in Gemini's.
_LIMIT = re.compile(
    r"supports? at most (\d{1,12}) (?:completion|output) tokens"
    r"|max_(?:completion_|output_)?tokens\b.{0,80}?(?:less than or equal to|<=|at most|\[ ?\d+ ?, ?)\D{0,3}(\d{1,12})"
    r"|maxOutputTokens\b.{0,80}? to (\d{1,12}) \(exclusive\)",
    re.IGNORECASE | re.DOTALL,
)
_GIVEN = re.compile(r"(?:provided|got|too large:|requested|value of)\D{0,10}(\d{1,12})", re.IGNORECASE)

#: What Claude Code looks for in a message and heals by itself.
_UNDERSTOOD = re.compile(
    r"max_tokens: \d+ > \d+|messages\.\d+\.role|Input should be 'user' or 'assistant'"
    r"|(?:context_management|output_config): Extra inputs|anthropic-beta|tool_reference|Invalid `?signature"
)

#: Too many bytes, which Gemini answers with 400.
_TOO_LARGE = re.compile(r"payload size exceeds the limit", re.IGNORECASE)

_TRACE = re.compile(r"\n[ \t]+at \S.*|\n?Traceback \(most recent call last\).*", re.DOTALL)
_KEYS = re.compile(r"\b(?:(?:sk|gsk|csk|xai|pplx|hf|nvapi)[-_]|AIza)[A-Za-z0-9_*-]{10,}|(?<=Bearer )\S{8,}")

#: A balance that no waiting refills (OpenAI, Moonshot, GLM).
_NO_BALANCE = frozenset({"insufficient_quota", "exceeded_current_quota_error", "insufficient_balance", "1113"})


class _Asked(NamedTuple):
    """Who was asked, and for how long an answer. `mask` hides configured keys in a text."""

    provider: str
    model: str
    mask: Callable[[str], str] = str
    max_tokens: int | None = None

    @property
    def heading(self) -> str:
        """Begins the texts of errors."""
        return f'provider "{self.provider}" (model {self.model}): '

    def error(self, message: str, **about: Unpack[About]) -> UpstreamError:
        """An error of this provider's."""
        return UpstreamError(message, provider=self.provider, model=self.model, **about)


def read_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    provider: str,
    model: str,
    mask: Callable[[str], str] = str,
    max_tokens: int | None = None,
) -> UpstreamError:
    """The error of an HTTP answer. `headers` with lower-case names; `mask` hides configured keys in a text;
    `max_tokens` is what was asked for."""
    told = read_body(body)
    if status < 300:  # an error object where an answer should be
        status = told.status or 502
    return _error(status, headers, told, _Asked(provider, model, mask, max_tokens))


def error_from_chunk(
    error: Any, *, provider: str, model: str, mask: Callable[[str], str] = str, max_tokens: int | None = None
) -> UpstreamError:
    """The error of an object inside a stream (facts 4 and 50)."""
    told = read_object(error)
    return _error(told.status or 502, {}, told, _Asked(provider, model, mask, max_tokens))


def _error(status: int, headers: Mapping[str, str], told: Told, asked: _Asked) -> UpstreamError:
    text = _clean(told.text, asked.mask) or _without_words(status)
    if status in _OVERFLOW_STATUSES and _OVERFLOW.search(f"{text} {told.code}"):
        message = f"{_too_long(text)} ({asked.heading}{text})"
        return asked.error(message, status=400, should_retry=False)
    if status in (400, 422) and (limit := _LIMIT.search(text)):
        most = int(limit[1] or limit[2] or int(limit[3]) - 1)
        return asked.error(_too_many(text, most, asked), status=400)
    status = _status(status, told.code, text)
    should_retry = False if status in (401, 403) or told.code in _NO_BALANCE else None
    wait = headers.get("retry-after")
    if wait is None and should_retry is None and status in _WAITING:
        wait = retry_after_seconds(headers, told)
    return asked.error(
        text if _UNDERSTOOD.search(text) else asked.heading + text,
        status=status,
        headers={} if wait is None else {"retry-after": wait},
        should_retry=should_retry,
        details=told.details,
    )


def _status(status: int, code: str, text: str) -> int:
    """The status a client is given for the provider's, its error's word and text."""
    if code == "tool_use_failed":
        return 502
    if status == 400 and code == "api_key_invalid":
        return 401
    if status == 400 and _TOO_LARGE.search(text):
        return 413
    if status in ERROR_TYPES and status != 405 and status != 422:
        return status
    if known := _STATUSES.get(status):
        return known
    return 400 if 400 <= status < 500 else 502


def _without_words(status: int) -> str:
    if 300 <= status < 400:
        return f"HTTP {status}, a redirect; check the URL of the provider"
    return f"HTTP {status} without a message"


def _clean(text: str, mask: Callable[[str], str]) -> str:
    """A text without traces and keys, not too long. Masked before it is cut: half a key is not recognised."""
    text = _KEYS.sub("***", mask(_TRACE.sub("", text[: 16 * LONGEST_TEXT]))).strip()
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _too_long(text: str) -> str:
    """Anthropic's words for it, with the numbers when they can be told."""
    if found := re.search(r"prompt is too long: \d+ tokens > \d+ maximum", text):
        return found[0]
    limit = _OVERFLOW_LIMIT.search(text)
    most = _number(limit[1] or limit[2]) if limit else 0
    tokens = max(map(_number, _NUMBER.findall(text)), default=0)
    return f"prompt is too long: {tokens} tokens > {most} maximum" if tokens > most > 0 else "prompt is too long"


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _too_many(text: str, limit: int, asked: _Asked) -> str:
    """Anthropic's words for too large a limit: the client asks again with the number that is possible."""
    given = _GIVEN.search(text)
    tokens = asked.max_tokens or (int(given[1]) if given and int(given[1]) > limit else limit + 1)
    return f"max_tokens: {tokens} > {limit}, which is the maximum allowed number of output tokens for {asked.model}"
