"""The users of a Flask application are the callers of its gateway.

Run it in this folder: `flask --app app_with_users run`
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from flask import Flask, abort, request, session

from ccr_middleware import CCRMiddleware, Gateway
from ccr_middleware.access import Principal


@dataclass(frozen=True)
class User:
    """A user of the host."""

    name: str
    staff: bool = False
    models: tuple[str, ...] | None = None


# Stands for the host's database. Claude Code sends what is in ANTHROPIC_AUTH_TOKEN as a bearer token.
USERS = {"ada-token": User("ada", staff=True), "bob-token": User("bob", models=("demo,demo-thinking",))}

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_hex()
app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")


@app.post("/login")
def login() -> dict[str, str]:
    """Log in: a browser with the host's cookie may open the gateway's pages."""
    user = USERS.get(request.form.get("token", "")) or abort(401)
    session["token"] = request.form["token"]
    return {"name": user.name}


def current_user() -> User | None:
    """Who the host's own views are called by. With Flask-Login this is its `current_user`."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return USERS.get(bearer or session.get("token", ""))


def find_caller(environ: dict[str, Any]) -> Principal | None:
    """The same for the gateway, in a request context made of the WSGI environ."""
    with app.request_context(environ):
        user = current_user()
    if user is None:
        return None
    return Principal(f"user:{user.name}", user.name, admin=user.staff, models=user.models, rpm=60)


async def authenticate(scope: Mapping[str, Any]) -> Principal | None:
    """In a worker thread, because a database may have to be asked."""
    return await to_thread.run_sync(partial(find_caller, scope["extensions"]["wsgi"]))


# The path of a config.json; without one the built-in demo model answers.
gateway = Gateway(os.environ.get("CCR_CONFIG"), authenticate=authenticate)
app.wsgi_app = CCRMiddleware(app.wsgi_app, prefix="/ccr", gateway=gateway)  # type: ignore[method-assign]
