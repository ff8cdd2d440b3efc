"""What a preset asks for, asked at a terminal: field after field, as earlier answers make them visible."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from getpass import getpass
from typing import Any

from ..config.schema import Config
from ..config.spelling import spellings
from ..presets.inputs import choices, effective, problems_of, typed, visible_fields
from ..presets.library import Preset
from ..presets.schema import Field, Option
from .terminal import ask, note


def answers(preset: Preset, given: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The values to be stored: those given on the command line, and on a terminal what else is asked for.

    Nothing is asked where nobody can answer, or when values were given and nothing is missing.
    """
    schema, values = preset.manifest.schema, dict(given)
    merged = {**preset.manifest.user_values, **values}
    if not sys.stdin.isatty() or not sys.stdout.isatty() or (given and not problems_of(schema, merged)):
        return values
    asked: set[str] = set(given)
    providers = [*_providers(preset.applied().document), *_providers(base)]
    while field := next((one for one in visible_fields(schema, merged) if one.id not in asked), None):
        asked.add(field.id)
        known = effective(schema, merged)
        values[field.id] = merged[field.id] = _asked(field, known, choices(field, known, providers))
    return values


def _providers(document: Mapping[str, Any]) -> list[Any]:
    found = (document.get(key) for key in spellings(Config, "providers"))
    return next((value for value in found if isinstance(value, list)), [])


def _asked(field: Field, values: Mapping[str, Any], options: Sequence[Option]) -> Any:
    """A value that will do. Raises KeyboardInterrupt at the end of the input."""
    for number, option in enumerate(options, 1):
        note(f"  {number}. {option.label or option.value}{f': {option.description}' if option.description else ''}")
    present = values.get(field.id)
    while True:
        text = _typed_in(field, present)
        value = present if text == "" else typed(field, _chosen(field, text, options))
        problems = problems_of((_alone(field),), {field.id: value})
        if not problems:
            return value
        note(f"  {problems[0].partition(': ')[2]}")


def _typed_in(field: Field, present: Any) -> str:
    shown = "" if present in (None, "", []) else " [kept]" if field.is_secret else f" [{_text(present)}]"
    question = f"{field.shown}{shown}: "
    if field.type == "editor":
        note(f"{question}(end with an empty line)")
        return "\n".join(iter(lambda: ask(""), ""))
    return getpass(question).strip() if field.is_secret else ask(question)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _chosen(field: Field, text: str, options: Sequence[Option]) -> Any:
    """The options that are meant by their numbers; anything else is taken as it is."""
    if field.type == "multiselect":
        return [_one(part.strip(), options) for part in text.split(",") if part.strip()]
    return _one(text, options)


def _one(text: str, options: Sequence[Option]) -> Any:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return options[number - 1].value if 0 < number <= len(options) else text


def _alone(field: Field) -> Field:
    """The field without its conditions, which hold already."""
    from dataclasses import replace

    return replace(field, when=())
