"""The examples as they are handed out: without a configuration, as their READMEs begin, the demo model answers."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from ccr_middleware.testing import check_message, check_stream

from .support.servers import hello_url, serve_host

KINDS = ["uvicorn-fastapi-mount", "uvicorn-django", "gunicorn-gthread-flask", "gunicorn-gthread-django"]


def fetch(url: str, body: dict[str, Any] | None = None) -> bytes:
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(
        urllib.request.Request(url, data, {"content-type": "application/json"}), timeout=10
    ) as response:
        return response.read()


@pytest.mark.parametrize("kind", KINDS)
def test_examples_start_without_configuration(kind):
    body: dict[str, Any] = {"model": "demo", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
    with serve_host(kind) as base_url:
        assert json.loads(fetch(hello_url(base_url)))["hello"].startswith("from ")
        assert check_message(json.loads(fetch(f"{base_url}/v1/messages", body))).text
        assert check_stream(fetch(f"{base_url}/v1/messages", {**body, "stream": True})).text
