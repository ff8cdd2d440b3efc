"""What configuration a preset is, and what its namespace runs with."""

import copy
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.config import Config, Provider, load_config
from ccr_middleware.config.named_files import named_files
from ccr_middleware.config.spelling import known_keys, normalise
from ccr_middleware.presets.applying import Applied, apply, merged_values
from ccr_middleware.presets.namespaces import document_for

from .support.presets import PLAIN, SIMPLE, answered, manifest, write_preset

BASE: dict[str, Any] = {
    "APIKEY": "main-key",
    "ADMIN_KEY": "admin-key",
    "PORT": 4000,
    "LOG": False,
    "PROXY_URL": "http://main-proxy.test:1",
    "API_TIMEOUT_MS": 1000,
    "Providers": [
        {"name": "Main", "api_base_url": "https://main.test/v1", "api_key": "$MAIN_KEY", "models": ["m1", "m2"]},
        {"name": "other", "api_base_url": "https://other.test/v1", "api_key": "k-other", "models": ["o"]},
    ],
    "Router": {"default": "Main,m1"},
    "fallback": {"default": ["other,o"]},
    "rules": [{"name": "r", "when": {"model": "x"}, "target": "other,o"}],
}


def applied(folder: Path, allow_code: bool = False, values: dict[str, Any] | None = None, **members: Any) -> Applied:
    return apply(manifest(userValues=values or {}, **members), folder, allow_code=allow_code)


# -- values ----------------------------------------------------------------------------------------------------


def test_the_template_is_filled_and_mapped(tmp_path: Path) -> None:
    made = apply(answered({"apiKey": "sk-1", "model": "b", "useProxy": True, "proxyUrl": "http://p:1"}), tmp_path)
    assert not made.problems
    assert made.document == {
        "Providers": [
            {
                "name": "openai",
                "api_base_url": "https://api.openai.com/v1/chat/completions",
                "api_key": "sk-1",
                "models": ["b"],
            }
        ],
        "Router": {"default": "openai,b"},
        "PROXY_URL": "http://p:1",
    }


def test_a_mapping_whose_condition_does_not_hold_is_left_out(tmp_path: Path) -> None:
    made = apply(answered({"apiKey": "sk-1", "proxyUrl": "http://p:1"}), tmp_path)
    assert "PROXY_URL" not in made.document
    assert made.document["Router"] == {"default": "openai,a"}


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert apply(answered({}), tmp_path).problems == ("apiKey: is required; write API Key",)
    assert apply(answered({"apiKey": "x"}), tmp_path).problems == ('apiKey: does not match "^sk-.*"',)


def test_e3_numbers_stay_numbers(tmp_path: Path) -> None:
    made = applied(
        tmp_path,
        values={"size": "8192", "threshold": 5},
        schema=[{"id": "size", "type": "number"}, {"id": "threshold", "type": "number"}],
        template={"Router": {"longContextThreshold": "{{threshold}}"}},
        configMappings=[{"target": "Providers[0].max_output_tokens", "value": "#{size}"}],
    )
    assert made.document == {"Router": {"longContextThreshold": 5}, "Providers": [{"max_output_tokens": 8192}]}


def test_without_answers_a_plain_configuration_wins_over_the_template(tmp_path: Path) -> None:
    both = {**SIMPLE, **PLAIN}
    unanswered, with_answers = apply(answered({}, both), tmp_path), apply(answered({"apiKey": "sk-1"}, both), tmp_path)
    assert unanswered.document["Router"] == {"default": "own,m"}
    assert not unanswered.problems
    assert with_answers.document["Router"] == {"default": "openai,a"}


def test_placeholders_work_without_a_template_too(tmp_path: Path) -> None:
    members = {"schema": [{"id": "key"}], "Providers": [{"name": "p", "api_key": "#{key}"}]}
    assert applied(tmp_path, **members).problems == ("key: is required; write it",)
    assert applied(tmp_path, values={"key": "k"}, **members).document["Providers"][0]["api_key"] == "k"


def test_values_of_earlier_versions_are_paths(tmp_path: Path) -> None:
    made = applied(tmp_path, values={"Providers[0].api_key": "k", "Router.think": "p,t", "PORT.x[": 1}, **PLAIN_PARTS)
    assert made.document["Providers"][0]["api_key"] == "k"
    assert made.document["Router"] == {"default": "own,m", "think": "p,t"}
    assert made.problems == ('userValues: "PORT.x[" is no path; write one such as "Providers[0].api_key"',)


PLAIN_PARTS = {key: value for key, value in PLAIN.items() if key != "name"}


def test_s15_no_value_reaches_a_prototype(tmp_path: Path) -> None:
    made = applied(tmp_path, values={"__proto__.polluted": True, "constructor.prototype.x": 1}, **PLAIN_PARTS)
    assert made.document["__proto__"] == {"polluted": True}
    assert not hasattr(object, "polluted")


def test_unknown_ids_are_problems(tmp_path: Path) -> None:
    made = applied(tmp_path, template={"Router": {"default": "p,#{modle}"}}, schema=[])
    assert made.problems == ("Router.default: #{modle} names no field of the schema; correct it",)


def test_the_manifest_itself_is_never_changed(tmp_path: Path) -> None:
    read = answered({"apiKey": "sk-1", "useProxy": True, "proxyUrl": "x"}, {**SIMPLE, **PLAIN})
    before = copy.deepcopy(read)
    apply(read, tmp_path)
    assert read == before


def test_new_values_stand_beside_the_old_and_none_takes_one_away() -> None:
    read = answered({"apiKey": "sk-1", "useProxy": True})
    assert merged_values(read, {"useProxy": "no", "apiKey": None, "x.y": 1}) == {"useProxy": False, "x.y": 1}


# -- files -----------------------------------------------------------------------------------------------------


def test_relative_paths_become_absolute_inside_the_folder(tmp_path: Path) -> None:
    folder = write_preset(tmp_path, "p", PLAIN)
    made = applied(
        folder,
        allow_code=True,
        transformers=[{"path": "transformers/x.py", "options": {"path": "left.py"}}],
        Providers=[
            {"name": "a", "transformer": {"use": [["y.py:Y", {"path": "z.py"}], "deepseek"], "m": {"use": ["m.py"]}}},
            {"name": "b", "use": [{"path": "w.py"}], "tokenizer": {"type": "huggingface", "path": "t.json"}},
        ],
        CUSTOM_ROUTER_PATH="router.py:choose",
        REWRITE_SYSTEM_PROMPT="prompt.md",
        agents=["image", {"path": "agent.py"}],
        StatusLine={"default": {"modules": [{"type": "script", "scriptPath": "line.py"}]}},
    )
    assert not made.problems
    assert not made.warnings
    root, document = str(folder.resolve()), made.document
    assert document["transformers"] == [{"path": f"{root}/transformers/x.py", "options": {"path": "left.py"}}]
    assert document["Providers"][0]["transformer"] == {
        "use": [[f"{root}/y.py:Y", {"path": "z.py"}], "deepseek"],
        "m": {"use": [f"{root}/m.py"]},
    }
    assert document["Providers"][1]["use"] == [{"path": f"{root}/w.py"}]
    assert document["Providers"][1]["tokenizer"]["path"] == f"{root}/t.json"
    assert document["CUSTOM_ROUTER_PATH"] == f"{root}/router.py:choose"
    assert document["REWRITE_SYSTEM_PROMPT"] == f"{root}/prompt.md"
    assert document["agents"] == ["image", {"path": f"{root}/agent.py"}]
    assert document["StatusLine"]["default"]["modules"][0]["scriptPath"] == f"{root}/line.py"


@pytest.mark.parametrize("path", ["../x.md", "/etc/passwd", "a/../../x.md", "~/x.md", "..\\x.md", "link/x.md", "."])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = write_preset(tmp_path, "p", PLAIN)
    (folder / "link").symlink_to(tmp_path)
    made = applied(folder, allow_code=True, REWRITE_SYSTEM_PROMPT=path, **PLAIN_PARTS)
    [problem] = made.problems
    assert problem.startswith("REWRITE_SYSTEM_PROMPT: ")
    assert "outside of the preset's folder" in problem
    assert "REWRITE_SYSTEM_PROMPT" not in made.document


def test_a_script_of_the_status_line_outside_is_only_left_out(tmp_path: Path) -> None:
    modules = [{"type": "script", "scriptPath": "../x.py"}]
    made = applied(tmp_path, allow_code=True, StatusLine={"s": {"modules": modules}}, **PLAIN_PARTS)
    assert not made.problems
    assert made.document["StatusLine"]["s"]["modules"] == [{"type": "script"}]
    assert "outside" in made.warnings[0]


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"transformers": [{"path": "x.py"}]}, "transformers[0].path"),
        ({"transformers": [{"path": "package.module:X"}]}, "transformers[0].path"),
        ({"Providers": [{"name": "p", "transformer": {"use": ["x.py"]}}]}, "Providers[0].transformer.use[0]"),
        ({"Providers": [{"name": "p", "transformers": ["os:system"]}]}, "Providers[0].transformers[0]"),
        ({"providers": [{"transformer": {"m": {"use": [["x.py", {}]]}}}]}, "providers[0].transformer.m.use[0][0]"),
        ({"Providers": [{"useByModel": {"m": ["x.py"]}}]}, "Providers[0].useByModel.m[0]"),
        ({"Providers": [{"use": ["${NOTHING:-/tmp/x.py}"]}]}, "Providers[0].use[0]"),
        ({"CUSTOM_ROUTER_PATH": "x.py"}, "CUSTOM_ROUTER_PATH"),
        ({"custom_router": "x:y"}, "custom_router"),
        ({"agents": [{"module": "x"}]}, "agents[0].module"),
        ({"search": {"backend": "x.py:X"}}, "search.backend"),
    ],
)  # fmt: skip
def test_s14_code_is_not_used_unless_it_is_allowed(tmp_path: Path, members: dict[str, Any], place: str) -> None:
    [problem] = applied(tmp_path, **{**PLAIN_PARTS, **members}).problems
    assert problem.startswith(f"{place}: ")
    assert "is code, which is not run" in problem
    assert not applied(tmp_path, allow_code=True, **{**PLAIN_PARTS, **members}).problems


@pytest.mark.parametrize("allow_code", [True, False])
def test_javascript_is_answered_with_the_python_form(tmp_path: Path, allow_code: bool) -> None:
    [problem] = applied(tmp_path, allow_code, transformers=[{"path": "transformers/x.js"}], **PLAIN_PARTS).problems
    assert "JavaScript for CCR v2" in problem
    assert "ccr_middleware.transformers.Transformer" in problem


@pytest.mark.parametrize("text", ["$PROMPT_FILE", "${NOTHING:-/etc/passwd}", "x/${UP:-..}/../../y"])
def test_no_variable_of_the_environment_decides_what_is_sent(tmp_path: Path, text: str) -> None:
    made = applied(tmp_path, REWRITE_SYSTEM_PROMPT=text, **PLAIN_PARTS)
    assert "may become any file" in made.problems[0]
    assert "REWRITE_SYSTEM_PROMPT" not in made.document


def test_key_files_may_be_anywhere(tmp_path: Path) -> None:
    own = {"name": "g", "vertex": {"credentials": "$KEY_FILE"}, "tokenizer": {"path": "/usr/share/t.json"}}
    made = applied(tmp_path, Providers=[own])
    assert not made.problems
    assert made.document["Providers"] == [own]


@pytest.mark.parametrize("key", known_keys(Provider))
@pytest.mark.parametrize("value", [["x.py"], {"use": ["x.py"]}, {"m": ["x.py"]}, {"m": {"use": [{"path": "x.py"}]}}])
def test_whatever_a_provider_loads_is_known_as_code(key: str, value: Any) -> None:
    document = {"Providers": [{"name": "p", "api_base_url": "https://p.test", key: value}]}
    provider = normalise(copy.deepcopy(document)).values["providers"][0]
    uses = [*provider.get("use", ()), *(use for uses in provider.get("use_by_model", {}).values() for use in uses)]
    loaded = [use for use in uses if use.get("name") == "x.py"]
    known = [named for named in named_files(document) if named.kind == "code"]
    assert len(known) >= len(loaded)
    assert bool(known) is bool(uses)


@pytest.mark.parametrize("key", known_keys(Config))
def test_whatever_a_document_names_is_known(key: str) -> None:
    values = normalise({key: "x.py"}).values
    kinds = [named.kind for named in named_files({key: "x.py"})]
    assert ("code" in kinds) is ("custom_router" in values)
    assert ("text" in kinds) is ("rewrite_system_prompt" in values)


# -- namespaces ------------------------------------------------------------------------------------------------


def namespace(preset: dict[str, Any], base: dict[str, Any] = BASE) -> dict[str, Any]:
    document, problems = document_for(preset, base)
    assert not problems
    return document


def test_e4_routing_is_the_presets_and_the_rest_the_gateways() -> None:
    own = {
        **PLAIN_PARTS,
        "fallback": {"default": ["own,m2"]},
        "transformers": [{"name": "cleancache"}],
        "httpsProxy": "http://own-proxy.test:2",
        "aliases": {"fast": "own,m"},
        "APIKEY": "stolen",
        "APIKEYS": [],
        "admin_key": "stolen",
        "port": 1,
        "allowCodeFromApi": True,
        "plugins": ["x"],
        "logs": {"dir": "/tmp/x"},
    }
    document = namespace(own)
    assert {key: document[key] for key in ("APIKEY", "ADMIN_KEY", "PORT", "LOG", "API_TIMEOUT_MS")} == {
        "APIKEY": "main-key", "ADMIN_KEY": "admin-key", "PORT": 4000, "LOG": False, "API_TIMEOUT_MS": 1000,
    }  # fmt: skip
    assert document.keys() & {"admin_key", "port", "APIKEYS", "allowCodeFromApi", "plugins", "logs", "rules"} == set()
    assert document["fallback"] == {"default": ["own,m2"]}
    assert document["transformers"] == [{"name": "cleancache"}]
    assert [one["name"] for one in document["Providers"]] == ["own"]
    config = load_config(document, env={})
    assert config.proxy_url == "http://own-proxy.test:2"
    assert config.api_key == "main-key"
    assert not config.rules


def test_blank_values_of_a_preset_are_not_written() -> None:
    assert namespace({**PLAIN_PARTS, "PROXY_URL": ""})["PROXY_URL"] == BASE["PROXY_URL"]


def test_routes_may_name_providers_of_the_main_configuration() -> None:
    preset = {
        "Providers": PLAIN["Providers"],
        "Router": {"default": "own,m", "think": [{"target": "main,m2"}]},
        "rules": [{"when": {"model": "x"}, "target": "own,m", "fallback": ["main/m1"]}],
    }
    document = namespace(preset)
    assert [one["name"] for one in document["Providers"]] == ["own", "Main"]
    assert document["Providers"][1]["api_key"] == "$MAIN_KEY"
    config = load_config(document, env={"MAIN_KEY": "secret"})
    assert config.provider("main").api_key == "secret"
    assert not [line for line in config.warnings if "no provider" in line]


def test_an_own_provider_wins_over_one_of_that_name() -> None:
    own = [{"name": "MAIN", "api_base_url": "https://own.test/v1", "api_key": "k", "models": ["m1"]}]
    document = namespace({"providers": own, "Router": {"default": "main,m1"}})
    assert document["providers"] == own
    assert "Providers" not in document


def test_a_provider_of_the_main_configuration_by_its_name() -> None:
    document = namespace({"provider": "other", "StatusLine": {"enabled": True}})
    assert [one["name"] for one in document["Providers"]] == ["other"]
    assert document["Router"] == {"default": "other,o"}
    _, problems = document_for({"provider": "nobody"}, BASE)
    assert problems == ['provider: the configuration has no provider "nobody"; add it, or name another']


def test_a_preset_with_nothing_about_routing_has_that_of_the_main_configuration() -> None:
    document = namespace({"API_TIMEOUT_MS": 5, "claudeCodeSettings": {"env": {}}})
    assert document["Router"] == BASE["Router"]
    assert document["rules"] == BASE["rules"]
    assert document["API_TIMEOUT_MS"] == 5


def test_without_a_router_the_first_model_answers() -> None:
    assert namespace({"Providers": PLAIN["Providers"], "noServer": True})["Router"] == {"default": "own,m"}


def test_transformers_of_the_main_configuration_come_with_its_providers(tmp_path: Path) -> None:
    base = {
        **BASE,
        "transformers": [
            {"path": "own/x.py"},
            {"name": "a", "providers": ["main"]},
            {"name": "b", "providers": ["other"]},
            {"name": "for all"},
        ],
    }
    document, _ = document_for({"Router": {"default": "main,m1"}}, base, str(tmp_path))
    assert document["transformers"] == [{"path": f"{tmp_path}/own/x.py"}, {"name": "a", "providers": ["main"]}]
    assert base["transformers"][0] == {"path": "own/x.py"}


def test_nothing_of_the_main_configuration_is_shared() -> None:
    before = copy.deepcopy(BASE)
    document = namespace({"Router": {"default": "main,m1"}})
    document["Providers"][0]["api_key"] = "changed"
    assert before == BASE
