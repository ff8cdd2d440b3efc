"""Which tests rule out a defect of CCR v2: those named after it, and those that a list names."""

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

HERE = Path(__file__).parents[1]

#: `test_s12_…`, `test_e2_e4_…`, `test_a_10_…`. `c37` is a behaviour of the acceptance list; `c_1` would be C-1.
NAMED = re.compile(r"(?<=[_:])([abd-z]_?|c_)(\d+)(?=_)")


@cache
def tests_in(module: str) -> frozenset[str]:
    """The names of the tests of a module."""
    tree = ast.parse((HERE / module).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(n.name for n in tree.body if isinstance(n, functions) and n.name.startswith("test_"))


@cache
def named_tests() -> frozenset[tuple[str, str]]:
    """Every defect that a test is named after, with that test."""
    names = [name for path in HERE.glob("test_*.py") for name in tests_in(path.name)]
    return frozenset(
        (f"{letter.strip('_').upper()}-{number}", name) for name in names for letter, number in NAMED.findall(name)
    )


def check_ruled_out(defect: str, elsewhere: Sequence[str]) -> None:
    """Assert that the tests which are said to rule it out (`module::test`) are there, and that there is one at all."""
    for place in elsewhere:
        module, _, name = place.partition("::")
        assert name in tests_in(module), f"{place} is no test any more"
    assert elsewhere or defect in {known for known, _ in named_tests()}, f"nothing rules {defect} out"
