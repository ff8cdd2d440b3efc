"""The ASGI driver, where the tests look for it."""

from ccr_middleware.testing.asgi import Reply, get, http_scope, open_stream, post, request

__all__ = ["Reply", "get", "http_scope", "open_stream", "post", "request"]
