"""Tool calls of Gemini and Responses through the whole gateway, in every form they may have (C10 to C12)."""

from typing import Any

import pytest

from ccr_middleware.testing import Checked
from ccr_middleware.testing.answers import Answer
from ccr_middleware.testing.wires import gemini, responses

from .support import each_feeding
from .support.formats import encoded, said, streamed

Json = dict[str, Any]

READ = [("read", {"path": "a.py"})]


def tools_of(checked: Checked) -> list[tuple[str, Any]]:
    return [(tool.name, tool.input) for tool in checked.tools]


OTHER = responses.call_item("write", '{"path": "b.py"}', "call_0002", "fc_2")
FIRST = responses.call_item("read", '{"path": "a.py"}')
INTERLEAVED = [
    responses.added(FIRST, 0),
    responses.added(OTHER, 1),
    *(
        responses.delta("function_call_arguments", piece, index, item_id=f"fc_{index + 1}")
        for index, piece in ((0, '{"path": '), (1, '{"path"'), (0, '"a.py"}'), (1, ': "b.py"}'))
    ),
    responses.done(OTHER, 1),
    responses.done(FIRST, 0),
]


@each_feeding
@pytest.mark.parametrize("told_again", [True, False])
def test_c10_c12_interleaved_parallel_calls_of_responses(feeding: str, told_again: bool) -> None:
    data = responses.sse(*INTERLEAVED, responses.completed([FIRST, OTHER] if told_again else []))
    checked = streamed("responses", data, feeding)
    assert checked.tools == [("call_0001", "read", {"path": "a.py"}), ("call_0002", "write", {"path": "b.py"})]
    assert checked.stop_reason == "tool_use"


@each_feeding
def test_c10_parallel_calls_of_gemini_without_ids(feeding: str) -> None:
    """The same call three times is legal (fixtures fact 34)."""
    calls = [gemini.call("now", {}) for _ in range(3)]
    checked = streamed("gemini", gemini.sse(gemini.chunk(*calls), gemini.chunk(finish="STOP")), feeding)
    assert tools_of(checked) == [("now", {})] * 3
    assert len({tool.id for tool in checked.tools}) == 3


@pytest.mark.parametrize(
    ("form", "events", "expected"),
    [
        ("gemini", [gemini.chunk(gemini.call("f"), finish="STOP")], {}),
        ("gemini", [gemini.chunk({"functionCall": {"name": "f", "args": None, "id": ""}}, finish="STOP")], {}),
        ("gemini", [gemini.chunk({"functionCall": {"name": "f", "args": {"a": [1]}}}, finish="STOP")], {"a": [1]}),
        *(
            ("responses", [responses.added(item), responses.done(item), responses.completed([item])], expected)
            for item, expected in (
                (responses.call_item("f", ""), {}),
                (responses.call_item("f", None), {}),
                (responses.call_item("f", {"a": [1]}), {"a": [1]}),
                (responses.call_item("f", '{"a": [1]}', ""), {"a": [1]}),
            )
        ),
        ("responses", [responses.completed([responses.call_item("f", '{"a": [1]}')])], {"a": [1]}),
    ],
)
@each_feeding
def test_c11_forms_of_tool_calls(form: str, events: list[Json], expected: Json, feeding: str) -> None:
    checked = streamed(form, encoded(form, *events), feeding)
    assert (tools_of(checked), checked.stop_reason) == ([("f", expected)], "tool_use")
    assert checked.tools[0].id


@each_feeding
@pytest.mark.parametrize(
    "left_out", [["function_call_arguments.delta"], ["function_call_arguments"], ["output_item"], []]
)
def test_c12_arguments_come_once_whatever_is_left_out(feeding: str, left_out: list[str]) -> None:
    events = responses.without(responses.call(FIRST, '{"path": ', '"a.py"}'), *left_out)
    checked = streamed("responses", responses.sse(*responses.begin(), *events, responses.completed([FIRST])), feeding)
    assert tools_of(checked) == READ
    assert (checked.stop_reason, checked.usage["output_tokens"]) == ("tool_use", 3)


@each_feeding
def test_c12_incomplete_is_max_tokens(feeding: str) -> None:
    checked = streamed("responses", said("responses", Answer(text="cut", finish="max_tokens")), feeding)
    assert (checked.text, checked.stop_reason) == ("cut", "max_tokens")
