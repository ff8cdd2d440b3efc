"""Hosts for the tests that no example shows. The servers import them; `CCR_CONFIG` names the configuration."""

import os

from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ccr_middleware import CCRMiddleware, Gateway

CONFIG = os.environ.get("CCR_CONFIG")


#: The gateway without a host.
bare = Gateway(CONFIG)


class AddHeader(BaseHTTPMiddleware):
    """What many hosts have around everything: it stands between the server and the gateway."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Pass the request on."""
        response = await call_next(request)
        response.headers["x-host"] = "seen"
        return response


async def hello(request: Request) -> JSONResponse:
    """A route of the host."""
    return JSONResponse({"hello": "from Starlette"})


#: A Starlette application with the gateway as a middleware, below a `BaseHTTPMiddleware`.
starlette = Starlette(routes=[Route("/hello", hello)])
starlette.add_middleware(CCRMiddleware, prefix="/llm/ccr", config=CONFIG)
starlette.add_middleware(AddHeader)  # added last is outermost
