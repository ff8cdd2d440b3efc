"""Requests in the shape Claude Code sends them: system prompt, tools, rounds of tool calls and their results.

The text is made up from a fixed seed, so every run sends the same bytes. It looks like code and prose in the
proportions of a coding session (identifiers, punctuation, indentation, line numbers), because the cost of counting
tokens depends on that.

How the fake provider shall answer stands in the first system block (`answer=burst-50`): it passes every translation
untouched, and routing sees an ordinary request for a Claude model.
"""

from __future__ import annotations

import json
import random
from typing import Any, Literal

Json = dict[str, Any]
Size = Literal["2k", "60k", "700k"]

MODEL = "claude-sonnet-4-5-20250929"
SEED = 7
SESSION = {"user_id": f"user_{'5e' * 32}_account__session_3c5d9d4e-8a51-4b7e-9a60-2f6d1c0b7e11"}

_WORDS_TEXT = (
    "the a of to and in is it for that with as on be this by from or an not are at if when which file value index "
    "request stream buffer parse token config route model session client server error handler result return check "
    "update cache layer path name list count total next previous current default option message content event state "
    "should must never always before after inside without until reads writes sends waits returns raises keeps drops"
)
_WORDS = _WORDS_TEXT.split()
_NAMES_TEXT = (
    "load_config parse_header next_token find_route open_stream retry_delay max_size read_chunk write_event as_dict "
    "MessageStore RouteTable BufferedReader session_id request_count build_payload render_page normalise_path "
    "flush_pending decode_frame merge_options apply_patch resolve_target on_disconnect HttpError self.cursor self._lock"
)
_NAMES = _NAMES_TEXT.split()
_LINES = (
    "def {0}(self, {1}: str, {2}: int = {n}) -> None:",
    "    if {0} is None or len({1}) > {n}:",
    '        raise ValueError(f"{w}: {{{0}!r}} {v}")',
    "    {0} = {1}.get({2!r}, {n})",
    "    for {0}, {1} in enumerate({2}[{n}:]):",
    "        {0}[{n}] += {1}({2}, key=lambda x: x.{0})  # {w} {v}",
    "    return {{'{0}': {1}, '{2}': {n}}}",
    "async with {0}({1}) as {2}: await {2}.send(b'{w}')",
    "",
    '    """{w} {v} {x}."""',
)
_TOOLS_TEXT = (
    "Task Bash Glob Grep Read Edit MultiEdit Write NotebookEdit WebFetch TodoWrite BashOutput KillShell SlashCommand "
    "ExitPlanMode mcp__db__query mcp__db__schema mcp__web__open mcp__web__click mcp__web__type mcp__issues__list "
    "mcp__issues__create mcp__issues__comment mcp__docs__search mcp__docs__read"
)
_TOOLS = _TOOLS_TEXT.split()


def body(size: Size, answer: str, *, stream: bool, seed: int = SEED, newest: int = 0) -> bytes:
    """A request of about that size. `newest` other than 0 makes its last message one that was never sent before."""
    rng = random.Random(seed)
    if size == "2k":
        system, tools, messages = [_text(prose(rng, 350))], _tools(rng, 2, 150), [_user(prose(rng, 250))]
    else:
        system, tools = [_text(prose(rng, 11_000), cached=True)], _tools(rng, 25, 550)
        rounds, bytes_each = (4, 5_600) if size == "60k" else (99, 6_600)
        messages = _conversation(rng, rounds, bytes_each)
    if newest:
        fresh = random.Random(newest)
        messages[-1] = _user(prose(fresh, 200) + "\n" + code(fresh, 4_000 if size != "2k" else 100))
    return _encode(answer, system, tools, messages, stream=stream)


def never_seen(total_bytes: int, answer: str, seed: int) -> bytes:
    """A request of that size of which every text is new: other seeds give other words everywhere."""
    rng = random.Random(seed)
    rounds = total_bytes // 20_000
    return _encode(
        answer, [_text(prose(rng, 5_000))], _tools(rng, 5, 500), _conversation(rng, rounds, 19_500), stream=True
    )


def prose(rng: random.Random, size: int) -> str:
    """Sentences, `size` characters."""
    words = rng.choices(_WORDS, k=size // 5 + 8)
    for i in range(0, len(words), 11):
        words[i] = words[i].capitalize()
        words[i - 1] += rng.choice((".", ",", ":", f" `{rng.choice(_NAMES)}`"))
    return " ".join(words).ljust(size, ".")[:size]


def code(rng: random.Random, size: int) -> str:
    """What a tool for reading files returns: numbered lines of code, `size` characters."""
    lines: list[str] = []
    length, number = 0, rng.randrange(1, 900)
    while length < size:
        names, words = rng.choices(_NAMES, k=3), rng.choices(_WORDS, k=3)
        template = rng.choice(_LINES)
        line = template.format(*names, n=rng.randrange(10_000), w=words[0], v=words[1], x=words[2])
        lines.append(f"{number:>6}\u2192{line}")
        length += len(lines[-1]) + 1
        number += 1
    return "\n".join(lines)[:size]


def _encode(answer: str, system: list[Json], tools: list[Json], messages: list[Json], *, stream: bool) -> bytes:
    intro = _text(f"You are Claude Code, Anthropic's official CLI for Claude. [answer={answer}]", cached=True)
    request = {
        "model": MODEL,
        "messages": messages,
        "system": [intro, *system],
        "tools": tools,
        "metadata": SESSION,
        "max_tokens": 32_000,
        "temperature": 1,
    }
    if stream:
        request["stream"] = True
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def _text(text: str, *, cached: bool = False) -> Json:
    block: Json = {"type": "text", "text": text}
    return block | {"cache_control": {"type": "ephemeral"}} if cached else block


def _user(text: str) -> Json:
    return {"role": "user", "content": [_text(text, cached=True)]}


def _tools(rng: random.Random, count: int, description_bytes: int) -> list[Json]:
    return [
        {
            "name": name,
            "description": prose(rng, description_bytes),
            "input_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": prose(rng, 60)},
                    "pattern": {"type": "string", "description": prose(rng, 60)},
                    "limit": {"type": "number", "minimum": 1},
                },
                "required": ["path"],
                "additionalProperties": False,
            },
        }
        for name in _TOOLS[:count]
    ]


def _conversation(rng: random.Random, rounds: int, bytes_each: int) -> list[Json]:
    """A question, then rounds of one tool call and its result, then the next question."""
    messages = [{"role": "user", "content": [_text(f"<system-reminder>\n{prose(rng, 500)}\n</system-reminder>")]}]
    messages[0]["content"].append(_text(prose(rng, 250)))  # type: ignore[attr-defined]
    for turn in range(rounds):
        call_id = f"toolu_{rng.getrandbits(96):024x}"
        arguments = {"path": f"/home/user/project/src/module_{turn}.py", "pattern": rng.choice(_NAMES), "limit": 200}
        use = {"type": "tool_use", "id": call_id, "name": rng.choice(_TOOLS[:15]), "input": arguments}
        result = {"type": "tool_result", "tool_use_id": call_id, "content": code(rng, bytes_each)}
        messages.append({"role": "assistant", "content": [_text(prose(rng, 150)), use]})
        messages.append({"role": "user", "content": [result]})
    messages[-1]["content"].append(_text(prose(rng, 100), cached=True))  # type: ignore[attr-defined]
    return messages
