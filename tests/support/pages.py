"""Parts of the documentation that are made by tests: between two marks of a page, rewritten by `--update-golden`."""

import re
from pathlib import Path

import pytest


def check_page(page: Path, name: str, made: str, by: str, config: pytest.Config) -> None:
    """The part `name` of a page must be what was made; with `--update-golden` it is written first. `by`: the test's
    file."""
    command = f"pytest tests/{by} --update-golden"
    whole = f"<!-- {name}: made by tests/{by} --update-golden -->\n\n{made}\n<!-- end -->"
    place = re.compile(rf"<!-- {name}: .*?<!-- end -->", re.DOTALL)
    text = page.read_text(encoding="utf-8")
    if config.getoption("--update-golden"):
        text = place.sub(lambda _: whole, text)
        page.write_text(text, encoding="utf-8")
    found = place.search(text)
    assert found
    assert found[0] == whole, f"docs/{page.name} is out of date: {command}"
