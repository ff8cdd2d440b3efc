"""What docs/presets.md shows and says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.presets import Presets
from ccr_middleware.presets.describing import details, summary
from ccr_middleware.presets.manifest import METADATA, parse_manifest
from ccr_middleware.presets.schema import OPERATORS, TYPES

from .support.presets import PLAIN, write_preset

PAGE = (Path(__file__).parents[1] / "docs" / "presets.md").read_text(encoding="utf-8")
MANIFEST = re.search(r"```json5\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_manifest_of_the_page_works(tmp_path: Path) -> None:
    read = parse_manifest(MANIFEST)
    assert not read.problems
    assert not read.warnings
    presets = Presets(tmp_path)
    presets.install(MANIFEST.encode())
    presets.apply("simple", {"apiKey": "sk-1", "useProxy": True, "proxyUrl": "http://proxy.test:1"})
    document, problem = presets.documents({})["simple"]
    assert problem is None
    config = load_config(document, env={})
    assert (config.router.default, config.proxy_url) == ("openai,gpt-x", "http://proxy.test:1")
    assert not config.warnings


@pytest.mark.parametrize("word", [*TYPES, *OPERATORS, *METADATA])
def test_every_word_of_a_manifest_is_described(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_what_the_api_shows_is_described(tmp_path: Path) -> None:
    write_preset(tmp_path, "p", PLAIN)
    preset = Presets(tmp_path).get("p")
    shown: dict[str, Any] = details(preset, {}, [], []) | summary(preset)
    assert json.dumps(shown)
    for key in ("metadata", "config", "userValues", "visible", "choices", "needs", "problems", "warnings", "ready"):
        assert key in shown
        assert key in PAGE
