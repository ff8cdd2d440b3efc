"""Anthropic's typed client tools, written out as functions.

`bash_…`, `text_editor_…`, `computer_…` and `memory_…` are run by the client like any tool, but they come without a
schema because Claude was trained on it. Other models were not, so they get the parameters and a description here.
The parameters are those Claude uses (https://platform.claude.com/docs/en/agents-and-tools/tool-use): the client's
own implementation expects exactly these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..unified import FunctionSpec, Json

_TYPED = re.compile(r"(bash|text_editor|computer|memory)_(\d{8})")

_POINT: Json = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}


def to_function(tool: Json) -> FunctionSpec | None:
    """The function of a typed client tool; None when `tool` is of another type."""
    kind = tool.get("type")
    match = _TYPED.fullmatch(kind) if isinstance(kind, str) else None
    if match is None:
        return None
    family, version = match.groups()
    default_name, build = _FAMILIES[family]
    name = tool.get("name")
    description, properties, required = build(tool, version)
    return {
        "name": name if isinstance(name, str) and name else default_name(version),
        "description": description,
        "parameters": {"type": "object", "properties": properties, "required": required},
    }


def _string(description: str) -> Json:
    return {"type": "string", "description": description}


def _integer(description: str) -> Json:
    return {"type": "integer", "description": description}


def _choice(values: list[str], description: str) -> Json:
    return {"type": "string", "enum": values, "description": description}


def _bash(tool: Json, version: str) -> tuple[str, Json, list[str]]:
    description = (
        "Runs a command in a bash session that lives on between calls: the working directory, variables and "
        "background jobs stay. Nothing interactive can be answered. Set `restart` instead of `command` to begin a "
        "new session when this one hangs."
    )
    properties = {
        "command": _string("The command to run. Needed unless `restart` is true."),
        "restart": {"type": "boolean", "description": "True ends the session and opens a new one."},
    }
    return description, properties, []


def _text_editor(tool: Json, version: str) -> tuple[str, Json, list[str]]:
    undo = version < "20250429"
    # Before the tool was renamed the inserted text was called `new_str`, after it `insert_text`.
    inserted = "new_str" if undo else "insert_text"
    description = (
        "Views, creates and edits text files. `view` shows a file with line numbers, or lists a folder; `create` "
        "writes a whole file; `str_replace` replaces one passage, which must occur exactly once; `insert` puts text "
        "behind a line." + (" `undo_edit` takes back the last edit of a file." if undo else "")
    )
    limit = tool.get("max_characters")
    if isinstance(limit, int):
        description += f" A view shows at most {limit} characters."
    properties = {
        "command": _choice(["view", "create", "str_replace", "insert", *(["undo_edit"] * undo)], "What to do."),
        "path": _string("The file or folder, as an absolute path."),
        "view_range": {
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 2,
            "maxItems": 2,
            "description": "For `view` of a file: first and last line, counted from 1; -1 as the last means the end.",
        },
        "file_text": _string("For `create`: the whole content of the file."),
        "old_str": _string("For `str_replace`: the passage to replace, blanks and indentation included."),
        "new_str": _string("For `str_replace`: what comes in its place; without it the passage is deleted."),
        "insert_line": _integer("For `insert`: the line behind which the text goes; 0 is the beginning."),
    }
    if inserted == "new_str":
        properties["new_str"] = _string(
            "For `str_replace`: what comes in the passage's place. For `insert`: the text to put in."
        )
    else:
        properties[inserted] = _string("For `insert`: the text to put in.")
    return description, properties, ["command", "path"]


def _memory(tool: Json, version: str) -> tuple[str, Json, list[str]]:
    description = (
        "A folder of notes, /memories, that outlives this conversation. Look into it before starting, and note down "
        "what will be needed later. `view` shows a folder or a file; `create` writes a file; `str_replace` replaces "
        "one passage; `insert` puts text behind a line; `delete` and `rename` work on files and folders."
    )
    properties = {
        "command": _choice(["view", "create", "str_replace", "insert", "delete", "rename"], "What to do."),
        "path": _string("The file or folder below /memories; for all commands but `rename`."),
        "view_range": {
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 2,
            "maxItems": 2,
            "description": "For `view` of a file: first and last line, counted from 1.",
        },
        "file_text": _string("For `create`: the whole content of the file."),
        "old_str": _string("For `str_replace`: the passage to replace."),
        "new_str": _string("For `str_replace`: what comes in its place."),
        "insert_line": _integer("For `insert`: the line behind which the text goes; 0 is the beginning."),
        "insert_text": _string("For `insert`: the text to put in."),
        "old_path": _string("For `rename`: the present path."),
        "new_path": _string("For `rename`: the new path."),
    }
    return description, properties, ["command"]


#: The actions of the first version, and what came later: (first version that has it, action).
_ACTIONS = [
    *(("20241022", action) for action in ("screenshot", "cursor_position", "mouse_move", "left_click", "right_click")),
    *(("20241022", action) for action in ("middle_click", "double_click", "left_click_drag", "key", "type")),
    *(("20250124", action) for action in ("triple_click", "left_mouse_down", "left_mouse_up", "scroll", "hold_key")),
    ("20250124", "wait"),
]


def _computer(tool: Json, version: str) -> tuple[str, Json, list[str]]:
    actions = [action for since, action in _ACTIONS if version >= since]
    zoom = version >= "20251124" and tool.get("enable_zoom") is True
    width, height = tool.get("display_width_px"), tool.get("display_height_px")
    size = f" of {width}x{height} pixels" if isinstance(width, int) and isinstance(height, int) else ""
    description = (
        f"Uses a computer through its screen{size}, mouse and keyboard. Take a `screenshot` to see what is there, "
        "click in the middle of things, and look again after each step, since programs need time to react."
    )
    properties = {
        "action": _choice([*actions, *(["zoom"] * zoom)], "What to do."),
        "coordinate": {**_POINT, "description": "[x, y] in pixels from the upper left corner, for mouse actions."},
        "text": _string("For `type` the text, for `key` and `hold_key` the keys, like ctrl+s or Return."),
    }
    if version >= "20250124":
        properties["text"]["description"] += " For clicks and `scroll`: a key to hold down meanwhile."
        properties |= {
            "start_coordinate": {**_POINT, "description": "For `left_click_drag`: where the drag begins."},
            "scroll_direction": _choice(["up", "down", "left", "right"], "For `scroll`."),
            "scroll_amount": _integer("For `scroll`: clicks of the wheel."),
            "duration": {"type": "number", "description": "For `hold_key` and `wait`: seconds."},
        }
    if zoom:
        region = {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4}
        properties["region"] = {**region, "description": "For `zoom`: [x0, y0, x1, y1], shown in full resolution."}
    return description, properties, ["action"]


def _editor_name(version: str) -> str:
    return "str_replace_editor" if version < "20250429" else "str_replace_based_edit_tool"


_Builder = Callable[[Json, str], tuple[str, dict[str, Any], list[str]]]
_FAMILIES: dict[str, tuple[Callable[[str], str], _Builder]] = {
    "bash": (lambda version: "bash", _bash),
    "text_editor": (_editor_name, _text_editor),
    "computer": (lambda version: "computer", _computer),
    "memory": (lambda version: "memory", _memory),
}
