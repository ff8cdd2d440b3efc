"""What a target can do without an agent, as far as is known."""

from __future__ import annotations

import re

from ..targets import Target

#: Families whose models see images, wherever they run. The dialects know of those that do not.
_SEEING = re.compile(
    r"claude|gemini|gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-5|chatgpt-|(?:^|[/-])o[134](?:-(?!mini)|$)|grok-4|gemma-?3|pixtral"
    r"|llama-4|mistral-(?:medium|small)-(?:3|25|latest)|qvq|llava|minicpm|internvl|omni|vision|(?:^|[\d./_-])vl(?:$|[:_-])",
    re.IGNORECASE,
)


def sees(target: Target) -> bool:
    """Whether a target is known to understand images. A model nobody knows does not: `Router.image` is set by those
    whose models do not."""
    if target.format is None:
        return target.is_claude
    if target.format.name == "gemini":
        return True
    return bool(getattr(target.dialect, "images", True)) and _SEEING.search(target.model) is not None


def searches(target: Target) -> bool:
    """Whether a target searches the web by itself when a request asks for it."""
    if target.format is None:
        return target.is_claude
    if target.format.name == "gemini":
        return True
    return getattr(target.dialect, "web_search", None) not in (None, "none")
