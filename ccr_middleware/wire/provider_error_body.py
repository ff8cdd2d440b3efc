"""The many shapes of a provider's error (fixtures facts 49 to 53), read into one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..jsonio import loads
from ..unified import Json

#: Members that hold the text, the best first.
_TEXTS = ("message", "msg", "detail", "error_msg", "error_message", "status_msg", "error", "reason", "title")

#: Error words that stand for a status where no number is told.
_WORDS = {
    "invalid_request_error": 400,
    "invalid_request": 400,
    "tool_use_failed": 400,
    "context_length_exceeded": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "too_many_requests": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "internal_server_error": 500,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
    "overloaded": 529,
    # Google's, for the errors whose number is that of a remote procedure call
    "invalid_argument": 400,
    "failed_precondition": 400,
    "out_of_range": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "aborted": 409,
    "resource_exhausted": 429,
    "internal": 500,
    "unknown": 500,
    "unavailable": 503,
    "deadline_exceeded": 504,
}


#: How many objects within objects are looked into.
_DEEPEST = 6


@dataclass(slots=True)
class Told:
    """What an error says: its text, its word (`code` or `type`), its status, and in how many seconds to come back.

    `details`: those of Anthropic, which hold an `error_code`.
    """

    text: str = ""
    code: str = ""
    status: int | None = None
    wait_seconds: float | None = None
    reset: str = ""
    details: Json | None = None


def read_body(body: bytes, depth: int = 0) -> Told:
    """An error from the body of an answer: JSON of any shape, an event stream, a web page, or plain text."""
    text = body[:1_000_000].decode("utf-8", "replace").strip()
    if text.startswith(("data:", "event:", ":")):
        lines = (line[5:].strip() for line in text.splitlines() if line.startswith("data:"))
        text = next((line for line in lines if line and line != "[DONE]"), "")
    if text[:1] in ("{", "["):
        try:
            return read_object(loads(text), depth)
        except ValueError:
            return Told(text)
    if text.startswith("<"):
        return Told(_web_page(text))
    return Told(text)


def read_object(value: Any, depth: int = 0) -> Told:
    """An error from a JSON value: the body, or what stood under `error`. `depth`: how far in we are already."""
    if isinstance(value, list):  # Gemini wraps it in a list (fact 53)
        value = next((entry for entry in value if isinstance(entry, dict)), None)
    if isinstance(value, str):
        return Told(value)
    if not isinstance(value, dict) or depth > _DEEPEST:
        return Told()
    for key in ("error", "errors", "base_resp", "response"):
        inner = value.get(key)
        if isinstance(inner, dict | list) and inner:
            told = read_object(inner, depth + 1)
            if told.text or told.code:
                told.status = told.status or _status_of(value)
                _read_google_details(value.get("details"), told)
                return told
    told = Told(_text_of(value, depth), _code_of(value), _status_of(value))
    _read_metadata(value.get("metadata"), told, depth)
    details = value.get("details")
    _read_google_details(details, told)
    if isinstance(details, dict) and isinstance(details.get("error_code"), str):
        told.details = details
    return told


def _text_of(value: Json, depth: int) -> str:
    for key in _TEXTS if depth <= _DEEPEST else ():
        found = value.get(key)
        if isinstance(found, str) and found.strip():
            return found.strip()
        if isinstance(found, dict) and (inner := _text_of(found, depth + 1)):
            return inner
        if isinstance(found, list) and found:
            return "; ".join(_problem(entry, depth + 1) for entry in found[:5])
    return ""


def _problem(entry: Any, depth: int) -> str:
    """One entry of a list of problems, as FastAPI and Mistral send them: `body.tools: Extra inputs are …`."""
    if not isinstance(entry, dict):
        return entry if isinstance(entry, str) else ""
    place = entry.get("loc")
    steps = [str(step) for step in place if isinstance(step, str | int)] if isinstance(place, list) else []
    where = ".".join(steps) + ": " if steps else ""
    return where + _text_of(entry, depth)


def _code_of(value: Json) -> str:
    """The word of an error. `code` says more than `type`, but may be a number or null."""
    for key in ("code", "type", "status"):
        found = value.get(key)
        found = str(found) if type(found) is int else found
        if isinstance(found, str) and found and not (found.isdigit() and len(found) == 3):
            return found.lower()
    return ""


def _status_of(value: Json) -> int | None:
    for key in ("status_code", "code", "status", "http_code"):
        found = value.get(key)
        if isinstance(found, str) and re.fullmatch("[45][0-9]{2}", found):
            found = int(found)
        if isinstance(found, int) and 400 <= found < 600:
            return found
    for key in ("code", "type", "status"):
        found = value.get(key)
        if isinstance(found, str) and (status := _WORDS.get(found.lower())):
            return status
    return None


def _read_metadata(metadata: Any, told: Told, depth: int) -> None:
    """OpenRouter: the useful text is in `raw`, the provider behind it in `provider_name` (fact 49)."""
    if not isinstance(metadata, dict):
        return
    raw = metadata.get("raw")
    inner = (
        read_body(raw.encode("utf-8", "replace"), depth + 1) if isinstance(raw, str) else read_object(raw, depth + 1)
    )
    if inner.text:
        name = metadata.get("provider_name")
        told.text = f"{name}: {inner.text}" if isinstance(name, str) and name else inner.text
        told.code = inner.code or told.code
    headers = metadata.get("headers")
    if isinstance(headers, dict):
        told.reset = str(headers.get("X-RateLimit-Reset") or "")


def _read_google_details(details: Any, told: Told) -> None:
    """Google: among the details `RetryInfo` says how long to wait (`"34.4s"`), and `ErrorInfo` has the word that says
    more than the status (`API_KEY_INVALID`)."""
    for entry in details if isinstance(details, list) else ():
        if not isinstance(entry, dict):
            continue
        delay, reason = entry.get("retryDelay"), entry.get("reason")
        if isinstance(delay, str) and (found := re.fullmatch(r"(\d+(?:\.\d+)?)s", delay)):
            told.wait_seconds = float(found[1])
        if isinstance(reason, str) and str(entry.get("@type")).endswith("google.rpc.ErrorInfo"):
            told.code = reason.lower()


def _web_page(text: str) -> str:
    """What a web page is about; its markup tells nobody anything."""
    found = re.search(r"<title[^>]*>([^<]{1,200})", text[:4000], re.IGNORECASE)
    title = " ".join(found[1].split()) if found else ""
    return f"a web page instead of an answer{f' ({title})' if title else ''}; check the URL of the provider"
