"""Settings of thinking and of the form of the answer: `thinking`, `output_config`, `output_format`.

What leaves here never contradicts itself (failure-modes F1: `{"effort": "high", "enabled": false}`):

| `thinking`                   | reasoning                                          |
|------------------------------|----------------------------------------------------|
| `disabled`                   | `enabled: False` and nothing else                  |
| `enabled` + `budget_tokens`  | `enabled: True`, `max_tokens`, and the effort      |
| `adaptive`, `between_tools`  | `enabled: True`, and the effort                    |
| absent                       | the effort, if there is one: the provider decides  |

`display` and `block_binding` say how Anthropic shows and checks thinking; they have no meaning elsewhere.
"""

from __future__ import annotations

from typing import Any

from ..errors import BadRequest
from ..losses import Losses
from ..unified import Json, Reasoning, ResponseFormat

EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})


def to_reasoning(thinking: Any, effort: str | None, losses: Losses) -> Reasoning | None:
    """The wish for thinking; None when the client says nothing about it. Raises BadRequest."""
    if thinking is None:
        return {"effort": effort} if effort else None
    if not isinstance(thinking, dict):
        raise BadRequest('thinking: must be an object like {"type": "adaptive"}')
    kind = thinking.get("type")
    if kind == "disabled":
        return {"enabled": False}
    reasoning: Reasoning = {"enabled": True}
    if effort:
        reasoning["effort"] = effort
    budget = thinking.get("budget_tokens")
    if kind == "enabled" and budget is not None:
        if not isinstance(budget, int) or isinstance(budget, bool) or budget < 1:
            raise BadRequest("thinking.budget_tokens: must be a positive integer")
        reasoning["max_tokens"] = budget
    if kind == "between_tools":
        losses.add("thinking.between_tools", "emulated", "Thinking is switched on for the whole answer.")
    return reasoning


def read_effort(output_config: Any, path: str, losses: Losses) -> str | None:
    """`effort` of an `output_config`, top level or of a system message at `path`. Raises BadRequest."""
    if output_config is None:
        return None
    if not isinstance(output_config, dict):
        raise BadRequest(f"{path}: must be an object")
    effort = output_config.get("effort")
    if effort is None:
        return None
    if not isinstance(effort, str):
        raise BadRequest(f"{path}.effort: must be one of low, medium, high, xhigh, max")
    if effort.lower() not in EFFORTS:
        losses.add("output_config.effort", "dropped", "The effort is not one of low, medium, high, xhigh, max.")
        return None
    return effort.lower()


def to_response_format(body: Json, losses: Losses) -> ResponseFormat | None:
    """The JSON schema the answer must follow, from `output_config.format` or the older `output_format`."""
    config = body.get("output_config")
    wanted, path = (config.get("format"), "output_config.format") if isinstance(config, dict) else (None, "")
    if wanted is None:
        wanted, path = body.get("output_format"), "output_format"
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise BadRequest(f'{path}: must be an object like {{"type": "json_schema", "schema": {{}}}}')
    if wanted.get("type") != "json_schema":
        losses.add("output_config.format", "dropped", "Only the json_schema format can be carried.")
        return None
    schema = wanted.get("schema")
    if not isinstance(schema, dict):
        raise BadRequest(f"{path}.schema: must be a JSON schema object")
    return {"type": "json_schema", "name": "answer", "schema": schema}
