"""The fake server of `ccr_middleware.testing`, under the name the tests use, and ports that do not answer."""

from ccr_middleware.testing.ports import refusing, unanswering
from ccr_middleware.testing.server import FakeServer as ScriptedProvider

__all__ = ["ScriptedProvider", "refusing", "unanswering"]
