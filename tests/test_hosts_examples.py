"""The examples as they are handed out: without a configuration, as their READMEs begin, the demo model answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

from ccr_middleware.testing import check_message, check_stream

from .support.servers import EXAMPLES, ROOT, hello_url, run_server, serve_host

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


# -- the host's users as the gateway's callers (docs/access.md)

_TOKENS = {"staff": {"authorization": "Bearer ada-token"}, "limited": {"authorization": "Bearer bob-token"}}

#: Makes the users of the Django example, and tells how they are recognised.
_DJANGO_USERS = """
import json
import django
django.setup()
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
staff = User.objects.create_user("ada", password="x", is_staff=True)
thinker = User.objects.create_user("bob", password="x")
thinker.groups.add(Group.objects.create(name="thinkers"))
limited = User.objects.create_user("cyd", password="x")
found = {}
for user in (staff, thinker, limited):
    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(user)
    token = browser.get("/token").json()["token"]
    found[user.username] = {"token": token, "cookie": "sessionid=" + browser.cookies["sessionid"].value}
assert Client(HTTP_HOST="127.0.0.1").get("/token").status_code == 401
print(json.dumps(found))
"""


def status(url: str, headers: dict[str, str], body: dict[str, Any] | bytes | None = None) -> int:
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    kind = {"content-type": "application/json"} if isinstance(body, dict) else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, {**kind, **headers}), timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def asked(base_url: str, headers: dict[str, str], model: str = "demo,demo") -> int:
    body = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
    return status(f"{base_url}/v1/messages", headers, body)


def check_callers(base_url: str, staff: dict[str, str], limited: dict[str, str], theirs: str, others: str) -> None:
    """What each kind of caller may; `theirs` is the model of the limited user, `others` is not."""
    assert asked(base_url, {}) == 401
    assert asked(base_url, {"authorization": "Bearer nobody"}) == 401
    assert asked(base_url, staff) == 200
    assert (asked(base_url, limited, theirs), asked(base_url, limited, others)) == (200, 403)
    pages = [status(f"{base_url}/api/transformers", headers) for headers in (staff, limited, {})]
    assert pages == [200, 403, 401]
    assert status(f"{base_url}/api/transformers", {**staff, "origin": "https://evil.example"}) == 403
    assert status(f"{base_url}/health", {}) == 200


def test_users_of_fastapi_call_the_gateway():
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["uvicorn", "--port", "0", "app_with_users:app"]
    with run_server("fastapi with users", command, EXAMPLES / "fastapi_app", environ) as port:
        base = f"http://127.0.0.1:{port}"
        check_callers(f"{base}/ccr", _TOKENS["staff"], _TOKENS["limited"], "demo,demo-thinking", "demo,demo")
        assert [status(f"{base}/me", headers) for headers in (_TOKENS["limited"], {})] == [200, 401]


def test_users_of_flask_call_the_gateway():
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["gunicorn", "--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "8", "app_with_users:app"]
    with run_server("flask with users", command, EXAMPLES / "flask_app", environ) as port:
        base = f"http://127.0.0.1:{port}"
        check_callers(f"{base}/ccr", _TOKENS["staff"], _TOKENS["limited"], "demo,demo-thinking", "demo,demo")
        with urllib.request.urlopen(f"{base}/login", b"token=ada-token", timeout=10) as response:
            cookie = {"cookie": response.headers["set-cookie"].partition(";")[0]}
        assert status(f"{base}/ccr/api/transformers", cookie) == 200, "the pages, in the host's own session"
        assert asked(f"{base}/ccr", {**cookie, "origin": "https://evil.example"}) == 403


def test_users_of_django_call_the_gateway(tmp_path):
    folder = EXAMPLES / "django_app"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]), "DJANGO_SECRET_KEY": "for a test"}
    environ |= {
        "DJANGO_DATABASE": str(tmp_path / "db.sqlite3"),
        "DJANGO_SETTINGS_MODULE": "project.settings_with_users",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    made = subprocess.run(
        [sys.executable, "-c", _DJANGO_USERS], env=environ, capture_output=True, text=True, timeout=60
    )
    assert made.returncode == 0, made.stderr
    users = json.loads(made.stdout)
    by_token = {name: {"authorization": f"Bearer {user['token']}"} for name, user in users.items()}
    by_session = {name: {"cookie": user["cookie"]} for name, user in users.items()}
    command = ["uvicorn", "--port", "0", "project.asgi_with_users:application"]
    with run_server("django with users", command, folder, environ) as port:
        base_url = f"http://127.0.0.1:{port}/ccr"
        for known in (by_token, by_session):
            check_callers(base_url, known["ada"], known["cyd"], "demo,demo", "demo,demo-thinking")
            assert asked(base_url, known["bob"], "demo,demo-thinking") == 200
