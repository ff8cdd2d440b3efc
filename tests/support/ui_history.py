"""Sample records of the history and lines of the log, and how they are filtered and added up."""

import json
import random
import time
from collections.abc import Mapping
from typing import Any

Json = Any

TARGETS = [
    ("deepseek", "deepseek-chat"),
    ("deepseek", "deepseek-reasoner"),
    ("local", "qwen3-coder"),
    ("openrouter", "anthropic/claude-sonnet-4.5"),
    ("openrouter", "google/gemini-2.5-pro"),
]
SCENARIOS = ["default", "think", "background", "explicit", "long_context"]

REQUEST_BODY = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 4096,
    "stream": True,
    "system": "You are a careful engineer.",
    "messages": [{"role": "user", "content": "Why does the build fail on Python 3.11?"}],
    "tools": [{"name": "Read", "description": "Reads a file.", "input_schema": {"type": "object", "properties": {}}}],
}
RESPONSE_BODY = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "deepseek-chat",
    "content": [{"type": "text", "text": "Because of a syntax that came with 3.12."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1200, "output_tokens": 12},
}


def make_record(number: int, moment: float, chance: random.Random) -> Json:
    """A record of the history."""
    provider, model = chance.choices(TARGETS, weights=[10, 4, 6, 3, 1])[0]
    status = chance.choices([200, 429, 500, 400], weights=[46, 2, 1, 1])[0]
    seconds = chance.uniform(0.8, 14) if status == 200 else chance.uniform(0.1, 1.4)
    output = int(seconds * chance.uniform(30, 90)) if status == 200 else 0
    attempts = [{"provider": provider, "model": model, "status": status, "error": None, "seconds": round(seconds, 3)}]
    if chance.random() < 0.08:
        limited = "the provider limits requests: try again in 12 seconds"
        attempts.insert(
            0, {"provider": "deepseek", "model": "deepseek-chat", "status": 429, "error": limited, "seconds": 0.214}
        )
    error = None
    if status != 200:
        error = {
            429: "rate limit reached for requests",
            500: "the provider closed the connection",
            400: "prompt is too long",
        }[status]
        attempts[-1]["error"] = error
    losses = [
        {"feature": "citations", "action": "dropped", "detail": "chat completions have no citations"},
        {"feature": "cache_control", "action": "omitted", "detail": "the provider caches by itself"},
    ]
    return {
        "id": f"req_{number:08x}{chance.getrandbits(48):012x}",
        "time": moment,
        "endpoint": chance.choices(["messages", "chat", "responses", "gemini"], weights=[20, 2, 1, 1])[0],
        "caller": f"key_{number % 3}",
        "caller_name": ["laptop", "ci", "team"][number % 3],
        "session": f"session-{number // 12:04d}",
        "project": ["/home/me/shop", "/home/me/blog"][number % 2],
        "asked_model": chance.choice(["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1"]),
        "provider": provider,
        "model": model,
        "scenario": chance.choice(SCENARIOS),
        "reason": "Router.default: nothing else matched",
        "attempts": attempts,
        "status": status,
        "stop_reason": chance.choice(["end_turn", "tool_use"]) if status == 200 else None,
        "stream": True,
        "input_tokens": chance.randint(400, 60000) if status == 200 else 0,
        "output_tokens": output,
        "cache_read_tokens": chance.choice([0, 0, 12000]),
        "cache_write_tokens": 0,
        "first_token_seconds": round(min(seconds, chance.uniform(0.2, 1.9)), 3) if status == 200 else None,
        "total_seconds": round(seconds, 3),
        "tokens_per_second": round(output / seconds, 1) if output else None,
        "losses": losses[: chance.choices([0, 1, 2], weights=[6, 2, 1])[0]],
        "error": error,
        "cost": round(chance.uniform(0.0004, 0.05), 5) if status == 200 else None,
    }


def make_history(amount: int = 260) -> list[Json]:
    """A day of records, the newest first."""
    chance, now = random.Random(7), time.time()
    moments = sorted((now - chance.random() ** 1.6 * 86_000 for _ in range(amount)), reverse=True)
    return [make_record(amount - index, moment, chance) for index, moment in enumerate(moments)]


LEVELS = [20, 20, 20, 30, 40, 50]


def make_log(records: list[Json]) -> list[str]:
    """Lines of a log, the oldest first, in pino's field names."""
    lines = [
        json.dumps(
            {
                "level": 30,
                "time": int(time.time() * 1000) - 90_000_000,
                "pid": 412,
                "msg": "listening on 127.0.0.1:3456",
            }
        )
    ]
    for record in reversed(records[:60]):
        common = {"pid": 412, "hostname": "desk", "reqId": record["id"]}
        moment = int(record["time"] * 1000)
        lines.append(
            json.dumps(
                {
                    "level": 30,
                    "time": moment,
                    **common,
                    "msg": "incoming request",
                    "req": {"method": "POST", "url": "/v1/messages"},
                }
            )
        )
        lines.append(
            json.dumps(
                {"level": 20, "time": moment + 3, **common, "msg": f"scenario {record['scenario']}: {record['reason']}"}
            )
        )
        if record["error"]:
            lines.append(
                json.dumps(
                    {"level": 50, "time": moment + 200, **common, "msg": record["error"], "status": record["status"]}
                )
            )
        done = {"level": 30, "time": moment + int(record["total_seconds"] * 1000), **common, "msg": "request completed"}
        lines.append(
            json.dumps({**done, "provider": record["provider"], "model": record["model"], "status": record["status"]})
        )
    return [*lines, "Traceback (most recent call last): a line that is not JSON"]


def totals(rows: list[Json]) -> Json:
    """A row of /api/usage."""
    fine = [one for one in rows if one["status"] == 200]
    total = {
        name: sum(one[name] for one in rows)
        for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    }
    mean = (lambda name: sum(one[name] for one in fine) / len(fine)) if fine else (lambda name: None)
    return {
        "requests": len(rows),
        "errors": len(rows) - len(fine),
        **total,
        "cost": sum(one["cost"] or 0 for one in rows),
        "mean_seconds": mean("total_seconds"),
        "mean_first_token_seconds": mean("first_token_seconds"),
    }


def group_of(record: Json, by: str) -> str:
    if by in ("day", "hour"):
        return time.strftime("%Y-%m-%dT%H" if by == "hour" else "%Y-%m-%d", time.localtime(record["time"]))
    return str(record[by])


def matches(record: Json, query: Mapping[str, str]) -> bool:
    status = query.get("status", "")
    fits_status = {"": True, "ok": record["status"] < 400, "error": record["status"] >= 400}.get(
        status, str(record["status"]) == status
    )
    equal = all(
        query[name] in (str(record[name]), f"{record['provider']},{record['model']}")
        for name in ("provider", "model", "session", "caller")
        if query.get(name)
    )
    inside = float(query.get("since") or 0) <= record["time"] <= float(query.get("until") or 9e9)
    return fits_status and equal and inside and query.get("q", "").lower() in json.dumps(record).lower()


def log_matches(line: str, query: Mapping[str, str], since: float) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return not since
    wanted = {"debug": 20, "info": 30, "warn": 40, "error": 50}.get(query.get("level", ""), 0)
    return (
        entry["level"] >= wanted and entry["time"] > since and query.get("request_id", "") in ("", entry.get("reqId"))
    )
