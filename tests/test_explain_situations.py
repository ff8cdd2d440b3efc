"""The ten situations of docs/explain.md: golden cases in `golden/explain/`, and the page that shows them.

`<name>.json` is given: title and text of the section, `headers` and `body` of the request, `config` where it differs
from `config.json`, and the targets that have `failed`. `<name>.txt` is the explanation, written anew with
`--update-golden`.
"""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.config.resilience import Health
from ccr_middleware.explain import to_text
from ccr_middleware.resilience import TargetName
from ccr_middleware.testing import FakeProvider

from .support.pages import check_page

GOLDEN = Path(__file__).parent / "golden" / "explain"
PAGE = Path(__file__).parents[1] / "docs" / "explain.md"
NAMES = sorted(path.stem for path in GOLDEN.glob("[0-9]*.json"))


def situation(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def explained(case: dict[str, Any], folder: Path) -> str:
    """The explanation in the case's configuration and state; nobody is asked."""
    document = json.loads((GOLDEN / "config.json").read_text(encoding="utf-8")) | case.get("config", {})
    (folder / "config.json").write_text(json.dumps(document))
    shutil.copy(GOLDEN / "router.py", folder)
    provider = FakeProvider([])
    gateway = Gateway(str(folder / "config.json"), transport=provider, env={})
    for target in case.get("failed", ()):
        for _ in range(Health().failures):
            gateway._state.resilience.health.breakers.failed(TargetName(*target.split(",")), Health())
    found = asyncio.run(gateway.explain(case["body"], case.get("headers")))
    assert provider.requests == []
    return to_text(found)


@pytest.mark.parametrize("name", NAMES)
def test_the_explanation(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made, path = explained(situation(name), tmp_path), GOLDEN / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")
    assert "0000000" not in made, "a key is shown"


def section(name: str) -> str:
    """What the page shows of a situation."""
    case = situation(name)
    headers = "".join(f"{key}: {value}\n" for key, value in case.get("headers", {}).items())
    text = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    parts = [f"### {case['title']}\n", f"{case['about']}\n"]
    if "config" in case:
        parts.append(f"The configuration has, instead of or besides what is above:\n\n{block('json', case['config'])}")
    shown = json.dumps(case["body"], ensure_ascii=False)
    parts += [f"```http\n{headers}\n{shown}\n```\n", f"```text\n{text}```\n"]
    return "\n".join(parts)


def block(language: str, value: Any) -> str:
    return f"```{language}\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```\n"


def test_the_page_shows_them(request: pytest.FixtureRequest) -> None:
    config = (GOLDEN / "config.json").read_text(encoding="utf-8")
    router = (GOLDEN / "router.py").read_text(encoding="utf-8")
    start = [f"```json\n{config}```\n", f"The router of one of them:\n\n```python\n{router}```\n"]
    body = "\n".join([*start, *map(section, NAMES)])
    check_page(PAGE, "situations", body, "test_explain_situations.py", request.config)


def test_there_are_ten_of_different_kinds() -> None:
    texts = [(GOLDEN / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES]
    assert len(NAMES) == 10
    scenarios = {found[1] for text in texts if (found := re.search(r"^decision: .* \((\w+)\)$", text, re.MULTILINE))}
    assert scenarios == {"default", "explicit", "think", "long_context", "rule", "subagent"}
