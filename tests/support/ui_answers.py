"""What the gateway of `ui_server` answers: the HTTP API, canned, with a memory that pages can change."""

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import json5

from . import ui_answers_config
from .ui_history import (
    REQUEST_BODY,
    RESPONSE_BODY,
    TARGETS,
    group_of,
    log_matches,
    make_history,
    make_log,
    make_record,
    matches,
    totals,
)
from .ui_samples import (
    AGENTS,
    CONFIG,
    PLUGINS,
    PRESET,
    target_row,
)

Json = Any


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, kind: str, message: str, problems: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        error: Json = {"type": kind, "message": message}
        if problems:
            error["details"] = {"problems": problems}
        self.body = {"type": "error", "error": error, "request_id": "req_mock"}


@dataclass
class Answers:
    """The gateway's memory. `login`: a key is needed; `first_run`, `empty`, `broken`: situations to look at."""

    login: bool = False
    first_run: bool = False
    empty: bool = False
    broken: bool = False
    is_admin: bool = False
    text: str = CONFIG
    revision: int = 1
    keys: dict[str, Json] = field(default_factory=dict)
    presets: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.is_admin = not self.login
        self.records = [] if self.empty or self.first_run else make_history()
        self.log = [] if self.empty else make_log(self.records)
        if self.empty or self.first_run:
            self.text = "{\n  // Nothing is set up yet.\n}\n"
            return
        self.presets["fast-start"] = dict(PRESET)
        self.add_key({"name": "laptop", "models": None, "rpm": 60})
        self.add_key({"name": "ci", "models": ["deepseek,*"], "expires_at": "2020-01-01"})

    # Session and status

    def session(self) -> Json:
        return {
            "admin": self.is_admin,
            "name": "admin" if self.is_admin else "",
            "login_needed": not self.is_admin,
            "keys_configured": self.login,
            "version": "0.1.0",
            "first_run": self.first_run,
            "local": True,
        }

    def log_in(self, key: str) -> Json:
        if key != "secret-admin":
            raise Refused(401, "authentication_error", "the key is not right")
        self.is_admin = True
        return self.session()

    def status(self) -> Json:
        error = "config.json, line 14: expected a comma or a closing bracket" if self.broken else None
        warnings = (
            [] if self.empty else ["Router.webSearch: no model is set; requests with web search go to Router.default"]
        )
        return {
            "source": "/home/me/.claude-code-router/config.json",
            "revision": f"r{self.revision}",
            "loaded_at": time.time() - 4000,
            "error": error,
            "warnings": warnings,
            "writable": True,
        }

    # Configuration

    def document(self) -> Json:
        return ui_answers_config.MASKS.masked(json5.loads(self.text))

    def check(self, wanted: Json) -> list[Json]:
        """Problems of a document or a text."""
        try:
            document = json5.loads(wanted) if isinstance(wanted, str) else wanted
        except ValueError as problem:
            return [{"path": "", "message": str(problem).splitlines()[0], "line": 3, "column": 5}]
        names = [one.get("name") for one in document.get("Providers", [])]
        missing = [
            one
            for one in document.get("Router", {}).values()
            if isinstance(one, str) and one.split(",")[0] not in names
        ]
        return [
            {"path": "Router", "message": f'there is no provider for "{one}"', "line": 24, "column": 3}
            for one in missing
        ]

    def save(self, wanted: Json, if_match: str | None) -> Json:
        if if_match and if_match.strip('"') != f"r{self.revision}":
            raise Refused(409, "invalid_request_error", "the configuration was changed meanwhile")
        if isinstance(wanted, dict):
            wanted = ui_answers_config.MASKS.restored(wanted, json5.loads(self.text))
        problems = self.check(wanted)
        if problems:
            raise Refused(400, "invalid_request_error", problems[0]["message"], problems)
        self.text = wanted if isinstance(wanted, str) else json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
        self.revision += 1
        self.first_run = False
        return {
            "success": True,
            "message": "Config saved successfully",
            "revision": f"r{self.revision}",
            "warnings": [],
        }

    def merge(self, change: Json, if_match: str | None) -> Json:
        return self.save(merged(self.document(), change), if_match)

    # What can be listed

    def models(self) -> Json:
        ids = [
            f"{one['name']},{model}" for one in self.document().get("Providers", []) for model in one.get("models", [])
        ]
        return {"data": [{"type": "model", "id": one, "display_name": one} for one in ids], "has_more": False}

    def targets(self) -> Json:
        if self.empty or self.first_run:
            return {"targets": []}
        return {"targets": [target_row(index, *target) for index, target in enumerate(TARGETS)]}

    def transformers(self) -> Json:
        rows = ui_answers_config.transformers(json5.loads(self.text))
        broken = {
            **rows[-1],
            "name": "mine",
            "aliases": [],
            "origin": "file:/home/me/mine.py",
            "error": "mine.py:12: NameError: name 'x' is not defined",
        }
        return {"transformers": [*rows, broken]}

    def catalogue(self) -> Json:
        return ui_answers_config.catalogue()

    def agents(self) -> Json:
        return {"agents": AGENTS}

    def plugins(self) -> Json:
        return {"plugins": PLUGINS}

    def test_provider(self, body: Json) -> Json:
        return ui_answers_config.tried(body)

    def explain(self, body: Json) -> Json:
        return ui_answers_config.explain(json5.loads(self.text), body)

    # Keys

    def add_key(self, wanted: Json) -> Json:
        number = len(self.keys) + 1
        expires_at = wanted.get("expires_at")
        key = {
            "id": f"key_{number}",
            "name": wanted.get("name", ""),
            "hint": f"ccr-…{number}a7",
            "created_at": "2026-01-01T10:00:00Z",
            "expires_at": expires_at,
            **{name: wanted.get(name) for name in ("models", "rpm", "tpm", "max_parallel")},
            "enabled": True,
            "expired": (expires_at or "3") < "2026",
            "last_used_at": time.time() - 300 if number == 1 else None,
        }
        self.keys[key["id"]] = key
        return {**key, "key": f"ccr-{number:032x}"}

    def change_key(self, name: str, change: Json) -> Json:
        self.keys[name] = merged(self.keys[name], change)
        return self.keys[name]

    # Requests

    def requests(self, query: Mapping[str, str]) -> Json:
        rows = [one for one in self.records if matches(one, query)]
        start = int(query.get("before") or 0)
        size = int(query.get("limit") or 50)
        cursor = str(start + size) if start + size < len(rows) else None
        return {"requests": rows[start : start + size], "next": cursor}

    def request(self, name: str) -> Json:
        for one in self.records:
            if one["id"] == name:
                has_bodies = int(name[4:12], 16) % 3 != 0
                return {
                    **one,
                    "request_body": json.dumps(REQUEST_BODY) if has_bodies else None,
                    "response_body": json.dumps(RESPONSE_BODY) if has_bodies else None,
                }
        raise Refused(404, "not_found_error", f"there is no request {name}")

    def next_record(self) -> Json:
        record = make_record(len(self.records) + 1, time.time(), random.Random(time.time()))
        self.records.insert(0, record)
        return record

    def usage(self, query: Mapping[str, str]) -> Json:
        groups: dict[str, list[Json]] = {}
        for one in self.records:
            if one["time"] >= float(query.get("since") or 0):
                groups.setdefault(group_of(one, query.get("by", "day")), []).append(one)
        rows = [{"group": name, **totals(members)} for name, members in sorted(groups.items())]
        return {"usage": rows, "totals": totals([one for members in groups.values() for one in members])}

    # Logs

    def log_files(self) -> Json:
        if self.empty:
            return []
        now = int(time.time() * 1000)
        names = ["ccr-20260324101500.log", "ccr-20260323090000.log"]
        return [
            {
                "id": name,
                "name": name,
                "path": name,
                "size": 90_000 * (1 + index),
                "lastModified": now - index * 86_400_000,
            }
            for index, name in enumerate(names)
        ]

    def log_lines(self, query: Mapping[str, str]) -> list[str]:
        since = float(query.get("since") or 0)
        lines = [line for line in self.log if log_matches(line, query, since)]
        size = int(query.get("limit") or 1000)
        return lines[-size:] if query.get("tail") else lines[:size]

    def add_log(self, message: str) -> None:
        self.log.append(json.dumps({"level": 30, "time": int(time.time() * 1000), "pid": 412, "msg": message}))


def merged(document: Json, change: Json) -> Json:
    """A JSON merge patch."""
    result = dict(document) if isinstance(document, dict) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value) if isinstance(value, dict) else value
    return result
