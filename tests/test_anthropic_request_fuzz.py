"""Whatever JSON comes, a request is converted or refused; the body is never changed."""

import copy
import json

from hypothesis import event, given
from hypothesis import strategies as st

from ccr_middleware.anthropic.lane import lane_body
from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.jsonio import dumps, loads
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools

from .test_pairing import check_pairing

#: Any text a JSON string may hold, half emoji included.
TEXT = st.text(st.characters(codec=None), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))

KINDS = st.sampled_from(
    [
        *("text", "image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result"),
        *("server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result"),
        *("tool_search_tool_result", "mcp_tool_use", "mcp_tool_result", "compaction", "advisor_tool_result"),
        *("container_upload", "search_result", "tool_reference", "tool_addition", "tool_removal", "fallback"),
        *("base64", "url", "file", "content", "custom", "bash_20250124", "computer_20251124", "adaptive"),
        *("enabled", "disabled", "json_schema", "auto", "any", "tool"),
    ]
)
NAMES = st.sampled_from(
    [
        *("type", "text", "source", "data", "media_type", "url", "thinking", "signature", "id", "name"),
        *("input", "tool_use_id", "content", "is_error", "title", "context", "cache_control", "citations"),
        *("tool", "definition", "file_id", "input_schema", "description", "strict", "role", "output_config"),
        *("effort", "format", "schema", "budget_tokens", "clear_at", "edits"),
    ]
)
VALUES = KINDS | st.sampled_from(["a", "b", "ccr1.x.YQ", "srvtoolu_ccr1", "user", "high"]) | JSON


def objects(inner):
    """Objects with the names and types of the real ones, in every wrong combination."""
    return st.dictionaries(NAMES, inner, max_size=6).flatmap(
        lambda fields: st.one_of(st.just(fields), KINDS.map(lambda kind: {**fields, "type": kind}))
    )


#: Blocks as clients really send them, with arbitrary text in them.
IDS = st.sampled_from(["call_0", "call_1", "toolu_1"])
GOOD_BLOCKS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, TEXT),
    st.builds(lambda one, given: {"type": "tool_use", "id": one, "name": "Read", "input": given}, IDS, JSON),
    st.builds(lambda one, text: {"type": "tool_result", "tool_use_id": one, "content": text}, IDS, TEXT | st.none()),
    st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": text}, TEXT),
    st.builds(lambda name, content: {"type": f"{name}_tool_result", "content": content}, KINDS, JSON),
    st.builds(lambda data: {"type": "document", "source": {"type": "text", "data": data}}, TEXT),
)
STRANGE_BLOCKS = st.recursive(
    objects(VALUES), lambda inner: objects(VALUES | inner | st.lists(inner, max_size=3)), max_leaves=6
)
BLOCKS = st.one_of(*[GOOD_BLOCKS] * 5, STRANGE_BLOCKS)
MESSAGES = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "system", "user", "assistant", "developer"]),
        "content": st.one_of(*[st.lists(BLOCKS, max_size=4)] * 4, TEXT, JSON),
    },
    optional={"clear_at": st.just("next_user_message"), "output_config": st.just({"effort": "low"})},
)
TOOLS = st.lists(
    st.builds(lambda name, schema: {"name": name, "input_schema": schema}, IDS, st.dictionaries(TEXT, JSON, max_size=2))
    | st.builds(lambda kind: {"type": kind, "name": kind}, KINDS),
    max_size=3,
)
FIELDS = st.sampled_from(
    [
        *("model", "system", "max_tokens", "temperature", "top_p", "stop_sequences", "stream", "tools", "tool_choice"),
        *("thinking", "output_config", "output_format", "metadata", "service_tier", "context_management", "container"),
    ]
)
FIELD_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "model": TEXT,
        "system": TEXT | st.lists(GOOD_BLOCKS, max_size=2),
        "max_tokens": st.integers(0, 2**70),
        "temperature": st.floats(0, 1),
        "tools": TOOLS,
        "tool_choice": st.builds(lambda kind, name: {"type": kind, "name": name}, KINDS, IDS),
        "thinking": st.builds(lambda kind: {"type": kind}, KINDS),
        "context_management": JSON,
        "other": JSON,
    },
)
BODIES = st.builds(
    lambda messages, fields, strange: {**fields, **strange, "messages": messages},
    st.lists(MESSAGES, min_size=1, max_size=4),
    FIELD_VALUES,
    st.one_of(st.just({}), st.just({}), st.dictionaries(FIELDS, STRANGE_BLOCKS | JSON, max_size=2)),
)
#: Nothing about them is as it should be.
STRANGE_BODIES = st.dictionaries(FIELDS | st.just("messages"), STRANGE_BLOCKS | st.lists(STRANGE_BLOCKS) | JSON)


@given(BODIES | STRANGE_BODIES)
def test_any_body_is_converted_or_refused(body):
    before = copy.deepcopy(body)
    losses = Losses()
    try:
        check_request(to_unified(body, losses))
    except BadRequest as error:
        event("refused: " + error.message.rpartition(": ")[2])
    assert losses.header().isascii()
    assert losses.header().isprintable()
    assert body == before


def check_request(request):
    """What every wire format may rely on."""
    check_pairing(pair_tools(request["messages"], Losses()))
    for message in request["messages"]:
        assert message["content"] is None or isinstance(message["content"], str | list)
        for part in message["content"] if isinstance(message["content"], list) else ():
            assert part["type"] != "text" or part["text"]
        for call in message.get("tool_calls", ()):
            assert isinstance(json.loads(call["function"]["arguments"]), dict)
    assert json.loads(dumps(request)) == request


@given(BODIES | STRANGE_BODIES, TEXT, st.lists(NAMES | FIELDS | st.just("messages.content.cache_control"), max_size=3))
def test_any_body_passes_the_anthropic_lane(body, model, drop_fields):
    before = copy.deepcopy(body)
    sent = loads(lane_body(dumps(body), body, model=model, drop_fields=drop_fields))
    assert sent["model"] == model
    assert set(sent) <= {*body, "model"}
    assert body == before


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), TEXT.filter(bool)), min_size=1, max_size=6))
def test_plain_text_comes_through_in_order(turns):
    messages = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns]
    request = to_unified({"messages": messages}, Losses())
    assert [(message["role"], message["content"][0]["text"]) for message in request["messages"]] == turns
