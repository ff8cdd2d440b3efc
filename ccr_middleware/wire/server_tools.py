"""Tools that a provider runs itself: the limits a client sets to them, and what is reported of them."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..lenient import as_dict
from ..losses import Losses
from ..unified import Json

#: The type of the web search that OpenRouter runs for whatever model.
OPENROUTER_SEARCH = "openrouter:web_search"


def domains(tool: Json, allowed: str, blocked: str | None) -> Json:
    """One of the two lists of domains, under the provider's name for it; None: it knows no such list. Both at once,
    even empty, are refused (failure-modes F21)."""
    for key, name in (("allowed_domains", allowed), ("blocked_domains", blocked)):
        if name and isinstance(listed := tool.get(key), list) and listed:
            return {name: listed}
    return {}


def place(tool: Json) -> Json:
    """Where the user is, as far as it is told: city, country, region, timezone."""
    location = as_dict(tool.get("user_location"))
    return {key: location[key] for key in ("city", "country", "region", "timezone") if location.get(key)}


def openrouter_search(tool: Json) -> Json:
    """OpenRouter's web search, with parameters as in the recorded `openrouter/pai-web-search-tool-full-params`."""
    parameters = domains(tool, "allowed_domains", "excluded_domains")
    if isinstance(uses := tool.get("max_uses"), int):
        parameters["max_uses"] = uses
    if location := as_dict(tool.get("user_location")):
        parameters["user_location"] = location
    return {"type": OPENROUTER_SEARCH, "parameters": parameters}


def report_missing(kind: str, losses: Losses) -> None:
    """Report a tool that the provider does not have. `kind`: its type, or the beginning of it."""
    feature = re.sub(r"[^A-Za-z0-9_.-]+", "_", kind)[:60] or "unknown"
    losses.add(f"tool.{feature}", "dropped", "This provider has no such tool.")


def report_untold(tool: Json, kind: str, told: Collection[str], losses: Losses) -> None:
    """Report the limits of a tool (`domains`, `max_uses`, `user_location`) that are not among those told. How often a
    tool is used is a wish about effort, and Claude Code has it in every search: it is never `dropped`."""
    if "domains" not in told and (tool.get("allowed_domains") or tool.get("blocked_domains")):
        losses.add(f"tool.{kind}.domains", "dropped", "This provider's tool cannot be kept to these domains.")
    if "max_uses" not in told and tool.get("max_uses"):
        losses.add(f"tool.{kind}.max_uses", "clamped", "How often the tool is used is left to the provider.")
    if "user_location" not in told and place(tool):
        losses.add(f"tool.{kind}.user_location", "dropped", "This provider's tool is not told where the user is.")
