"""Calls and items of Responses answers: arguments given once, and items found however their events name them."""

import pytest

from ccr_middleware.testing.wires.responses import (
    added,
    begin,
    call,
    call_item,
    completed,
    delta,
    done,
    event,
    message,
    message_item,
    reasoning_item,
    response,
    sse,
    without,
)

from .support import each_feeding
from .support.responses_answer import (
    ARGUMENTS,
    CALL,
    CUSTOM,
    READ,
    chunks_of,
    sealed,
    stream,
    two_of_each,
    whole,
)
from .support.translate import new_message

# -- items that are hard to tell apart ---------------------------------------------------------------------


def renamed(events):
    """The stream as GitHub Copilot sends it: another id with every event (fixtures fact 43)."""
    for number, one in enumerate(events):
        if "item_id" in one:
            one["item_id"] = f"id_{number}"
        if "item" in one:
            one["item"] = {**one["item"], "id": f"id_{number}"}
    return events


@pytest.mark.parametrize("output", [True, False])
def test_c12_ids_that_change_with_every_event(output):
    events, items = two_of_each()
    items = [{**item, "id": f"last_{n}"} for n, item in enumerate(items)] if output else []
    checked = stream(sse(*begin(), *renamed(events), completed(items)))
    assert checked.text == "I look."
    assert checked.tools == [READ, ("call_0002", "write", {"path": "b.py"})]


@pytest.mark.parametrize("field", ["output_index", "item_id"])
def test_events_that_name_their_item_in_one_way_only(field):
    events, items = two_of_each()
    for one in events:
        one.pop(field, None)
    checked = stream(sse(*begin(), *events, completed(items)))
    assert checked.text == "I look."
    assert checked.tools == [READ, ("call_0002", "write", {"path": "b.py"})]


def test_events_that_do_not_name_their_item():
    events = call(CALL, '{"path": ', '"a.py"}')
    for one in events:
        one.pop("output_index", None)
        one.pop("item_id", None)
    assert stream(sse(*begin(), *events, completed())).tools == [READ]


def test_an_index_that_points_at_an_item_of_another_kind():
    thought = reasoning_item("Hm.")
    piece = delta("reasoning_summary_text", "Hm.", item_id="rs_1")
    checked = stream(
        sse(added(thought), added(message_item("Hi")), piece, done(thought), *message("Hi")[2:], completed())
    )
    assert [block["type"] for block in checked.blocks] == ["thinking", "text"]
    assert sealed(checked.blocks[0]) == {"id": "rs_1"}


def test_a_call_of_another_id_is_another_call():
    other = call_item("read", "{}", "call_0002", "fc_2")
    checked = stream(sse(*call(CALL, ARGUMENTS), completed([other])))
    assert checked.tools == [READ, ("call_0002", "read", {})]


def test_an_index_that_stays_0():
    events, items = two_of_each()
    checked = stream(sse(*begin(), *({**one, "output_index": 0} for one in events), completed(items)))
    assert checked.text == "I look."
    assert checked.tools == [READ, ("call_0002", "write", {"path": "b.py"})]


def test_items_finished_at_the_same_place_without_a_beginning():
    events = [done(message_item("One."), 0), done(message_item("Two.", id="msg_2"), 0)]
    assert stream(sse(*events, completed())).text == "One.\n\nTwo."


def test_c10_interleaved_calls():
    other = call_item("write", '{"path": "b.py"}', "call_0002", "fc_2")
    first, second = call(CALL, '{"path": ', '"a.py"}', index=0), call(other, '{"path"', ': "b.py"}', index=1)
    mixed = [one for pair in zip(first, second, strict=True) for one in pair]
    assert stream(sse(*mixed, completed())).tools == [READ, ("call_0002", "write", {"path": "b.py"})]


# -- calls -------------------------------------------------------------------------------------------------


@each_feeding
@pytest.mark.parametrize(
    "missing",
    [
        (),
        ("function_call_arguments.delta",),  # LM Studio (fact 42)
        ("function_call_arguments.done",),
        ("function_call_arguments",),
        ("output_item.added",),
        ("output_item.done", "completed"),
        ("function_call_arguments", "output_item"),
    ],
)
def test_c12_arguments_are_given_once_whatever_is_left_out(feeding, missing):
    events = [*begin(), *call(CALL, '{"path"', ': "a.py"}'), completed([CALL])]
    checked = stream(sse(*without(events, *missing)), feeding)
    assert checked.tools == [READ]
    assert checked.stop_reason == "tool_use"


@pytest.mark.parametrize("arguments", ["", None, "null", {}, "{}"])
def test_c11_calls_without_arguments(arguments):
    item = call_item(arguments=arguments)
    for checked in (stream(sse(added(item), done(item), completed([item]))), whole(response([item]))):
        assert checked.tools == [("call_0001", "read", {})]


def test_c11_arguments_as_an_object():
    item = call_item(arguments={"path": "a.py"})
    assert whole(response([item])).tools == [READ]
    assert stream(sse(*call(item), completed([item]))).tools == [READ]


def test_a_call_without_arguments_does_not_hold_up_what_follows():
    item = call_item(arguments="")
    chunks, writer = chunks_of(sse(added(item), done(item), *message("Done.", index=1))), new_message()
    events = [one for chunk in chunks for one in writer.feed(chunk)]
    assert [one["content_block"]["type"] for one in events if "content_block" in one] == ["tool_use", "text"]


def test_results_refer_to_the_call_id():
    assert whole(response([call_item(call_id="", id="fc_9")])).tools == [("fc_9", "read", {})]
    assert whole(response([call_item(call_id="call_0009", id="fc_9")])).tools == [("call_0009", "read", {})]


def test_calls_with_one_call_id_missing_stay_two():
    output = [call_item(call_id="", id=""), call_item("write", call_id="", id="")]
    assert [tool.name for tool in whole(response(output)).tools] == ["read", "write"]


def test_names_are_given_back_as_the_client_knows_them():
    assert whole(response([call_item("mcp_x")]), tool_name=lambda name: name.replace("_", ".")).tools[0].name == "mcp.x"


@pytest.mark.parametrize(
    "missing",
    [
        (),
        ("custom_tool_call_input.delta",),
        ("custom_tool_call_input",),
        ("custom_tool_call_input.done", "output_item.done"),
    ],
)
def test_free_text_of_a_custom_call_is_its_one_argument(missing):
    pieces = [event("custom_tool_call_input.delta", output_index=0, delta=piece) for piece in ("a ", '"b"', "\nc")]
    last = event("custom_tool_call_input.done", output_index=0, input=CUSTOM["input"])
    events = without([added(CUSTOM), *pieces, last, done(CUSTOM)], *missing)
    ending = completed([] if "output_item.done" in missing else [CUSTOM])
    for checked in (stream(sse(*events, ending)), whole(response([CUSTOM]))):
        assert checked.tools == [("call_0001", "patch", {"input": 'a "b"\nc'})]
