"""What the tests share: the public test kit under their own names, strict endpoints, recorded traffic."""

from ccr_middleware.testing.wires import chat

__all__ = ["chat"]
