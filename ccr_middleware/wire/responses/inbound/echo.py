"""What an answer repeats of its request: the parameters that the SDK's `Response` has, and the names of tools.

`echo` is `{"response": {…}, "names": {…}}`; `names` as `tools.Offered` has them.
"""

from __future__ import annotations

from typing import Any

from ....unified import Json

#: Parameter -> what the answer says when the request did not.
_DEFAULTS: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "user": None,
}

#: What is so whatever the request says.
_FIXED: Json = {
    "background": False,
    "previous_response_id": None,
    "service_tier": "default",
    "store": False,
    "top_logprobs": 0,
    "truncation": "disabled",
}


def to_echo(body: Json, names: dict[str, Json]) -> Json:
    """The echo of a request."""
    told = {name: default if (value := body.get(name)) is None else value for name, default in _DEFAULTS.items()}
    if told["text"].get("format") is None:
        told["text"] = {**told["text"], "format": {"type": "text"}}
    return {"response": {**told, **_FIXED}, "names": names}
