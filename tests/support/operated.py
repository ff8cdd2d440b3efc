"""Records of calls, and endpoints without a whole gateway around them."""

from types import SimpleNamespace
from typing import Any

from ccr_middleware.errors import GatewayError
from ccr_middleware.history.record import Attempt, CallRecord
from ccr_middleware.http import Request, send_error
from ccr_middleware.losses import Loss

#: 2026-01-31T12:00:00Z
NOON = 1_769_860_800.0


def record(number: int = 1, **fields: Any) -> CallRecord:
    """A record of a call that went well, `number` seconds after noon."""
    usual: dict[str, Any] = {
        "id": f"req_{number}",
        "time": NOON + number,
        "endpoint": "messages",
        "asked_model": "claude-sonnet-4-5",
        "status": 200,
        "total_seconds": 2.0,
        "caller": "alice",
        "provider": "openrouter",
        "model": "qwen",
        "scenario": "default",
        "reason": "Router.default",
        "attempts": (Attempt("openrouter", "qwen", 200, None, 1.9),),
        "stop_reason": "end_turn",
        "stream": True,
        "input_tokens": 100,
        "output_tokens": 30,
        "first_token_seconds": 0.5,
        "losses": (Loss("tool.strict", "dropped", "not taken there"),),
    }
    return CallRecord(**usual | fields)


def serve(table: Any, **state: Any) -> Any:
    """An ASGI application of these endpoints; `state` is what they look at. Errors are sent as `{"error": text}`."""
    from ccr_middleware.access.principal import Principal
    from ccr_middleware.endpoints.visit import Visit

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        parent = request.path.rpartition("/")[0]
        methods = table.get(request.path) or table[f"{parent}/{{id}}"]
        endpoint = methods["GET" if request.method == "HEAD" else request.method]
        visit = Visit("req_visit", SimpleNamespace(), SimpleNamespace(**state), Principal("admin", admin=True))
        try:
            await endpoint.handler(request, visit)
        except GatewayError as error:
            await send_error(request, error, {"error": error.message}, {})

    return app
