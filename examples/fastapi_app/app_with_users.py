"""The users of a FastAPI application are the callers of its gateway.

Run it in this folder: `uvicorn app_with_users:app`
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request

from ccr_middleware import Gateway
from ccr_middleware.access import Principal


@dataclass(frozen=True)
class User:
    """A user of the host."""

    name: str
    staff: bool = False
    models: tuple[str, ...] | None = None


# Stands for the host's database. Claude Code sends what is in ANTHROPIC_AUTH_TOKEN as a bearer token.
USERS = {"ada-token": User("ada", staff=True), "bob-token": User("bob", models=("demo,demo-thinking",))}


async def current_user(request: Request) -> User:
    """The dependency of the host's own routes."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    user = USERS.get(token) if scheme.lower() == "bearer" else None
    if user is None:
        raise HTTPException(401, "log in first")
    return user


async def authenticate(scope: Mapping[str, Any]) -> Principal | None:
    """The same for the gateway: `Depends` does not reach into a mounted application, its function does."""
    try:
        user = await current_user(Request(dict(scope)))
    except HTTPException:
        return None
    return Principal(f"user:{user.name}", user.name, admin=user.staff, models=user.models, rpm=60)


app = FastAPI()


@app.get("/me")
async def me(user: Annotated[User, Depends(current_user)]) -> dict[str, str]:
    """A route of the host."""
    return {"name": user.name}


# The path of a config.json; without one the built-in demo model answers.
app.mount("/ccr", Gateway(os.environ.get("CCR_CONFIG"), authenticate=authenticate))
