"""The strict checker, where the tests look for it."""

from ccr_middleware.testing.strict import Checked, Tool, Violation, check_error, check_message, check_stream

__all__ = ["Checked", "Tool", "Violation", "check_error", "check_message", "check_stream"]
