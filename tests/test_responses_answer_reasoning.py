"""Reasoning, refusals, searches, usage and the other items of Responses answers."""

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
)

from .support import each_feeding
from .support.responses_answer import chunks_of, sealed, stream, whole, whole_chunks, written


def summary(*parts, index=0, **more):
    """A streamed reasoning item with a summary of these parts."""
    item = reasoning_item(*parts, **more)
    events = [added(item, index)]
    for number, text in enumerate(parts):
        about = {"output_index": index, "summary_index": number}
        part = {"type": "summary_text", "text": text}
        events += [
            event("reasoning_summary_part.added", part={"type": "summary_text", "text": ""}, **about),
            delta("reasoning_summary_text", text[:3], index, number),
            delta("reasoning_summary_text", text[3:], index, number),
            event("reasoning_summary_text.done", text=text, **about),
            event("reasoning_summary_part.done", part=part, **about),
        ]
    return [*events, done(item, index)], item


def raw_item(text, **more):
    return reasoning_item(content=[{"type": "reasoning_text", "text": text}], **more)


def raw(text, index=0, **more):
    """A streamed reasoning item with what was really thought (DeepSeek, LM Studio, gpt-oss)."""
    item = raw_item(text, **more)
    about = {"output_index": index, "item_id": item["id"], "content_index": 0}
    part = item["content"][0]
    return [
        added(item, index),
        event("content_part.added", part={**part, "text": ""}, **about),
        *(event("reasoning_text.delta", delta=letter, **about) for letter in text),
        event("reasoning_text.done", text=text, **about),
        event("content_part.done", part=part, **about),
        done(item, index),
    ]


@each_feeding
@pytest.mark.parametrize(
    "missing",
    [
        (),
        ("reasoning_summary_text.delta",),
        ("reasoning_summary_text",),
        ("reasoning_summary_text", "reasoning_summary_part"),
        ("reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"),
        ("reasoning_summary", "output_item"),
    ],
)
def test_summaries_are_shown_once_with_their_parts_apart(feeding, missing):
    events, item = summary("First thought.", "Second thought.", encrypted_content="gAAA")
    events = [one for one in events if not one["type"].removeprefix("response.").startswith(missing or "-")]
    checked = stream(sse(*begin(), *events, *message("Hi", index=1), completed([item, message_item("Hi")])), feeding)
    assert checked.thinking == "First thought.\n\nSecond thought."
    assert checked.text == "Hi"
    texts = [block["type"] for block in checked.blocks if block["type"] != "redacted_thinking"]
    assert texts in (["thinking", "text"], ["text", "thinking"])


def test_the_seal_of_reasoning_is_on_its_block():
    events, item = summary("Hm, so.", encrypted_content="gAAA")
    for checked in (stream(sse(*events, *message("Hi", index=1), completed())), whole(response([item]))):
        assert checked.blocks[0]["thinking"] == "Hm, so."
        assert sealed(checked.blocks[0]) == {"id": "rs_1", "encrypted_content": "gAAA"}


def test_reasoning_without_text_is_opaque():
    item = reasoning_item(encrypted_content="gAAA")
    for checked in (
        stream(sse(added(item), done(item), *message("Hi", index=1), completed([item, message_item("Hi")]))),
        whole(response([item, message_item("Hi")])),
    ):
        assert [block["type"] for block in checked.blocks] == ["redacted_thinking", "text"]
        assert sealed(checked.blocks[0]) == {"id": "rs_1", "encrypted_content": "gAAA"}


@pytest.mark.parametrize("item", [reasoning_item(), reasoning_item(encrypted_content=None), {"type": "reasoning"}])
def test_reasoning_with_nothing_in_it_is_no_block(item):
    """Fixtures fact 44: most reasoning items are empty."""
    checked = stream(sse(added(item), done(item), *message("Hi", index=1), completed([item, message_item("Hi")])))
    assert [block["type"] for block in checked.blocks] == ["text"]


@each_feeding
def test_reasoning_as_it_was_thought(feeding):
    checked = stream(sse(*raw("2 and 2 is 4"), *message("4", index=1), completed()), feeding)
    assert (checked.thinking, checked.text) == ("2 and 2 is 4", "4")
    assert sealed(checked.blocks[0]) == {"id": "rs_1"}


def test_a_summary_beside_the_reasoning_itself_is_not_shown_too():
    item = raw_item("Long and long.", encrypted_content="gAAA")
    item["summary"] = [{"type": "summary_text", "text": "Short."}]
    assert whole(response([item])).thinking == "Long and long."
    assert stream(sse(*raw("Long and long."), completed([item]))).thinking == "Long and long."


def test_c7_reasoning_that_ends_after_the_text_began():
    """OpenRouter closes the reasoning item last, and names it otherwise at the end."""
    thought, said = raw("Hm."), message("4", index=1)
    last = completed([raw_item("Hm.", id="rs_other"), message_item("4")])
    checked = stream(sse(*begin(), *thought[:-3], *said, *thought[-3:], last))
    assert [block["type"] for block in checked.blocks] == ["thinking", "text"]
    assert (checked.thinking, checked.text) == ("Hm.", "4")


def test_c7_a_late_seal_follows_as_an_opaque_block():
    thought = raw("Hm.", encrypted_content="gAAA")
    late = [*thought[:-1], *message("4", index=1), thought[-1]]
    followed = stream(sse(*late, *call(call_item(), "{}", index=2), completed()))
    assert [block["type"] for block in followed.blocks] == ["thinking", "text", "redacted_thinking", "tool_use"]
    assert sealed(followed.blocks[2])["encrypted_content"] == "gAAA"
    # Behind the last text it would hide that text, and no provider takes back reasoning with nothing behind it.
    assert [block["type"] for block in stream(sse(*late, completed())).blocks] == ["thinking", "text"]


def test_reasoning_and_calls_alternate():
    """Fixtures fact 45."""
    first, second = (
        reasoning_item("One.", encrypted_content="A"),
        reasoning_item("Two.", id="rs_2", encrypted_content="B"),
    )
    output = [first, call_item(), second, call_item("write", "{}", "call_0002", "fc_2")]
    streamed = [*summary("One.", encrypted_content="A")[0], *call(output[1], "{}", index=1)]
    streamed += summary("Two.", index=2, id="rs_2", encrypted_content="B")[0]
    streamed += call(output[3], "{}", index=3)
    for checked in (stream(sse(*streamed, completed(output))), whole(response(output))):
        assert [block["type"] for block in checked.blocks] == ["thinking", "tool_use", "thinking", "tool_use"]
        assert [sealed(checked.blocks[n])["encrypted_content"] for n in (0, 2)] == ["A", "B"]


def test_two_reasonings_in_a_row_are_two_blocks():
    output = [reasoning_item("One."), reasoning_item("Two.", id="rs_2"), message_item("Hi")]
    assert [block.get("thinking") for block in whole(response(output)).blocks] == ["One.", "Two.", None]


def test_two_reasonings_that_nobody_can_tell_apart_are_at_least_legible():
    output = [reasoning_item("One.", id=""), reasoning_item("Two.", id=""), message_item("Hi")]
    assert whole(response(output)).thinking == "One.\n\nTwo."


def test_c14_an_answer_of_reasoning_alone():
    for checked in (stream(sse(*raw("Only thought."), completed())), whole(response([raw_item("Only thought.")]))):
        assert [block["type"] for block in checked.blocks] == ["thinking"]
        assert checked.stop_reason == "end_turn"


# -- refusals ----------------------------------------------------------------------------------------------


def test_refusals():
    item = message_item()
    item["content"] = [{"type": "refusal", "refusal": "I cannot help."}]
    last = event("refusal.done", output_index=0, content_index=0, refusal="I cannot help.")
    streamed = [added(item), delta("refusal", "I cannot "), last, done(item), completed([item])]
    for checked in (stream(sse(*streamed)), whole(response([item]))):
        assert (checked.text, checked.stop_reason) == ("I cannot help.", "refusal")


# -- web searches ------------------------------------------------------------------------------------------

CITED = {"type": "url_citation", "url": "https://a.example/", "title": "A", "start_index": 0, "end_index": 2}
SEARCH = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {
        "type": "search",
        "query": "q",
        "sources": [{"type": "url", "url": "https://b.example/"}, {"type": "url", "url": "https://a.example/"}],
    },
}


def searched(**more):
    answer = message("Hi", index=1, annotations=[CITED])
    told = event("output_text.annotation.added", output_index=1, content_index=0, annotation=CITED)
    begun = {**SEARCH, "status": "in_progress", "action": None}
    events = [
        event("output_item.added", output_index=0, item=begun),
        event("web_search_call.searching", output_index=0, item_id="ws_1"),
        event("web_search_call.completed", output_index=0, item_id="ws_1"),
        done(SEARCH),
        *answer[:3],
        told,
        *answer[3:],
    ]
    return sse(*events, completed([SEARCH, message_item("Hi", annotations=[CITED])], **more))


def urls(checked):
    return [citation["url"] for block in checked.blocks for citation in block.get("citations") or []]


@each_feeding
def test_sources_are_citations_of_the_text(feeding):
    checked = stream(searched(), feeding)
    assert urls(checked) == ["https://a.example/", "https://b.example/"]
    assert checked.usage["server_tool_use"] == {"web_search_requests": 1}
    assert checked.message == whole(response([SEARCH, message_item("Hi", annotations=[CITED])])).message


def test_a_source_is_told_once():
    told = [source["url"] for chunk in chunks_of(searched()) for source in chunk.get("annotations", ())]
    assert told == ["https://a.example/", "https://b.example/"]


def test_c45_sources_are_search_results_for_a_client_that_searches():
    checked = stream(searched(), search_query="q")
    assert [block["type"] for block in checked.blocks] == ["text", "server_tool_use", "web_search_tool_result"]
    assert [one["url"] for one in checked.blocks[2]["content"]] == ["https://a.example/", "https://b.example/"]
    assert checked.usage["server_tool_use"] == {"web_search_requests": 1}


@pytest.mark.parametrize(
    ("item", "searches"),
    [
        (SEARCH, 1),
        ({"type": "web_search_call", "name": "web_search", "arguments": '{"query":"q"}', "status": "completed"}, 1),
        ({**SEARCH, "status": "failed"}, 0),
        ({**SEARCH, "action": {"type": "open_page", "url": "https://a.example/"}}, 0),
    ],
)
def test_what_counts_as_a_search(item, searches):
    usage = whole(response([item, message_item("Hi")])).usage
    assert usage.get("server_tool_use", {}).get("web_search_requests", 0) == searches


def test_annotations_that_are_no_web_sources():
    strange = [{"type": "file_citation", "file_id": "f"}, {"type": "url_citation"}, {"url_citation": CITED}, 3]
    assert urls(whole(response([message_item("Hi", annotations=strange)]))) == ["https://a.example/"]


# -- other items -------------------------------------------------------------------------------------------

SHELL = {"type": "local_shell_call", "id": "ls_1", "call_id": "c", "action": {"command": ["ls"]}, "status": "completed"}
CODE = {"type": "code_interpreter_call", "id": "ci_1", "code": "print(1)", "outputs": [], "status": "completed"}
IMAGE = {"type": "image_generation_call", "id": "ig_1", "result": "aGk=" * 99, "revised_prompt": "a cat"}


def test_a_call_that_nobody_runs_is_told():
    output = [message_item("I look."), SHELL]
    checked = stream(sse(*message("I look."), added(SHELL, 1), done(SHELL, 1), completed(output)))
    assert checked.text == 'I look.\n\n[local shell call: {"command":["ls"]}]'
    assert checked.message == whole(response(output)).message


def test_c12_behind_the_last_event_nothing_counts():
    last = completed([message_item("I look."), SHELL])
    assert chunks_of(sse(last, last, *message("More"))) == chunks_of(sse(last))


def test_a_call_that_the_provider_ran_is_not_told_beside_its_text():
    output_of = {"type": "local_shell_call_output", "call_id": "c", "output": "a.py"}
    assert whole(response([SHELL, output_of, CODE, IMAGE, message_item("Hi")])).text == "Hi"


@pytest.mark.parametrize(
    ("item", "note"), [(CODE, "[code interpreter call: print(1)]"), (IMAGE, "[image generation call: a cat]")]
)
def test_an_answer_without_text_tells_what_was_done(item, note):
    assert whole(response([item])).text == note
    assert stream(sse(added(item), done(item), completed([item]))).text == note


def test_unknown_events_and_items_are_passed_over():
    strange = [
        event("queued"),
        event("keepalive"),
        event("image_generation_call.partial_image", partial_image_b64="x", output_index=7),
        event("mcp_call_arguments.delta", delta="{", output_index=7),
        event("output_item.added", output_index=8),
        event("output_item.done", output_index=8, item={"type": "compaction", "encrypted_content": "x"}),
        event("output_item.done", output_index=9, item=[]),
        event("output_text.delta", delta={"text": "x"}, output_index="x"),
        event("output_text.delta"),
        {"type": 3},
        {},
    ]
    checked = stream(sse(*begin(), *strange, *message("Hi"), completed(), names=False))
    assert [block["text"] for block in checked.blocks] == ["Hi"]


# -- usage -------------------------------------------------------------------------------------------------


def test_c42_cached_tokens_are_taken_from_the_input_once():
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens": 30,
        "output_tokens_details": {"reasoning_tokens": 20},
        "total_tokens": 130,
    }
    for checked in (
        stream(sse(*message("Hi"), completed(usage=usage))),
        whole(response([message_item("Hi")], usage=usage)),
    ):
        assert checked.usage["input_tokens"] == 30
        assert checked.usage["cache_read_input_tokens"] == 60
        assert checked.usage["cache_creation_input_tokens"] == 10
        assert checked.usage["output_tokens"] == 30


@pytest.mark.parametrize("usage", [None, {}, "many", {"input_tokens": None}, {"input_tokens": -1, "output_tokens": 0}])
def test_c42_without_usage_there_are_estimates(usage):
    checked = stream(sse(*message("Hello there"), completed(usage=usage)))
    assert checked.usage["input_tokens"] == 7
    assert checked.usage["output_tokens"] > 0


def test_id_and_model_of_the_answer_are_told():
    assert chunks_of(sse(*begin()))[0] == {"id": "resp_1", "model": "test-model"}
    assert whole_chunks(response())[0] == {"id": "resp_1", "model": "test-model"}
    assert written(whole_chunks(response()))[1].error is None
