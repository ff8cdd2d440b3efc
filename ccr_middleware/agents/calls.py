"""Running the calls of one round: all at once, each with its own time limit, and none of them able to fail the rest."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from anyio import create_task_group, move_on_after

from ..errors import GatewayError
from ..unified import Json
from .base import Tool, ToolError
from .context import AgentContext

log = logging.getLogger("ccr_middleware")


class Offered(NamedTuple):
    """A tool that is offered in a call, and the call as its agent sees it."""

    tool: Tool
    context: AgentContext


async def run_calls(calls: Sequence[Json], tools: Mapping[str, Offered]) -> list[Json]:
    """The `tool_result` blocks of `tool_use` blocks, in their order. Raises only when it is cancelled."""
    results: list[Json] = [{} for _ in calls]

    async def run(position: int) -> None:
        results[position] = await _result(calls[position], tools)

    async with create_task_group() as group:
        for position in range(len(calls)):
            group.start_soon(run, position)
    return results


def refused(calls: Sequence[Json], reason: str) -> list[Json]:
    """Results that say why none of the calls was made."""
    return [_failed(call, reason) for call in calls]


async def _result(call: Json, tools: Mapping[str, Offered]) -> Json:
    tool, context = tools[call["name"]]
    try:
        with move_on_after(tool.timeout_seconds) as limit:
            content = _checked(await tool.run(tool.read(call.get("input")), context), tool)
        if limit.cancelled_caught:
            return _failed(call, f"{tool.name} took longer than {tool.timeout_seconds:g} seconds")
    except ToolError as problem:
        return _failed(call, str(problem))
    except GatewayError as problem:
        return _failed(call, f"{tool.name} failed: {problem.message}")
    except Exception as problem:
        log.exception("the tool %s of an agent failed", tool.name)
        return _failed(call, f"{tool.name} failed ({type(problem).__name__})")
    return {"type": "tool_result", "tool_use_id": call.get("id"), "content": content}


def _checked(content: Any, tool: Tool) -> str | list[Json]:
    """What a tool gave, if it is something that can be sent; some providers refuse an empty result."""
    if isinstance(content, str):
        return content if content.strip() else "(nothing)"
    if isinstance(content, list) and all(isinstance(block, dict) for block in content):
        return content or "(nothing)"
    raise TypeError(f"{tool.name}.run must return text or a list of blocks, not {type(content).__name__}")


def _failed(call: Json, reason: str) -> Json:
    text = reason or "the tool failed"
    return {"type": "tool_result", "tool_use_id": call.get("id"), "content": text, "is_error": True}
