"""All checks."""

from . import answers, catalogue, failures, streams, tools
from .registry import CHECKS, Check, Skipped

__all__ = ["CHECKS", "Check", "Skipped", "answers", "catalogue", "failures", "streams", "tools"]
