"""What the gateway of `ui_server` answers to the pages of the configuration: what the package does, where it can."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ccr_middleware import Gateway
from ccr_middleware.config import load_config
from ccr_middleware.config.masking import Masks
from ccr_middleware.endpoints.providers import list_catalogue
from ccr_middleware.errors import ConfigError
from ccr_middleware.extensions.listing import list_transformers
from ccr_middleware.transformers.builtin import builtin_registry

Json = Any

MASKS = Masks(b"the same at every start")


def catalogue() -> Json:
    """`GET /api/catalogue`."""
    return {"providers": list_catalogue({"ANTHROPIC_API_KEY": "set"})}


def transformers(document: Json) -> list[Json]:
    """The rows of `GET /api/transformers`."""
    try:
        config = load_config(document, env={})
    except ConfigError:
        config = load_config(None)
    return list_transformers(config, builtin_registry(), [], str)


def explain(document: Json, body: Json) -> Json:
    """`POST /api/explain`, by a gateway with this document."""

    async def ask() -> Json:
        return await Gateway(document, env={}).explain(body)

    with ThreadPoolExecutor(1) as threads:  # the caller's has a loop that runs
        return threads.submit(asyncio.run, ask()).result()


def tried(body: Json) -> Json:
    """`POST /api/providers/test`: good unless the name or model says how it goes wrong."""
    provider, model = body.get("provider", {}), body.get("model", "")
    if not provider.get("api_key") and "localhost" not in str(provider):
        return trial(401, "no_key", f'provider "{provider.get("name")}" (model {model}): HTTP 401: missing credentials')
    if "refused" in str(provider):
        return trial(502, "refused", "cannot connect to localhost:8000: connection refused")
    if "missing" in model:
        return trial(404, "model", f"The model `{model}` does not exist or you do not have access to it.")
    return {
        "ok": True,
        "status": 200,
        "message": f"{model} answered",
        "cause": "",
        "fix": "",
        "seconds": 0.84,
        "reply": "OK",
    }


def trial(status: int, cause: str, message: str) -> Json:
    """A test that failed."""
    return {
        "ok": False,
        "status": status,
        "message": message,
        "cause": cause,
        "fix": "fix",
        "seconds": 0.3,
        "reply": "",
    }
