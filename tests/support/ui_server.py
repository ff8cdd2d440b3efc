"""The web interface with a gateway that is not there, for work on its pages.

    python -m tests.support.ui_server [port] [--login] [--first-run] [--empty] [--broken]

serves the files as they are on the disk at that moment, under a prefix, with the headers of the real ones, and canned
answers to the HTTP API (`ui_answers`). The key for `--login` is `secret-admin`.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from ccr_middleware.endpoints import ui
from ccr_middleware.errors import NotFound
from ccr_middleware.http import Request, send_bytes, send_json

from .ui_answers import Answers, Refused
from .ui_samples import SCHEMA
from .ui_stream import answer_stream, whole_answer

MOUNT = "/llm/ccr"
SECONDS_BETWEEN_REQUESTS = 2.5


class App:
    """An ASGI application."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if not scope["path"].startswith(MOUNT):
            await send_bytes(Request(scope, receive, send), 404, b"outside of the mount", {}, b"text/plain")
            return
        request = Request({**scope, "root_path": MOUNT}, receive, send)
        try:
            await self._answer(request)
        except Refused as refused:
            await send_json(request, refused.body, {"request-id": "req_mock"}, refused.status)
        except NotFound as missing:
            await send_json(request, Refused(404, "not_found_error", str(missing)).body, {}, 404)

    async def _answer(self, request: Request) -> None:
        path = request.path
        if ui.find(path):
            await ui.send_file(request, ui.read_files().get(path.removeprefix("/ui").removeprefix("/")), "req_ui")
        elif path == "/api/session":
            await self._session(request)
        elif not self.answers.is_admin:
            raise Refused(401, "authentication_error", "a key is needed")
        elif path == "/api/requests/stream":
            await self._live(request)
        elif path in ("/v1/messages", "/v1/chat/completions", "/v1/responses") or ":stream" in path:
            await self._message(request)
        else:
            await self._api(request, path)

    async def _session(self, request: Request) -> None:
        if request.method == "POST":
            await send_json(request, self.answers.log_in(json.loads(await request.body(10_000))["key"]), {})
            return
        if request.method == "DELETE":
            self.answers.is_admin = not self.answers.login
        await send_json(request, self.answers.session(), {})

    async def _api(self, request: Request, path: str) -> None:
        raw = await request.body(10_000_000)
        is_json = (
            "json5" not in request.headers.get("content-type", "json")
            and request.headers.get("content-type") != "text/plain"
        )
        body = (json.loads(raw) if is_json else raw.decode()) if raw else {}
        status, value = self._route(request, path, body)
        await send_json(request, value, {"etag": f'"r{self.answers.revision}"', "request-id": "req_mock"}, status)

    def _route(self, request: Request, path: str, body: Any) -> tuple[int, Any]:
        """Status and answer of a path of the API."""
        answers, method, query = self.answers, request.method, request.query
        match = request.headers.get("if-match")
        fixed: dict[str, Callable[[], Any]] = {
            "GET /api/config/status": answers.status,
            "GET /api/config/schema": lambda: SCHEMA,
            "GET /api/config": lambda: (
                {"text": answers.text, "revision": f"r{answers.revision}"}
                if query.get("view") == "text"
                else answers.document()
            ),
            "POST /api/config": lambda: answers.save(body, match),
            "PATCH /api/config": lambda: answers.merge(body, match),
            "POST /api/config/validate": lambda: {
                "valid": not answers.check(body),
                "problems": answers.check(body),
                "warnings": [],
            },
            "POST /api/restart": lambda: {"success": True, "message": "Service restart initiated"},
            "GET /api/catalogue": answers.catalogue,
            "POST /api/providers/test": lambda: answers.test_provider(body),
            "GET /api/transformers": answers.transformers,
            "GET /api/agents": answers.agents,
            "GET /api/plugins": answers.plugins,
            "POST /api/explain": lambda: answers.explain(body),
            "GET /api/health/targets": answers.targets,
            "GET /api/keys": lambda: {"keys": list(answers.keys.values())},
            "GET /api/requests": lambda: answers.requests(query),
            "GET /api/usage": lambda: answers.usage(query),
            "GET /api/logs/files": answers.log_files,
            "GET /api/logs": lambda: answers.log_lines(query),
            "GET /api/presets": lambda: {"presets": list(answers.presets.values())},
            "GET /v1/models": answers.models,
        }
        found = fixed.get(f"{method} {path}")
        return (200, found()) if found else self._one(method, path, body)

    def _one(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The paths with an id in them, and those that change a list."""
        answers = self.answers
        folder, _, name = path.rpartition("/")
        if method == "POST" and path == "/api/keys":
            return 201, answers.add_key(body)
        if folder == "/api/keys" and name in answers.keys:
            return 200, answers.keys.pop(name) if method == "DELETE" else answers.change_key(name, body)
        if folder == "/api/requests":
            return 200, answers.request(name)
        if method == "DELETE" and path == "/api/logs":
            answers.log.clear()
            return 200, {"success": True, "message": "Logs cleared successfully"}
        if folder == "/api/logs/files":
            return 200, "\n".join(answers.log)
        if path.startswith("/api/presets"):
            return self._preset(method, path, body)
        raise Refused(404, "not_found_error", f"there is nothing at {path}")

    def _preset(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        presets, name = self.answers.presets, path.split("/")[3]
        if name == "install":
            presets["installed"] = {**presets.get("fast-start", {}), "id": "installed", "name": "installed"}
            return 200, {"success": True, "preset": presets["installed"]}
        if name == "export":
            return 200, {"success": True, "manifest": {"name": body.get("name"), "schema": []}}
        if name not in presets:
            raise Refused(404, "not_found_error", f"there is no preset {name}")
        if method == "DELETE":
            return 200, {"success": True, "preset": presets.pop(name)}
        return 200, {"success": True} if path.endswith("/apply") else presets[name]

    async def _live(self, request: Request) -> None:
        await self._stream(request, self._records(), {})

    async def _records(self) -> AsyncIterator[bytes]:
        yield b": ping\n\n"
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_REQUESTS)
            if self.answers.empty:
                yield b": ping\n\n"
                continue
            record = self.answers.next_record()
            started = {name: record[name] for name in ("id", "time", "asked_model", "provider", "model")}
            yield f"event: started\ndata: {json.dumps(started)}\n\n".encode()
            await asyncio.sleep(1)
            self.answers.add_log(f"answered {record['id']}")
            yield f"event: request\ndata: {json.dumps(record)}\n\n".encode()

    async def _message(self, request: Request) -> None:
        body = json.loads(await request.body(10_000_000))
        if "error" in json.dumps(body.get("messages", "")):
            raise Refused(429, "rate_limit_error", "deepseek: rate limit reached for requests")
        headers = {
            "x-ccr-provider": "deepseek",
            "x-ccr-model": "deepseek-chat",
            "x-ccr-scenario": "default",
            "x-ccr-attempts": "1",
            "x-ccr-loss": "citations=dropped",
            "request-id": "req_play",
        }
        if body.get("stream"):
            await self._stream(request, answer_stream(), headers)
        else:
            await send_json(request, whole_answer(), headers)

    async def _stream(self, request: Request, parts: AsyncIterator[bytes], headers: dict[str, str]) -> None:
        head = [
            (b"content-type", b"text/event-stream"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ]
        await request.send({"type": "http.response.start", "status": 200, "headers": head, "trailers": False})
        left = asyncio.ensure_future(_left(request))
        with contextlib.suppress(OSError):
            async for part in parts:
                if left.done():
                    return
                await request.send({"type": "http.response.body", "body": part, "more_body": True})
            await request.send({"type": "http.response.body", "body": b"", "more_body": False})
        left.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def main(arguments: list[str]) -> None:
    """Serve until interrupted."""
    import uvicorn

    port = next((int(one) for one in arguments if one.isdigit()), 8765)
    flags = {one.removeprefix("--").replace("-", "_"): True for one in arguments if one.startswith("--")}
    uvicorn.run(App(Answers(**flags)), port=port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main(sys.argv[1:])
