"""The Anthropic lane: what a provider that speaks Messages itself is sent.

Its body is the client's, byte for byte, with only the model replaced. It is written anew only when something in it
has to go: fields the provider's configuration drops, and what this gateway put into the history when other
providers answered (failure-modes F10, C27):

- thinking that Anthropic did not sign: it would refuse the whole conversation, so such blocks are taken out. Other
  makers that speak Messages sign nothing (fixtures fact 58), and some refuse a turn with calls that comes back without
  its thinking (DeepSeek: "The `content[].thinking` in the thinking mode must be passed back", decolua/9router#2397);
  they get it, without our signature;
- ids of tools that Anthropic does not take (`tool_ids`);
- searches that were not Anthropic's (ids beginning `srvtoolu_ccr`): told as text, and their citations removed.

Genuine thinking is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from itertools import islice
from typing import Any

from ..errors import BadRequest
from ..jsonio import dumps, loads
from ..lenient import dicts
from ..losses import Losses
from ..unified import Json
from .citations import SEARCH_ID_PREFIX
from .server_blocks import describe
from .signature import is_genuine
from .tool_ids import with_legal_ids

DEFAULT_VERSION = "2023-06-01"

#: The member of a thinking block that tells its issuer, and of a search block that tells whose search it was.
_SIGNED_IN = {"thinking": "signature", "redacted_thinking": "data"}
_SEARCH_ID_IN = {"server_tool_use": "id", "web_search_tool_result": "tool_use_id"}
_OBJECT_START = re.compile(rb"\s*\{\s*\Z")
_MODEL = re.compile(rb'"model"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\]|\\.)*")')

#: How many places that look like the model are tried, each for the price of a parse, before the body is rewritten.
_MAX_TRIES = 3


def lane_body(
    raw: bytes,
    body: Json,
    *,
    model: str | None,
    drop_fields: Collection[str] = (),
    add_fields: Mapping[str, Any] | None = None,
    edited: bool = False,
    is_claude: bool = True,
    losses: Losses | None = None,
) -> bytes:
    """The body to send. `raw` is what the client sent, `body` the same parsed, `edited` when it was changed since.

    `model` None: it is in the URL and not in the body. `add_fields`: what a platform wants besides.
    `is_claude`: signatures and tool ids are checked; False for other makers that speak Messages.
    `drop_fields`: dotted names, which go through lists: `context_management`, `messages.content.cache_control.ttl`.
    Raises BadRequest when the body is nested too deeply to be written.
    """
    try:
        clean = clean_history(body, Losses() if losses is None else losses, is_claude=is_claude)
        for name in drop_fields:
            clean = _without(clean, name.split("."))
        if add_fields:
            clean = {**clean, **add_fields}
        if model is None:
            return dumps(_without(clean, ["model"]))
        spliced = _splice_model(raw, body.get("model"), model) if clean is body and not edited else None
        return dumps({**clean, "model": model}) if spliced is None else spliced
    except RecursionError:
        raise BadRequest("the request is nested too deeply") from None


# -- the model ---------------------------------------------------------------------------------------------


def _splice_model(raw: bytes, old: Any, new: str) -> bytes | None:
    """`raw` with the top-level model replaced; None when it was not found for certain."""
    if old == new:
        return raw
    if not isinstance(old, str):
        return None
    places = _model_places(raw)
    if len(places) == 1 and _OBJECT_START.match(raw, 0, places[0][0]) and b"\\u006" not in raw:
        # The first member, and no second one of that name anywhere, in plain or escaped letters.
        return _replace(raw, places[0][1], new)
    # The others may be inputs of tools in the history. The top-level one is near the end more often.
    candidates = (place for place in reversed(places) if loads(raw[slice(*place[1])]) == old)
    for start, value in islice(candidates, _MAX_TRIES):
        if _is_only_model(raw, start):
            return _replace(raw, value, new)
    return None


def _model_places(raw: bytes) -> list[tuple[int, tuple[int, int]]]:
    """Where a member `"model"` has a string value: the offset of its name and the span of the value."""
    places = []
    start = raw.find(b'"model"')
    while start >= 0:
        if match := _MODEL.match(raw, start):
            places.append((start, match.span(1)))
        start = raw.find(b'"model"', start + 7)
    return places


def _is_only_model(raw: bytes, start: int) -> bool:
    """Whether the member named at `start` is the body's model and its only one: under another name, none is left."""
    return "model" not in loads(raw[:start] + b'"m0del"' + raw[start + len(b'"model"') :])


def _replace(raw: bytes, span: tuple[int, int], model: str) -> bytes:
    return raw[: span[0]] + dumps(model) + raw[span[1] :]


# -- what has to go ----------------------------------------------------------------------------------------


def _without(value: Any, path: list[str]) -> Any:
    """`value` without the member at `path`; the same object when there is none."""
    if isinstance(value, list):
        members = [_without(member, path) for member in value]
        return members if any(new is not old for new, old in zip(members, value, strict=True)) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: member for key, member in value.items() if key != path[0]}
    member = _without(value[path[0]], path[1:])
    return value if member is value[path[0]] else {**value, path[0]: member}


def clean_history(body: Json, losses: Losses, *, is_claude: bool = True) -> Json:
    """The body without what this gateway wrote into the history; the same object when there is nothing of it.

    An assistant message of which nothing is left is left out: Anthropic refuses empty ones, and takes two user
    messages in a row (fixtures fact 60). Not `is_claude`: thinking of others stays, without our signature.
    """
    given = body.get("messages")
    if not isinstance(given, list):
        return body
    messages = with_legal_ids(given) if is_claude else given
    foreign = partial(_is_foreign_message, unsigned=not is_claude)
    bare = is_claude and _never_thought(messages)  # whether the calls now answered were made without thinking
    if not any(map(foreign, messages)):
        clean = body if messages is given else {**body, "messages": messages}
        return _thinking_off(clean, losses) if bare else clean
    kept: list[Any] = []
    lost = False  # whether the last assistant turn lost the thinking its tool calls began with
    for message in messages:
        if not _is_assistant(message):
            kept.append(message)
        elif not foreign(message):
            kept.append(message)
            lost = False
        elif content := _clean_content(message["content"], losses, unsigned=not is_claude):
            kept.append({**message, "content": content})
            lost = _lost_its_thinking(message["content"], content)
    clean = {**body, "messages": kept}
    return _thinking_off(clean, losses) if bare or lost else clean


def _is_assistant(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant"


def _is_foreign_message(message: Any, *, unsigned: bool) -> bool:
    if not _is_assistant(message):
        return False
    content = message.get("content")
    return isinstance(content, list) and any(_is_foreign(block, unsigned) for block in content)


def _kind(block: Any) -> str:
    kind = block.get("type") if isinstance(block, dict) else None
    return kind if isinstance(kind, str) else ""


def _is_foreign(block: Any, unsigned: bool) -> bool:
    """Whether this gateway wrote a block, or a part of it, that the provider would refuse. `unsigned`: thinking that
    nobody signed is none of that."""
    kind = _kind(block)
    if kind == "text":
        citations = block.get("citations")
        return isinstance(citations, list) and any(_is_own_citation(citation) for citation in citations)
    if kind in _SIGNED_IN:
        signature = block.get(_SIGNED_IN[kind])
        if unsigned and kind == "thinking" and not signature:
            return False
        return not isinstance(signature, str) or not is_genuine(signature)
    if kind in _SEARCH_ID_IN:
        return str(block.get(_SEARCH_ID_IN[kind])).startswith(SEARCH_ID_PREFIX)
    return False


def _is_own_citation(citation: Any) -> bool:
    """A genuine citation of a search result holds an encrypted index; ours cannot."""
    return (
        isinstance(citation, dict)
        and citation.get("type") == "web_search_result_location"
        and not citation.get("encrypted_index")
    )


def _clean_content(content: list[Any], losses: Losses, *, unsigned: bool) -> list[Any]:
    kept: list[Any] = []
    for block in content:
        if not _is_foreign(block, unsigned):
            kept.append(block)
        elif block["type"] == "text":
            kept.append({key: value for key, value in block.items() if key != "citations"})
        elif unsigned and block["type"] == "thinking" and block.get("thinking"):
            kept.append({**block, "signature": ""})
        elif block["type"] in _SIGNED_IN:
            losses.add("thinking.foreign", "dropped", "Thinking of another provider cannot be shown to Anthropic.")
        else:
            losses.add("web_search.foreign", "emulated", "A search by another provider is told in text.")
            kept.append({"type": "text", "text": describe(block)})
    return kept


# -- thinking in the middle of a tool loop -----------------------------------------------------------------


def _lost_its_thinking(before: list[Any], after: list[Any]) -> bool:
    """Whether a turn with tool calls began with thinking and does not any more."""
    calls = any(_kind(block) == "tool_use" for block in after)
    return calls and _kind(before[0]) in _SIGNED_IN and _kind(after[0]) not in _SIGNED_IN


def _never_thought(messages: list[Any]) -> bool:
    """Whether the calls that are answered now belong to a turn in which no message begins with thinking.

    Claude with a thinking budget makes no such turn: another provider did, one that shows no reasoning.
    """
    calls = False
    for message in reversed(messages):
        blocks = dicts(message.get("content")) if isinstance(message, dict) else []
        kinds = [_kind(block) for block in blocks]
        if _is_assistant(message):
            if kinds and kinds[0] in _SIGNED_IN:
                return False
            calls = calls or "tool_use" in kinds
        elif "tool_result" not in kinds:
            break
    return calls


def _thinking_off(body: Json, losses: Losses) -> Json:
    """Switch a thinking budget off for this request.

    With `thinking.type: enabled` Anthropic insists that the last assistant turn begins with thinking while its tool
    results are answered ("Expected `thinking` or `redacted_thinking`, but found `tool_use`"); when another provider
    made that turn, it cannot. (`adaptive` has no such rule.)
    """
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled":
        return body
    losses.add("thinking", "dropped", "Thinking is off until the tool calls of another provider are answered.")
    body = {**body, "thinking": {"type": "disabled"}}
    management = body.get("context_management")
    if isinstance(management, dict) and isinstance(management.get("edits"), list):
        # clear_thinking is refused without thinking.
        edits = [edit for edit in management["edits"] if "clear_thinking" not in str(edit)]
        body["context_management"] = {**management, "edits": edits}
    return body


# -- headers -----------------------------------------------------------------------------------------------


def forward_headers(headers: Mapping[str, str], allowed_betas: Collection[str] | None = None) -> dict[str, str]:
    """The headers of the client that go on to an Anthropic-speaking provider, names in lower case.

    Sent: `content-type: application/json`, `accept` as the client has it, and all `anthropic-*`, of which
    `anthropic-version` is filled in and `anthropic-beta` keeps only the allowed values (None: all). Not sent:
    everything else, so that no credential, cookie, session or forwarding header of the client leaves the house
    (failure-modes F24); the provider's key is added by whoever sends. Values that are not printable ASCII are left
    out: HTTP clients refuse them.
    """
    sent = {"accept": "application/json", "anthropic-version": DEFAULT_VERSION, "content-type": "application/json"}
    for name, value in headers.items():
        name = name.lower()
        if (name == "accept" or name.startswith("anthropic-")) and value.isascii() and value.isprintable():
            sent[name] = value
    if "anthropic-beta" in sent and allowed_betas is not None:
        betas = [beta for beta in (part.strip() for part in sent.pop("anthropic-beta").split(",")) if beta]
        if kept := ",".join(beta for beta in betas if beta in allowed_betas):
            sent["anthropic-beta"] = kept
    return sent
