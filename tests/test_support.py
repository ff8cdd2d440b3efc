"""The tests' own instruments: a checker that lets a fault pass would make every other test worthless."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.testing import Tool, Violation, check_error, check_message, check_stream
from ccr_middleware.testing.script import feed

from .support import chat, recorded

ROOT = Path(__file__).parent.parent


def start(**message: Any) -> dict[str, Any]:
    envelope = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 1},
    }
    return {"type": "message_start", "message": {**envelope, **message}}


def open_block(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **value: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **value}}


def close(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def text(index: int = 0, *pieces: str) -> list[dict[str, Any]]:
    deltas = [delta(index, "text_delta", text=piece) for piece in pieces or ("Hello",)]
    return [open_block(index, type="text", text=""), *deltas, close(index)]


def tool(index: int = 0, id: Any = "call_0001", name: Any = "read", *pieces: str) -> list[dict[str, Any]]:
    deltas = [delta(index, "input_json_delta", partial_json=piece) for piece in pieces]
    return [open_block(index, type="tool_use", id=id, name=name, input={}), *deltas, close(index)]


def thinking(index: int, *deltas: tuple[str, str]) -> list[dict[str, Any]]:
    pieces = [delta(index, f"{kind}_delta", **{kind: value}) for kind, value in deltas]
    return [open_block(index, type="thinking", thinking="", signature=""), *pieces, close(index)]


def end(reason: Any = "end_turn", **usage: Any) -> list[dict[str, Any]]:
    stop = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": stop, "usage": {"output_tokens": 5, **usage}}, {"type": "message_stop"}]


PING = {"type": "ping"}
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def frame(*events: Any) -> bytes:
    flat = [one for event in events for one in (event if isinstance(event, list) else [event])]
    return b"".join(b"event: %b\ndata: %b\n\n" % (one["type"].encode(), json.dumps(one).encode()) for one in flat)


def test_a_whole_stream_is_read_and_folded() -> None:
    data = frame(
        start(),
        PING,
        thinking(0, ("thinking", "hm "), ("thinking", "so"), ("signature", "sig")),
        text(1, "He", "llo"),
        tool(2, "call_0001", "read", "", '{"path":', '"a"}'),
        tool(3, "call_0002", "now"),
        end("tool_use", input_tokens=9),
    )
    checked = check_stream(data)
    assert (checked.text, checked.thinking, checked.stop_reason) == ("Hello", "hm so", "tool_use")
    assert checked.tools == [("call_0001", "read", {"path": "a"}), Tool("call_0002", "now", {})]
    assert checked.usage == {"input_tokens": 9, "output_tokens": 5}
    assert checked.blocks[0] == {"type": "thinking", "thinking": "hm so", "signature": "sig"}
    assert checked.names[:3] == ["message_start", "ping", "content_block_start"]
    assert checked.complete
    check_message(checked.message)


@pytest.mark.parametrize("feeding", ["whole", "bytes", "crlf"])
def test_feeding_changes_framing_only(feeding: str) -> None:
    data = frame(start(), text(0, "Grüße 🎉"), end())
    assert check_stream(b"".join(feed(data, feeding))).text == "Grüße 🎉"


def test_an_error_event_keeps_what_came_before() -> None:
    checked = check_stream(frame(start(), text(0, "par")[:2], OVERLOADED))
    assert checked.error == {"type": "overloaded_error", "message": "Overloaded"}
    assert (checked.text, checked.complete, checked.stop_reason) == ("par", False, None)


def test_cut_arguments_are_allowed_when_the_answer_was_cut() -> None:
    checked = check_stream(frame(start(), tool(0, "c", "read", '{"path'), end("max_tokens")))
    assert checked.tools == [("c", "read", None)]


def test_an_unfinished_stream_is_readable_when_asked() -> None:
    data = frame(start(), text(0, "Hel"))
    with pytest.raises(Violation, match="ends with message_stop"):
        check_stream(data)
    assert check_stream(data + b"event: content_bl", complete=False).text == "Hel"


def test_a_ping_may_follow_message_stop() -> None:
    assert check_stream(frame(start(), text(), end(), PING)).complete


@pytest.mark.parametrize(
    ("rule", "events"),
    [
        ("message_start comes first", [text(), end()]),
        ("message_start comes first", [PING, start(), text(), end()]),
        ("message_start comes first", [OVERLOADED]),
        ("message_start comes first and once", [start(), start(), text(), end()]),
        ("non-empty id", [start(id=""), text(), end()]),
        ('type "message"', [start(type="completion"), text(), end()]),
        ('role "assistant"', [start(role="user"), text(), end()]),
        ("non-empty model", [start(model=None), text(), end()]),
        ("empty content", [start(content=[{"type": "text", "text": "x"}]), end()]),
        ("stop_reason is there and null", [start(stop_reason="end_turn"), text(), end()]),
        ("usage has output_tokens", [start(usage={"input_tokens": 1}), text(), end()]),
        ("input_tokens is above 0", [start(usage={"input_tokens": 0, "output_tokens": 0}), text(), end()]),
        ("whole number from 0", [start(usage={"input_tokens": True, "output_tokens": 0}), text(), end()]),
        ("not null", [start(usage={"input_tokens": None, "output_tokens": 0}), text(), end()]),
        ("whole number from 0", [start(), text(), end(output_tokens=-1)]),
        ("whole number from 0", [start(), text(), end(server_tool_use={"web_search_requests": 1.5})]),
        ("the index is 0", [start(), text(1), end()]),
        ("the index is 1", [start(), text(0), text(2), end()]),
        ("the index is 0", [start(), text(0)[:1], delta(1, "text_delta", text="x"), close(0), end()]),
        ("open block is closed", [start(), text(0)[:2], text(1), end()]),
        ("a block is open", [start(), text(), close(0), end()]),
        ("a block is open", [start(), delta(0, "text_delta", text="x"), end()]),
        ("a text block takes", [start(), text()[:2], delta(0, "thinking_delta", thinking="x"), close(0), end()]),
        ("a tool_use block takes", [start(), tool()[:1], delta(0, "text_delta", text="x"), close(0), end("tool_use")]),
        (
            "a redacted_thinking block takes",
            [start(), open_block(0, type="redacted_thinking", data="x"), delta(0, "a")],
        ),
        ("the delta has text", [start(), text()[:2], delta(0, "text_delta", text=None), close(0), end()]),
        ("no text block is empty", [start(), text(0, ""), end()]),
        ("no thinking block is empty", [start(), thinking(0), text(1), end()]),
        ("after all thinking", [start(), thinking(0, ("signature", "s"), ("thinking", "t")), end()]),
        ("signature comes once", [start(), thinking(0, ("signature", "s"), ("signature", "t")), end()]),
        ("starts with empty text", [start(), open_block(0, type="text", text="x"), close(0), end()]),
        ("starts with input {}", [start(), open_block(0, type="tool_use", id="c", name="n", input={"a": 1})]),
        ("'text2' is known", [start(), open_block(0, type="text2"), close(0), end()]),
        ("non-empty id", [start(), tool(0, ""), end("tool_use")]),
        ("non-empty name", [start(), tool(0, "c", None), end("tool_use")]),
        ("'c' is unique", [start(), tool(0, "c"), tool(1, "c"), end("tool_use")]),
        ("are JSON", [start(), tool(0, "c", "n", "{"), end("tool_use")]),
        ("arguments are an object", [start(), tool(0, "c", "n", "[1]"), end("tool_use")]),
        ("needs a tool_use block", [start(), text(), end("tool_use")]),
        ("makes stop_reason tool_use", [start(), tool(), end("end_turn")]),
        ("'stop' is known", [start(), text(), end("stop")]),
        ("None is known", [start(), text(), end(None)]),
        ("one message_delta", [start(), text(), end()[0], end()]),
        ("closed before message_delta", [start(), text()[:2], end()]),
        ("no block comes after message_delta", [start(), text(), end()[0], text(1)]),
        ("message_delta comes before message_stop", [start(), text(), end()[1]]),
        ("ends with message_stop", [start(), text(), end()[0]]),
        ("nothing but a ping comes after message_stop", [start(), text(), end(), OVERLOADED]),
        ("nothing comes after an error", [start(), OVERLOADED, PING]),
        ("an error has a non-empty message", [start(), {"type": "error", "error": {"type": "api_error"}}]),
        ("the event type is known", [start(), {"type": "message_end"}]),
    ],
)
def test_each_rule_of_the_grammar_is_held(rule: str, events: list[Any]) -> None:
    with pytest.raises(Violation) as caught:
        check_stream(frame(*events))
    assert rule in str(caught.value)
    assert str(caught.value).startswith("event ")


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        ("one `event:` and one `data:` line", lambda data: data.replace(b"event: ping\n", b"")),
        ("the event's name is its type", lambda data: data.replace(b"event: ping", b"event: pong")),
        ("data is JSON", lambda data: data + b"event: done\ndata: [DONE]\n\n"),
        ("one `event:` and one `data:` line", lambda data: data + b"data: [DONE]\n\n"),
        ("closed by a blank line", lambda data: data[:-1]),
        ("one `event:` and one `data:` line", lambda data: data.replace(b"ping\n", b"ping\n\n")),
    ],
)
def test_framing_is_held(rule: str, spoil: Callable[[bytes], bytes]) -> None:
    data = frame(start(), PING, text(), end())
    check_stream(b": comment\n\n" + data)
    with pytest.raises(Violation, match=rule):
        check_stream(spoil(data))


def test_a_json_answer_is_held_to_the_same_rules() -> None:
    message = check_stream(frame(start(), text(0), tool(1), end("tool_use"))).message
    assert check_message(message).tools == [("call_0001", "read", {})]
    twice = {**message, "content": message["content"] + message["content"][1:]}
    for spoiled in (
        {**message, "stop_reason": "end_turn"},
        {**message, "content": [{"type": "text", "text": ""}], "stop_reason": "end_turn"},
        {**message, "usage": None},
        twice,
    ):
        with pytest.raises(Violation):
            check_message(spoiled)


def test_an_error_body_is_checked() -> None:
    assert check_error(json.dumps({**OVERLOADED, "request_id": "r"}))["type"] == "overloaded_error"
    for body in ({"error": {"type": "t", "message": "m"}}, {"type": "error", "error": {"type": "t", "message": ""}}):
        with pytest.raises(Violation):
            check_error(body)


#: Real streams our rules refuse: a file without its last blank line, and the overlap of fixtures fact 54.
REFUSED = {
    "anthropic/asdk-tool-use-response": "closed by a blank line",
    "vercel-gateway/oc-continues-messages-deepseek-reasoning-and-tools-1": "open block is closed",
}


@pytest.mark.parametrize("case", recorded.params(api="anthropic-messages", status=200))
def test_real_answers_pass(case: recorded.Case) -> None:
    if not case.is_stream:
        assert check_message(case.json()).complete
    elif case.name in REFUSED:
        with pytest.raises(Violation, match=REFUSED[case.name]):
            check_stream(case.body, zero_input=True)
    else:
        assert check_stream(case.body, zero_input=case.provider == "vercel-gateway").complete


def test_chat_builders() -> None:
    assert chat.tool(1, arguments=None)["choices"][0]["delta"] == {
        "tool_calls": [{"index": 1, "function": {"arguments": None}}]
    }
    both = chat.merge(chat.text("a"), chat.tool(0, "c", "n", ""), chat.tool(1, "d", "n", "{}"), chat.finish("stop"))
    choice = both["choices"][0]
    assert choice["delta"]["content"] == "a"
    assert [call["id"] for call in choice["delta"]["tool_calls"]] == ["c", "d"]
    assert choice["finish_reason"] == "stop"
    data = chat.sse(": hi", chat.text("ä"), crlf=True)
    assert data.startswith(b": hi\r\n\r\ndata: {")
    assert data.endswith("ä".encode() + b'"},"finish_reason":null}]}\r\n\r\ndata: [DONE]\r\n\r\n')
    whole = chat.whole("Hi", reasoning="hm", tools=[("c", "n", "{}")], usage=chat.counts(9, 4, cached=2))
    assert whole["choices"][0]["message"]["reasoning_content"] == "hm"
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 2}


def run_pytest(folder: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test file below this project's conftest, in a process of its own."""
    (folder / "conftest.py").write_text("from tests.conftest import *\n")
    (folder / "test_inner.py").write_text(textwrap.dedent(source))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_the_way_out_is_closed_and_the_environment_clean(tmp_path: Path) -> None:
    source = """
        import os, socket, pytest

        def test_swallowed_connect():
            try:
                socket.create_connection(("192.0.2.1", 80), 1)
            except OSError:
                pass

        def test_look_up():
            with pytest.raises(socket.gaierror):
                socket.getaddrinfo("example.org", 80)

        def test_clean():
            assert not {"ANTHROPIC_API_KEY", "https_proxy", "CCR_X"} & set(os.environ)
            assert os.listdir(os.environ["HOME"]) == []
            with pytest.raises(socket.gaierror):
                socket.getaddrinfo("provider.invalid", 80)
            socket.socket().close()

        @pytest.mark.skip(reason="the reason")
        def test_skipped(): ...
    """
    result = run_pytest(tmp_path, source, ANTHROPIC_API_KEY="k", https_proxy="http://127.0.0.1:1", CCR_X="1")
    assert "2 errors" in result.stdout, result.stdout
    assert "3 passed" in result.stdout
    assert result.stdout.count("the test tried to leave this machine") >= 2
    assert "not run: 1 because the reason" in result.stdout


def test_recorded_traffic_is_missed_visibly(tmp_path: Path) -> None:
    source = """
        import pytest
        from tests.support import recorded

        @pytest.mark.parametrize("case", recorded.params(api="openai-chat"))
        def test_each(case): ...

        @recorded.needs_recorded
        def test_one(): ...
    """
    result = run_pytest(tmp_path, source)
    assert "2 skipped" in result.stdout, result.stdout
    assert f"not run: 2 because {recorded.MISSING}" in result.stdout


@recorded.needs_recorded
def test_recorded_cases_are_found() -> None:
    everything = recorded.cases()
    assert {one.is_stream for one in everything} == {True, False}
    assert len({one.name for one in everything}) == len(everything)
    some = recorded.cases(api="openai-chat", provider="openrouter", stream=True)
    assert recorded.case("openrouter/pai-stream-error") in some
    assert all(b"data: " in one.body for one in some)
    assert b"".join(list(some[0].feedings())[1]) == some[0].body
