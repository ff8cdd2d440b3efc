"""A folder of presets: listed, found by either name, changed, watched; one that is broken breaks nothing else."""

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.errors import BadRequest, NotFound
from ccr_middleware.presets import Presets
from ccr_middleware.presets.describing import details, summary, without_masks

from .support.presets import PLAIN, SIMPLE, write_preset

BASE: dict[str, Any] = {
    "APIKEY": "main-key",
    "Providers": [{"name": "main", "api_base_url": "https://main.test", "api_key": "sk-main-secret", "models": ["m"]}],
    "Router": {"default": "main,m"},
}


@pytest.fixture
def presets(tmp_path: Path) -> Presets:
    return Presets(tmp_path)


def write(presets: Presets, name: str, document: Any, **files: str) -> Path:
    return write_preset(presets.directory, name, document, **files)


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    presets = Presets(tmp_path / "none")
    assert presets.list() == []
    assert presets.stamp() == ()
    assert presets.documents(BASE) == {}
    assert not presets.directory.exists()


def test_every_folder_is_a_preset(presets: Presets) -> None:
    write(presets, "b", PLAIN)
    write(presets, "a", SIMPLE)
    (presets.directory / ".staging-x").mkdir()
    (presets.directory / "file.txt").write_text("")
    (presets.directory / "empty").mkdir()
    listed = [summary(one) for one in presets.list()]
    assert [(one["id"], one["name"], one["ready"]) for one in listed] == [
        ("a", "simple", False),
        ("b", "plain", True),
        ("empty", "empty", False),
    ]
    assert listed[0]["problem"] == "apiKey: is required; write API Key"
    assert listed[2]["problem"] == "manifest.json: there is none in empty; write one, or install the preset again"
    assert all(one["installed"] for one in listed)


# -- names -----------------------------------------------------------------------------------------------------


def test_e2_a_preset_answers_by_folder_and_by_name(presets: Presets) -> None:
    write(presets, "folder", PLAIN)
    assert presets.namespaces() == {"folder": "folder", "plain": "folder"}
    assert presets.get("plain").id == presets.get("folder").id == "folder"
    documents = presets.documents(BASE)
    assert documents["plain"] is documents["folder"]


def test_e2_a_name_that_two_have_belongs_to_neither(presets: Presets) -> None:
    write(presets, "one", PLAIN)
    write(presets, "two", PLAIN)
    write(presets, "three", {**PLAIN, "name": "two"})
    assert presets.namespaces() == {"one": "one", "two": "two", "three": "three"}
    assert presets.get("two").id == "two"
    with pytest.raises(NotFound, match='several presets are called "plain"; name one by its folder: one, two'):
        presets.get("plain")


def test_a_name_that_is_a_path_is_no_namespace(presets: Presets) -> None:
    write(presets, "x", {**PLAIN, "name": "../y"})
    assert presets.namespaces() == {"x": "x"}


@pytest.mark.parametrize("name", ["nothing", "manifest.json"])
def test_what_is_not_there(presets: Presets, name: str) -> None:
    write(presets, "x", PLAIN)
    with pytest.raises(NotFound):
        presets.get(name)


@pytest.mark.parametrize("name", ["../x", "", "x/..", "a\0"])
def test_s16_nothing_outside_is_read_or_deleted(presets: Presets, name: str) -> None:
    for do in (presets.get, presets.delete, lambda name: presets.apply(name, {})):
        with pytest.raises(BadRequest, match="preset name"):
            do(name)


@pytest.mark.parametrize("name", ["install", "market", "export"])
def test_e2_a_preset_called_like_a_word_of_the_api_is_reached(presets: Presets, name: str) -> None:
    write(presets, name, {**PLAIN, "name": name})
    assert presets.get(name).applied().document["Router"]
    presets.delete(name)
    assert presets.list() == []


# -- documents -------------------------------------------------------------------------------------------------


def test_a_broken_preset_does_not_break_the_others(presets: Presets) -> None:
    write(presets, "a-good", PLAIN)
    write(presets, "broken", "{name: ")
    write(presets, "odd", {"name": "odd", "Providers": {"no": "list"}, "Router": ["no"], "rules": 5})
    write(presets, "open", SIMPLE)
    (presets.directory / "unreadable").mkdir()
    (presets.directory / "unreadable" / "manifest.json").mkdir()
    documents = presets.documents(BASE)
    document, problem = documents["a-good"]
    assert problem is None
    assert document["APIKEY"] == "main-key"
    assert load_config(document, env={}).router.default == "own,m"
    assert documents["broken"][0] == {}
    assert documents["broken"][1].startswith('preset "broken" cannot be used: manifest.json: line 1')
    assert documents["open"] == ({}, 'preset "open" cannot be used: apiKey: is required; write API Key')
    assert documents["unreadable"][1] is not None


def test_variables_are_left_for_the_environment(presets: Presets) -> None:
    """CCR v2 never fills them in."""
    providers = [{"name": "p", "api_base_url": "https://p.test", "api_key": "${PRESET_KEY}", "models": ["m"]}]
    write(presets, "p", {"name": "p", "Providers": providers})
    document, _ = presets.documents(BASE)["p"]
    assert load_config(document, env={"PRESET_KEY": "from-env"}).provider("p").api_key == "from-env"


def test_a_preset_is_checked_as_a_configuration(presets: Presets) -> None:
    write(presets, "p", {"name": "p", "Providers": [{"name": "x", "models": ["m"]}], "Router": {"default": "y,m"}})
    problems, _ = presets.check(presets.get("p"), BASE, {})
    assert len(problems) == 1
    assert problems[0].startswith("Providers[0].api_base_url")
    write(presets, "p", {**PLAIN, "Router": {"default": "nobody,m"}})
    problems, warnings = presets.check(presets.get("p"), BASE, {})
    assert not problems
    assert any('no provider is called "nobody"' in line for line in warnings)


def test_the_stamp_changes_with_the_presets(presets: Presets) -> None:
    stamps = [presets.stamp()]
    folder = write(presets, "a", PLAIN)
    stamps.append(presets.stamp())
    assert presets.stamp() == stamps[-1]
    write(presets, "a", {**PLAIN, "version": "1.2.3"})
    stamps.append(presets.stamp())
    (folder / "manifest.json").unlink()
    stamps.append(presets.stamp())
    presets.install(json.dumps({**PLAIN, "name": "b"}).encode(), allow_code=True)
    stamps.append(presets.stamp())
    assert len(set(stamps)) == len(stamps)


def test_a_manifest_is_read_again_only_when_it_changes(presets: Presets) -> None:
    folder = write(presets, "a", PLAIN)
    first = presets.get("a")
    assert presets.get("a") is first
    (folder / "manifest.json").write_text(json.dumps({**PLAIN, "version": "2"}))
    os.utime(folder / "manifest.json", ns=(1, 1))
    assert presets.get("a").manifest.metadata["version"] == "2"


# -- values ----------------------------------------------------------------------------------------------------


def test_values_are_stored_and_the_rest_of_the_file_stays(presets: Presets) -> None:
    text = """{
  // what I like
  name: 'x',
  unknown: [1, 2],   // kept
  schema: [{id: "key"}, {id: "size", type: "number", required: false}],
  template: {Providers: [{name: "p", api_key: "#{key}", max_output_tokens: "#{size}"}]},
}
"""
    folder = write(presets, "x", text)
    os.chmod(folder / "manifest.json", 0o644)
    presets.apply("x", {"key": "sk-1"})
    applied = presets.apply("x", {"size": "100"})
    assert dict(applied.manifest.user_values) == {"key": "sk-1", "size": 100}
    written = (folder / "manifest.json").read_text()
    assert "// what I like" in written
    assert "// kept" in written
    assert stat.S_IMODE((folder / "manifest.json").stat().st_mode) == 0o600
    assert os.listdir(folder) == ["manifest.json"]


def test_values_that_will_not_do_change_nothing(presets: Presets) -> None:
    folder = write(presets, "s", SIMPLE)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(BadRequest) as caught:
        presets.apply("s", {"apiKey": "wrong", "model": "z", "modle": "a"})
    assert [(one["path"], one["message"].partition(";")[0]) for one in caught.value.details["problems"]] == [
        ("modle", 'there is no field "modle"'),
        ("apiKey", 'does not match "^sk-.*"'),
        ("model", '"z" is none of "a", "b"'),
    ]
    assert (folder / "manifest.json").read_bytes() == before


def test_a_broken_preset_takes_no_values(presets: Presets) -> None:
    write(presets, "x", "{")
    with pytest.raises(BadRequest, match="cannot be used"):
        presets.apply("x", {"a": 1})


def test_values_from_many_threads_are_all_kept(presets: Presets) -> None:
    fields = [{"id": f"f{n}", "type": "input", "required": False} for n in range(8)]
    write(presets, "x", {"name": "x", "schema": fields, "template": {"Router": {}}})
    threads = [threading.Thread(target=presets.apply, args=("x", {f"f{n}": str(n)})) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert presets.get("x").manifest.user_values == {f"f{n}": str(n) for n in range(8)}


def test_deleting_takes_everything_and_only_that(presets: Presets, tmp_path: Path) -> None:
    write(presets, "a", PLAIN, sub__x_py="")
    write(presets, "b", PLAIN)
    presets.delete("a")
    assert os.listdir(presets.directory) == ["b"]


def test_a_linked_folder_is_unlinked_and_not_emptied(tmp_path: Path) -> None:
    real = write_preset(tmp_path, "real", PLAIN)
    presets = Presets(tmp_path / "presets")
    presets.directory.mkdir()
    (presets.directory / "mine").symlink_to(real)
    presets.delete("mine")
    assert (real / "manifest.json").exists()
    assert os.listdir(presets.directory) == []


# -- what is shown ---------------------------------------------------------------------------------------------


def test_s4_nothing_that_is_shown_has_a_secret(presets: Presets) -> None:
    document = {
        **SIMPLE,
        "schema": [*SIMPLE["schema"], {"id": "spare", "defaultValue": "default-secret"}],
        "description": "uses sk-user-secret",
        "userValues": {
            "apiKey": "sk-user-secret",
            "Providers[0].headers.Authorization": "Bearer hdr-secret",
            "Router.think": "p,m",
        },
        "configMappings": [{"target": "search", "value": {"backend": "brave", "api_key": "map-secret"}}],
    }
    write(presets, "s", document)
    preset = presets.get("s")
    problems, warnings = presets.check(preset, BASE, {})
    shown = details(preset, BASE, problems, warnings)
    text = json.dumps([shown, summary(preset)])
    assert not [secret for secret in ("hdr-secret", "map-secret", "default-secret", "sk-main-secret") if secret in text]
    assert "sk-user-secret" not in json.dumps({key: value for key, value in shown.items() if key != "metadata"})
    assert shown["userValues"] == {
        "apiKey": "***",
        "Providers[0].headers.Authorization": "Bearer ***",
        "Router.think": "p,m",
    }
    assert shown["config"]["Providers"][0]["api_key"] == "***"
    assert shown["template"]["Providers"][0]["api_key"] == "#{apiKey}"
    assert [field["id"] for field in shown["schema"]] == ["apiKey", "model", "useProxy", "proxyUrl", "spare"]
    assert shown["visible"] == ["apiKey", "model", "useProxy", "spare"]


def test_masks_that_come_back_change_nothing(presets: Presets) -> None:
    write(presets, "s", {**SIMPLE, "userValues": {"apiKey": "sk-1"}})
    manifest = presets.get("s").manifest
    assert without_masks(manifest, {"apiKey": "***", "model": "b"}) == {"model": "b"}
    assert without_masks(manifest, {"apiKey": "sk-2"}) == {"apiKey": "sk-2"}
    assert without_masks(manifest, {"proxyUrl": "***"}) == {"proxyUrl": "***"}


def test_it_is_shown_what_a_preset_would_use(presets: Presets) -> None:
    own = {
        **PLAIN,
        "Providers": [{"name": "p", "api_base_url": "https://u:p@evil.test:8/v1", "api_key": "$OPENAI_API_KEY"}],
        "transformers": [{"path": "transformers/x.py"}],
    }
    write(presets, "p", own)
    needs = details(presets.get("p"), BASE, [], [])["needs"]
    assert needs == {
        "variables": ["OPENAI_API_KEY"],
        "hosts": ["evil.test:8"],
        "code": ["transformers/x.py"],
        "files": [],
    }


def test_choices_are_those_of_both_configurations(presets: Presets) -> None:
    fields = [
        {"id": "p", "type": "select", "options": {"type": "providers"}},
        {"id": "m", "type": "select", "options": {"type": "models", "providerField": "{{p}}"}},
    ]
    write(presets, "p", {**PLAIN, "schema": fields, "userValues": {"p": "main"}})
    choices = details(presets.get("p"), BASE, [], [])["choices"]
    assert [one["value"] for one in choices["p"]] == ["own", "main"]
    assert [one["value"] for one in choices["m"]] == ["m"]
