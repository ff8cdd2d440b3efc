"""What routing reads from a request. The requests are modelled on what three generations of Claude Code send."""

import json

import pytest

from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.session import session_of

SESSION = "0b9f1f0e-1111-4222-8333-444455556666"
NEW_HEADERS = {"user-agent": "claude-cli/2.1.330 (external, cli)", "x-app": "cli", "x-claude-code-session-id": SESSION}
OLD_HEADERS = {"user-agent": "claude-cli/2.0.77 (external, cli)", "x-app": "cli"}
SDK_HEADERS = {"user-agent": "Anthropic/Python 2.12.0", "authorization": "Bearer k"}

BILLING = "x-anthropic-billing-header: cc_version=2.1.330.a1b; cc_entrypoint=cli;"
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
SEARCH_TOOL = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


def text(words):
    return {"type": "text", "text": words}


def user(*content):
    return {"role": "user", "content": list(content)}


def assistant(*content):
    return {"role": "assistant", "content": list(content)}


def call(name, id="toolu_1", **arguments):
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def result(*content, id="toolu_1", **more):
    return {"type": "tool_result", "tool_use_id": id, "content": list(content), **more}


def reminder(words):
    return text(f"<system-reminder>\n{words}\n</system-reminder>")


def tools(*names):
    return [
        {"name": name, "description": name, "input_schema": {"type": "object"}} for name in names or ("Bash", "Read")
    ]


def new_main(**changes):
    """A turn of the newest client: three system blocks, a system message, thinking adaptive, effort twice."""
    return {
        "model": "claude-opus-5-5",
        "messages": [
            user(reminder("# claudeMd"), text("List the files")),
            {"role": "system", "content": "Working directory: /w", "output_config": {"effort": "medium"}},
        ],
        "system": [text(BILLING), text("You are Claude Code."), text("You help with software.")],
        "tools": tools("Agent", "Bash", "Edit", "Read"),
        "metadata": {"user_id": json.dumps({"device_id": "d", "account_uuid": "", "session_id": SESSION})},
        "max_tokens": 128000,
        "thinking": {"type": "adaptive", "display": "updates"},
        "output_config": {"effort": "medium"},
        "stream": True,
    } | changes


def new_side(**changes):
    """The newest client names a session: no thinking, no tools, the main model."""
    body = new_main(messages=[user(text("List the files"))], tools=[]) | changes
    del body["thinking"]
    return body


def new_search(**changes):
    """The newest client searches the web: its own request with the main model."""
    messages = [user(text("Perform a web search for the query: tide tables"))]
    body = new_main(messages=messages, tools=[SEARCH_TOOL], tool_choice={"type": "auto"}) | changes
    del body["thinking"]
    return body


def old_main(**changes):
    """A turn of the 2.0 client, in the terminal."""
    return {
        "model": "claude-sonnet-4-5-20250929",
        "messages": [user(reminder("# claudeMd"), text("List the files"))],
        "system": [text("You are Claude Code."), text("You help with software.")],
        "tools": tools("Task", "Bash", "Read"),
        "metadata": {"user_id": f"user_{'a1' * 32}_account__session_{SESSION}"},
        "max_tokens": 32000,
        "stream": True,
    } | changes


def old_side(**changes):
    """The 2.0 client names a session: a haiku model and an answer begun for it."""
    messages = [user(text("List the files")), {"role": "assistant", "content": "{"}]
    return old_main(model="claude-haiku-4-5-20251001", messages=messages, tools=[]) | changes


def first_main(**changes):
    """A turn of the 1.0 client."""
    return old_main(model="claude-sonnet-4-20250514", temperature=1) | changes


def first_side(**changes):
    """The 1.0 client names a session: no tools key at all."""
    body = first_main(model="claude-3-5-haiku-20241022", max_tokens=512, temperature=0) | changes
    del body["tools"]
    return body


@pytest.mark.parametrize(
    ("headers", "user_id", "expected"),
    [
        (NEW_HEADERS, "user_x_account__session_other", SESSION),
        ({"x-claude-session-id": "abc-1"}, None, "abc-1"),
        ({}, json.dumps({"device_id": "d", "account_uuid": "", "session_id": SESSION}), SESSION),
        ({}, f"user_{'a1' * 32}_account__session_{SESSION}", SESSION),
        ({}, f"user_{'a1' * 32}_account_5c1f_session_{SESSION}", SESSION),
        ({"x-claude-code-session-id": "../../etc/passwd"}, None, ""),
        ({"x-claude-code-session-id": "../x"}, f"user_a_account__session_{SESSION}", SESSION),
        ({}, json.dumps({"session_id": "a/b"}), ""),
        ({}, json.dumps({"session_id": 7}), ""),
        ({}, '{"session_id": "cut', ""),
        ({}, "[1]", ""),
        ({}, "user_without", ""),
        ({}, {"session_id": SESSION}, ""),
        ({}, None, ""),
    ],
)
def test_c29_session_from_header_json_and_old_form(headers, user_id, expected):
    body = {} if user_id is None else {"metadata": {"user_id": user_id}}
    assert session_of(body, headers) == expected
    assert facts_of(body, headers).session_id == expected


@pytest.mark.parametrize("metadata", [None, "x", [], {"user_id": None}])
def test_session_of_odd_metadata_is_unknown(metadata):
    assert session_of({"metadata": metadata}, {}) == ""


def test_facts_of_a_new_turn():
    facts = facts_of(new_main(), NEW_HEADERS)
    assert (facts.model, facts.session_id) == ("claude-opus-5-5", SESSION)
    assert (facts.thinking, facts.thinking_budget, facts.effort) == ("adaptive", 0, "medium")
    assert facts.is_claude_code
    assert facts.has_tools
    assert not any(
        (facts.is_side_request, facts.wants_web_search, facts.plan_mode, facts.has_new_image, facts.is_subagent)
    )
    assert facts.subagent_target == ""


@pytest.mark.parametrize("model", [None, 7, ["x"], {}])
def test_a_missing_or_odd_model_is_no_model(model):
    assert facts_of({"model": model}, {}).model == ""
    assert facts_of({}, {}).model == ""


def test_a_thinking_budget_is_read():
    facts = facts_of(old_main(thinking={"type": "enabled", "budget_tokens": 31999}), OLD_HEADERS)
    assert (facts.thinking, facts.thinking_budget) == ("enabled", 31999)


@pytest.mark.parametrize("body", [new_side(), old_side(), first_side()], ids=["new", "old", "1x"])
def test_side_requests_of_three_generations(body):
    headers = NEW_HEADERS if body["model"].endswith("5-5") else OLD_HEADERS
    assert facts_of(body, headers).is_side_request


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (new_main(), NEW_HEADERS),
        (new_search(), NEW_HEADERS),
        (new_main(tools=[]), NEW_HEADERS),
        ({"model": "claude-opus-5-5", "messages": [user(text("Hi"))]}, SDK_HEADERS),
    ],
    ids=["turn", "web search", "no tools but thinking", "another client's question"],
)
def test_what_is_no_side_request(body, headers):
    assert not facts_of(body, headers).is_side_request


def test_claude_code_is_known_by_its_name_or_by_its_session():
    body = {"messages": [user(text("Name this session"))]}
    assert facts_of(body, {"user-agent": "claude-cli/1.0.128 (external, cli)"}).is_side_request
    assert facts_of(body, {"x-claude-code-session-id": SESSION}).is_side_request
    assert facts_of(body | {"metadata": {"user_id": f"user_a_account__session_{SESSION}"}}, {}).is_side_request
    assert not facts_of(body | {"metadata": {"user_id": "someone"}}, SDK_HEADERS).is_side_request


def test_thinking_switched_off_does_not_hide_a_side_request():
    assert facts_of(new_side() | {"thinking": {"type": "disabled"}}, NEW_HEADERS).is_side_request


def test_the_newest_system_message_sets_the_effort():
    messages = [
        user(text("a")),
        {"role": "system", "content": [], "output_config": {"effort": "low"}},
        assistant(text("b")),
        {"role": "system", "content": [], "output_config": {"effort": "MAX"}},
        user(text("c")),
        {"role": "system", "content": "note"},
    ]
    assert facts_of(new_main(messages=messages), NEW_HEADERS).effort == "max"


def test_the_effort_of_the_request_holds_where_no_message_sets_one():
    assert facts_of(new_main(messages=[user(text("a"))], output_config={"effort": "xhigh"}), {}).effort == "xhigh"
    assert facts_of({"messages": "x", "output_config": {"effort": 3}}, {}).effort == ""


ASK = user(text("Look"))
DONE = assistant(text("Done"))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([user(IMAGE, text("What is it?"))], True),
        ([ASK, assistant(call("Read")), user(result(IMAGE))], True),
        ([ASK, assistant(call("Read")), user(result(text("x")), text("go on"))], False),
        ([user(IMAGE), DONE, ASK], False),
        ([ASK, assistant(call("Read")), user(result(IMAGE)), DONE, ASK], False),
        ([{"role": "user", "content": "Look at @a.png"}, user(IMAGE)], True),
        ([user(IMAGE), {"role": "user", "content": "and?"}], True),
        ([user(IMAGE), {"role": "system", "content": "note"}], True),
        ([user(IMAGE), {"role": "assistant", "content": "{"}], True),
        ([user(IMAGE), DONE, ASK, {"role": "assistant", "content": "{"}], False),
        ([assistant(IMAGE)], False),
        ([], False),
        ("x", False),
    ],
)
def test_only_a_new_image_counts(messages, expected):
    assert facts_of({"messages": messages}, {}).has_new_image is expected


PLAN = reminder("Plan mode is active. The user does not want you to execute yet.")
PLAN_MESSAGE = {"role": "system", "content": "Plan mode is active. Do not edit."}
LEFT = reminder("## Exited Plan Mode\n\nYou can now make edits.")
LEAVE = assistant(call("ExitPlanMode", plan="1. x"))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([user(PLAN, text("Plan it"))], True),
        ([user(text("Plan it")), PLAN_MESSAGE], True),
        ([user(text("Plan it")), {"role": "system", "content": [text("Plan mode still active.")]}], True),
        ([user(PLAN, text("Plan it")), assistant(call("Read")), user(result(text("x")))], True),
        ([user(PLAN), LEAVE, user(result(text("approved")))], False),
        ([user(PLAN), LEAVE, user(result(text("not yet"), is_error=True))], True),
        ([user(PLAN), DONE, user(LEFT, text("Go"))], False),
        ([user(PLAN, LEFT)], False),
        ([user(LEFT, PLAN)], True),
        ([user(text("Plan mode is active, is it not?"))], False),
        ([user(result(text("Plan mode is active")))], False),
        ([assistant(text("Plan mode is active"))], False),
    ],
)
def test_plan_mode_by_its_signs(messages, expected):
    assert facts_of({"messages": messages}, {}).plan_mode is expected


@pytest.mark.parametrize(("mode", "expected"), [("plan", True), ("auto", False)])
def test_the_permission_mode_decides_where_it_is_sent(mode, expected):
    safeguards = [{"type": "dangerous_tool_use", "classifier_context": {"permission_mode": mode}}]
    sign = LEFT if expected else PLAN
    assert facts_of(new_main(messages=[user(sign)], safeguards=safeguards), NEW_HEADERS).plan_mode is expected
