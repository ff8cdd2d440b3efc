"""What is known of models by their names, whoever serves them: fields of `ChatDialect`. Data only; the catalogue has
the providers, and what is known of them goes over this.
"""

from __future__ import annotations

from ..model_rules import Fields, ModelRule, rule

#: DeepSeek answers 400 when an assistant turn comes back without its reasoning: on every turn of a request that
#: offers tools, not only on those with calls (F1, openclaw#73417, api-docs.deepseek.com thinking mode). An empty
#: string is refused by v4-pro, a blank is not (NousResearch/hermes-agent#17341).
REPLAY_EVERYWHERE: Fields = {"replay_field": "reasoning_content", "replay_always": True, "replay_placeholder": " "}

#: What OpenAI's reasoning models want (fixtures fact 52). With a small limit the whole of it goes into reasoning and
#: the answer is a 400 "Could not finish the message" (nextlevelbuilder/goclaw#245).
_OPENAI_REASONING: Fields = {
    "reasoning_style": "effort",
    "max_tokens_field": "max_completion_tokens",
    "min_output_tokens": 1024,
    "sampling": False,
}
_TO_XHIGH = ("low", "medium", "high", "xhigh")

MODEL_FAMILIES: tuple[ModelRule, ...] = (
    # -- OpenAI ------------------------------------------------------------------------------------------
    rule(r"gpt-3\.5|gpt-4-turbo", max_output_tokens=4096),
    rule(r"gpt-4o|chatgpt-4o", max_output_tokens=16_384),
    rule(r"gpt-4\.1", max_output_tokens=32_768),
    # The o-series refuses parallel_tool_calls.
    rule(r"o[134](?:-|$)", **_OPENAI_REASONING, max_output_tokens=100_000, parallel_tool_calls=False),
    rule(
        r"gpt-5(?:-|$)",
        **_OPENAI_REASONING,
        efforts=("minimal", "low", "medium", "high"),
        max_output_tokens=128_000,
    ),
    rule(r"gpt-5\.1", **_OPENAI_REASONING, max_output_tokens=128_000),
    rule(r"gpt-5\.1-codex-max", efforts=_TO_XHIGH),
    # "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions": these think only
    # when told to, so nothing is said (livekit/agents#5088).
    rule(
        r"gpt-5\.[2-4]|gpt-[6-9]",
        **_OPENAI_REASONING,
        efforts=_TO_XHIGH,
        effort_with_tools="omitted",
        max_output_tokens=128_000,
    ),
    # These think by default and take tools only with the effort "none" (BerriAI/litellm#34569).
    rule(
        r"gpt-5\.[5-9]",
        **_OPENAI_REASONING,
        efforts=_TO_XHIGH,
        effort_with_tools="none",
        max_output_tokens=128_000,
    ),
    # Chat variants: gpt-5-chat does not reason at all, the later ones at an effort that cannot be set.
    rule(r"gpt-5-chat", reasoning_style="none", sampling=True, min_output_tokens=1, max_output_tokens=16_384),
    rule(r"gpt-5\.\d-chat", reasoning_style="none", effort_with_tools="sent", max_output_tokens=16_384),
    rule(r"gpt-.*-search-preview", web_search="options", sampling=False),
    # -- those that want their reasoning back (F1) -------------------------------------------------------
    rule(r"deepseek-(?:reasoner|chat|v[4-9]|flash|pro)", **REPLAY_EVERYWHERE),
    # Thinking is on by default and then refuses a forced choice (deepseek-ai/DeepSeek-V3#1376).
    rule(r"deepseek-(?:reasoner|v[4-9]|flash|pro)", named_tool_choice=False, required_tool_choice=False),
    rule(r"deepseek-v3[.p]?[12]", replay_field="reasoning_content"),
    # "thinking is enabled but reasoning_content is missing in assistant tool call message" (anomalyco/opencode#10996);
    # with preserved thinking on every assistant message (MoonshotAI/kimi-cli#2498).
    rule(r"kimi-(?:k2-thinking|k2[.p-]?[5-9]|k[3-9]|thinking|for-coding)", **REPLAY_EVERYWHERE),
    rule(r"(?:zai-)?glm-(?:4[.p-][5-9]|[5-9])", replay_field="reasoning_content"),
    rule(r"(?:xiaomi-)?mimo", **REPLAY_EVERYWHERE),
    rule(r"qwen-?3.*thinking|qwen-?3[.p][5-9]|qwq", replay_field="reasoning_content"),
    # -- Mistral's templates, wherever they run: ids of nine characters, no user after tool (F11) -----------
    rule(
        r"(?:open-)?(?:mistral|mixtral|ministral|magistral|devstral|codestral|pixtral)",
        tool_id_length=9,
        tool_then_user=False,
    ),
    # nvidia's Nemotron writes a forced call as text (pydantic-ai profiles/nvidia).
    rule(r"(?:llama-.*)?nemotron", named_tool_choice=False, required_tool_choice=False),
    # -- models without eyes: a picture would be a 400 -------------------------------------------------------
    rule(r"(?:openai-)?gpt-oss|gpt-3\.5|o[13]-mini", images=False),
    rule(r"deepseek-(?:chat|reasoner|coder|r1|v[34])|qwen-?3-coder|qwen-?coder|qwq", images=False),
    rule(r"kimi-k2(?:-|$)(?![5-9])|moonshot-v1-(?!.*vision)|minimax-m[12]|codestral|devstral", images=False),
    rule(r"(?:zai-)?glm-(?:4[.p-][5-9]|5(?:[.p-]\d)?)(?:-|$)", images=False),
)
