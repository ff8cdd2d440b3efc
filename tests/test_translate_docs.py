"""docs/translate.md: its examples run, and it names everything the core offers."""

import inspect
import re
from pathlib import Path

import pytest

from ccr_middleware import translate

PAGE = (Path(__file__).parents[1] / "docs" / "translate.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_are_one_program_that_runs():
    assert len(EXAMPLES) >= 7
    assert sum(example.count("assert ") for example in EXAMPLES) >= 20
    exec(compile("\n".join(EXAMPLES), "docs/translate.md", "exec"), {"__name__": "docs"})


@pytest.mark.parametrize("name", [name for name in translate.__all__ if name.islower()])
def test_every_function_is_in_the_table(name):
    table = PAGE.partition("## A request")[0]
    assert f"`{name}`" in table


def test_every_argument_is_documented():
    parameters = inspect.signature(translate.translate_request).parameters.values()
    for parameter in parameters:
        assert parameter.kind is not parameter.KEYWORD_ONLY or f"`{parameter.name}`" in PAGE, parameter.name
