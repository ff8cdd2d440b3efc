"""An agent and its tools.

    class Clock(Tool):
        name = "now"
        description = "Tells the time."

        async def run(self, arguments, context):
            return "It is noon."

    class Time(Agent):
        name = "time"
        tools = (Clock(),)

One object of each serves all calls at once: what belongs to one call belongs into `context.kept`, never on `self`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ..transformers.base import NoOptions
from ..unified import Json
from .context import AgentContext


class ToolError(Exception):
    """A tool cannot do what it was asked. Its text is told to the model, as a failed result."""


class Tool:
    """What a model may call in the middle of its answer. The client never sees the call.

    - `name`: as the model calls it: letters, digits, `_` and `-`, at most 64. `description`: what for.
    - `input`: the arguments, as a pydantic model (then `run` gets one, and the model is told what is wrong with
      others) or as a JSON schema of type object (then `run` gets an unchecked dict).
    - `timeout_seconds`: how long it may take; then the model is told that it took too long.
    """

    name: str
    description: str = ""
    input: ClassVar[type[BaseModel] | Mapping[str, Any]] = {"type": "object", "properties": {}}
    timeout_seconds: float = 60.0

    async def run(self, arguments: Any, context: AgentContext) -> str | list[Json]:
        """Do it. Returns what the model is told: a text, or content blocks of a tool result.

        Raises `ToolError` for what the model shall know; anything else that is raised is logged, and the model is
        told only that the tool failed. Cancelled when the client leaves.
        """
        raise NotImplementedError

    def definition(self) -> Json:
        """The tool as it is offered to the model."""
        schema = self.input if isinstance(self.input, Mapping) else self.input.model_json_schema()
        return {"name": self.name, "description": self.description, "input_schema": dict(schema)}

    def read(self, arguments: Any) -> Any:
        """The arguments as `run` gets them. Raises `ToolError` that says what is wrong with them."""
        if not isinstance(arguments, dict) or set(arguments) == {"_raw"}:
            raise ToolError("the arguments are not a JSON object")
        if isinstance(self.input, Mapping):
            return arguments
        try:
            return self.input.model_validate(arguments)
        except ValidationError as problem:
            details = problem.errors(include_url=False, include_input=False, include_context=False)
            raise ToolError("; ".join(f"{_place(detail['loc'])}{detail['msg']}" for detail in details)) from None


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, location))}: " if location else ""


OptionsT = TypeVar("OptionsT", bound=BaseModel)


class Agent(Generic[OptionsT]):
    """Base of all agents: it works on every request, and changes nothing.

    `Options` is a pydantic model; what the configuration gives is validated on load. What an agent raises is logged,
    and the request goes on without it.
    """

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]] = NoOptions
    tools: Sequence[Tool] = ()

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def should_handle(self, context: AgentContext) -> bool:
        """Whether to work on this call. Asked for every call, so it must be quick."""
        return True

    async def prepare(self, body: Json, context: AgentContext) -> Json:
        """The request as the model shall get it: with instructions, other content. The tools are added by the
        gateway. `body` and what is in it must not be changed: copy what differs."""
        return body
