"""Every recorded request, as one of a client of ours: read, and written again for its own format, for every other
provider and for Anthropic. Nothing it says or sets is lost without a word."""

import json
import re
from base64 import b64encode
from typing import Any

import pytest

from ccr_middleware.anthropic.lane import lane_body
from ccr_middleware.anthropic.native import to_native
from ccr_middleware.errors import BadRequest
from ccr_middleware.jsonio import dumps, loads
from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT
from ccr_middleware.wire.client import Inbound
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT
from ccr_middleware.wire.responses.inbound.format import RESPONSES_CLIENT

from .support import recorded, replay
from .support.spoken import Call, Entry, Result, Said, calls, media, results, spoken, strings, texts
from .support.strict_messages import check_messages_request

Json = dict[str, Any]

CLIENTS = {"openai-chat": CHAT_CLIENT, "openai-responses": RESPONSES_CLIENT, "gemini": GEMINI_CLIENT}

#: A message of the user without content: a 400 at the provider, and here.
REFUSED = "openai/envoy-chat-bad-request"


def requests() -> list[Any]:
    """The recorded requests that were kept."""
    found = [param for api in CLIENTS for param in recorded.params(api=api)]
    return [p for p in found if p.values[0] is None or (p.values[0].request and p.values[0].request["body"])]


def good_requests() -> list[Any]:
    return [param for param in requests() if param.id != REFUSED]


each_request = pytest.mark.parametrize("case", good_requests())


def asked_of(case: recorded.Case) -> Json:
    """The body as a reader gets it: for Gemini with what its URL says."""
    assert case.request
    body, url = case.request["body"], case.request["url"]
    if case.api != "gemini":
        return dict(body)
    model = re.search(r"models/([^:]+):", url)
    assert model
    return {**body, "model": model[1], "stream": ":stream" in url, "alt": "sse" if "alt=sse" in url else ""}


def read(case: recorded.Case) -> tuple[Inbound, Losses]:
    losses, asked = Losses(), asked_of(case)
    before = json.dumps(asked)
    inbound = CLIENTS[case.api].read(asked, losses)
    assert json.dumps(asked) == before, "the request was changed"
    return inbound, losses


def written(case: recorded.Case, target: replay.Target) -> tuple[Json, set[str]]:
    """The request as a provider gets it, and the features that were reported."""
    inbound, losses = read(case)
    body, more = replay.request_for(target, loads(dumps(inbound.body)))
    replay.accept(target, body)
    return body, {loss.feature for loss in [*losses, *more]}


def joined(entries: list[Entry]) -> list[Entry]:
    """Texts of one role that follow each other as one: providers may want them so."""
    out: list[Entry] = []
    for entry in entries:
        last = out[-1] if out else None
        if isinstance(entry, Said) and isinstance(last, Said) and last.role == entry.role:
            out[-1] = Said(entry.role, f"{last.text}\n\n{entry.text}")
        else:
            out.append(entry)
    return out


def check_same(there: list[Entry], here: list[Entry], reported: set[str]) -> None:
    """Two requests say the same, in the same order. What was said of it when not."""
    if "messages" in reported or "input.instructions_only" in reported:  # instructions alone are asked by the user
        here = [Said("system", one.text) if isinstance(one, Said) else one for one in here]
    told = results(there)
    if "tool_result.missing" in reported:
        here = [one for one in here if not (isinstance(one, Result) and one.call not in told)]
    for one, other in zip(joined(there), joined(here), strict=True):
        if isinstance(one, Result):
            assert isinstance(other, Result)
            assert one.call == other.call
            assert one.text in other.text
        else:
            assert one == other


@each_request
def test_its_own_format_says_the_same(case: recorded.Case) -> None:
    home = replay.home_of(case)
    body, reported = written(case, home)
    there, here = spoken(home.form, asked_of(case)), spoken(home.form, body)
    if home.form == "responses" and home.dialect.calls_last:
        # DeepSeek refuses what stands between calls, as it did here: it is said before them.
        there, here = (sorted(joined(some), key=order) for some in (there, here))
    check_same(there, here, reported)


def order(entry: Entry) -> int:
    """What was said of one role together, then the calls, then their results."""
    return ["Said", "Call", "Result", "Media"].index(type(entry).__name__)


@each_request
def test_every_provider_takes_it_and_nothing_said_is_lost(case: recorded.Case) -> None:
    there = spoken(replay.FORMS[case.api], asked_of(case))
    for name, target in replay.TARGETS.items():
        body, reported = written(case, target)
        here = spoken(target.form, body)
        everything = "\n\n".join(texts(here, role) for role in ("system", "user", "assistant"))
        for entry in there:
            assert not isinstance(entry, Said) or entry.text in everything, name
        assert calls(here) == calls(there)
        if "image" not in reported:
            assert media(here) == media(there), name
        for number, told in results(there).items():
            assert told in results(here)[number], name


@each_request
def test_anthropic_takes_it_and_nothing_said_is_lost(case: recorded.Case) -> None:
    inbound, losses = read(case)
    native = to_native(loads(dumps(inbound.body)), "claude-sonnet-4-6", losses)
    sent = loads(lane_body(b"", native, model="claude-opus-4-6", edited=True, losses=losses))
    check_messages_request(sent)
    there, here = spoken(replay.FORMS[case.api], asked_of(case)), spoken("messages", sent)
    everything = "\n\n".join(texts(here, role) for role in ("system", "user", "assistant"))
    assert not [one for one in there if isinstance(one, Said) and one.text not in everything]
    assert calls(here) == calls(there)
    assert media(here) == media(there)
    assert set(results(there)) <= set(results(here))


# -- settings and tools --------------------------------------------------------------------------------------

#: What the three formats call a setting.
SETTINGS = {
    "openai-chat": {
        "limit": ("max_tokens", "max_completion_tokens"),
        "temperature": ("temperature",),
        "top_p": ("top_p",),
        "stop": ("stop",),
        "choice": ("tool_choice",),
        "parallel": ("parallel_tool_calls",),
        "effort": ("reasoning_effort", "reasoning.effort"),
        "budget": ("reasoning.max_tokens",),
        "thinks": ("reasoning.enabled", "thinking.type"),
        "schema": ("response_format.json_schema.schema",),
    },
    "openai-responses": {
        "limit": ("max_output_tokens",),
        "temperature": ("temperature",),
        "choice": ("tool_choice",),
        "parallel": ("parallel_tool_calls",),
        "effort": ("reasoning.effort",),
        "summary": ("reasoning.summary",),
        "schema": ("text.format.schema",),
    },
    "gemini": {
        "limit": ("generationConfig.maxOutputTokens",),
        "temperature": ("generationConfig.temperature",),
        "stop": ("generationConfig.stopSequences",),
        "choice": ("toolConfig.functionCallingConfig.mode",),
        "budget": ("generationConfig.thinkingConfig.thinkingBudget",),
        "thoughts": ("generationConfig.thinkingConfig.includeThoughts",),
        "schema": ("generationConfig.responseJsonSchema", "generationConfig.responseSchema"),
    },
}
#: Values that ask for what happens anyway.
DEFAULTS: Json = {"choice": ("auto", "AUTO"), "parallel": (True,), "temperature": (1,)}
#: Reports that are about a setting, by the setting.
ABOUT = {
    "limit": {"max_tokens"},
    "effort": {"thinking.effort", "reasoning_effort"},
    "summary": {"reasoning.summary"},
    "thinks": {"thinking"},
}


def settings_of(case: recorded.Case, body: Json) -> Json:
    """The settings of a body by their names here, without those that ask for what happens anyway."""
    found = {}
    for name, paths in SETTINGS[case.api].items():
        values = [value for path in paths if (value := at(body, path)) is not None]
        if values and values[0] not in DEFAULTS.get(name, ()):
            found[name] = values[0]
    return found


def at(body: Any, path: str) -> Any:
    for name in path.split("."):
        snake = re.sub("([A-Z])", lambda found: "_" + found[1].lower(), name)
        body = (body.get(name) if name in body else body.get(snake)) if isinstance(body, dict) else None
    return body


@each_request
def test_settings_stay_or_are_reported(case: recorded.Case) -> None:
    body, reported = written(case, replay.home_of(case))
    kept = settings_of(case, body)
    for name, value in settings_of(case, asked_of(case)).items():
        if name == "thinks" and value is True and "budget" in kept:
            continue  # a budget says it too
        assert kept.get(name) == value or ABOUT.get(name, {name}) & reported, f"{name}: {value} became {kept.get(name)}"


#: Fields that are read otherwise (`spoken`, `SETTINGS`, tools), or ask for what happens anyway.
READ = {
    *("messages", "input", "instructions", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig"),
    *("max_tokens", "max_completion_tokens", "max_output_tokens", "temperature", "top_p", "stop", "tool_choice"),
    *("parallel_tool_calls", "reasoning_effort", "reasoning", "thinking", "response_format", "text", "include"),
    *("model", "stream", "stream_options", "alt", "store", "n"),
}


@each_request
def test_other_fields_are_reported(case: recorded.Case) -> None:
    asked = {key: value for key, value in asked_of(case).items() if value is not None and key not in READ}
    _, losses = read(case)
    reported = {loss.feature: loss.detail for loss in losses}
    for key in asked:
        assert key in reported or key in reported.get("unknown_fields", ""), key
    assert len([loss for loss in losses if "field" in loss.feature]) <= len(asked)


def functions_of(case: recorded.Case, body: Json) -> list[tuple[str, str, Any]]:
    """Name, description and schema of each function offered."""
    tools = body.get("tools") or []
    if case.api == "gemini":
        tools = [one for tool in tools for one in tool.get("functionDeclarations", ())]
    else:
        tools = [tool.get("function", tool) for tool in tools if tool.get("type", "function") == "function"]
    described = [tool.get("parameters") or tool.get("parametersJsonSchema") or {} for tool in tools]
    return [(t["name"], t.get("description") or "", outline(s)) for t, s in zip(tools, described, strict=True)]


def outline(schema: Any) -> Any:
    """What a schema says of its properties, in no format's spelling. One without any is like none."""
    if isinstance(schema, list):
        return [outline(member) for member in schema]
    if not isinstance(schema, dict):
        return schema.upper() if isinstance(schema, str) else schema
    kept = {key: outline(value) for key, value in schema.items() if key not in ("additionalProperties", "title")}
    return {} if kept in ({"type": "OBJECT"}, {"type": "OBJECT", "properties": {}}) else kept


@each_request
def test_tools_are_offered_as_they_were(case: recorded.Case) -> None:
    body, reported = written(case, replay.home_of(case))
    assert functions_of(case, body) == functions_of(case, asked_of(case))
    own = [tool for tool in asked_of(case).get("tools") or () if is_own(tool)]
    left = [tool for tool in body.get("tools") or () if is_own(tool)]
    assert len(left) == len(own) or {"tool.unknown", "server_tools", "tools"} & {*reported, *prefixes(reported)}


def is_own(tool: Json) -> bool:
    """Whether the provider runs a tool itself."""
    return "functionDeclarations" not in tool and tool.get("type", "function") != "function"


def prefixes(reported: set[str]) -> set[str]:
    return {"server_tools" for feature in reported if feature.startswith(("server_tool", "web_search", "tool."))}


@recorded.needs_recorded
def test_a_message_without_content_is_refused_as_the_provider_did() -> None:
    case = recorded.case(REFUSED)
    assert case.status == 400
    with pytest.raises(BadRequest, match="messages"):
        read(case)


def test_the_extractor_sees_what_is_lost() -> None:
    there = [Said("user", "a"), Said("user", "b"), Call("f", {"x": 1}), Result(0, "r")]
    check_same(there, [Said("user", "a\n\nb"), Call("f", {"x": 1}), Result(0, '{"o":"r"}')], set())
    for lost in ([], there[1:], [*there[:2], Call("f", {}), there[3]], [*there[:3], Result(0, "")]):
        with pytest.raises((AssertionError, ValueError)):
            check_same(there, lost, set())
    assert strings({"a": ["x", 1, None, {"b": True}]}) == ["x", "1", "true"]


def test_nonsense_in_the_place_of_a_type_is_no_fault_of_ours() -> None:
    """In a signature that claims to be ours, and in the output of a tool."""
    claimed = b64encode(b'{"ccr1":[{"type":[]}]}').decode()
    part = {"text": "x", "thoughtSignature": claimed}
    asked = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [part]}]}
    said = GEMINI_CLIENT.read({**asked, "model": "g", "stream": False, "alt": ""}, Losses()).body["messages"][1]
    assert said["content"] == [{"type": "text", "text": "x"}]
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": [{"type": []}]}
    result = RESPONSES_CLIENT.read({"input": [call, output]}, Losses()).body["messages"][1]["content"][0]
    assert result["content"] == '[{"type":[]}]'


@pytest.mark.parametrize(("summary", "reported"), [("auto", []), ("detailed", ["reasoning.summary"])])
def test_how_detailed_a_summary_is_to_be_is_reported(summary: str, reported: list[str]) -> None:
    losses = Losses()
    RESPONSES_CLIENT.read({"input": "Hi", "reasoning": {"summary": summary}}, losses)
    assert [loss.feature for loss in losses] == reported
