"""The demo model: what it says and when it calls a tool."""

import asyncio
import json
from typing import Any

import pytest

from .support.demo import TOOLS, ask, folded, post, said, streamed


def called(text: Any = "Hi", **fields: Any) -> tuple[str, Any] | None:
    """The name and arguments of the tool call in the answer."""
    choice = ask(text, tools=TOOLS, **fields)["choices"][0]
    calls = choice["message"].get("tool_calls")
    assert choice["finish_reason"] == ("tool_calls" if calls else "stop")
    if not calls:
        return None
    [call] = calls
    return call["function"]["name"], json.loads(call["function"]["arguments"])


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
    config = load_config(example, env={"OPENROUTER_API_KEY": "sk-test"})
    assert config.warnings == ()
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
