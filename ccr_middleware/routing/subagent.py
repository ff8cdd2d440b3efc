"""`<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>`: a prompt that names the model of its subagent (F13, R12).

Where a tag counts:

- anywhere in the `system` prompt, string or any block (block 1 in old clients, block 2 in new ones);
- in the first two user messages and the system messages among them: at the beginning of a text, or anywhere when
  the request is known to be a subagent's. A main conversation that only quotes the tag, in CLAUDE.md or in a
  transcript shown to a classifier, must neither be rerouted nor lose the quotation (CCR pull request 1788).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import is_
from typing import Any

from ..lenient import as_dict, dicts, text_of
from ..unified import Json
from .blocks import texts

_OPEN = "<CCR-SUBAGENT-MODEL>"
_TAG_SOURCE = r"<CCR-SUBAGENT-MODEL>([^<]{0,300})</CCR-SUBAGENT-MODEL>"
# The length is bounded and `<` excluded, so that a text full of opening tags takes linear time.
_TAG = re.compile(_TAG_SOURCE + r"[ \t]*\n?")
_FIRST_TAG = re.compile(r"\s*" + _TAG_SOURCE)
_LEADING_TAGS = re.compile(rf"\s*(?:{_TAG_SOURCE}\s*)+")

#: How many user messages may hold the prompt of a subagent, and how far into a conversation they are looked for.
_USER_MESSAGES = 2
_MESSAGES = 8


def is_marked(body: Json, agent_id: str) -> bool:
    """Whether the client marked the request as a subagent's.

    By header `x-claude-code-agent-id` (`agent_id`, `""` when absent), or in the billing line, which is the first
    system block of new clients.
    """
    if agent_id:
        return True
    system = body.get("system")
    first = text_of(as_dict(system[0]).get("text")) if isinstance(system, list) and system else text_of(system)
    return first.startswith("x-anthropic-billing-header") and "cc_is_subagent=true" in first.partition("\n")[0]


def find_tag(body: Json, *, is_subagent: bool) -> str:
    """What the first tag with something in it says, or `""`."""
    for text in texts(body.get("system")):
        if target := _target(text, anywhere=True):
            return target
    for message in _opening(body):
        for text in texts(message.get("content")):
            if target := _target(text, anywhere=is_subagent):
                return target
    return ""


def strip_tag(body: Json, *, is_subagent: bool) -> Json:
    """The body without the tags `find_tag` looks at: what the provider is to see.

    The given body is not changed; only what holds a tag is copied. Without any tag it is the same object. A block
    with nothing else in it goes altogether, as providers refuse empty texts. Tags are not looked for inside of tags.
    """
    clean: Json = {}
    system = body.get("system")
    if (new_system := _strip_content(system, _strip_anywhere)) is not system:
        clean["system"] = new_system
    strip = _strip_anywhere if is_subagent else _strip_leading
    replaced = {id(message): new for message in _opening(body) if (new := _strip_message(message, strip)) is not None}
    if replaced:
        clean["messages"] = [replaced.get(id(message), message) for message in body["messages"]]
    return {**body, **clean} if clean else body


def _opening(body: Json) -> Iterator[Json]:
    """The messages that may hold a subagent's prompt."""
    users = 0
    messages = body.get("messages")
    for message in dicts(messages[:_MESSAGES] if isinstance(messages, list) else None):
        role = message.get("role")
        if role == "user":
            users += 1
            if users > _USER_MESSAGES:
                return
        if role in ("user", "system"):
            yield message


def _target(text: str, *, anywhere: bool) -> str:
    """What the tag in a text says. The plain search first: nearly no text has one."""
    if anywhere:
        if _OPEN not in text:
            return ""
        return next((name for found in _TAG.finditer(text) if (name := found[1].strip())), "")
    found = _FIRST_TAG.match(text)
    return found[1].strip() if found else ""


def _strip_anywhere(text: str) -> str:
    return _TAG.sub("", text) if _OPEN in text else text


def _strip_leading(text: str) -> str:
    found = _LEADING_TAGS.match(text)
    return text[found.end() :] if found else text


def _strip_message(message: Json, strip: Callable[[str], str]) -> Json | None:
    """The message without tags; None when there was none."""
    content = message.get("content")
    new = _strip_content(content, strip)
    return None if new is content else {**message, "content": new}


def _strip_content(content: Any, strip: Callable[[str], str]) -> Any:
    """A `system` or `content` value without tags; the same object when there was none."""
    if isinstance(content, str):
        return strip(content)
    if not isinstance(content, list):
        return content
    blocks = [_strip_block(block, strip) for block in content]
    if all(map(is_, blocks, content)):
        return content
    return [new for new, old in zip(blocks, content, strict=True) if new is old or new["text"].strip()]


def _strip_block(block: Any, strip: Callable[[str], str]) -> Any:
    if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(text := block.get("text"), str):
        return block
    new = strip(text)
    return block if new == text else {**block, "text": new}
