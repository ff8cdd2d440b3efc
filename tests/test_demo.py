"""The demo model: what it says, how it says it, and what it refuses."""

import asyncio
import json
import time
from typing import Any

import pytest

from ccr_middleware.demo import DEMO_MODELS, DEMO_SCHEME, DEMO_URL, demo_model
from ccr_middleware.sse import SSEDecoder
from ccr_middleware.upstream import InProcessTransport, WireRequest

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": parameters}}
    for name, parameters in {
        "Agent": {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
        "Bash": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
        "Glob": {"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]},
        "get_weather": {"type": "object", "properties": {"unit": {"enum": ["C", "F"]}}, "required": ["unit"]},
    }.items()
]


async def post(body: Any) -> tuple[int, dict[str, str], bytes]:
    """One request to a fresh model without pauses."""
    transport = InProcessTransport(demo_model(pace_seconds=0, clock=lambda: 1_700_000_000.9))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = await transport.send(WireRequest(DEMO_URL, {"content-type": "application/json"}, data))
    answer = b"".join([chunk async for chunk in response.chunks()])
    await response.aclose()
    return response.status, dict(response.headers), answer


def ask(text: Any = "Hi", **fields: Any) -> dict[str, Any]:
    """A whole answer to one user message, or to `messages`."""
    body = {"model": "demo", "messages": [{"role": "user", "content": text}]} | fields
    status, _, answer = asyncio.run(post(body))
    assert status == 200, answer
    return json.loads(answer)


def said(text: Any = "Hi", **fields: Any) -> str:
    return ask(text, **fields)["choices"][0]["message"]["content"]


def called(text: Any = "Hi", **fields: Any) -> tuple[str, Any] | None:
    """The name and arguments of the tool call in the answer."""
    choice = ask(text, tools=TOOLS, **fields)["choices"][0]
    calls = choice["message"].get("tool_calls")
    assert choice["finish_reason"] == ("tool_calls" if calls else "stop")
    if not calls:
        return None
    [call] = calls
    return call["function"]["name"], json.loads(call["function"]["arguments"])


def streamed(**fields: Any) -> list[dict[str, Any]]:
    """The chunks of a streamed answer."""
    body = {"model": "demo", "messages": [{"role": "user", "content": "Hi"}], "stream": True} | fields
    status, headers, answer = asyncio.run(post(body))
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    decoder = SSEDecoder()
    events = [*decoder.feed(answer), *decoder.finish()]
    assert events.pop().data == b"[DONE]"
    return [json.loads(event.data) for event in events]


def folded(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """The message the chunks add up to."""
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    for choice in [choice for chunk in chunks for choice in chunk["choices"]]:
        delta = choice["delta"]
        message["content"] += delta.get("content", "")
        if "reasoning_content" in delta:
            message["reasoning_content"] = message.get("reasoning_content", "") + delta["reasoning_content"]
        for call in delta.get("tool_calls", []):
            calls = message.setdefault("tool_calls", [])
            if "id" in call:
                calls.append({key: value for key, value in call.items() if key != "index"})
            else:
                calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
    return message | {"content": message["content"] or None}


def loop(result: str = "a.md", *after: dict[str, Any], names: tuple[str, ...] = ("Glob",)) -> list[dict[str, Any]]:
    """A session in which tools were called and have answered."""
    calls = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for at, name in enumerate(names)
    ]
    return [
        {"role": "user", "content": "use a tool"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": call["id"], "content": result} for call in calls),
        *after,
    ]


# What it says


def test_the_first_answer_says_who_speaks_and_how_to_get_a_real_model() -> None:
    text = said("Good morning,\n  demo!")
    assert 'You said: "Good morning, demo!"' in text
    assert "demo model" in text
    config = json.loads(text.partition("```json")[2].partition("```")[0])
    assert config["Router"]["default"] == "openrouter,some/model"
    assert config["Providers"][0]["api_key"] == "${OPENROUTER_API_KEY}"


def test_the_example_it_gives_is_a_configuration_we_load() -> None:
    from ccr_middleware.config import load_config

    example = json.loads(said().partition("```json")[2].partition("```")[0])
    config = load_config(example, {"OPENROUTER_API_KEY": "sk-test"})
    assert config.providers[0].models == ("some/model",)


def test_later_answers_are_short() -> None:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "And now?"},
    ]
    text = said(messages=messages)
    assert '"And now?"' in text
    assert "```" not in text


def test_long_words_are_cut() -> None:
    assert said("x" * 5000).count("x") < 200


def test_what_the_client_added_is_not_taken_for_the_users_words() -> None:
    content = [
        {"type": "text", "text": "<system-reminder>\nuse a tool, call Bash\n</system-reminder>"},
        {"type": "text", "text": "Good morning"},
        {"type": "text", "text": "<system-reminder>Bash</system-reminder>"},
    ]
    assert called(content) is None
    assert '"Good morning"' in said(content)


def test_images_are_admitted_not_to_be_seen() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert "and 2 images, which I cannot see" in said([{"type": "text", "text": "Look"}, image, image])
    assert "nothing (and 1 image," in said([image])


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "demo-thinking"},
        {"reasoning_effort": "high"},
        {"reasoning": {"effort": "low"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"enable_thinking": True},
    ],
)
def test_thinking_comes_first_when_asked_for(fields: dict[str, Any]) -> None:
    kinds = [key for chunk in streamed(**fields) for key in chunk["choices"][0]["delta"] if key != "role"]
    first_text = kinds.index("content", 1)
    assert set(kinds[1:first_text]) == {"reasoning_content"}
    assert set(kinds[first_text:]) == {"content"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reasoning_effort": "none"},
        {"reasoning": {"enabled": False}},
        {"thinking": {"type": "disabled"}},
        {"enable_thinking": False},
    ],
)
def test_no_thinking_otherwise(fields: dict[str, Any]) -> None:
    assert "reasoning_content" not in folded(streamed(**fields))


def test_json_answers_fit_their_schema() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "title", "schema": schema}}
    assert json.loads(said(response_format=wanted)) == {"title": "Demo session"}
    assert json.loads(said(response_format={"type": "json_object"})) == {"answer": "demo"}


# Tools


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("please use a tool", ("Glob", {"pattern": "*.md"})),
        ("用一个工具", ("Glob", {"pattern": "*.md"})),
        ("call get_weather for Berlin", ("get_weather", {"unit": "C"})),
        ("Bash, then Glob", ("Bash", {"command": "echo hello"})),
        ("use the bash tool", ("Bash", {"command": "echo hello"})),
        ("Good morning", None),
        ("bash my head against the wall", None),
        ("Globbing and get_weather_now", None),
        ("Summarise. Do NOT call any tools.", None),
        ("Here is my file: Bash " + "tool " * 400, None),
    ],
)
def test_a_tool_is_called_when_the_user_asks_for_one(text: str, expected: Any) -> None:
    assert called(text) == expected


def test_tool_choice_is_obeyed() -> None:
    assert called("use a tool", tool_choice="none") is None
    assert called("Hi", tool_choice="required") == ("Agent", {"prompt": "Say hello."})
    assert called("Hi", tool_choice={"type": "function", "function": {"name": "Bash"}}) == (
        "Bash",
        {"command": "echo hello"},
    )


def test_a_made_up_prompt_asks_for_no_tool() -> None:
    _, arguments = called("use Agent")
    assert called(arguments["prompt"]) is None


def test_a_tool_whose_arguments_cannot_be_made_up_is_passed_over() -> None:
    hard = {
        "type": "function",
        "function": {"name": "hard", "parameters": {"properties": {"a": False}, "required": ["a"]}},
    }
    easy = {"type": "function", "function": {"name": "easy"}}
    body = {"model": "demo", "messages": [{"role": "user", "content": "use a tool"}]}
    _, _, answer = asyncio.run(post(body | {"tools": [hard, easy]}))
    assert json.loads(answer)["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "easy"
    _, _, answer = asyncio.run(post(body | {"tools": [hard]}))
    assert json.loads(answer)["choices"][0]["finish_reason"] == "stop"


def test_a_result_is_summed_up() -> None:
    text = said(messages=loop("README.md\nCHANGES.md", names=("Glob", "Bash")), tools=TOOLS)
    assert text.startswith('Glob answered: "README.md CHANGES.md"\nBash answered: "README.md CHANGES.md"')


@pytest.mark.parametrize("choice", ["auto", "required"])
@pytest.mark.parametrize(
    "after",
    [
        [],
        [{"role": "user", "content": "<system-reminder>use a tool</system-reminder>"}],
        [{"role": "user", "content": "use a tool"}],
        [{"role": "system", "content": "use a tool"}],
    ],
)
def test_no_tool_is_called_right_after_a_result(after: list[dict[str, Any]], choice: str) -> None:
    assert called(messages=loop("use a tool", *after), tool_choice=choice) is None


def test_a_loop_of_tools_ends_by_itself() -> None:
    messages = [{"role": "user", "content": "use a tool"}]
    for _ in range(5):
        message = ask(messages=messages, tools=TOOLS)["choices"][0]["message"]
        messages.append(message)
        if "tool_calls" not in message:
            break
        messages.append({"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "tool tool"})
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant"]


def test_ids_of_calls_differ_in_a_session_that_outlives_the_process() -> None:
    first = ask("use a tool", tools=TOOLS)["choices"][0]["message"]["tool_calls"][0]["id"]
    messages = loop("x", {"role": "assistant", "content": "Done"}, {"role": "user", "content": "use a tool again"})
    second = ask(messages=messages, tools=TOOLS)["choices"][0]["message"]["tool_calls"][0]["id"]
    assert first != second


# How it says it


@pytest.mark.parametrize("text", ["Hi", "use a tool"])
@pytest.mark.parametrize("model", DEMO_MODELS)
@pytest.mark.parametrize("limit", [None, 1, 5, 42])
def test_the_stream_adds_up_to_the_whole(text: str, model: str, limit: int | None) -> None:
    fields = {"model": model, "tools": TOOLS, "messages": [{"role": "user", "content": text}], "max_tokens": limit}
    chunks = streamed(**fields, stream_options={"include_usage": True})
    whole = ask(**fields)
    assert folded(chunks) == whole["choices"][0]["message"]
    finishes = [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]]
    assert finishes[-1] == whole["choices"][0]["finish_reason"]
    assert not any(finishes[:-1])
    assert chunks[-1]["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]
    assert {chunk["id"] for chunk in chunks} == {whole["id"]} == {"chatcmpl-demo-1"}


def test_text_and_arguments_come_in_several_pieces() -> None:
    chunks = streamed(messages=[{"role": "user", "content": "use a tool"}], tools=TOOLS)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    fragments = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert (fragments[0]["function"]["name"], fragments[0]["function"]["arguments"]) == ("Glob", "")
    assert len(fragments) > 2
    assert sum("content" in delta for delta in streamed_deltas("Hi")) > 10


def streamed_deltas(text: str) -> list[dict[str, Any]]:
    chunks = streamed(messages=[{"role": "user", "content": text}])
    return [chunk["choices"][0]["delta"] for chunk in chunks]


def test_usage_comes_only_when_asked_for() -> None:
    assert all("usage" not in chunk for chunk in streamed())
    last = streamed(stream_options={"include_usage": True})[-1]
    assert last["choices"] == []
    usage = last["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert min(usage["prompt_tokens"], usage["completion_tokens"]) > 0


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_limit_on_tokens_is_kept(field: str) -> None:
    choice = ask(**{field: 4})["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"].split() == ["This", "is", "the", "built-in"]


def test_arguments_cut_by_the_limit_are_cut_json() -> None:
    choice = ask("use a tool", tools=TOOLS, max_tokens=6)["choices"][0]
    assert choice["finish_reason"] == "length"
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


def test_the_time_is_the_clocks() -> None:
    assert ask()["created"] == 1_700_000_000


def test_ids_count_up_and_models_share_no_counter() -> None:
    async def main() -> list[str]:
        body = json.dumps({"model": "demo", "messages": [{"role": "user", "content": "Hi"}]}).encode()
        one, other = (InProcessTransport(demo_model(0)) for _ in range(2))
        ids = []
        for transport in (one, one, other):
            response = await transport.send(WireRequest(DEMO_URL, {}, body))
            ids.append(json.loads(b"".join([chunk async for chunk in response.chunks()]))["id"])
        return ids

    assert asyncio.run(main()) == ["chatcmpl-demo-1", "chatcmpl-demo-2", "chatcmpl-demo-1"]


def test_chunks_are_paced_and_the_loop_runs_in_between() -> None:
    async def main() -> int:
        body = json.dumps({"model": "demo", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}).encode()
        response = await InProcessTransport(demo_model(pace_seconds=0.001)).send(WireRequest(DEMO_URL, {}, body))
        turns, chunks = 0, 0

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        counting = asyncio.create_task(count())
        async for _ in response.chunks():
            chunks += 1
        counting.cancel()
        assert chunks > 10
        return turns - chunks

    begun = time.monotonic()
    assert asyncio.run(main()) > 0
    assert time.monotonic() - begun > 0.01


def test_the_url_begins_with_the_scheme() -> None:
    assert DEMO_URL.startswith(DEMO_SCHEME)


# What it refuses

USER = {"role": "user", "content": "Hi"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}],
}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "x"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        ({"messages": [USER]}, "model"),
        ({"model": "demo"}, "messages"),
        ({"model": "demo", "messages": []}, "messages"),
        ({"model": "demo", "messages": ["Hi"]}, "messages[0].role"),
        ({"model": "demo", "messages": [{"role": "human", "content": "Hi"}]}, "messages[0].role"),
        ({"model": "demo", "messages": [{"role": "user"}]}, "messages[0].content"),
        ({"model": "demo", "messages": [{"role": "user", "content": ["Hi"]}]}, "messages[0].content"),
        ({"model": "demo", "messages": [USER, CALL]}, "messages"),
        ({"model": "demo", "messages": [USER, CALL, USER]}, "messages"),
        ({"model": "demo", "messages": [USER, RESULT]}, "messages"),
        ({"model": "demo", "messages": [USER, CALL, RESULT, RESULT]}, "messages"),
        ({"model": "demo", "messages": [USER, CALL | {"tool_calls": [{"id": "a"}]}]}, "messages"),
        ({"model": "demo", "messages": [USER], "tools": {}}, "tools"),
        ({"model": "demo", "messages": [USER], "tools": [{"name": "f"}]}, "tools[0]"),
        (
            {"model": "demo", "messages": [USER], "tools": [{"type": "function", "function": {"name": "a.b"}}]},
            "tools[0].function.name",
        ),
        ({"model": "demo", "messages": [USER], "tool_choice": "any"}, "tool_choice"),
        (
            {"model": "demo", "messages": [USER], "tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice",
        ),
        ({"model": "demo", "messages": [USER], "max_tokens": 0}, "max_tokens"),
        ({"model": "demo", "messages": [USER], "max_completion_tokens": "9"}, "max_completion_tokens"),
    ],
)
def test_what_is_no_chat_request_is_refused_in_openais_form(body: Any, param: str | None) -> None:
    status, headers, answer = asyncio.run(post(body))
    error = json.loads(answer)["error"]
    assert (status, headers["content-type"]) == (400, "application/json")
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"]


def test_an_unknown_model_is_not_found() -> None:
    status, _, answer = asyncio.run(post({"model": "gpt-5", "messages": [USER]}))
    error = json.loads(answer)["error"]
    assert (status, error["code"]) == (404, "model_not_found")
    assert "demo and demo-thinking" in error["message"]


def test_a_session_that_is_in_order_is_taken() -> None:
    two = CALL | {"tool_calls": [CALL["tool_calls"][0], CALL["tool_calls"][0] | {"id": "b"}]}
    messages = [{"role": "system", "content": "s"}, USER, two, RESULT | {"tool_call_id": "b"}, RESULT, USER]
    assert said(messages=messages)
