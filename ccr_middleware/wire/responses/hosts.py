"""What is known of Responses providers and models. Data only; `dialects` looks things up in it.

What a provider or model does in chat completions too stands in `wire.chat.hosts` and `wire.chat.model_families`; here
is what is different or more. "Fact n" are the recorded-traffic facts, `owner/name#n` public issue threads.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..chat.model_families import Fields, ModelRule, rule


class Host(NamedTuple):
    """A provider: its fields, and rules for its models."""

    fields: Fields
    models: tuple[ModelRule, ...] = ()


#: Providers that have a Responses endpoint only, by host name: those are not among the chat hosts.
OWN_HOSTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("codex", re.compile(r"(?:.+\.)?chatgpt\.com")),
    ("bedrock-mantle", re.compile(r"bedrock-mantle\..+\.api\.aws")),
)

#: Which efforts a model takes: anomalyco/opencode#26268 and anomalyco/models.dev#2296. A gpt-5 that searches the web
#: refuses `minimal`, see `reasoning`.
MODEL_RULES: tuple[ModelRule, ...] = (
    rule(r"o[134](?:-|$)|gpt-5|gpt-[6-9]", summary="auto", encrypted_reasoning=True),
    rule(r"gpt-5(?:-mini|-nano)?(?:-2\d{3}|$)", off_effort="minimal"),
    rule(r"(?:gpt-5\.[1-9]|gpt-[6-9])(?!.*(?:codex|pro|chat))", off_effort="none"),
    rule(r"gpt-5-codex", efforts=("low", "medium", "high")),
    rule(r"gpt-5-pro", efforts=("high",)),
    rule(r"gpt-5\.\d-pro", efforts=("medium", "high", "xhigh")),
    # "Encrypted content is not supported with this model": these may not reason at all.
    rule(r"gpt-5(?:\.\d)?-chat", summary="none", encrypted_reasoning=False),
)

#: Items and roles as OpenAI's own client writes them.
_OPENAI: Fields = {"mid_system": "developer", "assistant_parts": True, "strict_tools": True, "tools_limit": 128}

HOSTS: dict[str, Host] = {
    "openai": Host({**_OPENAI, "tool_media": True, "document_urls": True, "web_search": "web_search"}),
    # Files came later than to OpenAI; they are refused in chat only (openai/openai-python#2300).
    "azure": Host({**_OPENAI, "documents": "file"}),
    "bedrock-mantle": Host(_OPENAI),
    # The backend of ChatGPT subscriptions: "Stream must be set to true" (CCR #932), "Instructions are required"
    # (PwnKit-Labs/pwnkit#330), "System messages are not allowed" in the input, and "Unsupported parameter" for a limit,
    # temperature and top_p (liliMozi/openhanako#1899).
    "codex": Host(
        {
            **_OPENAI,
            "default_instructions": "You are a helpful assistant.",
            "streams_only": True,
            "output_limit": False,
            "sampling": False,
            "tool_media": True,
            "web_search": "web_search",
            "prompt_cache_key": True,
        }
    ),
    # docs.x.ai best practices: encrypted reasoning with every turn, a prompt_cache_key for each conversation.
    "xai": Host(
        {
            "encrypted_reasoning": True,
            "prompt_cache_key": True,
            "web_search": "web_search",
            "search_exclusion": "excluded_domains",
        },
        (rule(r"grok-2|grok-3(?!-mini)|.*non-reasoning", encrypted_reasoning=False),),
    ),
    # Stateless. Its schema wants an id on reasoning, and its tool outputs are strings (openai/codex#43740).
    "openrouter": Host(
        {
            "efforts": ("minimal", "low", "medium", "high", "xhigh"),
            "summary": "auto",
            "encrypted_reasoning": True,
            "replay": "text",
            "reasoning_ids": True,
            "web_search": "openrouter:web_search",
            "top_k": True,
        },
        # Their reasoning is signed, and its text alone would be refused.
        (rule(r"claude|gemini", replay="encrypted"),),
    ),
    # "The reasoning_text in the thinking mode must be passed back": adjacent reasoning and calls are one turn there,
    # and nothing may stand between calls and outputs (fact 45, deepseek-ai/awesome-deepseek-integration#740,
    # lidge-jun/opencodex#1479). It thinks unless told otherwise, and then refuses a forced choice.
    "deepseek": Host(
        {
            "efforts": ("low", "high", "max"),
            "calls_last": True,
            "replay": "text",
            "replay_unsigned": True,
            "replay_placeholder": " ",
            "named_tool_choice": False,
            "required_tool_choice": False,
        }
    ),
    # Its own search is called so for gpt-oss (console.groq.com browser search).
    "groq": Host({}, (rule(r"gpt-oss", web_search="browser_search"),)),
}
