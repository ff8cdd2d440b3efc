"""`manifest.json`: what a preset is called, what it asks for, and what configuration it makes of that.

    {name, version, description, …            about it
     schema: [fields], template: {…},         what it asks for, and the configuration with placeholders
     configMappings: [{target, value, when}], values for single places of it
     userValues: {id: value},                 what was answered
     Providers, Router, …}                    everything else is configuration

JSON or JSON5. The metadata may also stand in an object `metadata`, as in CCR v2's example files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from ..config.document import parse_document, read_document
from ..config.places import Path, quote
from ..errors import ConfigError
from .config_path import parse_path
from .schema import Condition, Field, parse_condition, parse_schema, problem_with_condition

FILE = "manifest.json"

METADATA = (
    "name", "version", "description", "author", "homepage", "repository", "license", "keywords", "ccrVersion",
    "source", "sourceType", "checksum",
)  # fmt: skip
DYNAMIC = ("schema", "template", "configMappings", "userValues")


class Mapped(NamedTuple):
    """One entry of `configMappings`: the place that a value (with placeholders) is put to when all of `when` hold."""

    target: Path
    value: Any
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A manifest that was read. `raw` is the document as written, `configuration` what of it is for the gateway.

    `problems`: why it cannot be used; `warnings`: what of it is not used; one line each.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    schema: tuple[Field, ...] = ()
    template: Mapping[str, Any] | None = None
    mappings: tuple[Mapped, ...] = ()
    user_values: Mapping[str, Any] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name it gives itself, or ""."""
        name = self.metadata.get("name")
        return name.strip() if isinstance(name, str) else ""


def read_manifest(folder: FilePath) -> Manifest:
    """The manifest of a folder. Raises ConfigError, one line, when there is none or it cannot be parsed."""
    try:
        document = read_document(folder / FILE)
    except ConfigError as problem:
        if not (folder / FILE).exists():
            raise ConfigError(
                f"{FILE}: there is none in {folder.name}; write one, or install the preset again"
            ) from None
        raise ConfigError(str(problem).replace(str(folder / FILE), FILE)) from None
    return to_manifest(document.value)


def parse_manifest(text: str) -> Manifest:
    """The manifest that a text is. Raises ConfigError."""
    return to_manifest(parse_document(text, name=FILE).value)


def to_manifest(written: Mapping[str, Any]) -> Manifest:
    """A document as a manifest. Raises nothing: what is wrong is in `problems` and `warnings`."""
    document = _flat(written)
    problems: list[str] = []
    schema = parse_schema(document.get("schema"))
    mappings = _mappings(document.get("configMappings"), problems)
    values = _object(document, "userValues", problems)
    template = _object(document, "template", problems)
    special = {*METADATA, *DYNAMIC}
    asked = {one.id for one in schema.fields} if values or template is not None else set()
    configuration = {key: value for key, value in document.items() if key not in special | asked}
    if not template and not configuration and not mappings:
        problems.append("has no configuration; write Providers and a Router, or a template with them")
    metadata = {key: document[key] for key in METADATA if key in document}
    return Manifest(
        metadata=metadata,
        schema=schema.fields,
        template=template,
        mappings=mappings,
        user_values=values or {},
        configuration=configuration,
        problems=tuple(problems),
        warnings=(*schema.problems, *_about_metadata(metadata)),
        raw=written,
    )


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the members of `metadata` and `config` at the top; what stands there already wins."""
    flat = dict(document)
    for key in ("metadata", "config"):
        if isinstance(flat.get(key), Mapping):
            flat = {**flat.pop(key), **flat}
    return flat


def _object(document: Mapping[str, Any], key: str, problems: list[str]) -> dict[str, Any] | None:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        problems.append(f"{key}: must be an object")
        return None
    return dict(value)


def _about_metadata(metadata: Mapping[str, Any]) -> list[str]:
    found = []
    if not isinstance(metadata.get("name"), str) or not str(metadata["name"]).strip():
        found.append("name: is missing; the name of the folder is used")
    for key in ("name", "version", "description", "author", "homepage", "repository", "license", "ccrVersion"):
        if metadata.get(key) is not None and not isinstance(metadata[key], str | int | float):
            found.append(f"{key}: must be a text")
    return found


def _mappings(written: Any, problems: list[str]) -> tuple[Mapped, ...]:
    if written is None:
        return ()
    if not isinstance(written, list):
        problems.append("configMappings: must be a list")
        return ()
    found = []
    for index, item in enumerate(written):
        try:
            found.append(_mapping(item))
        except ValueError as problem:
            problems.append(f"configMappings[{index}]: {problem}")
    return tuple(found)


def _mapping(item: Any) -> Mapped:
    """One entry. Raises ValueError."""
    if not isinstance(item, Mapping) or not isinstance(item.get("target"), str) or "value" not in item:
        raise ValueError('must be {"target": "Providers[0].api_key", "value": "#{id}"}')
    when = item.get("when")
    conditions = [] if when is None else when if isinstance(when, list) else [when]
    for condition in conditions:
        if problem := problem_with_condition(condition):
            raise ValueError(problem)
    return Mapped(parse_path(item["target"]), item["value"], tuple(map(parse_condition, conditions)))


def undescribed(manifest: Manifest, values: Mapping[str, Any]) -> list[str]:
    """One line for each value that the manifest has no field for. Keys with a dot or bracket are paths (CCR v2)."""
    known = {one.id for one in manifest.schema}
    strange = [name for name in values if name not in known and not is_path(name)]
    asks = ", ".join(known) or "it asks for nothing"
    return [f"{name}: there is no field {quote(name)}; known are {asks}" for name in strange]


def is_path(name: str) -> bool:
    """Whether the key of a user value is a place in the configuration, as earlier versions of CCR v2 stored them."""
    return "." in name or "[" in name


def to_text(document: Mapping[str, Any]) -> str:
    """A manifest as it is written to a file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
