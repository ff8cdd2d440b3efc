"""Agents: tools that the gateway itself runs in the middle of an answer, whatever the client and the provider speak.

Write one with `Agent` and `Tool`; the rest of the package runs them (`loop`) and holds the two built-in ones (`image`,
`search`).
"""

from ..transformers.base import NoOptions
from .base import Agent, Tool, ToolError
from .body import add_instructions
from .context import AgentContext

__all__ = ["Agent", "AgentContext", "NoOptions", "Tool", "ToolError", "add_instructions"]
