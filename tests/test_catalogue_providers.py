"""A name of the catalogue is a whole provider, and what is written wins."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from ccr_middleware import ConfigError, catalogue, load_config
from ccr_middleware.catalogue import Entry
from ccr_middleware.config.completion import FORMATS_OF_TRANSFORMERS
from ccr_middleware.config.schema import Config, Provider
from ccr_middleware.targets import Snapshot, Target
from ccr_middleware.transformers.builtin import BUILTIN, builtin_registry
from ccr_middleware.wire.format import WireName

Json = dict[str, Any]

PARAMETERS = {"region": "us-west-2", "resource": "mine"}

each_entry = pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)


def config_of(**provider: Any) -> Config:
    """A configuration with one provider as it is written."""
    return load_config({"Providers": [provider], "Router": {"default": f"{provider['name']},m"}}, env={})


def provider_of(**written: Any) -> Provider:
    """What becomes of a provider."""
    return config_of(**written).providers[0]


def target_of(model: str = "", **written: Any) -> Target:
    """Where requests for a model of a provider go, by default for its first."""
    config = config_of(**written)
    provider = config.providers[0]
    return Snapshot(config, builtin_registry()).target(provider.name, model or next(iter(provider.models), "m"))


def error_of(**provider: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        config_of(**provider)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@each_entry
def test_every_entry_is_a_whole_provider(entry: Entry) -> None:
    config = config_of(name=entry.name, api_key="sk-key-of-mine", **PARAMETERS)
    provider = config.providers[0]
    assert provider.base_url == entry.address(PARAMETERS)
    assert "{" not in provider.base_url
    assert provider.models == entry.models
    Snapshot(config, builtin_registry()).check()
    target = target_of(name=entry.name, api_key="sk-key-of-mine", **PARAMETERS)
    assert (target.format.name if target.format else "messages") == entry.wire
    assert re.fullmatch(r"https?://[^{}\s]+", target.url(stream=True))
    if target.format and target.format.name in entry_facts(entry):
        assert target.dialect.name in (entry.family, f"{entry.family}-responses")


def entry_facts(entry: Entry) -> Any:
    return catalogue.families()[entry.family].facts


@each_entry
def test_every_entry_says_only_what_there_is(entry: Entry) -> None:
    assert entry.wire in get_args(WireName)
    assert entry.docs.startswith("https://")
    assert entry.title
    assert re.fullmatch(r"[A-Z0-9_]*", entry.env)
    assert all(builtin_registry().find(name) for name in entry.use)
    assert set(entry.parameters) <= set(PARAMETERS)


def test_every_entry_with_a_key_and_models_loads_without_a_warning() -> None:
    for entry in catalogue.entries():
        key: Json = {"api_key": "sk-key-of-mine"} if entry.env else {}
        target = f"{entry.name},{(entry.models or ('m',))[0]}"
        document = {"Providers": [{"name": entry.name, **key, **PARAMETERS}], "Router": {"default": target}}
        warnings = load_config(document, env={}, known_transformers=builtin_registry().names()).warnings
        expected = [] if entry.models else ["models"]
        if entry.name == "codex":
            expected = ["api_key"]  # no variable is usual for it
        assert [re.sub(r".*\.(\w+): .*", r"\1", warning) for warning in warnings] == expected, entry.name


BEARER = {"authorization": "Bearer sk-1"}


@pytest.mark.parametrize(
    ("written", "url", "credential"),
    [
        ({"name": "deepseek"}, "https://api.deepseek.com/v1/chat/completions", BEARER),
        ({"name": "DeepSeek-Anthropic"}, "https://api.deepseek.com/anthropic/v1/messages", {"x-api-key": "sk-1"}),
        ({"name": "openai"}, "https://api.openai.com/v1/chat/completions", BEARER),
        ({"name": "openai-responses"}, "https://api.openai.com/v1/responses", BEARER),
        ({"name": "anthropic"}, "https://api.anthropic.com/v1/messages", {"x-api-key": "sk-1"}),
        (
            {"name": "gemini", "models": ["gemini-2.5-pro"]},
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            {"x-goog-api-key": "sk-1"},
        ),
        ({"name": "openrouter"}, "https://openrouter.ai/api/v1/chat/completions", BEARER),
        ({"name": "groq"}, "https://api.groq.com/openai/v1/chat/completions", BEARER),
        ({"name": "zai"}, "https://api.z.ai/api/paas/v4/chat/completions", BEARER),
        ({"name": "zai-coding"}, "https://api.z.ai/api/coding/paas/v4/chat/completions", BEARER),
        ({"name": "zai-anthropic"}, "https://api.z.ai/api/anthropic/v1/messages", BEARER),
        ({"name": "kimi-coding"}, "https://api.kimi.com/coding/v1/messages", {"x-api-key": "sk-1"}),
        ({"name": "moonshot-anthropic"}, "https://api.moonshot.ai/anthropic/v1/messages", BEARER),
        ({"name": "qwen"}, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions", BEARER),
        (
            {"name": "dashscope-anthropic"},
            "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages",
            {"x-api-key": "sk-1"},
        ),
        ({"name": "volcengine"}, "https://ark.cn-beijing.volces.com/api/v3/chat/completions", BEARER),
        ({"name": "novita"}, "https://api.novita.ai/openai/v1/chat/completions", BEARER),
        ({"name": "perplexity"}, "https://api.perplexity.ai/chat/completions", BEARER),
        ({"name": "github-models"}, "https://models.github.ai/inference/chat/completions", BEARER),
        ({"name": "codex"}, "https://chatgpt.com/backend-api/codex/responses", BEARER),
        (
            {"name": "azure", "resource": "mine"},
            "https://mine.openai.azure.com/openai/v1/chat/completions",
            {"api-key": "sk-1"},
        ),
        (
            {"name": "azure-anthropic", "resource": "mine"},
            "https://mine.services.ai.azure.com/anthropic/v1/messages",
            {"api-key": "sk-1"},
        ),
        (
            {"name": "bedrock", "region": "eu-west-1"},
            "https://bedrock-mantle.eu-west-1.api.aws/anthropic/v1/messages",
            BEARER,
        ),
        ({"name": "opencode-zen-anthropic"}, "https://opencode.ai/zen/v1/messages", {"x-api-key": "sk-1"}),
        ({"name": "vercel-anthropic"}, "https://ai-gateway.vercel.sh/v1/messages", {"x-api-key": "sk-1"}),
        ({"name": "ollama"}, "http://localhost:11434/v1/chat/completions", BEARER),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) and "name" in value else "",
)
def test_where_requests_go_and_with_which_credential(written: Json, url: str, credential: dict[str, str]) -> None:
    target = target_of(api_key="sk-1", **written)
    assert target.url(stream=True) == url
    sent = {name: value for name, value in target.headers.items() if "sk-1" in value}
    assert sent == credential


def test_a_local_program_is_sent_no_credential() -> None:
    assert set(target_of(name="lmstudio").headers) == {"content-type"}
    assert provider_of(name="ollama").auth == "none"


def test_vertex_is_a_provider_without_a_key() -> None:
    for name, wire in (("vertex", "gemini"), ("vertex-claude", None)):
        target = target_of(name=name, vertex={"project": "p"})
        assert target.platform is not None
        assert target.platform.name == "vertex"
        assert (target.format and target.format.name) == wire
        assert set(target.headers) == {"content-type"}


def test_headers_of_an_entry_are_sent_and_written_ones_win() -> None:
    assert target_of(name="github").headers["x-github-api-version"] == "2022-11-28"
    target = target_of(name="github", headers={"x-github-api-version": "2030-01-01", "x-mine": "1"})
    assert target.headers["x-github-api-version"] == "2030-01-01"
    assert target.headers["x-mine"] == "1"
    assert "must be an object" in error_of(name="github", headers=["x"])


# -- what is written wins ----------------------------------------------------------------------------------


def test_written_models_wire_auth_and_transformers_win() -> None:
    provider = provider_of(
        name="modelscope",
        api_key="k",
        models=["mine"],
        auth="x-api-key",
        transformer={"use": ["tooluse"]},
    )
    assert provider.models == ("mine",)
    assert provider.auth == "x-api-key"
    assert [use.name for use in provider.use] == ["tooluse"]
    assert [use.name for use in provider_of(name="modelscope").use] == ["enhancetool"]
    assert provider_of(name="modelscope", use=[]).use == ()
    assert provider_of(name="deepseek", models=[]).models == ()


def test_global_transformers_do_not_take_the_place_of_those_of_the_catalogue() -> None:
    document = {"Providers": [{"name": "modelscope"}], "transformers": [{"name": "tooluse"}]}
    provider = load_config(document, env={}).providers[0]
    assert [use.name for use in provider.use] == ["enhancetool", "tooluse"]


def test_global_transformers_know_the_models_of_the_catalogue() -> None:
    document = {
        "Providers": [{"name": "deepseek"}],
        "transformers": [{"name": "tooluse", "models": ["deepseek-flash"]}],
    }
    assert list(load_config(document, env={}).providers[0].use_by_model) == ["deepseek-flash"]


@pytest.mark.parametrize("key", ["api_base_url", "HOST", "baseUrl"])
def test_a_provider_with_an_address_of_its_own_is_given_nothing(key: str) -> None:
    provider = provider_of(name="openai-responses", **{key: "https://llm.example/v1"})
    assert provider.base_url == "https://llm.example/v1"
    assert provider.models == ()
    assert provider.wire is None
    assert provider.auth is None


def test_a_blank_address_counts_as_none() -> None:
    assert provider_of(name="deepseek", api_base_url=" ").base_url == "https://api.deepseek.com"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ({"name": "deepseek", "wire": "messages"}, "https://api.deepseek.com/anthropic/v1/messages"),
        ({"name": "deepseek", "use": ["Anthropic"]}, "https://api.deepseek.com/anthropic/v1/messages"),
        ({"name": "zai-cn", "wire": "messages"}, "https://open.bigmodel.cn/api/anthropic/v1/messages"),
        ({"name": "openai", "use": ["openai-responses"]}, "https://api.openai.com/v1/responses"),
        ({"name": "openai", "wire": "responses"}, "https://api.openai.com/v1/responses"),
        ({"name": "groq", "wire": "responses"}, "https://api.groq.com/openai/v1/responses"),
        (
            {"name": "bedrock", "region": "r", "wire": "responses"},
            "https://bedrock-mantle.r.api.aws/openai/v1/responses",
        ),
        (
            {"name": "gemini", "wire": "chat"},
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        ({"name": "azure", "resource": "r", "wire": "responses"}, "https://r.openai.azure.com/openai/v1/responses"),
    ],
)
def test_another_format_means_the_endpoint_that_speaks_it(written: Json, url: str) -> None:
    assert target_of("m", api_key="k", **written).url(stream=True) == url


def test_the_transformers_that_speak_for_a_format_are_known() -> None:
    told = {name.lower(): cls.wire for cls in BUILTIN for name in (cls.name, *cls.aliases) if cls.wire}
    assert told == FORMATS_OF_TRANSFORMERS


def test_the_document_stays_as_it_was_written() -> None:
    written = {"name": "deepseek", "api_key": "$DEEPSEEK_API_KEY"}
    config = load_config({"Providers": [written]}, env={"DEEPSEEK_API_KEY": "sk-secret"})
    assert config.raw == {"Providers": [written]}
    assert config.providers[0].api_key == "sk-secret"


# -- errors ------------------------------------------------------------------------------------------------


def test_what_only_the_user_knows_is_asked_for() -> None:
    message = error_of(name="azure", api_key="k")
    assert message.startswith("configuration: Providers[0].resource: is missing; write it")
    assert "https://{resource}.openai.azure.com" in message
    assert "Providers[0].region: is missing" in error_of(name="bedrock", region=" ")
    assert "Providers[0].region: is missing" in error_of(name="Bedrock", region=None)


def test_the_name_of_the_file_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"Providers": [{"name": "azure"}]}')
    with pytest.raises(ConfigError, match=r"config\.json: Providers\[0\]\.resource: is missing"):
        load_config(file)


def test_an_unknown_name_without_an_address_is_told_what_it_may_mean() -> None:
    message = error_of(name="depseek")
    assert message.startswith("configuration: Providers[0].api_base_url: is missing; write the full address")
    assert '"deepseek"' in message
    assert "or a name" not in error_of(name="my-own-thing")
    assert "is missing" in error_of(name=5)


def test_a_missing_key_names_the_usual_variable() -> None:
    warnings = config_of(name="deepseek").warnings
    assert any('api_key: is missing; write "$DEEPSEEK_API_KEY"' in warning for warning in warnings)
