"""JSON in and out, with both of the readers and writers that may be installed."""

import importlib.util
import json
import math
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware import jsonio

HALF_AN_EMOJI = "\ud83d"


def without_orjson() -> ModuleType:
    """A second copy of the module, made as if orjson were not installed."""
    spec = importlib.util.find_spec(jsonio.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "orjson", None)
        spec.loader.exec_module(module)
    return module


BACKENDS = {"orjson": jsonio, "pydantic": without_orjson()}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Any:
    """jsonio with orjson and without."""
    return BACKENDS[request.param]


def test_the_backends_are_two() -> None:
    assert jsonio._fast_loads.__module__ == "orjson"
    assert BACKENDS["pydantic"]._fast_dumps.func.__module__ == "pydantic_core._pydantic_core"


any_text = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates included
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", BACKENDS)
@given(value=documents)
def test_what_goes_out_comes_in_again(name: str, value: Any) -> None:
    backend = BACKENDS[name]
    written = backend.dumps(value)
    assert backend.loads(written) == value
    assert backend.loads(written.decode("utf-8")) == value
    assert json.loads(written) == value


def test_output_is_compact_utf8_in_the_given_order(backend: Any) -> None:
    assert backend.dumps({"b": [1, 2.5, None, True], "a": "Grüße 🎉\u2028"}) == (
        '{"b":[1,2.5,null,true],"a":"Grüße 🎉\u2028"}'.encode()
    )
    assert backend.dumps_str({"ä": "\n"}) == '{"ä":"\\n"}'


def test_lone_surrogates_pass(backend: Any) -> None:
    value = {"text": f"cut {HALF_AN_EMOJI}", HALF_AN_EMOJI: "ä"}
    written = backend.dumps(value)
    assert rb"cut \ud83d" in written
    assert backend.loads(written) == value
    assert backend.loads(rb'"\ud83d\ude00"') == "😀"


def test_integers_over_64_bits_pass(backend: Any) -> None:
    assert backend.dumps([2**70, -(2**70)]) == b"[%d,%d]" % (2**70, -(2**70))
    assert float(backend.loads(b"%d" % 2**70)) == 2.0**70  # orjson reads them as floats, as JavaScript does


@pytest.mark.parametrize(
    "bad",
    ["", "{", "[1,]", "{'a':1}", "{} x", '"\x01"', "nul", "NaN", "Infinity", "-Infinity", '{"a":NaN}', '"\\x"', "01"],
)
def test_bad_json_is_a_value_error_that_names_the_place(backend: Any, bad: str) -> None:
    for data in (bad, bad.encode()):
        with pytest.raises(ValueError, match=r"line \d+ column \d+|is not JSON"):
            backend.loads(data)


def test_bytes_that_are_no_text_are_a_value_error(backend: Any) -> None:
    with pytest.raises(ValueError, match="utf-8"):
        backend.loads(b'"\xff"')


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_nesting_without_end_is_a_value_error(backend: Any, opening: str) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        backend.loads(opening * 100_000)


def test_the_last_of_equal_keys_counts(backend: Any) -> None:
    assert backend.loads(b'{"a":1,"a":2}') == {"a": 2}


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, {"a": HALF_AN_EMOJI, "b": object()}])
def test_what_is_no_json_value_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        jsonio.dumps(value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_nothing_is_written_that_is_no_json(backend: Any, number: float) -> None:
    assert backend.dumps({"a": number}) == b'{"a":null}'
    assert backend.dumps({"a": [number], "b": HALF_AN_EMOJI}).startswith(b'{"a":[null]')
