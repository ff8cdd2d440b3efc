"""Sample values of the gateway that `ui_server` plays: its configuration, and what can be listed."""

from typing import Any

Json = Any

CONFIG = """\
{
  // The providers, and how they are reached.
  "Providers": [
    {
      "name": "deepseek",
      "api_base_url": "https://api.deepseek.com/chat/completions",
      "api_key": "$DEEPSEEK_API_KEY",
      "models": ["deepseek-chat", "deepseek-reasoner"],
      "transformer": { "use": ["deepseek"], "deepseek-chat": { "use": ["tooluse"] } }
    },
    {
      "name": "openrouter",
      "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
      "api_key": "sk-…4f2a",
      "models": ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-pro"],
      "transformer": { "use": ["openrouter"] }
    },
    { "name": "local", "api_base_url": "http://127.0.0.1:8000/v1", "models": ["qwen3-coder"], "max_parallel": 2 }
  ],
  "Router": {
    "default": "deepseek,deepseek-chat",
    "background": "local,qwen3-coder",
    "think": "deepseek,deepseek-reasoner",
    "longContext": "openrouter,google/gemini-2.5-pro",
    "longContextThreshold": 60000
  },
  "aliases": { "fast": ["local,qwen3-coder", "deepseek,deepseek-chat"] },
  "fallback": { "default": ["openrouter,anthropic/claude-sonnet-4.5"] },
  "rules": [
    { "name": "legal", "when": { "header": { "x-team": "legal" } }, "target": "local,qwen3-coder" },
  ],
  "prices": { "deepseek,*": { "input": 0.27, "output": 1.1 } }, // per million tokens
}
"""

SCHEMA = {
    "type": "object",
    "properties": {
        "Providers": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "Router": {"type": "object"},
        "PORT": {"type": "integer"},
    },
}

CATALOGUE = [
    (
        "anthropic",
        "https://api.anthropic.com",
        "messages",
        ["claude-sonnet-4-5", "claude-haiku-4-5"],
        "ANTHROPIC_API_KEY",
    ),
    ("deepseek", "https://api.deepseek.com", "chat", ["deepseek-chat", "deepseek-reasoner"], "DEEPSEEK_API_KEY"),
    (
        "gemini",
        "https://generativelanguage.googleapis.com",
        "gemini",
        ["gemini-2.5-pro", "gemini-2.5-flash"],
        "GEMINI_API_KEY",
    ),
    ("groq", "https://api.groq.com/openai/v1", "chat", ["llama-3.3-70b-versatile"], "GROQ_API_KEY"),
    ("openai", "https://api.openai.com/v1", "responses", ["gpt-5", "gpt-5-mini"], "OPENAI_API_KEY"),
    ("openrouter", "https://openrouter.ai/api/v1", "chat", ["anthropic/claude-sonnet-4.5"], "OPENROUTER_API_KEY"),
    ("ollama", "http://127.0.0.1:11434/v1", "chat", ["qwen3"], None),
]

TRANSFORMERS = [
    (
        "maxtoken",
        "Sets the limit of tokens.",
        {"max_tokens": {"type": "integer", "minimum": 1, "description": "The limit."}},
    ),
    ("openrouter", "What OpenRouter wants otherwise.", {}),
    ("deepseek", "What DeepSeek wants otherwise.", {}),
    ("tooluse", "Makes models use tools that would rather talk.", {}),
    (
        "customparams",
        "Adds fields to the request.",
        {
            "params": {"type": "object", "additionalProperties": True},
            "overwrite": {"type": "boolean", "default": False},
        },
    ),
    (
        "sampling",
        "Sets how tokens are drawn.",
        {
            "temperature": {"type": "number", "minimum": 0, "maximum": 2},
            "mode": {"type": "string", "enum": ["set", "default", "limit"], "default": "set"},
            "stop": {"type": "array", "items": {"type": "string"}},
        },
    ),
]


AGENTS = [
    {"name": name, "description": text, "origin": "builtin", "enabled": enabled, "error": None}
    for name, text, enabled in (
        ("image", "Looks at images for models that cannot.", True),
        ("web_search", "Searches the web for models that cannot.", False),
    )
]

PLUGINS = [
    {
        "name": "token-speed",
        "description": "Tells how fast tokens come.",
        "origin": "builtin",
        "enabled": False,
        "hooks": ["on_event", "on_response"],
        "failures": 0,
        "last_error": None,
    }
]

PRESET = {
    "id": "fast-start",
    "name": "fast-start",
    "version": "1.0.0",
    "description": "DeepSeek, with a local model for small things.",
    "author": "me",
    "installed": True,
    "keywords": ["deepseek"],
    "schema": [
        {"id": "key", "type": "password", "label": "DeepSeek key", "required": True},
        {"id": "size", "type": "select", "label": "Size", "options": ["small", "large"], "defaultValue": "small"},
        {"id": "url", "type": "input", "label": "Address", "when": {"field": "size", "value": "large"}},
    ],
}


def transformer_row(name: str, text: str, options: Json) -> Json:
    """A row of /api/transformers."""
    return {
        "name": name,
        "aliases": [],
        "description": text,
        "endpoint": None,
        "level": "unified",
        "origin": "builtin",
        "error": None,
        "used_by": ["deepseek"] if name in ("deepseek", "tooluse") else [],
        "options": {"type": "object", "properties": options},
    }


def target_row(index: int, provider: str, model: str) -> Json:
    """A row of /api/health/targets."""
    state = ["closed", "closed", "half-open", "closed", "open"][index]
    error = "connect: connection refused" if state != "closed" else None
    return {
        "provider": provider,
        "model": model,
        "state": state,
        "until": "2030-01-01T12:00:00Z" if state == "open" else None,
        "failures": 5 if error else 0,
        "answered": 120 - 20 * index,
        "failed": index,
        "in_flight": index % 2,
        "queued": 0,
        "latency_ms": 300 + 240 * index,
        "last_error": error,
        "last_status": 503 if error else None,
        "last_error_at": "2026-01-02T10:00:00Z" if error else None,
        "keys": 2 - index % 2,
        "resting_keys": index % 2,
    }


def explanation(body: Json) -> Json:
    """What /api/explain tells of a request."""
    chosen, fallback = "deepseek,deepseek-chat", "openrouter,anthropic/claude-sonnet-4.5"
    common = {"state": "closed", "key": "sk-…01", "keys": 2, "resting_keys": 0}
    return {
        "request": {
            "model": body.get("model"),
            "stream": True,
            "session": None,
            "project": None,
            "tokens": 1234,
            "counter": "cl100k_base",
        },
        "rules": [
            {"rule": "explicit", "matched": False, "why": "the model names no provider"},
            {"rule": "legal", "matched": False, "why": "header x-team is missing"},
            {"rule": "default", "matched": True, "why": "nothing else matched"},
        ],
        "custom_router": None,
        "decision": {
            "target": chosen,
            "scenario": "default",
            "reason": "Router.default",
            "rule": None,
            "parameters": {},
        },
        "targets": [
            {"target": chosen, "role": "chosen", "asked": "first", **common},
            {"target": fallback, "role": "fallback", "asked": "when the one before fails", **common},
        ],
        "agents": [],
        "transformers": [
            {
                "level": "unified",
                "steps": [{"name": "deepseek", "changed": True}],
                "before": {"max_tokens": 9000},
                "after": {"max_tokens": 8192},
            }
        ],
        "sent": {
            "target": chosen,
            "wire": "chat",
            "url": "https://api.deepseek.com/chat/completions",
            "headers": {"authorization": "Bearer sk-…01"},
            "body": {"model": "deepseek-chat", "messages": body.get("messages", [])},
        },
        "losses": [{"feature": "citations", "action": "dropped", "detail": "chat completions have no citations"}],
        "notes": [],
        "error": None,
    }
