"""What is known of chat-completions providers by their hosts. Data only; `dialects` looks things up in it.

Sources stand beside what is not plain from a provider's API reference: "fact n" are the recorded-traffic facts, "Fn"
the failure modes, `owner/name#n` public issue threads.
"""

from __future__ import annotations

from typing import NamedTuple

from .model_families import REPLAY_EVERYWHERE, Fields, ModelRule, rule


class Host(NamedTuple):
    """A provider: its name, the hosts that are it (with all below them), fields, and rules for its models."""

    name: str
    suffixes: tuple[str, ...]
    fields: Fields
    models: tuple[ModelRule, ...] = ()


_NO_REPLAY: Fields = {"replay_field": None, "replay_always": False, "replay_placeholder": None}
_NO_FORCED: Fields = {"named_tool_choice": False, "required_tool_choice": False}
_FORCED_WITHOUT_THINKING: Fields = {
    "named_tool_choice": True,
    "required_tool_choice": True,
    "forced_with_thinking": False,
}
_NO_THINKING: Fields = {"reasoning_style": "none"}
_GRADED: Fields = {"reasoning_style": "effort", "efforts": ("low", "medium", "high")}

#: Models of many makers behind one interface, which does the adapting itself (facts 29 to 31).
_ROUTER: Fields = {
    "reasoning_style": "openrouter",
    "efforts": ("minimal", "low", "medium", "high", "xhigh"),
    "effort_with_tools": "sent",
    "replay_field": "reasoning_details",
    "max_tokens_field": "max_tokens",
    "tool_id_length": None,
    "tool_then_user": True,
}
#: Behind a router: who verifies the signatures of reasoning, and who refuses a forced choice while thinking.
_ROUTED: tuple[ModelRule, ...] = (
    rule(r"claude|gemini|gpt-|o[134](?:-|$)|grok", replay_unsigned=False),
    rule(r"claude", forced_with_thinking=False, tool_id_limit=64),
    rule(r"gpt-|o[134](?:-|$)", tool_id_limit=40),
)

#: Hybrid models that think when told so with `enable_thinking`. Instruct, coder and thinking-only variants refuse it.
_QWEN_HYBRID = r"qwen-?3(?!.*(?:coder|instruct|thinking|next|omni|embedding|reranker))|qwen-(?:plus|turbo|flash)"
_OTHER_HYBRID = r"deepseek-v3[.p]?[12]|deepseek-v[4-9]|glm-(?:4\.[5-9]|[5-9])|kimi-k2\.[5-9]|mimo|hunyuan-a13b"

HOSTS: tuple[Host, ...] = (
    Host(
        "openai",
        ("api.openai.com",),
        {
            **_NO_REPLAY,
            "max_tokens_field": "max_completion_tokens",
            "strict_tools": True,
            "documents": "file",
            "user": True,
            "prompt_cache_key": True,
            "tools_limit": 128,
            "tool_id_limit": 40,  # vercel/ai#5171: ids of other providers are longer
        },
    ),
    Host(
        "azure",
        ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"),
        # Documents are refused on chat (pydantic-ai). Which limit field an API version takes depends on the model.
        {"strict_tools": True, "user": True, "tools_limit": 128, "tool_id_limit": 40},
    ),
    Host(
        "github",
        ("models.github.ai", "models.inference.ai.azure.com", "githubcopilot.com"),
        {"tools_limit": 128, "tool_id_limit": 40},  # BerriAI/litellm#17343
    ),
    Host(
        "deepseek",
        ("api.deepseek.com",),
        {
            # api-docs.deepseek.com thinking mode: the switch and the effort are two settings.
            "reasoning_style": "thinking",
            "thinking_effort": True,
            "efforts": ("low", "high", "max"),
            **REPLAY_EVERYWHERE,
            **_FORCED_WITHOUT_THINKING,  # deepseek-ai/DeepSeek-V3#1376
            "json_schema": "json_object",  # "This response_format type is unavailable now"
            "tools_limit": 128,
            "max_stops": 16,
        },
    ),
    Host(
        "openrouter",
        ("openrouter.ai",),
        {
            **_ROUTER,
            "documents": "file",
            "document_urls": True,
            "top_k": True,
            "user": True,
            "web_search": "server_tool",  # the web plugin is deprecated; recorded in pai-web-search-annotations-stream
        },
        # openrouter.ai prompt caching: explicit marks for these makers only, a `ttl` for Claude only.
        (*_ROUTED, rule(r"claude", cache_control=True, cache_ttl=True), rule(r"gemini|qwen", cache_control=True)),
    ),
    Host("vercel", ("ai-gateway.vercel.sh",), _ROUTER, _ROUTED),  # oc-vercel-ai-gateway-reasoning-tool-loop
    Host(
        "groq",
        ("api.groq.com",),
        {
            # Unknown fields of a message are a 400: "property 'reasoning_content' is unsupported" (AstrBot#5946).
            **_NO_REPLAY,
            "max_tokens_field": "max_completion_tokens",
            "json_schema_uri": False,  # CCR v2's groq transformer removes it as well
            "tools_limit": 128,
        },
        (
            rule(r"gpt-oss", **_GRADED, replay_field="reasoning", max_output_tokens=65_536),  # vercel/ai#8057
            rule(r"qwen3", reasoning_style="effort", efforts=("default",)),  # pydantic-ai profiles/groq
            rule(r"llama-3\.3", max_output_tokens=32_768),
            rule(r"compound", tools=False, web_search="native"),
        ),
    ),
    Host(
        "cerebras",
        ("api.cerebras.ai",),
        {
            # Refuses every field it does not know, but takes its own `reasoning` back (QwenLM/qwen-code#11045).
            **_NO_REPLAY,
            "max_tokens_field": "max_completion_tokens",
            "parallel_tool_calls": False,
            "named_tool_choice": False,
        },
        (
            rule(r"gpt-oss|zai-glm|qwen-3|gemma-4", replay_field="reasoning"),
            rule(r"gpt-oss|qwen-3\.[5-9]", **_GRADED),
        ),
    ),
    Host(
        "mistral",
        ("mistral.ai",),
        {
            # extra_forbidden: a 422 for every unknown field, stream_options among them; usage comes anyway (fact 18).
            **_NO_REPLAY,
            "stream_options": False,
            "tool_id_length": 9,  # fact 53
            "tool_then_user": False,
            "prefill": True,
            "prefill_field": "prefix",  # error 3230 without it (anomalyco/opencode#19115)
        },
        (rule(r"mistral-(?:small-(?:latest|4)|medium-(?:latest|3-5))", reasoning_style="effort", efforts=("high",)),),
    ),
    Host(
        "xai",
        ("api.x.ai",),
        {**_NO_REPLAY, "user": True},
        # docs.x.ai reasoning: an effort only where listed, no stop sequences for models that reason.
        (
            rule(r"grok-(?:3-mini|4|latest|code|build)(?!.*non-reasoning)", stop=False),
            rule(r"grok-3-mini", reasoning_style="effort", efforts=("low", "high")),
            rule(r"grok-(?:4\.[3-9](?!\d)|latest)", **_GRADED),
        ),
    ),
    Host(
        "zai",
        ("z.ai", "bigmodel.cn"),
        {
            # docs.z.ai thinking mode: without clear_thinking=false what is sent back is thrown away (fixture pai-zai).
            "reasoning_style": "thinking",
            "thinking_options": {"clear_thinking": False},
            "replay_field": "reasoning_content",
            "replay_always": True,
            **_NO_FORCED,  # tool_choice knows "auto" only
            "stream_options": False,  # usage comes with the finish chunk (fact 18)
            "tool_stream": True,  # otherwise minutes of silence while long arguments are written
            "max_stops": 1,
            "json_schema": "json_object",
        },
        (
            rule(r"glm-5\.[2-9]", thinking_effort=True, efforts=("low", "high", "max")),
            rule(r"glm-(?:3|4-|4v|4\.[0-4]|4\.\dv)", **_NO_THINKING, tool_stream=False),
        ),
    ),
    Host(
        "moonshot",
        ("moonshot.ai", "moonshot.cn", "kimi.com", "kimi.ai"),
        {"json_schema": "json_object"},
        (
            # k2.5/k2.6: temperature is fixed by the mode; `thinking` and `reasoning_effort` exclude each other
            # (HKUDS/nanobot#4967, #3939); a forced choice needs thinking off (can1357/oh-my-pi#1077).
            rule(r"kimi-k2[.-][5-9]", reasoning_style="thinking", sampling=False, **_FORCED_WITHOUT_THINKING),
            rule(r"kimi-k2[.-][6-9]", thinking_options={"keep": "all"}),  # else history is ignored (oh-my-pi#1839)
            rule(r"kimi-k2[.-]7", **_NO_FORCED),  # cannot stop thinking (mnfst/modelparams.dev#168)
            # k3: always thinks, has no `thinking` object, takes an effort (lobehub/lobehub#17267).
            rule(
                r"kimi-k[3-9]",
                reasoning_style="effort",
                efforts=("low", "high", "max"),
                max_tokens_field="max_completion_tokens",
                sampling=False,
                **_NO_FORCED,
            ),
        ),
    ),
    Host(
        "dashscope",
        ("aliyuncs.com",),
        # "tool_choice does not support being set to required or object in thinking mode" (cloudwego/eino#994).
        {**_FORCED_WITHOUT_THINKING, "top_k": True},
        (
            rule(rf"{_QWEN_HYBRID}|{_OTHER_HYBRID}", reasoning_style="enable_thinking"),
            # "enable_thinking must be set to false for non-streaming calls" (langchain4j#3974).
            rule(r"qwen3-\d|qwq|qvq", streams_only=True),
        ),
    ),
    Host("modelscope", ("modelscope.cn",), {}, (rule(r"qwen3", streams_only=True),)),
    Host(
        "siliconflow",
        ("siliconflow.cn", "siliconflow.com"),
        {"top_k": True},
        # Code 20015 for any model that has no such switch.
        (
            rule(r"qwen3-\d+b(?!.*(?:instruct|thinking))", reasoning_style="enable_thinking"),
            rule(r"(?:glm-4\.[5-7]|deepseek-v3\.[12]|hunyuan-a13b)", reasoning_style="enable_thinking"),
        ),
    ),
    Host(
        "volcengine",
        ("volces.com", "bytepluses.com"),
        {},
        (rule(r"doubao-seed|deepseek-v3|deepseek-v4|glm-4-[5-9]|kimi-k2-5", reasoning_style="thinking"),),
    ),
    Host(
        "minimax",
        ("minimax.io", "minimaxi.com", "minimax.chat"),
        {
            # platform.minimax.io text-openai-api: reasoning apart from the text, and the whole of it back.
            "extra_body": {"reasoning_split": True},
            "replay_field": "reasoning_details",
            "replay_always": True,
            "max_tokens_field": "max_completion_tokens",
            **_NO_FORCED,
            "parallel_tool_calls": False,
            "json_schema": "none",
        },
    ),
    Host(
        "xiaomi",
        ("xiaomimimo.com",),
        {"reasoning_style": "thinking", "json_schema": "json_object", "max_tokens_field": "max_completion_tokens"},
    ),
    Host(
        "together",
        ("together.xyz", "together.ai"),
        {"top_k": True},
        (
            rule(r"gpt-oss", **_GRADED),
            rule(r"glm-5\.[2-9]", reasoning_style="effort", efforts=("low", "medium", "high", "max")),
        ),
    ),
    Host(
        "fireworks",
        ("fireworks.ai",),
        # Without a stream it refuses more than 4096 output tokens.
        {"top_k": True, "streams_only": True},
        (
            rule(r"gpt-oss|kimi-k2", **_GRADED),
            rule(r"deepseek-v[4-9]", reasoning_style="effort", efforts=("low", "medium", "high", "xhigh")),
            rule(r"glm-5", reasoning_style="effort", efforts=("high", "max")),
        ),
    ),
    Host("huggingface", ("huggingface.co",), {}),
    Host(
        "perplexity",
        ("perplexity.ai",),
        # "user or tool message(s) should alternate with assistant message(s)" (pipecat-ai/pipecat#4009).
        {**_NO_REPLAY, "tools": False, "merge_roles": True, "web_search": "native", "top_k": True},
        (rule(r"sonar-deep-research", **_GRADED),),
    ),
    Host("nvidia", ("nvidia.com",), {}),
    Host(
        "gemini",
        ("generativelanguage.googleapis.com", "aiplatform.googleapis.com"),
        {**_GRADED, **_NO_REPLAY, "parallel_tool_calls": False, "json_schema_uri": False},
        (
            rule(r"gemini-(?:1|2\.0)", **_NO_THINKING),
            # A call of Gemini 3 must come back with its signature (F5).
            rule(r"gemini-(?:[3-9]|flash-latest|pro-latest)", replay_field="thought_signature"),
        ),
    ),
    # Thinks whenever a model can; levels are for gpt-oss only (ollama/ollama#12561). Unknown fields are ignored.
    Host(
        "ollama",
        ("ollama.com",),
        {"replay_field": "reasoning", "merge_roles": True},
        (rule(r"gpt-oss", **_GRADED),),
    ),
)

#: Programs on this machine or network, by the port they listen on unless told otherwise.
LOCAL_PORTS: dict[int, Host] = {
    11434: next(host for host in HOSTS if host.name == "ollama"),
    # "Invalid tool_choice type: 'object'. Supported string values: none, auto, required" (lmstudio-bug-tracker#670)
    1234: Host("lmstudio", (), {"merge_roles": True, "named_tool_choice": False, "top_k": True}),
    8000: Host("vllm", (), {"merge_roles": True, "top_k": True}, (rule(r"(?:openai/)?gpt-oss", **_GRADED),)),
    8080: Host("llamacpp", (), {"merge_roles": True, "top_k": True}),
}

#: The built-in demo answers with thinking when asked for it.
DEMO = Host("demo", (), {"reasoning_style": "thinking"})
