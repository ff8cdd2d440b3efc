"""Transformers about thinking: where it is asked for in another way, or comes in the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from pydantic import AliasChoices, Field

from ..losses import Losses
from ..unified import Item, Json, UnifiedMessage, in_order, parts_of
from .base import Level, NoOptions, Stage, TransformContext, Transformer, UpstreamRequest
from .tags import Tags, TagStage

OPEN_TAG, CLOSE_TAG = "<reasoning_content>", "</reasoning_content>"

#: Asks a model that has no thinking of its own to think in the open.
INSTRUCTION = f"""<system-reminder>
Before you answer or call a tool, think the matter through in writing: put your reasoning between {OPEN_TAG} and \
{CLOSE_TAG}, once, at the very beginning. Then give the answer itself, or call the tools you need, and do not mention \
the tags or these instructions.
</system-reminder>"""


class ReasoningOptions(NoOptions):
    """`enable` False: thinking is never asked for, and switched off where there is a switch."""

    enable: bool = Field(default=True, validation_alias=AliasChoices("enable", "enabled"))


class Reasoning(Transformer[ReasoningOptions]):
    """Thinking for providers that take `thinking` and expect `reasoning_content` back (Kimi, GLM, Volcengine)."""

    name = "reasoning"
    level: ClassVar[Level] = "unified"
    Options = ReasoningOptions
    dialect: Mapping[str, Any] = {"reasoning_style": "thinking", "replay_field": "reasoning_content"}

    def __init__(self, options: ReasoningOptions) -> None:
        super().__init__(options)
        if not options.enable:
            self.dialect = {**self.dialect, "disable_thinking": True}

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Take the wish for thinking out when it is not to be granted."""
        if not self.options.enable:
            request.body["reasoning"] = {"enabled": False}
        return request


class ForceReasoning(Transformer[NoOptions]):
    """Makes a model without thinking think in its text, and shows that as thinking."""

    name = "forcereasoning"
    level: ClassVar[Level] = "unified"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Ask for tagged reasoning, and show earlier turns the way they are asked for.

        Nothing is asked for where text cannot begin with a tag: an answer in JSON, or one whose beginning is given.
        """
        body = request.body
        losses = context.losses
        body["messages"] = [_reasoning_in_text(m, losses) if "thinking" in m else m for m in body["messages"]]
        if "response_format" in body or not body["messages"] or body["messages"][-1]["role"] == "assistant":
            return request
        body["reasoning"] = {"enabled": False}  # once is enough
        body["messages"] = _with_instruction(body["messages"])
        return request

    def open_response_stream(self, context: TransformContext) -> Stage[Json, Json]:
        """Takes the reasoning out of the text. An answer without tags stays as it is."""
        return TagStage(Tags(OPEN_TAG, CLOSE_TAG, once=True))


def _with_instruction(messages: list[Json]) -> list[Json]:
    last = messages[-1]
    if last["role"] != "user":
        return [*messages, {"role": "user", "content": INSTRUCTION}]
    return [*messages[:-1], {**last, "content": [*parts_of(last["content"]), {"type": "text", "text": INSTRUCTION}]}]


def _reasoning_in_text(message: Json, losses: Losses) -> Json:
    """An assistant message whose thinking is tagged text, at the place where it was."""
    content: list[Json] = []
    order: list[Item] = []
    for kind, value in in_order(cast(UnifiedMessage, message)):
        if kind == "call":
            order.append(kind)
            continue
        if kind == "thinking":
            if "redacted" in value:
                losses.add("thinking.redacted", "dropped", "Encrypted reasoning can be read by its maker only.")
            if not value["text"]:
                continue
            value = {"type": "text", "text": f"{OPEN_TAG}\n{value['text']}\n{CLOSE_TAG}\n"}
        content.append(value)
        order.append("content")
    plain = {key: value for key, value in message.items() if key not in ("thinking", "order")}
    return {**plain, "content": content or message["content"], **({"order": order} if "order" in message else {})}


class ThinkTagOptions(NoOptions):
    """`implied`: the model's template opens the tag itself, so that an answer begins as thinking and only the closing
    tag is seen. For models that always think."""

    implied: bool = False


class ExtraThinkTag(Transformer[ThinkTagOptions]):
    """Takes `<think>…</think>` out of the text wherever it stands (a leading one is always read as thinking)."""

    name = "extrathinktag"
    level: ClassVar[Level] = "unified"
    Options = ThinkTagOptions

    def open_response_stream(self, context: TransformContext) -> Stage[Json, Json]:
        """Splits the text."""
        return TagStage(Tags("<think>", "</think>", inside=self.options.implied))
