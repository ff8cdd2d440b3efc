"""The pytest fixtures: as documented, light to load, and found by pytest in an installed package."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "testing" / "test_gateway.py"


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin found the way an installed package's is: through its entry points."""
    metadata = folder / "site" / "ccr_kit-1.dist-info"
    metadata.mkdir(parents=True)
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    lines = [f"{name} = {module}" for name, module in points.items()]
    (metadata / "entry_points.txt").write_text("[pytest11]\n" + "\n".join(lines) + "\n")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: ccr_kit\nVersion: 1\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)])}
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_the_example_runs(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "-c", os.devnull, "--rootdir", str(tmp_path), str(EXAMPLE))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "7 passed" in result.stdout


def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "testing.md").read_text(), re.DOTALL)
    examples = [block for block in blocks if "def test_" in block]
    assert len(examples) >= 3
    for number, block in enumerate(examples):
        (tmp_path / f"test_example_{number}.py").write_text(block)
    result = run_pytest(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_provider_asked_too_often_fails_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_too_often.py").write_text(
        "import asyncio\n"
        "from ccr_middleware.testing import ask\n"
        "def test_it(ccr_gateway):\n"
        "    asyncio.run(ask(ccr_gateway(), 'Hi'))\n"
    )
    result = run_pytest(tmp_path)
    assert result.returncode == 1
    assert "requests without a script" in result.stdout


@pytest.mark.parametrize("module", ["ccr_middleware.testing", "ccr_middleware.testing.plugin"])
def test_the_plugin_is_light(module: str) -> None:
    code = (
        "import sys, pytest; before = set(sys.modules);"
        f"import {module}; new = set(sys.modules) - before;"
        "assert not {m for m in new if not m.startswith('ccr_middleware')}, new; print(len(new))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert int(result.stdout) <= 3
