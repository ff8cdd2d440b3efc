"""Unified messages to Gemini's `contents`.

What Gemini insists on, each with a 400 that names something else:
- turns of the model are one content, and one with calls follows a content of the user;
- the responses of a turn's calls are one content directly after it, as many as calls, with nothing else in it: text
  or media beside them is "Requests ending with a model turn are not supported" (Gemini 3.6, on Vertex;
  deepnoodle-ai/dive#287, BerriAI/litellm#35236). What the user says then is a content of its own;
- from Gemini 3.6 on the model's turn may not be the last.

Calls and results come paired (`pairing.pair_tools`). System messages in mid-conversation become the user's text at
their place, as with chat completions (C25).
"""

from __future__ import annotations

from ...anthropic.arguments import keep_arguments
from ...anthropic.native import BEGINNING
from ...anthropic.signature import text_key
from ...losses import Losses
from ...unified import Json, Part, ToolCall, UnifiedMessage, in_order, parts_of
from ..earlier_thinking import SKIP_SIGNATURE
from ..format import Recall
from ..phrases import CONTINUE, EMPTY_MESSAGE, MORE_FOLLOWS, NO_OUTPUT, PARAGRAPH, note, reminder
from ..tool_names import ToolNames
from .dialect import GeminiDialect
from .parts import fits_result, text_part, texts_of, to_parts, to_texts
from .replay import Signer, own_signature, remembered_signature


class ContentWriter:
    """Writes the contents of one request. `add` each message in order, then `finish`."""

    __slots__ = ("_calls", "_dialect", "_losses", "_media", "_names", "_out", "_recall", "_results", "_system")

    def __init__(self, dialect: GeminiDialect, names: ToolNames, recall: Recall, losses: Losses) -> None:
        self._dialect = dialect
        self._names = names
        self._recall = recall
        self._losses = losses
        self._out: list[Json] = []
        self._system: list[Json] = []
        self._calls: dict[str, str] = {}  # id → name on the wire
        self._results: Json | None = None  # the content of responses being written
        self._media: list[Json] = []  # of its results, with what they belong to

    def add(self, message: UnifiedMessage) -> None:
        """Write one message."""
        role = message["role"]
        if role == "tool":
            self._add_result(message)
            return
        self._end_results()
        if role == "assistant":
            self._add_model(message)
        elif role == "user":
            self._add_user(to_parts(message["content"], self._losses))
        else:
            self._add_system(message["content"])

    def finish(self, notes: list[str]) -> tuple[list[Json], Json | None]:
        """The contents and the `systemInstruction`. `notes`: what else the instruction shall say, at its end."""
        self._end_results()
        self._end()
        self._system += map(text_part, notes)
        if not self._system or self._dialect.system_instruction:
            return self._out, {"parts": self._system} if self._system else None
        self._losses.add("system", "emulated", "This model has no system instruction; it begins the conversation.")
        first = self._out[0]
        return [{"role": "user", "parts": [*self._system, *first["parts"]]}, *self._out[1:]], None

    # -- system and user ---------------------------------------------------------------------------------

    def _add_system(self, content: str | list[Part] | None) -> None:
        texts = to_texts(parts_of(content), self._losses)
        if not texts:
            return
        if not self._out:
            self._system += texts
            return
        self._losses.add("system.mid_conversation", "emulated", "A later system message is sent as user text.")
        self._add_user([text_part(reminder(part["text"])) for part in texts])

    def _add_user(self, parts: list[Json]) -> None:
        if not parts:
            return
        last = self._out[-1] if self._out else None
        if last is not None and last["role"] == "user" and not _is_response(last):
            last["parts"] += parts
        else:
            self._out.append({"role": "user", "parts": parts})

    # -- the model ---------------------------------------------------------------------------------------

    def _add_model(self, message: UnifiedMessage) -> None:
        parts = self._model_parts(message)
        if not parts:
            return  # nothing but thinking that is not sent
        last = self._out[-1] if self._out else None
        if last is None:
            self._losses.add("messages.order", "emulated", "A user message was put before the first of the model.")
            self._add_user([text_part(BEGINNING)])
        if last is not None and last["role"] == "model":
            last["parts"] += parts
        else:
            self._out.append({"role": "model", "parts": parts})

    def _model_parts(self, message: UnifiedMessage) -> list[Json]:
        """The parts of a turn, in the order in which they were made: a signature belongs to its neighbour."""
        parts: list[Json] = []
        signer = Signer(parts)
        for kind, value in in_order(message):
            if kind == "content":
                parts += to_texts([value], self._losses)
            elif kind == "call":
                self._add_call(value, signer, parts)
            elif signature := own_signature(value, self._dialect, self._losses):
                signer.add_thinking(value, signature)
        if parts and parts[-1].keys() == {"text"}:
            self._sign_text(parts[-1])
        return parts

    def _sign_text(self, part: Json) -> None:
        """The text a turn ended with: clients are not shown a signature behind it, so the gateway remembers it."""
        remembered = self._recall(text_key(part["text"]))
        if signature := remembered_signature(remembered, "text", self._dialect):
            part["thoughtSignature"] = signature

    def _add_call(self, call: ToolCall, signer: Signer, parts: list[Json]) -> None:
        name = self._names.to_wire(call["function"]["name"])
        self._calls[call["id"]] = name
        wire: Json = {"name": name, "args": keep_arguments(call["function"]["arguments"])}
        if self._dialect.call_ids:
            wire["id"] = call["id"]
        if signer.add_call(wire):
            return
        signature = remembered_signature(self._recall(call["id"]), "call", self._dialect)
        if signature is None and self._dialect.skip_signature:
            signature = SKIP_SIGNATURE
        if signature is not None:
            parts[-1]["thoughtSignature"] = signature

    # -- results -----------------------------------------------------------------------------------------

    def _add_result(self, message: UnifiedMessage) -> None:
        if self._results is None:
            self._results = {"role": "user", "parts": []}
            self._out.append(self._results)
        call_id = message.get("tool_call_id", "")
        name = self._calls.get(call_id, "unknown")
        parts = to_parts(message["content"], self._losses)
        texts = texts_of(parts)
        inside: list[Json] = []
        outside: list[Json] = []
        for part in parts:
            if "text" not in part:
                (inside if self._dialect.result_media and fits_result(part) else outside).append(part)
        if outside:
            self._losses.add("tool_result.media", "emulated", "Images and documents of a tool follow as the user's.")
            self._media += [text_part(f"Returned by the tool {name}:"), *outside]
            texts.append(note(MORE_FOLLOWS))
        text = PARAGRAPH.join(texts) or ("(see the attachment)" if inside else NO_OUTPUT)
        response: Json = {"name": name, "response": {"error" if message.get("is_error") else "result": text}}
        if inside:
            response["parts"] = inside
        if self._dialect.call_ids:
            response["id"] = call_id
        self._results["parts"].append({"functionResponse": response})

    def _end_results(self) -> None:
        self._results = None
        if self._media:
            media, self._media = self._media, []
            self._add_user(media)

    # -- the end -----------------------------------------------------------------------------------------

    def _end(self) -> None:
        """A request ends with something to answer."""
        if not self._out:
            self._add_user([text_part(EMPTY_MESSAGE)])
        elif self._out[-1]["role"] == "model" and not self._dialect.prefill:
            self._losses.add("prefill", "emulated", "The model is asked to continue its last message.")
            self._add_user([text_part(CONTINUE)])


def _is_response(content: Json) -> bool:
    return "functionResponse" in content["parts"][0]
