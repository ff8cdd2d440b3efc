"""A FastAPI application with the gateway mounted under /ccr.

Run it in this folder: `uvicorn app:app`
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ccr_middleware import Gateway

# The path of a config.json; without one the built-in demo model answers.
gateway = Gateway(os.environ.get("CCR_CONFIG"))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the gateway's connections in an orderly way. Mounted applications get no lifespan event of their own."""
    async with gateway.lifespan():
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/hello")
async def hello() -> dict[str, str]:
    """A route of the host."""
    return {"hello": "from FastAPI"}


app.mount("/ccr", gateway)
