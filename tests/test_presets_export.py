"""Presets made of a configuration: no secret leaves, all of them are asked for, nothing is written elsewhere."""

import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.errors import BadRequest, Conflict
from ccr_middleware.presets import Presets
from ccr_middleware.presets.exporting import to_preset
from ccr_middleware.presets.manifest import to_manifest
from ccr_middleware.presets.secrets import find_secret, masked

DOCUMENT: dict[str, Any] = {
    "APIKEY": "client-key-1",
    "APIKEYS": [{"id": "a", "key_hash": "sha256:" + "0" * 64}],
    "HOST": "127.0.0.1",
    "PORT": 3456,
    "LOG": True,
    "presets_dir": "/srv/presets",
    "PROXY_URL": "http://me:proxy-pass@proxy.test:1",
    "Providers": [
        {
            "name": "DeepSeek",
            "api_base_url": "https://api.deepseek.com/chat/completions",
            "api_key": "sk-deepseek-1",
            "models": ["deepseek-chat"],
            "max_output_tokens": 8192,
            "headers": {"Authorization": "Bearer hdr-secret-1", "X-Title": "mine"},
        },
        {"name": "2nd one!", "HOST": "https://x.test/v1?key=sk-in-url-1", "apiKey": "$SECOND_KEY", "MODELS": ["m"]},
        {"name": "pool", "api_base_url": "https://p.test", "api_keys": ["k-pool-1", {"key": "k-pool-2", "name": "b"}]},
        {"name": "kept", "api_base_url": "https://k.test", "api_key": "${KEPT_KEY}", "headers": {"x-key": "Bearer $K"}},
    ],
    "search": {"backend": "brave", "api_key": "brave-secret"},
    "claudeCodeSettings": {"env": {"ANTHROPIC_AUTH_TOKEN": "tok-secret", "NOTE": "uses sk-deepseek-1 too"}},
    "Router": {"default": "DeepSeek,deepseek-chat", "longContextThreshold": 60000},
}
SECRETS = ("sk-deepseek-1", "hdr-secret-1", "sk-in-url-1", "proxy-pass", "k-pool-1", "k-pool-2", "brave-secret")
SECRETS += ("tok-secret", "client-key-1")


def test_e3_every_secret_becomes_a_question_of_its_own() -> None:
    made = to_preset(DOCUMENT, {"name": "x", "description": "d", "keywords": []}).manifest
    text = json.dumps(made)
    assert not [secret for secret in SECRETS if secret in text]
    assert [field["id"] for field in made["schema"]] == [
        "proxy_url",
        "deepseek_api_key",
        "deepseek_authorization",
        "_2nd_one_host",
        "pool_api_keys",
        "pool_key",
        "search_api_key",
        "claude_code_settings_env_anthropic_auth_token",
    ]
    assert {field["type"] for field in made["schema"]} == {"password"}
    assert made["schema"][1]["label"] == "API key of DeepSeek"
    providers = made["template"]["Providers"]
    assert providers[0]["api_key"] == "#{deepseek_api_key}"
    assert providers[0]["headers"] == {"Authorization": "Bearer #{deepseek_authorization}", "X-Title": "mine"}
    assert providers[1]["apiKey"] == "$SECOND_KEY"
    assert providers[3] == DOCUMENT["Providers"][3]
    assert made["template"]["claudeCodeSettings"]["env"]["NOTE"] == "uses #{deepseek_api_key} too"
    assert {key: made[key] for key in ("name", "version", "description", "sourceType")} == {
        "name": "x", "version": "1.0.0", "description": "d", "sourceType": "local",
    }  # fmt: skip
    assert "keywords" not in made


def test_what_operates_the_gateway_is_not_exported() -> None:
    made = to_preset(DOCUMENT, {"name": "x"}, include_sensitive=True).manifest
    assert made.keys() & {"APIKEY", "APIKEYS", "HOST", "PORT", "LOG", "presets_dir"} == set()
    assert made["Providers"] == DOCUMENT["Providers"]
    assert "schema" not in made


def test_two_providers_of_one_kind_are_told_apart() -> None:
    """CCR v2 makes one and the same placeholder of all keys."""
    providers = [{"name": name, "api_key": f"secret-{name}"} for name in ("a b", "a-b", "A_B")]
    made = to_preset({"Providers": providers}, {"name": "x"}).manifest
    assert [field["id"] for field in made["schema"]] == ["a_b_api_key", "a_b_api_key_2", "a_b_api_key_3"]


def test_a_configuration_without_secrets_stays_flat() -> None:
    document = {"Providers": [{"name": "p", "api_key": "$KEY"}], "Router": {"default": "p,m"}}
    made = to_preset(document, {"name": "x"}).manifest
    assert made == {"name": "x", "version": "1.0.0", "sourceType": "local", **document}


def test_files_lose_their_folders() -> None:
    document = {
        "CUSTOM_ROUTER_PATH": "/home/me/router.py:choose",
        "transformers": [{"path": "$HOME/x.py"}],
        "Providers": [{"name": "p", "use": [["/home/me/y.py", {}]]}],
    }
    made = to_preset(document, {"name": "x"})
    assert made.manifest["CUSTOM_ROUTER_PATH"] == "router.py:choose"
    assert made.manifest["Providers"][0]["use"] == [["y.py", {}]]
    assert made.manifest["transformers"] == [{"path": "$HOME/x.py"}]
    assert made.files == ("/home/me/router.py", "/home/me/y.py")
    assert document["CUSTOM_ROUTER_PATH"] == "/home/me/router.py:choose"


def test_what_was_exported_can_be_filled_in_again(tmp_path: Path) -> None:
    presets = Presets(tmp_path)
    made = presets.export(DOCUMENT, {"name": "mine"})
    assert made.path == presets.directory / "mine" / "manifest.json"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    presets.apply("mine", {field["id"]: f"new-{field['id']}" for field in made.manifest["schema"]})
    document = presets.get("mine").applied().document
    assert document["Providers"][0]["headers"]["Authorization"] == "Bearer new-deepseek_authorization"
    assert document["Providers"][2]["api_keys"] == ["new-pool_api_keys", {"key": "new-pool_key", "name": "b"}]
    assert document["Router"] == DOCUMENT["Router"]


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "a/b", "", "..", "install", 5, None])
def test_s16_an_export_never_leaves_the_folder(tmp_path: Path, name: Any) -> None:
    home = tmp_path / "home"
    with pytest.raises(BadRequest):
        Presets(home / "presets").export(DOCUMENT, {"name": name})
    assert not list(tmp_path.rglob("manifest.json"))


def test_an_export_does_not_replace_anything(tmp_path: Path) -> None:
    presets = Presets(tmp_path / "presets")
    presets.export({"Router": {}}, {"name": "a"})
    with pytest.raises(Conflict, match="there is a preset a already"):
        presets.export({"Router": {}}, {"name": "a"})
    file = tmp_path / "a.json"
    file.write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        presets.export({"Router": {}}, {"name": "a"}, output=file)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("output", ["x.json", "folder", "deep/x.zip"])
def test_e3_the_output_is_obeyed(tmp_path: Path, output: str) -> None:
    presets = Presets(tmp_path / "presets")
    made = presets.export(DOCUMENT, {"name": "a"}, output=tmp_path / output, include_sensitive=output == "x.json")
    assert made.path is not None
    if output.endswith(".zip"):
        with zipfile.ZipFile(made.path) as archive:
            text = archive.read("manifest.json").decode()
    else:
        text = made.path.read_text()
    assert json.loads(text) == made.manifest
    assert ("sk-deepseek-1" in text) is (output == "x.json")
    assert not presets.list()


# -- what is a secret ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "secret"),
    [
        (("Providers", 0, "api_key"), "sk-1", "sk-1"),
        (("Providers", 0, "APIKEY"), "sk-1", "sk-1"),
        (("Providers", 0, "api_keys", 1), "sk-1", "sk-1"),
        (("Providers", 0, "headers", "Authorization"), "Bearer abc", "abc"),
        (("Providers", 0, "headers", "x-goog-api-key"), "abc", "abc"),
        (("Providers", 0, "vertex", "credentials", "private_key"), "-----BEGIN", "-----BEGIN"),
        (("env", "MY_TOKEN"), "t", "t"),
        (("x", "clientSecret"), "t", "t"),
        (("x", "password"), "t", "t"),
        (("u",), "https://u:p@h/", "https://u:p@h/"),
        (("u",), "https://h/?api_key=abc", "https://h/?api_key=abc"),
        (("Providers", 0, "api_key"), "${K:-sk-1}", "${K:-sk-1}"),
        (("Providers", 0, "api_key"), "$KEY", None),
        (("Providers", 0, "api_key"), "${my key}", None),
        (("Providers", 0, "api_key"), "#{key}", None),
        (("Providers", 0, "api_key"), "", None),
        (("h", "headers", "authorization"), "Bearer $KEY", None),
        (("Providers", 0, "headers", "X-Title"), "mine", None),
        (("Providers", 0, "models", 0), "sk-model", None),
        (("Providers", 0, "tokenizer", "response_field"), "token_count", None),
        (("u",), "https://h/?api-version=1", None),
        (("u",), "https://h/?key=$KEY", None),
        (("u",), "https://u:$PASSWORD@h/", None),
        ((), "sk-1", None),
    ],
)
def test_what_is_a_secret(path: tuple[str | int, ...], text: str, secret: str | None) -> None:
    found = find_secret(path, text)
    assert (found.value if found else None) == secret


names = st.sampled_from(["api_key", "apiKey", "API_KEY", "client_secret", "authToken", "password", "Authorization"])
secrets = st.from_regex(r"[A-Za-z0-9]{12,24}", fullmatch=True)
fillers = st.sampled_from(["a", "b", "list"])


@given(st.lists(st.tuples(st.lists(fillers, max_size=2), names, secrets), min_size=1, max_size=4))
def test_no_secret_is_left_wherever_it_stands(places: list[tuple[list[str], str, str]]) -> None:
    document: dict[str, Any] = {"Router": {"default": "p,m"}}
    for above, name, secret in places:
        container: Any = document
        for key in above:
            container = container.setdefault(f"{key}_", {})
        container[name] = secret
    left = [text for text in _texts(document) if text != "p,m"]
    shown = json.dumps([masked(document), to_preset(document, {"name": "x"}).manifest])
    assert not [text for text in left if text in shown]
    manifest = to_manifest(to_preset(document, {"name": "x"}).manifest)
    assert len(manifest.schema) <= len(left)
    assert not manifest.problems


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for item in value.values() for text in _texts(item)] if isinstance(value, dict) else []
