"""What a finished output item says: its texts, its arguments, its sources, its seal.

Pure functions over one item of `output`, however it came: with `response.output_item.done`, inside the response that
ends a stream, or in a JSON answer. Whatever has an unexpected type counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...anthropic.server_blocks import bounded_json
from ...jsonio import dumps_str
from ...lenient import as_dict, dicts, text_of
from ...unified import Annotation, Json


class Place(NamedTuple):
    """Where a text belongs within its item. `form`: `text`, `refusal`, `summary`, `raw` (reasoning as it was thought),
    `arguments` or `input` (of a tool call); `number`: which part of that form."""

    form: str
    number: int = 0


#: Type of a content part -> (form, the field that holds its text).
PARTS = {
    "output_text": ("text", "text"),
    "text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "summary_text": ("summary", "text"),
    "reasoning_text": ("raw", "text"),
}

#: Calls that somebody at the client's side would have to run or allow; nobody does.
_NEEDS_CLIENT = {
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "computer_call": "computer_call_output",
    "mcp_approval_request": "mcp_approval_response",
}

#: Members of an unknown item that tell what it was about, the best first.
_TELLING = ("queries", "action", "operation", "code", "arguments", "revised_prompt", "query", "input")


def part_text(part: Json) -> tuple[str, str]:
    """(form, text) of a content part; two empty strings for one that is no text."""
    form, field = PARTS.get(text_of(part.get("type")), ("", ""))
    return form, text_of(part.get(field))


def texts(item: Json) -> Iterator[tuple[Place, str]]:
    """The texts of a message or a reasoning item, in order. Of reasoning, what was thought comes before its summary,
    for only the first form counts."""
    for index, part in enumerate(dicts(item.get("content"))):
        form, text = part_text(part)
        if form:
            yield Place(form, index), text
    for index, part in enumerate(dicts(item.get("summary"))):
        yield Place("summary", index), text_of(part.get("text"))


def arguments_text(item: Json) -> str:
    """The arguments of a function call as JSON text: some providers send an object, or null for none."""
    arguments = item.get("arguments")
    if arguments is None or arguments == "null":
        return ""
    try:
        return arguments if isinstance(arguments, str) else dumps_str(arguments)
    except RecursionError:
        return "{"  # nested too deeply to be written, it counts as cut


def citation(annotation: Any) -> Annotation | None:
    """The web source in an annotation; None for citations of files. The title may be absent (xAI)."""
    annotation = as_dict(annotation)
    annotation = as_dict(annotation.get("url_citation")) or annotation
    return _source(annotation)


def citations(item: Json) -> list[Annotation]:
    """The web sources cited by a message."""
    found = (citation(one) for part in dicts(item.get("content")) for one in dicts(part.get("annotations")))
    return [source for source in found if source is not None]


def search_sources(item: Json) -> list[Annotation]:
    """Every page a web search looked at (sent when `web_search_call.action.sources` is asked for)."""
    found = (_source(one) for one in dicts(as_dict(item.get("action")).get("sources")))
    return [source for source in found if source is not None]


def is_search(item: Json) -> bool:
    """Whether an item is a web search that was carried out; opening a page and looking within it are none."""
    if item.get("type") != "web_search_call" or item.get("status") not in (None, "completed"):
        return False
    return as_dict(item.get("action")).get("type") in (None, "search")


def seal(item: Json) -> str:
    """What the provider wants back of a reasoning item besides its text: a JSON object of `id` and `encrypted_content`,
    as far as there are any, which `reasoning.to_item` reads. `""` when there is nothing."""
    kept = {key: value for key in ("id", "encrypted_content") if (value := text_of(item.get(key)))}
    return dumps_str(kept) if kept else ""


def notes(items: list[Json], *, silent: bool) -> list[str]:
    """A line for each item that cannot be shown otherwise.

    Calls that wait for a client are always told. What the provider did with tools of its own is in its text; it is
    told only when there is none (`silent`), so that an answer is never empty.
    """
    told = {(text_of(item.get("type")), text_of(item.get("call_id"))) for item in items}
    lines = []
    for item in items:
        kind = text_of(item.get("type"))
        answered = (_NEEDS_CLIENT.get(kind), text_of(item.get("call_id"))) in told
        if (kind in _NEEDS_CLIENT and not answered) or (silent and kind.endswith("_call")):
            lines.append(_note(kind, item))
    return lines


def _source(entry: Json) -> Annotation | None:
    url = text_of(entry.get("url"))
    if not url:
        return None
    source: Annotation = {"url": url, "title": text_of(entry.get("title")) or url}
    if text := text_of(entry.get("content")):
        source["text"] = text
    return source


def _note(kind: str, item: Json) -> str:
    name = ": ".join(word for word in (kind.replace("_", " "), text_of(item.get("name"))) if word)
    about = next((item[key] for key in _TELLING if item.get(key)), "")
    try:
        told = about if isinstance(about, str) else bounded_json(about)
    except RecursionError:
        told = ""
    return f"[{name}: {told}]" if told else f"[{name}]"
