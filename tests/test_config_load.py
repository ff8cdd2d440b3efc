"""`load_config`: sources, the resolved view and the raw one, errors, time limits."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.config import Config, Provider, Router, load_config
from ccr_middleware.config.schema import Timeouts
from ccr_middleware.errors import ConfigError

URL = "https://api.example.org/v1/chat/completions"
PROVIDER = {"name": "p", "api_base_url": URL, "api_key": "$KEY", "models": ["m"]}
ENV = {"KEY": "sk-resolved"}

#: The transformers of Claude Code Router v2, in its own letters.
V2_TRANSFORMERS = (
    "Anthropic",
    "gemini",
    "vertex-gemini",
    "vertex-claude",
    "deepseek",
    "tooluse",
    "openrouter",
    "OpenAI",
    "maxtoken",
    "groq",
    "cleancache",
    "enhancetool",
    "reasoning",
    "sampling",
    "maxcompletiontokens",
    "cerebras",
    "streamoptions",
    "customparams",
    "vercel",
    "openai-responses",
    "forcereasoning",
)

V2_CONFIG = """{
  // what a user of Claude Code Router v2 has in ~/.claude-code-router/config.json
  "LOG": true, "LOG_LEVEL": "debug", "API_TIMEOUT_MS": "600000", "NON_INTERACTIVE_MODE": false,
  "APIKEY": "${CCR_KEY}", "HOST": "127.0.0.1", "PORT": 3456, "PROXY_URL": "", "CLAUDE_PATH": "",
  "Providers": [
    { "name": "openrouter", "api_base_url": "https://openrouter.ai/api/v1/chat/completions", "api_key": "$OPENROUTER",
      "models": ["google/gemini-2.5-pro-preview", "moonshotai/kimi-k2", "anthropic/claude-sonnet-4:online"],
      "transformer": { "use": ["openrouter"],
        "moonshotai/kimi-k2": { "use": [["openrouter", { "provider": { "only": ["moonshotai/fp8"] } }]] } } },
    { "name": "deepseek", "api_base_url": "https://api.deepseek.com/chat/completions", "api_key": "$DEEPSEEK_API_KEY",
      "models": ["deepseek-chat", "deepseek-reasoner"],
      "transformer": { "use": ["deepseek", ["maxtoken", { "max_tokens": 8192 }]],
        "deepseek-chat": { "use": ["tooluse"] } },
      "tokenizer": { "default": { "type": "tiktoken", "encoding": "o200k_base" } } },
    { "name": "ollama", "api_base_url": "http://localhost:11434/v1/chat/completions", "api_key": "ollama",
      "models": ["qwen2.5-coder:latest"] },
    { "name": "gemini", "api_base_url": "https://generativelanguage.googleapis.com/v1beta/models/",
      "api_key": "$GEMINI", "models": ["gemini-2.5-flash", "gemini-2.5-pro"], "transformer": { "use": ["gemini"] } },
    { "name": "modelscope", "api_base_url": "https://api-inference.modelscope.cn/v1/chat/completions",
      "api_key": "ms-x", "models": ["Qwen/Qwen3-235B-A22B-Thinking-2507"],
      "transformer": { "use": [["maxtoken", { "max_tokens": 65536 }], "enhancetool"],
        "Qwen/Qwen3-235B-A22B-Thinking-2507": { "use": ["reasoning"] } } },
    { "name": "groq", "api_base_url": "https://api.groq.com/openai/v1/chat/completions", "api_key": "gsk-x",
      "models": ["llama"], "transformer": { "use": [["maxtoken", { "max_tokens": 16384 }], "groq"] } },
    { "name": "kimi", "api_base_url": "https://api.moonshot.cn/v1/chat/completions",
      "api_key": "sk-x", "models": ["k2"] },
    { "name": "anthropic", "api_base_url": "https://api.anthropic.com/v1/messages", "api_key": "sk-ant-x",
      "models": ["claude-sonnet-4"], "transformer": { "use": ["Anthropic"] } },
  ],
  "Router": {
    "default": "deepseek,deepseek-chat", "background": "ollama,qwen2.5-coder:latest",
    "think": "deepseek,deepseek-reasoner",
    "longContext": "openrouter,google/gemini-2.5-pro-preview", "longContextThreshold": 60000,
    "webSearch": "gemini,gemini-2.5-flash", "image": "",
  },
  "fallback": { "default": ["openrouter,moonshotai/kimi-k2"] },
  "transformers": [{ "path": "$HOME_DIR/plugins/mine.js", "options": { "project": "x" } }],
  "StatusLine": { "enabled": true, "currentStyle": "default", "default": { "modules": [] } },
  "plugins": [{ "name": "token-speed", "enabled": true }],
  "REWRITE_SYSTEM_PROMPT": "", "forceUseImageAgent": false,
}"""
V2_ENV = {"CCR_KEY": "client-key", "OPENROUTER": "sk-or", "DEEPSEEK_API_KEY": "sk-ds", "GEMINI": "g", "HOME_DIR": "/h"}


@pytest.fixture
def v2(tmp_path: Path) -> Config:
    file = tmp_path / "config.json"
    file.write_text(V2_CONFIG, encoding="utf-8")
    return load_config(file, env=V2_ENV, known_transformers=V2_TRANSFORMERS)


def test_a_v2_config_loads_unchanged_and_without_a_warning(v2: Config, tmp_path: Path):
    assert v2.warnings == ()
    assert v2.source == str(tmp_path / "config.json")
    assert [provider.name for provider in v2.providers] == (
        ["openrouter", "deepseek", "ollama", "gemini", "modelscope", "groq", "kimi", "anthropic"]
    )
    assert (v2.api_key, v2.port, v2.log_level, v2.proxy_url) == ("client-key", 3456, "debug", None)
    deepseek = v2.provider("DeepSeek")
    assert deepseek is not None
    assert deepseek.api_key == "sk-ds"
    assert [(use.name, use.options) for use in deepseek.use] == [("deepseek", {}), ("maxtoken", {"max_tokens": 8192})]
    assert [use.name for use in deepseek.use_by_model["deepseek-chat"]] == ["tooluse"]
    assert v2.router.target("long_context") == "openrouter,google/gemini-2.5-pro-preview"
    assert v2.router.target("image") is None
    assert v2.fallback.of("default") == ("openrouter,moonshotai/kimi-k2",)


def test_unknown_keys_are_kept_everywhere(v2: Config):
    extra = v2.model_extra
    assert extra is not None
    assert extra["transformers"] == [{"path": "/h/plugins/mine.js", "options": {"project": "x"}}]
    assert v2.status_line["currentStyle"] == "default"
    assert [plugin.name for plugin in v2.plugins if plugin.enabled] == ["token-speed"]
    odd = load_config({"Providers": [{**PROVIDER, "later": 1}]}, env={})
    assert odd.providers[0].model_extra == {"later": 1}
    nested = load_config({"timeouts": {"later": 1}, "Router": {"custom": "x"}}, env={})
    assert nested.timeouts.model_extra == {"later": 1}
    assert nested.router.model_extra == {"custom": "x"}


def test_raw_is_the_document_as_written_and_holds_no_secret(v2: Config):
    assert v2.raw["Providers"][1]["api_key"] == "$DEEPSEEK_API_KEY"
    assert v2.raw["APIKEY"] == "${CCR_KEY}"
    assert v2.raw["Router"]["image"] == ""
    written = json.dumps(v2.raw)
    assert not any(secret in written for secret in ("client-key", "sk-or", "sk-ds"))


def test_secrets_are_in_the_resolved_view_and_not_in_its_repr():
    headers = {"Authorization": "Bearer sk-in-header", "x-team": "plain-text"}
    config = load_config({"APIKEY": "sk-client", "Providers": [{**PROVIDER, "headers": headers}]}, env=ENV)
    assert config.providers[0].api_key == "sk-resolved"
    assert config.secrets() == {"sk-client", "sk-resolved", "Bearer sk-in-header", "sk-in-header"}
    assert not any(secret in repr(config) for secret in config.secrets())


def test_none_is_the_empty_configuration():
    assert load_config(None) == Config()


@pytest.mark.parametrize("text", ['{"PORT": 1}', "  {PORT: 1}", "// first\n{PORT: 1}"])
def test_text_is_told_from_a_path(text: str):
    assert load_config(text, env={}).port == 1


def test_a_mapping_is_not_changed_and_raw_does_not_follow_it():
    document: dict[str, Any] = {"Providers": [copy.deepcopy(PROVIDER)], "transformers": [{"name": "t"}]}
    before = copy.deepcopy(document)
    config = load_config(document, env=ENV)
    assert document == before == config.raw
    document["Providers"][0]["name"] = "changed"
    assert config.raw["Providers"][0]["name"] == "p"
    assert config.source == ""


def test_a_config_made_by_hand_gets_warnings_once():
    config = load_config(Config(providers=(Provider(name="p", base_url=URL),), router=Router(default="p,m")))
    assert config.warnings == (
        'providers[0].api_key: is missing; write the key or $VARIABLE, or "auth": "none"',
        'providers[0].models: no models are listed; write the models of "p"',
    )
    assert load_config(config) == config
    loaded = load_config({"PORT": 1}, env={})
    assert load_config(loaded) is loaded


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEY", "sk-environ")
    assert load_config({"Providers": [PROVIDER]}).providers[0].api_key == "sk-environ"


def test_keys_that_only_loading_sets_are_not_taken_from_a_document():
    config = load_config({"source": "x", "warnings": 1, "raw": []}, env={})
    assert (config.source, config.warnings) == ("", ())
    assert config.raw == {"source": "x", "warnings": 1, "raw": []}


def error_of(document: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(document, env=ENV)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"Providers": [PROVIDER, {"name": "x"}]},
            "Providers[1].api_base_url: is missing; write the full address, such as",
        ),
        ({"providers": [{"name": "x", "HOST": ""}]}, "providers[0].api_base_url: is missing;"),
        ({"providers": [{"baseUrl": URL}]}, 'providers[0].name: is missing; give it a name, such as "deepseek"'),
        ({"Providers": [PROVIDER, "x"]}, "Providers[1]: must be an object; write a list of {"),
        ({"Providers": {"p": PROVIDER}}, "Providers: must be a list; write a list of {"),
        ({"Router": ["p,m"]}, 'Router: must be an object; write {"default": "provider,model"}'),
        ({"Router": {"default": 1.5, "think": []}}, "Router.think: must be text or must be a list that is not empty;"),
        ({"Router": {"routes": {"think": 1.5, "image": {}}}}, "Router.routes.image: must be text"),
        ({"Router": {"longContextThreshold": 0}}, "Router.longContextThreshold: must be greater than 0;"),
        ({"Router": {"thinkWhen": "never"}}, "Router.thinkWhen: must be 'auto' or 'always';"),
        ({"PORT": 70000}, "PORT: must be less than or equal to 65535; correct it, or leave it out for the default"),
        ({"port": "eighty"}, "port: must be a whole number;"),
        ({"PORT": "$NONE"}, "PORT: must be a whole number and the variable NONE is not set;"),
        ({"LOG": "maybe"}, "LOG: must be true or false;"),
        ({"LOG_LEVEL": 5}, "LOG_LEVEL: must be 'fatal', 'error', 'warn', 'info', 'debug' or 'trace';"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: must be 'fatal', 'error', 'warn', 'info', 'debug' or 'trace';"),
        ({"timeouts": {"idleSeconds": -1}}, "timeouts.idleSeconds: must be greater than 0;"),
        ({"timeouts": {"idle_seconds": float("inf")}}, "timeouts.idle_seconds: must be a finite number;"),
        ({"timeouts": 5}, "timeouts: must be an object;"),
        (
            {"Providers": [{**PROVIDER, "models": "m"}]},
            'Providers[0].models: must be a list; write ["model-a", "model-b"]',
        ),
        (
            {"Providers": [{**PROVIDER, "wire": "x"}]},
            "Providers[0].wire: must be 'chat', ",
        ),
        ({"Providers": [{**PROVIDER, "timeouts": {"totalSeconds": 0}}]}, "Providers[0].timeouts.totalSeconds: must be"),
        (
            {"Providers": [{**PROVIDER, "maxOutputTokens": "x"}]},
            "Providers[0].maxOutputTokens: must be a whole number or must be an object;",
        ),
        (
            {"Providers": [{**PROVIDER, "maxOutputTokens": {"m-1": "x"}}]},
            'Providers[0].maxOutputTokens["m-1"]: must be a whole number;',
        ),
        (
            {"Providers": [{**PROVIDER, "transformer": {"use": ["a", 5]}}]},
            'Providers[0].transformer.use[1]: is no transformer; write "name" or ["name", {"option": value}]',
        ),
        (
            {"Providers": [{**PROVIDER, "transformer": {"gpt-4o": {"use": [["a", {}, 1]]}}}]},
            'Providers[0].transformer["gpt-4o"].use[0]: is no transformer;',
        ),
        (
            {"Providers": [PROVIDER], "transformers": [{"options": {}}]},
            "transformers[0].name: is missing; give it a name",
        ),
    ],
)
def test_an_error_names_the_place_as_written_and_the_fix(document: dict[str, Any], expected: str):
    assert error_of(document).startswith(f"configuration: {expected}")


def test_the_name_of_the_file_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "config.json").write_text('{"Providers": [{}]}')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^config\.json: Providers\[0\]\.name: is missing; .* \(\+1 more: Provi"):
        load_config("config.json")


def test_further_errors_are_counted_and_named():
    message = error_of({"PORT": "x", "LOG": "x", "Providers": [{"name": "a"}]})
    assert message.endswith("(+2 more: LOG: must be true or false, Providers[0].api_base_url: is missing)")
    assert error_of({"Providers": [{}] * 5}).count("is missing") == 5
    assert error_of({"Providers": [{}] * 5}).endswith("...)")


def test_an_error_shows_no_value_of_the_document():
    message = error_of({"APIKEY": ["sk-do-not-show"], "Providers": [{**PROVIDER, "api_key": {"sk-nor-this": "$KEY"}}]})
    assert message.startswith("configuration: APIKEY: must be text")
    assert not any(secret in message for secret in ("do-not-show", "nor-this", "sk-resolved"))


@pytest.mark.parametrize(
    ("document", "total", "first_byte", "idle"),
    [
        ({}, 3600, 600, 300),
        ({"API_TIMEOUT_MS": 90_000}, 3600, 90, 90),
        ({"API_TIMEOUT_MS": "200000"}, 3600, 200, 200),
        ({"API_TIMEOUT_MS": 7_200_000}, 7200, 7200, 7200),
        ({"API_TIMEOUT_MS": 90_000, "timeouts": {"total_seconds": 1000}}, 1000, 90, 90),
        ({"API_TIMEOUT_MS": 90_000, "timeouts": {"idleSeconds": 500, "first_byte_seconds": 100}}, 3600, 100, 500),
        ({"timeouts": {"total_seconds": 5}}, 5, 600, 300),
    ],
)
def test_api_timeout_decides_what_timeouts_leave_open(document: dict[str, Any], total: int, first_byte: int, idle: int):
    timeouts = load_config(document, env={}).timeouts
    assert (timeouts.total_seconds, timeouts.first_byte_seconds, timeouts.idle_seconds) == (total, first_byte, idle)


def test_a_provider_inherits_the_time_limits_it_does_not_give():
    document = {
        "API_TIMEOUT_MS": 60_000,
        "timeouts": {"connect_seconds": 3},
        "Providers": [{**PROVIDER, "timeouts": {"idle_seconds": 400}}, {**PROVIDER, "name": "q"}],
    }
    own, inherited = load_config(document, env=ENV).providers
    assert own.timeouts == Timeouts(connect_seconds=3, first_byte_seconds=60, idle_seconds=400, total_seconds=3600)
    assert inherited.timeouts is None
