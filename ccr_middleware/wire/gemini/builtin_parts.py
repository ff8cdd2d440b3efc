"""Parts only Gemini's built-in tools make (fixtures fact 40), as text a client can show.

Code the model ran and what came of it are fenced. A file (a generated image) has no place in an Anthropic answer and
is far too large for text, so a note tells that there was one.
"""

from __future__ import annotations

from ...lenient import as_dict, text_of
from ...unified import Json

#: Calls of Google's own tools and their answers. They are not shown: what was found is in the text and in the
#: grounding metadata, and a client could neither run the one nor read the other.
HIDDEN = ("toolCall", "toolResponse")

_SUCCEEDED = "OUTCOME_OK"


def text_of_builtin(part: Json) -> str:
    """The text of one part, in lines of its own; empty when the part says nothing a client could use."""
    if code := as_dict(part.get("executableCode")):
        language = text_of(code.get("language")).lower()
        return _fenced(text_of(code.get("code")), "" if language == "language_unspecified" else language)
    if result := as_dict(part.get("codeExecutionResult")):
        return _result(result)
    if data := as_dict(part.get("inlineData")):
        size = len(text_of(data.get("data"))) * 3 // 4
        return f"[{text_of(data.get('mimeType')) or 'a file'}, {size} bytes, which cannot be shown here]\n"
    if file := as_dict(part.get("fileData")):
        return f"[{text_of(file.get('mimeType')) or 'a file'}: {text_of(file.get('fileUri'))}]\n"
    return ""


def _result(result: Json) -> str:
    """Output, and the outcome unless it is success; code that succeeded without a word says nothing."""
    output, outcome = text_of(result.get("output")), text_of(result.get("outcome"))
    failed = f"[{outcome}]\n" if outcome and outcome != _SUCCEEDED else ""
    return failed + (_fenced(output) if output else "")


def _fenced(text: str, language: str = "") -> str:
    """A code block, with a fence that does not occur in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"
