"""How the files of the web interface are served."""

import asyncio
from gzip import decompress
from types import SimpleNamespace
from typing import Any

import pytest

from ccr_middleware.endpoints import ui
from ccr_middleware.errors import NotFound
from ccr_middleware.http import Request


class Answer:
    """What was sent: status, headers, body."""

    def __init__(self, messages: list[Any]) -> None:
        self.status = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(one["body"] for one in messages[1:])


def ask(path: str, method: str = "GET", root: str = "", **headers: str) -> Answer:
    """The answer to a request of a file, below a mount point. Raises what the endpoint raises."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {
        "type": "http",
        "method": method,
        "path": root + path,
        "root_path": root,
        "headers": raw,
        "query_string": b"",
    }
    visit: Any = SimpleNamespace(id="req_1")
    asyncio.run(ui.serve(Request(scope, None, send), visit))  # type: ignore[arg-type]
    return Answer(sent)


@pytest.mark.parametrize("root", ["", "/ccr", "/llm/ccr"])
def test_the_start_page_is_at_ui_with_a_slash(root):
    answer = ask("/ui/", root=root)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.body.startswith(b"<!doctype html>")
    assert answer.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("root", ["", "/llm/ccr"])
def test_ui_without_a_slash_is_sent_on_relative_to_where_it_is(root):
    answer = ask("/ui", root=root)
    assert (answer.status, answer.headers["location"], answer.body) == (307, "ui/", b"")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/ui/app.js", "text/javascript; charset=utf-8"),
        ("/ui/js/core/api.js", "text/javascript; charset=utf-8"),
        ("/ui/css/tokens.css", "text/css; charset=utf-8"),
        ("/ui/vendor/hashes.json", "application/json"),
        ("/ui/vendor/LICENSES.txt", "text/plain; charset=utf-8"),
        ("/ui/icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_types(path, content_type):
    assert ask(path).headers["content-type"] == content_type


def test_a_file_says_what_pages_may_do():
    headers = ask("/ui/").headers
    policy = dict(one.split(" ", 1) for one in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["request-id"] == "req_1"


def test_a_file_that_the_browser_has_is_not_sent_again():
    first = ask("/ui/app.js")
    assert first.headers["cache-control"] == "no-cache"
    again = ask("/ui/app.js", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert ask("/ui/app.js", if_none_match='"of another version"').status == 200
    assert ask("/ui/index.html", if_none_match=first.headers["etag"]).status == 200


def test_files_are_sent_compressed_to_whoever_takes_it():
    plain, small = ask("/ui/vendor/editor.js"), ask("/ui/vendor/editor.js", accept_encoding="br, gzip")
    assert small.headers["content-encoding"] == "gzip"
    assert decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body) / 2
    assert small.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert small.headers["etag"] != plain.headers["etag"]
    assert ask("/ui/vendor/editor.js", accept_encoding="gzip", if_none_match=small.headers["etag"]).status == 304


def test_gzip_that_is_refused_is_not_sent():
    assert "content-encoding" not in ask("/ui/app.js", accept_encoding="gzip;q=0, identity").headers


def test_head_has_the_headers_alone():
    answer, whole = ask("/ui/app.js", "HEAD"), ask("/ui/app.js")
    assert answer.body == b""
    assert answer.headers["content-length"] == str(len(whole.body))


@pytest.mark.parametrize(
    "path",
    [
        "/ui/nothing.js",
        "/ui/js",
        "/ui/../pyproject.toml",
        "/ui/js/../../__init__.py",
        "/ui/%2e%2e/config.py",
        "/ui/..\\config.py",
        "/ui//etc/passwd",
        "/ui/js/core/../core/api.js",
        "/ui/APP.JS",
        "/ui/app.js\0",
    ],
)
def test_only_what_is_in_the_table_is_there(path):
    with pytest.raises(NotFound):
        ask(path)


def test_paths_of_the_interface_are_known():
    assert ui.find("/ui") is not None
    assert ui.find("/ui/js/core/api.js") is not None
    assert ui.find("/ui") == {"GET": ui.Endpoint(ui.serve, "public")}
    assert ui.find("/uix") is None
    assert ui.find("/api/ui") is None


def test_nothing_but_the_interface_is_served():
    assert not [path for path in ui.read_files() if path.endswith((".py", ".mjs", ".map")) or "node_modules" in path]
