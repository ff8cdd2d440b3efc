"""What can be written in the file beyond what the types say: numbers and placeholders as text, one for several, short
forms. Every form is a JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .conditions import DAYS

Json = dict[str, Any]

#: A text that holds a placeholder, or nothing.
_FILLED_IN = r"\$|^\s*$"


def _any_case(word: str) -> str:
    """A pattern for a word in any case; those of JSON Schema have no flag for it."""
    return "".join(f"[{char.upper()}{char.lower()}]" if char.isalpha() else char for char in word)


def _text(*patterns: str) -> Json:
    return {"type": "string", "pattern": "|".join((_FILLED_IN, *patterns))}


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _one_or_more(item: Json) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}]}


_TRUTH = "|".join(map(_any_case, ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")))

#: What other definitions refer to.
DEFINITIONS: Mapping[str, Json] = {
    "PlaceholderText": _text() | {"description": "A placeholder: $NAME, ${name} or ${name:-default}."},
    "WholeNumberText": _text(r"^\s*[+-]?\d[\d_]*(?:\.0*)?\s*$") | {"description": "A whole number as text."},
    "NumberText": _text(r"^\s*[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$")
    | {"description": "A number as text."},
    "BooleanText": _text(f"^(?:{_TRUTH})$") | {"description": "True or false as text."},
    "Transformers": {
        "description": "Transformers in their order: a name, or a list of names and of [name, {options}].",
        "anyOf": [{"type": "string"}, {"type": "array", "items": _ref("Transformer")}],
    },
    "Transformer": {
        "anyOf": [
            {"type": "string", "description": "The name of a transformer, or the file or module of one of your own."},
            {
                "type": "array",
                "description": "A name and its options.",
                "prefixItems": [{"type": "string"}, {"type": ["object", "null"]}],
                "minItems": 1,
                "maxItems": 2,
            },
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "use": _ref("Transformers"),
                    "path": {"type": "string"},
                    "options": {"type": ["object", "null"]},
                },
            },
        ]
    },
}

_TRANSFORMERS_OF_PROVIDER: Json = {
    "description": "The transformers of all its models (`use`), and by model.",
    "anyOf": [
        _ref("Transformers"),
        {
            "type": "object",
            "properties": {"use": _ref("Transformers")},
            "additionalProperties": {
                "anyOf": [_ref("Transformers"), {"type": "object", "properties": {"use": _ref("Transformers")}}]
            },
        },
        {"type": "null"},
    ],
}
_TIME: Json = {"type": "string", "pattern": r"^\s*(?:[01]?\d|2[0-3]):[0-5]\d\s*$"}
_LEVELS = ("fatal", "error", "warn", "info", "debug", "trace")
_KINDS = ("network", "timeout", "error_event", "empty", "4xx", "5xx")
_OTHER_KINDS = map(_any_case, ("network", "timeout", "error[_ -]?event", "empty", "4xx", "5xx"))
_CONDITIONS = _one_or_more(_ref("Condition"))
_TARGETS = _one_or_more({"type": "string"})

#: Fields that are written in forms their types do not tell.
FORMS: Mapping[tuple[str, str], Json] = {
    ("Config", "log_level"): {
        "anyOf": [
            {"enum": list(_LEVELS)},
            _text(f"^\\s*(?:{'|'.join(map(_any_case, (*_LEVELS, 'warning', 'critical')))})\\s*$"),
        ]
    },
    ("Config", "fallback_on"): {
        "type": "array",
        "items": {
            "anyOf": [
                {"enum": list(_KINDS)},
                {"type": "integer", "minimum": 400, "maximum": 599},
                _text(f"^\\s*(?:[45]\\d\\d|{'|'.join(_OTHER_KINDS)})\\s*$"),
            ]
        },
    },
    ("Provider", "use"): _ref("Transformers"),
    ("Provider", "use_by_model"): {
        "type": "object",
        "additionalProperties": {
            "anyOf": [_ref("Transformers"), {"type": "object", "properties": {"use": _ref("Transformers")}}]
        },
    },
    ("Provider", "api_keys"): {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, _ref("ApiKey")]}}]
    },
    ("Provider", "tokenizer"): {"anyOf": [_ref("Tokenizers"), _ref("Tokenizer")]},
    ("Rule", "when"): _CONDITIONS,
    ("Rule", "fallback"): _TARGETS,
    ("Condition", "unless"): _CONDITIONS,
    ("TimeOfDay", "start"): _TIME,
    ("TimeOfDay", "end"): _TIME,
    ("TimeOfDay", "days"): {
        "type": "array",
        "items": {"anyOf": [{"enum": list(DAYS)}, _text(f"^\\s*(?:{'|'.join(map(_any_case, DAYS))})")]},
    },
    **{
        ("Fallback", scenario): _TARGETS
        for scenario in (
            "default", "background", "think", "long_context", "web_search", "image", "explicit", "subagent", "all",
        )
    },
}  # fmt: skip

_SCALAR: Json = {"type": ["string", "number", "boolean"]}

#: What may stand for a section.
WRAPPED: Mapping[str, list[Json]] = {
    "AgentUse": [{"type": "string", "description": "The name of an agent."}],
    "PluginUse": [{"type": "string", "description": "The name of a plugin that is wanted."}],
    "WeightedTarget": [{"type": "string", "description": "provider,model"}],
    "Comparison": [_SCALAR, {"type": "array", "items": _SCALAR}],
}

#: Members of a section that are no fields of it.
OTHER_MEMBERS: Mapping[str, Json] = {
    "Config": {
        "$schema": {"type": "string", "description": "Where editors find this schema."},
        "transformers": {
            "description": "Modules with transformers of your own, or transformers for several providers or models.",
            "type": ["array", "null"],
        },
    },
    "Provider": {
        "transformer": _TRANSFORMERS_OF_PROVIDER,
        "transformers": {"$ref": "#/$defs/Provider/properties/transformer"},
    },
    "Router": {"routes": {"description": "The same keys one level deeper.", "type": ["object", "null"]}},
}

#: Fields that must be there in the end, but not in the file: the catalogue knows the addresses of providers.
NEEDED_ELSEWHERE = frozenset({("Provider", "base_url")})


def relaxed(schema: Any) -> Any:
    """A schema of pydantic's that also accepts what loading takes for such a value."""
    if isinstance(schema, list):
        return [relaxed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: value for key, value in schema.items() if key not in ("title", "default", "description", "format")}
    if "enum" in plain or "const" in plain:
        return {"anyOf": [{"enum": plain.get("enum", [plain.get("const")])}, _ref("PlaceholderText")]}
    if "anyOf" in plain:
        return {**plain, "anyOf": _flat([relaxed(option) for option in plain["anyOf"]])}
    kind = plain.get("type")
    if kind in _AS_TEXT:
        return {"anyOf": [plain, _ref(_AS_TEXT[kind])]}
    if kind == "string":
        return {**plain, "type": ["string", "number"]}
    return {key: relaxed(value) if key in ("items", "additionalProperties") else value for key, value in plain.items()}


_AS_TEXT = {"integer": "WholeNumberText", "number": "NumberText", "boolean": "BooleanText"}


def _flat(options: list[Json]) -> list[Json]:
    """Options of options as options, each once."""
    found: list[Json] = []
    for option in options:
        for one in option["anyOf"] if option.keys() == {"anyOf"} else [option]:
            if one not in found:
                found.append(one)
    return found
