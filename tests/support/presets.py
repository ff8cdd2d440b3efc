"""Presets for tests: manifests, folders with them, and zip archives of any kind."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccr_middleware.presets.manifest import Manifest, to_manifest

#: The example of CCR v2's reference: a template with inputs, one of them conditional.
SIMPLE: dict[str, Any] = {
    "name": "simple",
    "version": "1.0.0",
    "schema": [
        {"id": "apiKey", "type": "password", "label": "API Key", "required": True, "validator": "^sk-.*"},
        {
            "id": "model",
            "type": "select",
            "options": {"type": "static", "options": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]},
            "defaultValue": "a",
        },
        {"id": "useProxy", "type": "confirm", "defaultValue": False},
        {"id": "proxyUrl", "type": "input", "when": {"field": "useProxy", "operator": "eq", "value": True}},
    ],
    "template": {
        "Providers": [
            {
                "name": "openai",
                "api_base_url": "https://api.openai.com/v1/chat/completions",
                "api_key": "#{apiKey}",
                "models": ["#{model}"],
            }
        ],
        "Router": {"default": "openai,#{model}"},
    },
    "configMappings": [
        {
            "target": "PROXY_URL",
            "value": "#{proxyUrl}",
            "when": {"field": "useProxy", "operator": "eq", "value": True},
        }
    ],
}

#: One without questions.
PLAIN: dict[str, Any] = {
    "name": "plain",
    "Providers": [{"name": "own", "api_base_url": "https://own.test/v1", "api_key": "sk-own-secret", "models": ["m"]}],
    "Router": {"default": "own,m"},
}


def manifest(**members: Any) -> Manifest:
    """A manifest of these members."""
    return to_manifest({"name": "test", **members})


def answered(values: Mapping[str, Any], base: Mapping[str, Any] = SIMPLE) -> Manifest:
    """A manifest with values."""
    return to_manifest({**base, "userValues": dict(values)})


def write_preset(directory: Path, name: str, document: Mapping[str, Any] | str, **files: str) -> Path:
    """A preset on the disk as somebody may have put it there; `files` are others beside the manifest, `__` a slash."""
    folder = directory / name
    folder.mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else json.dumps(document)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    for path, content in files.items():
        file = folder / path.replace("__", "/").replace("_py", ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return folder


def zipped(entries: Mapping[str, bytes | str], modes: Mapping[str, int] | None = None) -> bytes:
    """An archive with these entries, whatever their names; `modes` are their Unix modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.filename = name  # as it is, whatever the library would make of it
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (modes or {}).get(name, 0o100644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()
