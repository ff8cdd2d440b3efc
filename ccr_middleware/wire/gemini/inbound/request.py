"""A `generateContent` request to a Messages request.

Besides Gemini's own fields the body holds what the URL said: `model`, `stream`, and `alt` (`sse` or empty).

| row      | fields                                                                                            |
|----------|---------------------------------------------------------------------------------------------------|
| carried  | `contents`, `systemInstruction`, `tools`, `toolConfig`, `generationConfig`, `model`, `stream`     |
| no loss  | `labels`, `serviceTier`, `store`: about Google's service                                          |
| dropped  | `safetySettings`; unknown ones as `unknown_fields`                                                |
| refused  | `cachedContent`: a part of the prompt is with Google, an answer without it would be wrong         |

Names may be in camel case or with underscores. `max_tokens` stays away when the client sets no limit.
"""

from __future__ import annotations

from ....errors import BadRequest
from ....fields import read_flag, read_text, report_unknown
from ....losses import Losses
from ....unified import Json
from ...client import Inbound
from .contents import read_contents, read_system
from .generation import set_generation
from .proto import camel
from .tools import set_tools

_KNOWN = frozenset({
    *("contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "model", "stream", "alt"),
    *("labels", "serviceTier", "store", "safetySettings", "cachedContent"),
})  # fmt: skip


def read_request(body: Json, losses: Losses) -> Inbound:
    """Read a request. The echo: `sse`, whether the stream is one of events; `thoughts`, whether to show them.

    Raises BadRequest that names the place and what belongs there.
    """
    try:
        return _read_request(camel(body), losses)
    except RecursionError:
        raise BadRequest("the request is nested too deeply") from None


def _read_request(body: Json, losses: Losses) -> Inbound:
    if body.get("cachedContent"):
        raise BadRequest("cachedContent: what is cached at Google cannot be read here; send it in contents")
    if body.get("safetySettings"):
        losses.add("safetySettings", "dropped", "The filters are those of the provider.")
    report_unknown(body, _KNOWN, "unknown_fields", losses)
    request: Json = {"messages": read_contents(body, losses), "stream": bool(read_flag(body, "stream"))}
    if model := read_text(body, "model"):
        request["model"] = model.removeprefix("models/")
    system = read_system(body)
    thoughts = set_generation(request, body, system, losses)
    set_tools(request, body, losses)
    if system:
        request["system"] = system
    return Inbound(request, {"sse": body.get("alt") == "sse", "thoughts": thoughts})
