"""What holds for any request: routing never fails, and never chooses what is not configured."""

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config.schema import Config
from ccr_middleware.errors import NotFound
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.route import needs_token_count, route
from ccr_middleware.routing.subagent import strip_tag

from .test_routing_rules import TABLE, configured

WORDS = """user system assistant text image tool_use tool_result ExitPlanMode plan enabled disabled adaptive max high
web_search_20250305 haiku claude-opus-5-5 Main,big nobody,model small/mini claude: {} {[ _session_ _session_x
<CCR-SUBAGENT-MODEL>small,mini</CCR-SUBAGENT-MODEL> <CCR-SUBAGENT-MODEL>"""
KEYS = """model messages system tools metadata user_id thinking type budget_tokens output_config effort safeguards
classifier_context permission_mode role content text name id tool_use_id is_error session_id"""
FIELDS = ("model", "system", "tools", "thinking", "output_config", "safeguards")
SCENARIOS = ("default", "background", "think", "long_context", "web_search", "image")

words = st.sampled_from(WORDS.split())
keys = words | st.sampled_from(KEYS.split())
leaves = st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8)
values = st.recursive(leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(keys, v, max_size=4), max_leaves=20)
blocks = st.dictionaries(st.sampled_from(["type", "text", "content", "name", "id", "is_error"]), values, max_size=4)
messages = st.fixed_dictionaries({"role": words, "content": values | st.lists(blocks | values, max_size=3)})
bodies = st.dictionaries(keys, values, max_size=6) | st.fixed_dictionaries(
    {"messages": st.lists(messages | values, max_size=5)},
    optional=dict.fromkeys(FIELDS, values),
)
header_names = ["x-claude-code-session-id", "x-claude-session-id", "x-claude-code-agent-id", "user-agent"]
headers = st.dictionaries(st.sampled_from(header_names), words | st.text(max_size=8))
counts = st.none() | st.integers(0, 200_000)
targets = st.none() | st.sampled_from(["Main,big", "small,mini", "nobody,model", "nothing", ""])
routers = st.fixed_dictionaries(dict.fromkeys(SCENARIOS, targets))


@given(bodies, headers, routers, st.sampled_from(["auto", "always"]), counts, counts)
def test_only_not_found_is_ever_raised(body, headers, router, think_when, tokens, last):
    config = configured(**router, think_when=think_when)
    facts = facts_of(body, headers)
    repr(facts)
    strip_tag(body, is_subagent=facts.is_subagent)
    try:
        decision, notes = route(facts, config, token_count=tokens, last_input_tokens=last)
    except NotFound:
        assert "," in facts.model
        return
    assert config.provider(decision.provider)
    assert decision.model
    assert all(notes)


@given(bodies, headers)
def test_without_providers_there_is_always_not_found(body, headers):
    try:
        route(facts_of(body, headers), Config())
    except NotFound:
        return
    raise AssertionError("something was chosen out of nothing")


@given(st.sampled_from(list(TABLE.values())), routers, st.integers(0, 200_000), st.integers(0, 50_000), counts)
def test_an_uncounted_request_is_routed_as_if_it_were_counted(row, router, tokens, slack, last):
    """What `needs_token_count` saves must never change a decision."""
    body, headers, _, _ = row
    facts, config = facts_of(body, headers), configured(**router)
    if not needs_token_count(facts, config, tokens + slack, last):
        counted = route(facts, config, token_count=tokens, last_input_tokens=last)
        assert route(facts, config, last_input_tokens=last).decision == counted.decision
