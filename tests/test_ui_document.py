"""The pages' edits of the configuration document, run by Node where there is one: they keep what they do not know.

Each case is a line of JavaScript over the functions of `ui_static/js/document*.js`; what it gives is compared here.
"""

import json

import pytest

from .support.ui_node import needs_node, run

pytestmark = needs_node

#: A document with everything the reference's UI loses on saving (U-1), in mixed spellings.
DOCUMENT = {
    "LOG": "true",
    "API_TIMEOUT_MS": 600000,
    "PORT": "3456",
    "REWRITE_SYSTEM_PROMPT": "prompt.txt",
    "NON_INTERACTIVE_MODE": True,
    "forceUseImageAgent": True,
    "plugins": [{"name": "token-speed", "enabled": True, "options": {"x": 1}}],
    "fontFamily": "Fira",
    "providers": [
        {
            "name": "deepseek",
            "baseUrl": "https://api.deepseek.com",
            "APIKEY": "$DEEPSEEK_API_KEY",
            "models": ["deepseek-chat", "deepseek-reasoner"],
            "custom": {"kept": [1, None, "x"]},
            "transformer": {
                "use": ["deepseek", ["maxtoken", {"max_tokens": 8192}]],
                "deepseek-chat": {"use": ["tooluse"], "note": "kept"},
            },
        },
        {"name": "local", "api_base_url": "http://localhost:8000/v1", "MODELS": ["qwen3"]},
    ],
    "Router": {
        "default": "deepseek,deepseek-chat",
        "think": ["deepseek,deepseek-reasoner", {"target": "local,qwen3", "weight": 3}],
        "long_context": "local/qwen3",
        "longContextThreshold": "60000",
        "unknown_key": {"kept": True},
    },
    "fallback": {"default": ["local,qwen3"], "all": "deepseek,deepseek-chat"},
    "aliases": {"fast": ["local,qwen3", "deepseek,deepseek-chat"], "opus": "deepseek,deepseek-reasoner"},
    "rules": [
        {"name": "legal", "when": {"header": {"x-team": "legal"}}, "target": "local,qwen3", "fallback": [], "extra": 1},
        {"when": {"token_count": {"gt": 10}}, "target": "fast"},
    ],
    "transformers": [{"name": "sampling", "providers": ["local"], "models": ["deepseek,deepseek-chat"]}],
}


def changed(document, *path_and_value):
    """A copy of a document with one place set."""
    *path, value = path_and_value
    copy = json.loads(json.dumps(document))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def test_u1_an_edit_of_a_provider_keeps_every_key_it_does_not_know():
    edited = run(
        "withProvider(doc, 0, changeProvider(providersOf(doc)[0].raw, {models: ['deepseek-chat'], apiKey: '$NEW'}))",
        doc=DOCUMENT,
    )
    wanted = changed(changed(DOCUMENT, "providers", 0, "models", ["deepseek-chat"]), "providers", 0, "APIKEY", "$NEW")
    assert edited == wanted
    assert list(edited) == list(DOCUMENT)
    assert list(edited["providers"][0]) == list(DOCUMENT["providers"][0])


@pytest.mark.parametrize("key", ["api_base_url", "HOST", "baseURL", "base_url", "apiBaseUrl", "baseUrl"])
def test_an_address_is_read_and_written_in_its_own_spelling(key):
    provider = {"name": "a", key: "https://one.example"}
    assert run("providersOf({Providers: [p]})[0].baseUrl", p=provider) == "https://one.example"
    assert run("changeProvider(p, {baseUrl: 'https://two.example'})", p=provider) == provider | {
        key: "https://two.example"
    }


def test_a_blank_member_counts_as_not_written_and_an_empty_document_gets_documented_keys():
    assert run("read({APIKEY: '', apiKey: 'x'}, PROVIDER.apiKey)") == "x"
    assert run("withProvider({}, 0, changeProvider({}, {name: 'deepseek', apiKey: '$K'}))") == {
        "Providers": [{"name": "deepseek", "api_key": "$K"}]
    }
    assert run("withScenario({}, 'longContext', [{target: 'a,m', weight: 1}])") == {"Router": {"longContext": "a,m"}}


def test_a_provider_from_the_catalogue_says_no_more_than_it_has_to():
    entry = {
        "name": "deepseek-anthropic",
        "base_url": "https://api.deepseek.com/anthropic",
        "wire": "messages",
        "auth": "bearer",
        "headers": {"x-a": "1"},
        "transformers": ["t"],
    }
    script = "completedFrom(entry, raw)"
    named = {"name": "DeepSeek-Anthropic", "api_key": "$K", "models": ["m"]}
    assert run(script, entry=entry, raw=named | {"api_base_url": entry["base_url"]}) == named
    assert run(script, entry=entry, raw=named | {"name": "mine"}) == {
        "name": "mine",
        "api_key": "$K",
        "models": ["m"],
        "api_base_url": "https://api.deepseek.com/anthropic",
        "wire": "messages",
        "auth": "bearer",
        "headers": {"x-a": "1"},
        "transformer": {"use": ["t"]},
    }
    own = run(script, entry=entry, raw=named | {"api_base_url": "https://proxy.example"})
    assert own["api_base_url"] == "https://proxy.example"
    assert own["wire"] == "messages"
    assert run(script, entry=None, raw=named) == named


def test_an_address_of_the_catalogue_is_filled_in_when_the_provider_has_a_name_of_its_own():
    azure = {"name": "azure", "base_url": "https://{resource}.openai.azure.com/openai/v1", "parameters": ["resource"]}
    script = "completedFrom(entry, raw)"
    assert run(script, entry=azure, raw={"name": "azure", "resource": "r1"}) == {"name": "azure", "resource": "r1"}
    assert run(script, entry=azure, raw={"name": "own", "resource": "r1"}) == {
        "name": "own",
        "api_base_url": "https://r1.openai.azure.com/openai/v1",
    }


def test_a_new_name_reaches_every_place_that_names_the_provider():
    renamed = run("renameInRoutes(doc, 'local', 'gpu')", doc=DOCUMENT)
    assert renamed["Router"]["think"] == ["deepseek,deepseek-reasoner", {"target": "gpu,qwen3", "weight": 3}]
    assert renamed["Router"]["long_context"] == "gpu/qwen3"
    assert renamed["fallback"] == {"default": ["gpu,qwen3"], "all": "deepseek,deepseek-chat"}
    assert renamed["aliases"]["fast"] == ["gpu,qwen3", "deepseek,deepseek-chat"]
    assert [rule["target"] for rule in renamed["rules"]] == ["gpu,qwen3", "fast"]
    assert renamed["transformers"][0] == {
        "name": "sampling",
        "providers": ["gpu"],
        "models": ["deepseek,deepseek-chat"],
    }
    assert run("renameInRoutes(doc, 'fast', 'slow')", doc=DOCUMENT) == DOCUMENT  # an alias of that name is no provider


def test_the_uses_of_a_provider_and_of_one_model_are_found_wherever_they_stand():
    found = run("usesOf(doc, 'local').map(({kind, name}) => [kind, name])", doc=DOCUMENT)
    assert found == [
        ["scenario", "think"],
        ["scenario", "longContext"],
        ["fallback", "default"],
        ["alias", "fast"],
        ["rule", "legal"],
    ]
    of_model = run("usesOf(doc, 'deepseek', 'deepseek-reasoner').map(({kind, name}) => [kind, name])", doc=DOCUMENT)
    assert of_model == [["scenario", "think"], ["alias", "opus"]]


def test_u5_transformer_options_keep_their_types_and_unchanged_uses_their_form():
    provider = DOCUMENT["providers"][0]
    untouched = run("withTransformers(p, transformersOf(p))", p=provider)
    assert untouched == provider
    assert list(untouched) == list(provider)
    script = """(() => {
      const uses = transformersOf(p);
      uses.all[1] = {...uses.all[1], options: {max_tokens: 4096, nested: {a: [true, 1.5, null]}}};
      uses.models["deepseek-reasoner"] = [{name: "reasoning", options: {enable: false}}];
      return withTransformers(p, uses);
    })()"""
    assert run(script, p=provider)["transformer"] == {
        "use": ["deepseek", ["maxtoken", {"max_tokens": 4096, "nested": {"a": [True, 1.5, None]}}]],
        "deepseek-chat": {"use": ["tooluse"], "note": "kept"},
        "deepseek-reasoner": {"use": [["reasoning", {"enable": False}]]},
    }


@pytest.mark.parametrize(
    "use",
    ["a", ["a"], ["a", {"x": 1}], {"name": "a", "options": {"x": 1}}, {"use": "a"}, {"path": "a.py", "options": {}}],
)
def test_every_form_of_a_use_stays_when_nothing_changes(use):
    assert run("writeUse(readUses([use])[0])", use=use) == use


def test_an_object_use_keeps_its_other_members_when_its_options_change():
    use = {"use": "a", "options": {"x": 1}, "comment": "kept"}
    assert run("writeUse({...readUses([use])[0], options: {x: 2}})", use=use) == use | {"options": {"x": 2}}
    assert run("writeUse({...readUses([use])[0], options: {}})", use=use) == {"use": "a", "comment": "kept"}


def test_transformers_in_other_keys_of_a_provider_are_read_and_become_the_documented_one():
    provider = {"name": "p", "transformers": ["a"], "models": ["m"], "use_by_model": {"m": ["b"]}}
    assert run("transformersOf(p)", p=provider) == {
        "all": [{"name": "a", "options": {}, "raw": "a"}],
        "models": {"m": [{"name": "b", "options": {}, "raw": "b"}]},
    }
    script = "withTransformers(p, {...transformersOf(p), all: [{name: 'c', options: {}}]})"
    wanted = {"name": "p", "transformer": {"use": ["c"], "m": {"use": ["b"]}}, "models": ["m"]}
    assert run(script, p=provider) == wanted
    assert run("withTransformers(p, {all: [], models: {}})", p=provider) == {"name": "p", "models": ["m"]}


def test_scenarios_change_in_their_own_spelling_and_leave_the_rest_of_the_router():
    edited = run("withScenario(doc, 'longContext', [{target: 'deepseek,deepseek-chat', weight: 1}])", doc=DOCUMENT)
    assert edited == changed(DOCUMENT, "Router", "long_context", "deepseek,deepseek-chat")
    without = run("withScenario(doc, 'think', [])", doc=DOCUMENT)
    assert "think" not in without["Router"]
    assert without["Router"]["unknown_key"] == {"kept": True}
    pool = run("routerOf(doc).pools.think.map(({target, weight}) => [target, weight])", doc=DOCUMENT)
    assert pool == [["deepseek,deepseek-reasoner", 1], ["local,qwen3", 3]]
    assert run("withScenario(doc, 'think', routerOf(doc).pools.think)", doc=DOCUMENT) == DOCUMENT


def test_a_scenario_below_routes_is_changed_there():
    document = {"Router": {"routes": {"default": "a,m", "think": "a,n"}, "webSearch": "a,w"}}
    assert run("routerOf(doc).pools.default[0].target", doc=document) == "a,m"
    edited = run("withScenario(doc, 'default', [{target: 'a,x', weight: 1}])", doc=document)
    assert edited == {"Router": {"routes": {"default": "a,x", "think": "a,n"}, "webSearch": "a,w"}}
    assert run("withScenario(doc, 'think', [])", doc=document)["Router"]["routes"] == {"default": "a,m"}


def test_fallback_lists_and_aliases():
    assert run("fallbackOf(doc, 'all')", doc=DOCUMENT) == ["deepseek,deepseek-chat"]
    edited = run("withFallback(doc, 'default', [])", doc=DOCUMENT)
    assert edited["fallback"] == {"all": "deepseek,deepseek-chat"}
    assert run("withFallback({fallback: {all: 'x'}}, 'all', undefined)") == {}
    renamed = run("withAlias(doc, 'fast', 'quick', aliasesOf(doc)[0].members)", doc=DOCUMENT)
    assert list(renamed["aliases"].items()) == [
        ("quick", DOCUMENT["aliases"]["fast"]),
        ("opus", DOCUMENT["aliases"]["opus"]),
    ]
    assert list(run("withAlias(doc, 'fast', 'fast', undefined)", doc=DOCUMENT)["aliases"]) == ["opus"]


def test_a_rule_keeps_what_its_form_does_not_show():
    script = "withRule(doc, 0, withRuleForm(rulesOf(doc)[0], {...ruleForm(rulesOf(doc)[0]), name: 'law'}))"
    assert run(script, doc=DOCUMENT) == changed(DOCUMENT, "rules", 0, "name", "law")
    assert run("withRuleMoved(doc, 1, 0).rules.map(rule => rule.name ?? '')", doc=DOCUMENT) == ["", "legal"]
    disabled = run("withRuleForm(rule, {...ruleForm(rule), enabled: false})", rule=DOCUMENT["rules"][1])
    assert disabled == DOCUMENT["rules"][1] | {"enabled": False}
    assert run("ruleForm({beforeExplicit: 'true', fallback: 'a,b'}).fallback") == ["a,b"]


def test_the_patch_of_an_edit_makes_exactly_the_edited_document():
    edited = run("withProvider(doc, 1, undefined)", doc=DOCUMENT)
    patch = run("mergePatch(doc, after)", doc=DOCUMENT, after=edited)
    assert patch == {"providers": edited["providers"]}
    assert run("applyPatch(doc, patch)", doc=DOCUMENT, patch=patch) == edited
    edited = run("withScenario(doc, 'think', [])", doc=DOCUMENT)
    assert run("mergePatch(doc, after)", doc=DOCUMENT, after=edited) == {"Router": {"think": None}}


def test_what_a_merge_patch_cannot_say_is_sent_as_a_whole():
    """RFC 7386 has no way to set a member to null, which `parameters` needs."""
    assert run("mergePatch({}, {parameters: {think: {temperature: null}}})") == {"undefined": True}
    assert run("mergePatch({}, {rules: [{parameters: {temperature: null}}]})") == {
        "rules": [{"parameters": {"temperature": None}}]
    }


@pytest.mark.parametrize(
    ("value", "state"),
    [("", "missing"), (None, "missing"), ("$KEY", "placeholder"), ("${KEY:-x}", "placeholder"), ("sk-1", "plain")],
)
def test_the_state_of_a_key(value, state):
    assert run("keyState(value)", value=value) == state


def test_problems_find_their_fields():
    problems = [
        {"path": "Providers[1].models[0]", "message": "m"},
        {"path": "Router.default", "message": "r"},
        {"path": 'aliases["a.b"]', "message": "a"},
    ]
    found = run("problemsAt(problems, ['Providers', 1]).map(({rest, message}) => [rest, message])", problems=problems)
    assert found == [[["models", 0], "m"]]
    assert run("parsePath('aliases[\"a.b\"].x')") == ["aliases", "a.b", "x"]


def test_lists_are_pasted_and_numbers_typed():
    assert run('splitList(\'gpt-5, "o3"\\n["o4"]\\ngpt-5\')') == ["gpt-5", "o3", "o4"]
    assert run("['12', '1.5', '', 'x'].map((text) => numberOf(text) ?? null)") == [12, 1.5, None, "x"]
    assert run("moved(['a', 'b', 'c'], 2, 0)") == ["c", "a", "b"]


def test_several_keys_are_read_in_every_form_and_written_short():
    assert run("keysOf({apiKeys: 'a, b'})") == [{"key": "a"}, {"key": "b"}]
    written = ["$A", {"key": "$B", "weight": 2, "note": "kept"}]
    assert run("writeKeys(keysOf({api_keys}))", api_keys=written) == written
    assert run("writeKeys([{key: ''}])") == {"undefined": True}
