"""Hypothesis strategies of what providers send: answers whose content is known, and nonsense.

chunks, told = data.draw(answers())                        # chat chunks, and what they tell
stream = data.draw(framed(data.draw(endings(chunks))))     # as bytes, in some way of writing SSE
reads = data.draw(cut(stream))                             # in the reads of some network
data.draw(warped(chunk)); data.draw(damaged(stream))       # spoilt
data.draw(messages())                                      # a whole Anthropic message
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from . import chat

Json = dict[str, Any]

#: No lone surrogates (they are among the garbage) and no `<`, which may begin a think tag.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<"), min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = st.dictionaries(TEXT, JSON, max_size=3).map(lambda value: json.dumps(value, ensure_ascii=False))
NAMES = st.sampled_from(["Read", "Bash", "mcp__a__b"])
FINISHES = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "STOP", "eos"])

#: In how a provider may say which call a piece belongs to: the only safe ways, all of them seen (fixtures 22 to 28).
POINTERS = ("index", "index from 1", "index, id repeated", "index, no id", "id", "index 0 and id", "nothing")
ONE_AFTER_THE_OTHER = {"index 0 and id", "nothing"}


# -- answers -----------------------------------------------------------------------------------------------


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """A text cut somewhere, with no empty piece."""
    cuts = sorted(draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=3)) | {0, len(text)})
    return [text[start:end] for start, end in pairwise(cuts)]


@st.composite
def call_chunks(draw: st.DrawFn) -> tuple[list[chat.Chunk], list[tuple[str, Any]]]:
    """The chunks of some parallel calls, mixed as far as the pointers allow, and what they call."""
    pointer = draw(st.sampled_from(POINTERS))
    calls = draw(st.lists(st.tuples(NAMES, ARGUMENTS), min_size=1, max_size=3))
    queues = [draw(_one_call(number, *call, pointer)) for number, call in enumerate(calls)]
    chunks: list[chat.Chunk] = []
    # A call shows itself in order, then its pieces come whenever they come.
    if pointer not in ONE_AFTER_THE_OTHER:
        chunks = [queue.pop(0) for queue in queues]
    while any(queues):
        alive = [queue for queue in queues if queue]
        chosen = alive[0] if pointer in ONE_AFTER_THE_OTHER else draw(st.sampled_from(alive))
        chunks.append(chosen.pop(0))
    return chunks, [(name, json.loads(arguments)) for name, arguments in calls]


@st.composite
def _one_call(draw: st.DrawFn, number: int, name: str, arguments: str, pointer: str) -> list[chat.Chunk]:
    index = {"index from 1": number + 1, "index 0 and id": 0}.get(pointer, number)
    given_id = draw(st.sampled_from([f"call_{number}", number + 7]))
    if pointer == "index, no id":
        given_id = draw(st.sampled_from([chat.OMIT, "", None]))
    first: Json = {"index": index, "id": given_id, "name": name}
    later: Json = {"index": index}
    if "id" in pointer and pointer != "index, no id":
        later["id"] = given_id
    if pointer in ("id", "nothing"):
        first["index"] = later["index"] = draw(st.sampled_from([chat.OMIT, None]))
    if pointer == "nothing":
        first["id"] = draw(st.sampled_from([chat.OMIT, ""]))
    head, *rest = draw(pieces(arguments))
    if pointer != "nothing" and draw(st.booleans()):  # the arguments may begin later than the call
        head, rest = draw(st.sampled_from(["", chat.OMIT, None])), [head, *rest]
    return [chat.tool(**first, arguments=head), *(chat.tool(**later, arguments=piece) for piece in rest)]


class Told:
    """What an answer says, whoever tells it."""

    def __init__(self) -> None:
        self.text = self.thinking = ""
        self.calls: list[tuple[str, Any]] = []


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[chat.Chunk], Told]:
    """The chunks of an answer without its end, and what they tell."""
    chunks: list[chat.Chunk] = [chat.chunk({"role": "assistant", "content": ""})] if draw(st.booleans()) else []
    told = Told()
    field = draw(st.sampled_from(["reasoning_content", "reasoning"]))
    for kind in draw(st.lists(st.sampled_from(["text", "thinking"]), max_size=4)):
        said = draw(TEXT)
        build = chat.text if kind == "text" else lambda piece: chat.reasoning(piece, field)
        chunks += [build(piece) for piece in draw(pieces(said))]
        setattr(told, kind, getattr(told, kind) + said)
    if draw(st.booleans()):
        calls, told.calls = draw(call_chunks())
        chunks += calls
        if draw(st.booleans()):
            said = draw(TEXT)
            chunks.insert(draw(st.integers(len(chunks) - len(calls), len(chunks))), chat.text(said))
            told.text += said
    return chunks, told


@st.composite
def endings(draw: st.DrawFn, chunks: list[chat.Chunk]) -> list[chat.Chunk]:
    """The chunks with finish and usage somewhere, or nowhere."""
    chunks = list(chunks)
    for extra in (draw(st.none() | FINISHES.map(chat.finish)), draw(st.none() | st.just(chat.usage(20, 9, cached=4)))):
        if extra is not None:
            chunks.insert(draw(st.integers(len(chunks) // 2, len(chunks))), extra)
    return chunks


@st.composite
def framed(draw: st.DrawFn, chunks: list[chat.Chunk]) -> bytes:
    """The chunks as a stream, in one of the ways SSE may be written (C9)."""
    blocks: list[Any] = []
    for chunk in chunks:
        data = json.dumps(chunk, ensure_ascii=draw(st.booleans()))
        blocks.append(draw(st.sampled_from(["data: ", "data:", "event: message\ndata: ", ": hm\ndata: "])) + data)
        if draw(st.integers(0, 9)) == 0:
            blocks.append(draw(st.sampled_from([": keep-alive", "data: {oops", "event: ping", "data: 5"])))
    data = chat.sse(*blocks, done=draw(st.booleans()))
    if draw(st.booleans()):
        data = data.rstrip(b"\n")
    return data.replace(b"\n", draw(st.sampled_from([b"\n", b"\r\n", b"\r"])))


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """A stream in the reads of some network."""
    at = sorted(draw(st.sets(st.integers(0, len(data)), max_size=12)) | {0, len(data)})
    return [data[start:end] for start, end in pairwise(at)]


# -- Anthropic's own --------------------------------------------------------------------------------------


@st.composite
def messages(draw: st.DrawFn) -> Json:
    """A message as Anthropic sends it whole, with blocks of many kinds."""
    citation = {"type": "char_location", "cited_text": "x", "document_index": 0}
    block = st.one_of(
        TEXT.map(lambda text: {"type": "text", "text": text}),
        TEXT.map(lambda text: {"type": "text", "text": text, "citations": [citation]}),
        TEXT.map(lambda text: {"type": "thinking", "thinking": text, "signature": "c2ln"}),
        st.just({"type": "thinking", "thinking": "", "signature": "c2ln"}),
        st.just({"type": "redacted_thinking", "data": "b3BhcXVl"}),
        st.just({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}),
    )
    content = draw(st.lists(block, max_size=4))
    for number in range(draw(st.integers(0, 2))):
        arguments = draw(st.dictionaries(TEXT, JSON, max_size=2))
        content.append({"type": "tool_use", "id": f"toolu_{number}", "name": "Read", "input": arguments})
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": content,
        "stop_reason": "tool_use" if content and content[-1]["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 5},
    }


# -- nonsense -----------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    re.findall(
        r"\w+",
        """choices delta message content role tool_calls function_call function arguments name id index usage error code
        finish_reason native_finish_reason stop_reason reasoning reasoning_content reasoning_details thinking signature
        type text summary data format refusal annotations url_citation url title snippet search_results citations
        detail object x_groq prompt_tokens completion_tokens total_tokens prompt_tokens_details cached_tokens status""",
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "stop", "error", "thinking", "reasoning.encrypted", "call_1", "{}", "[1]", "null", "9" * 5000]
    )
    | st.text(max_size=6)
)
NONSENSE = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12
)


@st.composite
def warped(draw: st.DrawFn, value: Any) -> Any:
    """A value with one part of it, any, replaced by nonsense."""
    path = draw(st.sampled_from(list(paths_in(value))))
    return replaced(value, path, draw(NONSENSE))


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths_in(part, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """The value with another part at a path."""
    if not path:
        return part
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], part)
    return copy


@st.composite
def damaged(draw: st.DrawFn, stream: bytes) -> bytes:
    """A stream of which a piece was lost, doubled or overwritten."""
    start, end = sorted((draw(st.integers(0, len(stream))), draw(st.integers(0, len(stream)))))
    middle = draw(st.sampled_from([b"", stream[start:end] * 2, b"\xff\xfe", b"\0", b"\n\n"]) | st.binary(max_size=20))
    return stream[:start] + middle + stream[end:]
