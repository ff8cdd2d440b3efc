"""What the tests share beyond `ccr_middleware.testing`: strict endpoints, readers of requests, recorded traffic."""

import pytest

from ccr_middleware.testing.script import FEEDINGS
from ccr_middleware.testing.wires import chat

__all__ = ["chat", "each_feeding"]

#: A test that runs with whole network reads, with single bytes, and with CRLF line ends.
each_feeding = pytest.mark.parametrize("feeding", FEEDINGS)
