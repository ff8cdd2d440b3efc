"""What the demo model says. Pure: the same request gets the same answer.

A tool is called when the user asks for one in a short text, never twice in a row: once there is a result, the next
answer is text. So no loop of a client can go on for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import jsonio
from .request import DemoRequest, Message, Tool, calls_of
from .sample import Unsatisfiable, sample

#: What clients add to the user's words, in one of these wrappers, is not the user speaking.
_ADDED = re.compile(r"<(system-reminder|system|local-command-stdout)>.*?</\1>", re.DOTALL)

_TOOL_WORD = re.compile(r"\btools?\b|工具", re.IGNORECASE)
#: A client that wants plain text says so ("Do NOT call any tools").
_NO_TOOLS = re.compile(r"\b(?:no|not|never|without|don't)\b[^.\n]{0,40}\btools?\b", re.IGNORECASE)
#: Longer texts are material, not a wish: a pasted file, a conversation to be summed up.
_WISH_CHARS = 1000

#: Preferred when the user names no tool: they only look.
_LOOKING = ("Glob", "LS", "Grep", "Read")

_EXCERPT_CHARS = 160

_FIRST = """\
This is the built-in demo model of ccr_middleware. No provider was asked: nothing left this machine, nothing was \
charged.

You said: {said}

Everything you see here works the same with a real model: streaming, thinking (model `demo-thinking`) and tool calls \
(ask me to "use a tool"). To talk to one, put a provider into config.json:

```json
{{
  "Providers": [
    {{
      "name": "openrouter",
      "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
      "api_key": "${{OPENROUTER_API_KEY}}",
      "models": ["some/model"]
    }}
  ],
  "Router": {{"default": "openrouter,some/model"}}
}}
```
"""

_LATER = """\
You said: {said}

I am still the demo model and can only echo. Put a provider into config.json to talk to a real one, or ask me to \
"use a tool"."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Reasoning and text, either may be empty, and a tool call with its arguments."""

    reasoning: str
    text: str
    call: tuple[str, dict[str, Any]] | None = None


def answer(request: DemoRequest) -> Answer:
    """Decide what to say."""
    before, tail = _turns(request.messages)
    results = [message for message in tail if message["role"] == "tool"]
    said = _said(tail)
    call = None if results else _call(request, said)
    if call is not None:
        text, plan = f"Calling {call[0]}, as you asked.", f"The tool {call[0]} fits."
    elif request.response_schema is not None:
        text, plan = _json(request.response_schema), "A JSON answer is wanted."
    elif results:
        text, plan = _summary(results, before), "The tool has answered, so I say what it said."
    else:
        known = any(message["role"] == "assistant" for message in before)
        text, plan = (_LATER if known else _FIRST).format(said=_quoted(said, tail)), "An echo will do."
    reasoning = f"The user's last words: {_quoted(said, tail)} I am a demo model and do not really think. {plan}"
    return Answer(reasoning if request.thinking else "", text, call)


def _turns(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """What was answered already, and what came since. A last assistant message is a prefill, not an answer."""
    end = len(messages) - (messages[-1]["role"] == "assistant")
    start = next((at for at in range(end, 0, -1) if messages[at - 1]["role"] == "assistant"), 0)
    return messages[:start], messages[start:end]


def _said(tail: list[Message]) -> str:
    """The user's last words, without what the client added."""
    texts = [text for message in tail if message["role"] == "user" for text in _texts(message["content"])]
    words = (_ADDED.sub("", text).strip() for text in reversed(texts))
    return next(filter(None, words), "")


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if isinstance(part.get("text"), str))


def _quoted(said: str, tail: list[Message]) -> str:
    parts = [part for message in tail if isinstance(message["content"], list) for part in message["content"]]
    images = sum(part["type"] == "image_url" for part in parts)
    shown = f'"{_excerpt(said)}"' if said else "nothing"
    return shown + (f" (and {images} image{'s' * (images > 1)}, which I cannot see)" if images else "")


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT_CHARS else line[: _EXCERPT_CHARS - 1] + "…"


def _summary(results: list[Message], before: list[Message]) -> str:
    """One sentence for each result; the names are those of the calls."""
    names = dict(calls_of(before[-1])) if before else {}
    lines = []
    for result in results:
        name = names.get(result.get("tool_call_id"), "The tool")
        said = _excerpt(" ".join(_texts(result["content"])))
        lines.append(f'{name} answered: "{said}"' if said else f"{name} answered with nothing.")
    return "\n".join([*lines, "", "That was a whole round: my call, your client's work, and the result back to me."])


def _json(schema: Any) -> str:
    try:
        return jsonio.dumps_str({"answer": "demo"} if schema is True else sample(schema))
    except Unsatisfiable:
        return "{}"


def _call(request: DemoRequest, said: str) -> tuple[str, dict[str, Any]] | None:
    """The tool to call and its arguments, if one is wanted and one can be called."""
    choice = request.tool_choice
    if choice == "none":
        return None
    if choice.startswith("tool:"):
        wanted = [tool for tool in request.tools if tool.name == choice.removeprefix("tool:")]
    else:
        wanted = _wanted(request.tools, said)
        if not wanted and choice == "required":
            wanted = list(request.tools)
    return next(filter(None, map(_with_arguments, wanted)), None)


def _wanted(tools: tuple[Tool, ...], said: str) -> list[Tool]:
    """The tools the user may mean, best first: those named, or any when there is talk of a tool."""
    if len(said) > _WISH_CHARS or _NO_TOOLS.search(said):
        return []
    talks_of_tools = _TOOL_WORD.search(said) is not None
    found = [(_position(tool.name, said, any_case=talks_of_tools), tool) for tool in tools]
    named = sorted(((at, tool) for at, tool in found if at >= 0), key=lambda pair: pair[0])
    if named or not talks_of_tools:
        return [tool for _, tool in named]
    return sorted(tools, key=lambda tool: _LOOKING.index(tool.name) if tool.name in _LOOKING else len(_LOOKING))


def _position(name: str, said: str, any_case: bool) -> int:
    """Where the name stands as a word of its own, -1 if nowhere."""
    flags = re.IGNORECASE if any_case else 0
    found = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said, flags)
    return found.start() if found else -1


def _with_arguments(tool: Tool) -> tuple[str, dict[str, Any]] | None:
    try:
        arguments = sample(tool.parameters)
    except Unsatisfiable:
        return None
    return (tool.name, arguments) if isinstance(arguments, dict) else None
