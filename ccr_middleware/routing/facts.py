"""Everything the routing rules look at, read from a request once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..lenient import as_dict, as_list, dicts, text_of
from ..unified import Json
from .blocks import last_messages
from .plan_mode import in_plan_mode
from .session import session_of
from .subagent import find_tag, is_marked


class Facts(NamedTuple):
    """What is known of a request before it is routed.

    - `model`: the model asked for, as written; `""` when there is none.
    - `session_id`: Claude Code's session, `""` when unknown.
    - `is_claude_code`: the client is Claude Code (or speaks exactly like it).
    - `is_subagent`: the client marked the request as a subagent's.
    - `subagent_target`: what the subagent tag says, `""` without one.
    - `wants_web_search`: the request is for a web search. Claude Code sends those apart, so for it any search tool
      tells; clients of other formats offer one with every request, which then is no reason to route it elsewhere.
    - `thinking`: the type of the thinking field, `""` when absent; `thinking_budget`: its tokens, 0 when absent.
    - `headers`: those of the request, names in lower case.
    - `principal`, `project`: who calls, and from which project; `""` when unknown.
    - `body`: the request, for the facts that cost more and are only read when a rule asks. Not to be kept longer
      than the routing takes: it is the whole conversation.
    """

    model: str
    session_id: str
    is_claude_code: bool
    is_subagent: bool
    subagent_target: str
    has_tools: bool
    wants_web_search: bool
    thinking: str
    thinking_budget: int
    body: Json
    headers: Mapping[str, str]
    principal: str = ""
    project: str = ""

    @property
    def is_side_request(self) -> bool:
        """A small request of Claude Code beside the conversation: a title, the summary of a page (R14).

        They name the main model, so they are known by what they lack: tools, thinking, web search. Other clients
        send ordinary questions in that shape, hence only Claude Code's.
        """
        return (
            self.is_claude_code
            and not self.has_tools
            and not self.wants_web_search
            and self.thinking in ("", "disabled")
        )

    @property
    def effort(self) -> str:
        """`output_config.effort` in force: the newest system message that sets it, else the request's; `""`: none.

        Walks the conversation backwards.
        """
        for message in reversed(as_list(self.body.get("messages"))):
            if isinstance(message, dict) and message.get("role") == "system" and (effort := _effort_in(message)):
                return effort
        return _effort_in(self.body)

    @property
    def plan_mode(self) -> bool:
        """Whether Claude Code is in plan mode. Walks the conversation backwards."""
        return in_plan_mode(self.body)

    @property
    def has_new_image(self) -> bool:
        """Whether the newest user turn brings an image, itself or in a tool result.

        Images further back were seen already; counting them would hold a session on the image model (F20).
        """
        newest = last_messages(self.body.get("messages"))
        return any(_has_image(message) for message in newest if message.get("role") == "user")


def facts_of(
    body: Json, headers: Mapping[str, str], *, translated: bool = False, principal: str = "", project: str = ""
) -> Facts:
    """Read the facts of a request. Header names are lower case. `translated`: it was made of one in another format,
    so it is not Claude Code's. Never raises, whatever the body holds."""
    session_id = session_of(body, headers)
    from_subagent = is_marked(body, headers.get("x-claude-code-agent-id", ""))
    thinking = as_dict(body.get("thinking"))
    budget = thinking.get("budget_tokens")
    tools = dicts(body.get("tools"))
    return Facts(
        model=text_of(body.get("model")).strip(),
        session_id=session_id,
        is_claude_code=not translated and (bool(session_id) or headers.get("user-agent", "").startswith("claude-cli/")),
        is_subagent=from_subagent,
        subagent_target=find_tag(body, is_subagent=from_subagent),
        has_tools=bool(tools),
        wants_web_search=bool(tools) and (all if translated else any)(map(_is_web_search, tools)),
        thinking=text_of(thinking.get("type")),
        thinking_budget=budget if isinstance(budget, int) else 0,
        body=body,
        headers=headers,
        principal=principal,
        project=project,
    )


def _is_web_search(tool: Json) -> bool:
    kind = tool.get("type")
    return isinstance(kind, str) and kind.startswith("web_search")


def _effort_in(holder: Json) -> str:
    return text_of(as_dict(holder.get("output_config")).get("effort")).lower()


def _has_image(message: Json) -> bool:
    content = message.get("content")
    for block in content if isinstance(content, list) else ():
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "image":
            return True
        if kind == "tool_result" and any(inner.get("type") == "image" for inner in dicts(block.get("content"))):
            return True
    return False
