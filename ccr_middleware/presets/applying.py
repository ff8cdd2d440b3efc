"""What configuration a preset is, with the values that were given for it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from ..config.named_files import Named, named_files
from ..config.places import quote
from .config_path import parse_path, set_at
from .filling import fill
from .inputs import all_hold, effective, problems_of, typed
from .manifest import Manifest, is_path
from .own_files import Outside, inside

_PYTHON_FORM = (
    "is JavaScript for CCR v2; here it is written in Python: a file with a class that inherits from "
    'ccr_middleware.transformers.Transformer, named as {"path": "x.py"}'
)


class Applied(NamedTuple):
    """A configuration document, why it cannot be used as it is (one line each), and what of it is not used."""

    document: dict[str, Any]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def apply(manifest: Manifest, folder: FilePath, *, allow_code: bool = False) -> Applied:
    """The configuration of a preset that is in `folder`. Placeholders of the environment stay in it.

    The template is used when there is one, unless nothing was answered and there is a plain configuration too; then
    `configMappings` and values whose keys are paths. Paths of files become absolute and never lead out of the folder.
    """
    problems = list(manifest.problems)
    source = _source(manifest)
    values = effective(manifest.schema, manifest.user_values)
    filled = fill(copy.deepcopy(source), values)
    document: dict[str, Any] = filled.value
    if source is manifest.template or manifest.user_values:
        _map(document, manifest, values, problems)
    if source is manifest.template or manifest.template is None:
        problems += problems_of(manifest.schema, manifest.user_values)
    problems += [one.message for one in filled.unknown]
    warnings = _confine(document, folder, allow_code, problems)
    return Applied(document, tuple(dict.fromkeys(problems)), (*manifest.warnings, *warnings))


def _source(manifest: Manifest) -> Mapping[str, Any]:
    """The configuration with placeholders."""
    if manifest.template is None or (manifest.configuration and not manifest.user_values):
        return manifest.configuration
    return manifest.template


def _map(document: dict[str, Any], manifest: Manifest, values: Mapping[str, Any], problems: list[str]) -> None:
    """Put single values to their places."""
    for mapped in manifest.mappings:
        if all_hold(mapped.when, values):
            filled = fill(mapped.value, values, mapped.target)
            problems += [one.message for one in filled.unknown]
            _set(document, mapped.target, filled.value, problems)
    asked = {field.id: field for field in manifest.schema}
    for name, value in manifest.user_values.items():
        if is_path(name) and name not in asked:
            try:
                _set(document, parse_path(name), value, problems)
            except ValueError as problem:
                problems.append(f"userValues: {problem}")


def _set(document: dict[str, Any], target: tuple[str | int, ...], value: Any, problems: list[str]) -> None:
    try:
        set_at(document, target, value)
    except ValueError as problem:
        problems.append(f"configMappings: {problem}")


def merged_values(manifest: Manifest, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were given, those of an earlier time, in the types of their fields. None takes one away."""
    fields = {field.id: field for field in manifest.schema}
    merged = dict(manifest.user_values)
    for name, value in values.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = typed(fields[name], value) if name in fields else value
    return merged


def _confine(document: dict[str, Any], folder: FilePath, allow_code: bool, problems: list[str]) -> list[str]:
    """Make the paths of a document absolute, in place; what leads out of the folder is taken out. Code that is not
    allowed is a problem; scripts of the status line are only left out. Returns warnings."""
    warnings: list[str] = []
    for named in list(named_files(document)):
        told = warnings if named.kind == "script" else problems
        problem = _problem_with_code(named, allow_code) or _placed(named, folder)
        if problem:
            told.append(f"{named.shown}: {problem}")
            if named.kind != "code":
                del named.container[named.key]
    return warnings


def _problem_with_code(named: Named, allow_code: bool) -> str | None:
    if named.kind not in ("code", "script"):
        return None
    if named.is_foreign_script:
        return f"{quote(named.text)} {_PYTHON_FORM}"
    if not allow_code:
        return f"{quote(named.text)} is code, which is not run; look at it, then install the preset with --allow-code"
    return None


def _placed(named: Named, folder: FilePath) -> str | None:
    """Make a path absolute in place. Returns why that cannot be done."""
    text = named.text
    if named.kind == "data" and (named.is_variable or FilePath(text).expanduser().is_absolute()):
        return None  # a key file or tokenizer of the user's own
    if named.is_variable and named.kind != "code":
        return f"{quote(text)} may become any file; write the name of one in the preset's folder"
    if named.is_variable or not named.is_file:
        return None
    try:
        named.container[named.key] = inside(folder, text)
    except Outside:
        return f"{quote(text)} is outside of the preset's folder; put the file into the folder"
    return None
