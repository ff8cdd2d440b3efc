"""Every recorded Responses exchange: valid events, nothing lost, nothing twice, usage as told, whole == folded."""

import json

import pytest

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import fold
from ccr_middleware.testing import Checked, check_stream
from ccr_middleware.testing.script import FEEDINGS
from ccr_middleware.wire.provider_errors import read_error

from .support import recorded
from .support.responses_answer import chunks_of, sealed, whole_chunks, written

STREAMS = recorded.params(api="openai-responses", stream=True)
#: Calls that nobody at the client's side can run; they are told in words.
UNHEARD = ("shell_call", "local_shell_call", "apply_patch_call")


def events_in(body: bytes) -> list[dict]:
    """The events of a recorded stream, read as simply as can be."""
    lines = body.decode().replace("\r\n", "\n").split("\n")
    data = [line[5:].strip() for line in lines if line.startswith("data:")]
    return [json.loads(text) for text in data if text != "[DONE]"]


def last_response(body: bytes) -> dict:
    """The response object that ends a recorded stream."""
    return events_in(body)[-1]["response"]


def finished_items(body: bytes) -> list[dict]:
    """The items of a recorded stream as they were when each was done: at the end they may be encrypted anew."""
    return [event["item"] for event in events_in(body) if event["type"] == "response.output_item.done"]


def check_said(checked: Checked, response: dict, finished: list[dict]) -> None:
    """Everything the finished response says has come, in order and once."""
    items = response["output"]
    text = "".join(part["text"] for item in items if item["type"] == "message" for part in item["content"])
    unheard = [item["type"] for item in items if item["type"] in UNHEARD]
    if unheard:
        assert checked.text.startswith(f"[{unheard[0].replace('_', ' ')}: ")
    else:
        assert checked.text == text
    reasoning = [item for item in items if item["type"] == "reasoning"]
    parts = [part["text"] for item in reasoning for part in item.get("content") or item["summary"]]
    assert checked.thinking.replace("\n\n", "") == "".join(parts).replace("\n\n", "")
    calls = [item for item in items if item["type"] == "function_call"]
    assert checked.tools == [(c["call_id"], c["name"], json.loads(c["arguments"] or "{}")) for c in calls]
    encrypted = [(item["id"], item["encrypted_content"]) for item in finished if item.get("encrypted_content")]
    assert [(found["id"], found["encrypted_content"]) for found in seals(checked)] == encrypted
    check_end(checked, response, has_calls=bool(calls))


def seals(checked: Checked) -> list[dict]:
    """What goes back to the provider with the reasoning."""
    blocks = [sealed(block) for block in checked.blocks if block["type"] in ("thinking", "redacted_thinking")]
    return [seal for seal in blocks if "encrypted_content" in seal]


def check_end(checked: Checked, response: dict, *, has_calls: bool) -> None:
    usage = response["usage"]
    cached = usage["input_tokens_details"]["cached_tokens"]
    if usage["total_tokens"]:
        assert checked.usage["cache_read_input_tokens"] == cached
        assert checked.usage["input_tokens"] == usage["input_tokens"] - cached
        assert checked.usage["output_tokens"] == usage["output_tokens"]
    searches = sum(item["type"] == "web_search_call" for item in response["output"])
    assert checked.usage.get("server_tool_use", {}).get("web_search_requests", 0) == searches
    cut = response.get("incomplete_details")
    assert checked.stop_reason == ("max_tokens" if cut else "tool_use" if has_calls else "end_turn")


@pytest.mark.parametrize("feeding", FEEDINGS)
@pytest.mark.parametrize("case", STREAMS)
def test_c12_recorded_streams(case, feeding):
    events, writer = written(chunks_of(case.body, feeding))
    assert writer.error is None
    checked = check_stream(frame(events))
    check_said(checked, last_response(case.body), finished_items(case.body))
    assert fold(events) == checked.message
    assert events == written(chunks_of(case.body))[0]


def without_ids(blocks: list[dict]) -> list[dict]:
    """Blocks as the model said them. Some providers name a reasoning item otherwise at the end (fact 43), or encrypt it
    anew."""
    return [{key: value for key, value in block.items() if key not in ("signature", "data")} for block in blocks]


@pytest.mark.parametrize("case", STREAMS)
def test_a_stream_folds_to_what_the_whole_answer_is(case):
    folded = fold(written(chunks_of(case.body))[0])
    whole = fold(written(whole_chunks(last_response(case.body)))[0])
    assert without_ids(folded["content"]) == without_ids(whole["content"])
    for key in ("stop_reason", "stop_sequence", "usage"):
        assert folded[key] == whole[key]


@pytest.mark.parametrize("case", recorded.params(api="openai-responses", stream=False, status=200))
def test_recorded_json_answers(case):
    events, writer = written(whole_chunks(case.json()))
    assert writer.error is None
    checked = check_stream(frame(events))
    check_said(checked, case.json(), case.json()["output"])


@pytest.mark.parametrize("case", recorded.params(api="openai-responses", stream=False, status=200))
def test_recorded_sources_become_citations(case):
    parts = [part for item in case.json()["output"] if item["type"] == "message" for part in item["content"]]
    urls = [a["url"] for part in parts for a in part["annotations"] if a["type"] == "url_citation"]
    checked = check_stream(frame(written(whole_chunks(case.json()))[0]))
    cited = [c["url"] for block in checked.blocks for c in block.get("citations") or []]
    assert cited == list(dict.fromkeys(urls))


@pytest.mark.parametrize("case", recorded.params(api="openai-responses", status=400))
def test_c41_recorded_errors(case):
    error = read_error(case.status, case.headers, case.body, provider=case.provider, model=case.model or "m")
    assert error.status == 400
    assert case.json()["error"]["message"] in error.message
