"""The JSON Schema of the configuration file, for editors and the management interface.

`config.schema.json` is generated from the types of `config.schema`:

    python -m pytest tests/test_config_json_schema.py --update-golden

It accepts all that loading accepts. The documented spelling of a key is a property, which editors offer; the others
are patterns, which they only allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from .conditions import StrictSection
from .schema import Config
from .schema_forms import DEFINITIONS, FORMS, NEEDED_ELSEWHERE, OTHER_MEMBERS, WRAPPED, relaxed
from .section import Section
from .spelling import known_keys, spellings

Json = dict[str, Any]

#: What is said of a field of a section.
Describe = Callable[[type[Section], str], str]

_FILE = "config.schema.json"
_HEAD: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Configuration of ccr_middleware",
}


def json_schema() -> Json:
    """The schema that is shipped."""
    schema: Json = json.loads(resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))
    return schema


def generated(describe: Describe) -> Json:
    """The schema of the types as they are now. `describe`: what editors show of a key, "" for nothing."""
    raw = Config.model_json_schema(ref_template="#/$defs/{model}")
    models = _models()
    definitions: Json = {
        name: _section(models[name], definition, describe) if name in models else relaxed(definition)
        for name, definition in sorted(raw["$defs"].items())
    }
    root = _section(Config, raw, describe)
    return {**_HEAD, **root, "$defs": dict(sorted({**DEFINITIONS, **definitions}.items()))}


def as_text(schema: Json) -> str:
    """A schema as the file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


@cache
def _models() -> Mapping[str, type[Section]]:
    """Every section by the name of its class."""

    def below(model: type[Section]) -> dict[str, type[Section]]:
        found = {model.__name__: model}
        for inner in model.__subclasses__():
            found |= below(inner)
        return found

    return below(Section)


def _section(model: type[Section], raw: Json, describe: Describe) -> Json:
    """One section: an object, or what may stand for it."""
    here = "#" if model is Config else f"#/$defs/{model.__name__}"
    properties: Json = {}
    patterns: Json = {}
    written = set(known_keys(model))
    for field, pydantic_schema in raw["properties"].items():
        name, *others = spellings(model, field)
        if name not in written:
            continue
        properties[name] = _property(model, field, pydantic_schema, describe)
        if others:
            patterns[f"^(?:{'|'.join(map(re.escape, others))})$"] = {"$ref": f"{here}/properties/{name}"}
    section: Json = {"type": "object", "description": _first_paragraph(model)}
    section["properties"] = properties | OTHER_MEMBERS.get(model.__name__, {})
    if patterns:
        section["patternProperties"] = patterns
    if issubclass(model, StrictSection):
        section["additionalProperties"] = False
    required = [field for field in raw.get("required", ()) if (model.__name__, field) not in NEEDED_ELSEWHERE]
    section |= _required([spellings(model, field) for field in required])
    wrapped = WRAPPED.get(model.__name__)
    return {"anyOf": [*wrapped, section]} if wrapped else section


def _property(model: type[Section], field: str, pydantic_schema: Json, describe: Describe) -> Json:
    form = FORMS.get((model.__name__, field)) or relaxed(pydantic_schema)
    schema: Json = {"description": text} if (text := describe(model, field)) else {}
    default = pydantic_schema.get("default")
    schema |= _or_nothing(form)
    if default is not None and not isinstance(default, dict) and default != "":
        schema["default"] = default
    return schema


def _or_nothing(form: Json) -> Json:
    """The same, or null: a key that is null counts as not written."""
    if "anyOf" in form:
        options = form["anyOf"]
        return form if {"type": "null"} in options else {**form, "anyOf": [*options, {"type": "null"}]}
    if isinstance(form.get("type"), list):
        return {**form, "type": [*form["type"], "null"]}
    return {"anyOf": [form, {"type": "null"}]}


def _required(fields: list[tuple[str, ...]]) -> Json:
    """That one spelling of each of these fields is there."""
    if all(len(names) == 1 for names in fields):
        return {"required": [names[0] for names in fields]} if fields else {}
    return {"allOf": [{"anyOf": [{"required": [name]} for name in names]} for names in fields]}


def _first_paragraph(model: type[Section]) -> str:
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())
