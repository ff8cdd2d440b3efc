"""What would become of a request: who would answer it and why, and what would be sent. Nothing is sent.

explained = await explain(call, state)          as JSON
to_text(explained)                              as a person reads it
"""

from .explaining import explain
from .text import to_text

__all__ = ["explain", "to_text"]
