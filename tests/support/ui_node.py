"""Runs the pages' pure functions (`ui_static/js/document*.js`) under Node, where there is one."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import ccr_middleware

SCRIPTS = Path(ccr_middleware.__file__).parent / "ui_static" / "js"
MODULES = (
    "document.js",
    "document_conditions.js",
    "document_extensions.js",
    "document_preset.js",
    "document_providers.js",
    "document_routing.js",
    "document_schema.js",
    "document_uses.js",
)

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node to run the pages' JavaScript")


def run(expression: str, **values):
    """What a JavaScript expression gives; `values` are constants in it, and all functions of the modules are there."""
    imports = "\n".join(f'import * as m{n} from "{(SCRIPTS / name).as_uri()}";' for n, name in enumerate(MODULES))
    names = ", ".join(f"...m{n}" for n in range(len(MODULES)))
    script = f"""{imports}
const all = {{{names}}};
const values = {json.dumps(values)};
const f = new Function(...Object.keys(all), ...Object.keys(values), "return (" + {json.dumps(expression)} + ")");
const found = f(...Object.values(all), ...Object.values(values));
console.log(JSON.stringify(found === undefined ? {{undefined: true}} : found));
"""
    done = subprocess.run(
        [NODE, "--input-type=module", "-"], input=script, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
