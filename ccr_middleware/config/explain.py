"""Validation errors in the words of the document: where it was written, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .. import catalogue
from .interpolate import Unset
from .places import Path, Places, quote, show_path

#: How many further errors are spelled out after the first.
_MORE = 4

_WHAT = {
    "missing": "is missing",
    "tuple_type": "must be a list",
    "too_short": "must be a list that is not empty",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}
_FIXES = {
    "name": 'give it a name, such as "deepseek"',
    "base_url": 'write the full address, such as "https://api.deepseek.com/chat/completions"',
    "providers": 'write a list of {"name": ..., "api_base_url": ..., "api_key": ..., "models": [...]}',
    "router": 'write {"default": "provider,model"}',
    "rules": 'write a list of {"name": ..., "when": ..., "target": "provider,model"}',
    "when": 'write conditions such as {"header": {"x-team": "research"}}',
    "aliases": 'write {"name": "provider,model"}',
    "fallback": 'write a list of "provider,model"',
    "api_keys": 'write ["key", {"key": "another", "weight": 2}]',
    "fallback_on": 'write a list of "network", "timeout", "error_event", "empty", "5xx" and statuses such as 429',
    "models": 'write ["model-a", "model-b"]',
    "use": 'write "name" or ["name", {"option": value}]',
    "use_by_model": 'write "name" or ["name", {"option": value}]',
    "tokenizer": 'write {"type": "tiktoken", "encoding": "o200k_base"}, or leave it out for the default',
}


class Complaint(NamedTuple):
    """One thing that the schema refuses: where, as a path as written; what, and what to do. No value of the document is
    in it, since that may be a secret."""

    path: Path
    what: str
    fix: str


def complaints(
    error: ValidationError, values: Mapping[str, Any], places: Places, unset: tuple[Unset, ...]
) -> list[Complaint]:
    """Everything the schema refuses, in its order. `values` is what was validated."""
    whats: dict[Path, list[str]] = {}
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        whats.setdefault(_place(detail, values), []).append(_what(detail))
    variables = {place.path: place.name for place in unset}
    found = []
    for path in _deepest(whats):
        written = places.written(path)
        reason = f" and the variable {variables[written]} is not set" if written in variables else ""
        found.append(Complaint(written, " or ".join(dict.fromkeys(whats[path])) + reason, _fix(path, values)))
    return found


def explain(error: ValidationError, values: Mapping[str, Any], places: Places, unset: tuple[Unset, ...]) -> str:
    """One line: the first error with its fix, then how many more there are and which. See `complaints`."""
    first, *others = complaints(error, values, places, unset)
    shown = [f"{show_path(path)}: {what}" for path, what, _ in others[:_MORE]]
    more = ", ".join(shown + ["..."] * (len(others) > _MORE))
    return f"{show_path(first.path)}: {first.what}; {first.fix}" + (f" (+{len(others)} more: {more})" if others else "")


def _deepest(paths: Collection[Path]) -> list[Path]:
    """The paths that lead to no other. Every branch of a union complains; the one that went deepest was meant."""
    return [path for path in paths if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)]


def _place(detail: ErrorDetails, values: Mapping[str, Any]) -> Path:
    """The error's field path, without the parts pydantic adds to tell the branches of a union apart."""
    path: list[str | int] = []
    value: Any = values
    for part in detail["loc"]:
        if part in (value if isinstance(value, Mapping) else range(len(value)) if isinstance(value, list) else ()):
            value = value[part]
            path.append(part)
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)


def _what(detail: ErrorDetails) -> str:
    if detail["type"] == "model_type" and not {"use", "use_by_model"}.isdisjoint(detail["loc"]):
        return "is no transformer"
    return _WHAT.get(detail["type"]) or detail["msg"].replace("Input should be", "must be")


def _fix(path: Path, values: Mapping[str, Any]) -> str:
    """What to do about an error at a field path: the innermost field we have an example for decides."""
    outer, *inner = (part for part in path if isinstance(part, str))
    if "tokenizer" in inner:  # whose own fields have names that others have too
        return _FIXES["tokenizer"]
    known = next((field for field in reversed(inner) if field in _FIXES), "") if inner else outer
    fix = _FIXES.get(known, "correct it, or leave it out for the default")
    return fix + _alike(values["providers"][path[1]]) if known == "base_url" else fix


def _alike(provider: Mapping[str, Any]) -> str:
    """Names of the catalogue that a provider without an address may have meant; with those it needs none."""
    names = catalogue.similar(str(provider.get("name", "")))
    return f", or a name that needs none: {', '.join(map(quote, names))}" if names else ""
