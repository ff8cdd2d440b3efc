"""What a status line may show, by the names it has in `{{…}}`. Everything is a text, "" when it is not known."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any

from .git import branch_of
from .speed_file import read_speed
from .status import Status, number
from .transcript import last_answer

#: The speed of an answer that ended longer ago is no news (seconds).
SPEED_SECONDS = 3.0

_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)])


def variables_of(status: Status, default_model: str, env: Mapping[str, str]) -> dict[str, str]:
    """All of them. `default_model`: shown while the session has no answer yet."""
    speed = read_speed(status.session, env)
    model, usage = last_answer(status.transcript)
    usage = usage or status.usage
    provider, _, routed = str(speed.get("target") or "").partition(",")
    read, written = number(usage, "input_tokens"), number(usage, "output_tokens")
    found = {
        "workDirName": os.path.basename(status.folder.rstrip("/\\")),
        "gitBranch": branch_of(status.folder),
        "model": model or default_model or status.model,
        "provider": provider,
        "routedModel": routed,
        "inputTokens": _count(read),
        "outputTokens": _count(written),
        "version": status.version,
        "sessionId": status.session[:8],
        **_speed(speed),
        **_context(status),
        **_cost(status),
    }
    return {name: value.translate(_CONTROLS) for name, value in found.items()}


def _speed(speed: dict[str, Any]) -> dict[str, str]:
    """What the plugin token-speed has measured."""
    age_seconds = time.time() - number(speed, "timestamp") / 1000
    now = number(speed, "tokensPerSecond") if age_seconds <= SPEED_SECONDS else 0
    streaming = now > 0 and speed.get("final") is not True
    return {
        "tokenSpeed": str(round(now)),
        "isStreaming": "streaming" if streaming else "",
        "streamingIndicator": "[Streaming]" if streaming else "",
        "timeToFirstToken": _first_token(speed),
        "sessionSpeed": str(round(number(speed, "sessionTokensPerSecond"))),
    }


def _first_token(speed: dict[str, Any]) -> str:
    """The time to the first token, from the number or from the text (`31ms`) that CCR v2 writes."""
    if "timeToFirstTokenMs" in speed:
        return duration(number(speed, "timeToFirstTokenMs")) if speed["timeToFirstTokenMs"] is not None else ""
    written = speed.get("timeToFirstToken")
    if isinstance(written, int | float):
        return duration(number(speed, "timeToFirstToken"))
    found = re.fullmatch(r"(\d+(?:\.\d+)?)ms", written) if isinstance(written, str) else None
    return duration(float(found[1])) if found else ""


def _context(status: Status) -> dict[str, str]:
    context, usage = status.context, status.usage
    size = number(context, "context_window_size")
    parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    used = sum(number(usage, name) for name in parts)
    percent = used / size * 100 if size else number(context, "used_percentage")
    return {
        "contextPercent": str(round(percent)),
        "contextWindowSize": f"{size / 1000:.0f}k" if size > 1000 else f"{size:.0f}",
        "totalInputTokens": _count(number(context, "total_input_tokens")),
        "totalOutputTokens": _count(number(context, "total_output_tokens")),
    }


def _cost(status: Status) -> dict[str, str]:
    cost = status.cost
    dollars, milliseconds = number(cost, "total_cost_usd"), number(cost, "total_duration_ms")
    added, removed = number(cost, "total_lines_added"), number(cost, "total_lines_removed")
    shown = f"${dollars:.2f}" if dollars >= 0.01 else f"{dollars * 100:.2f}¢"
    return {
        "cost": shown if dollars else "",
        "duration": duration(milliseconds) if milliseconds else "",
        "linesAdded": f"{added:.0f}",
        "linesRemoved": f"{removed:.0f}",
        "netLines": f"{added - removed:.0f}",
    }


def _count(tokens: float) -> str:
    """A number of tokens: thousands as `1.2k`."""
    return f"{tokens / 1000:.1f}k" if tokens > 1000 else f"{tokens:.0f}"


def duration(milliseconds: float) -> str:
    """A time: `31ms`, `1.5s`, `2m5s`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f}ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f}s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes}m{seconds}s"
