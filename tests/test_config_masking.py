"""Masks: what is hidden, what is shown, and that they come back unchanged wherever an entry went."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config.document import parse_document
from ccr_middleware.config.editing import edit_text
from ccr_middleware.config.interpolate import interpolate
from ccr_middleware.config.load import load_config
from ccr_middleware.config.masking import MASK, Masks
from ccr_middleware.errors import BadRequest

MASKS = Masks(b"k" * 32)

TEXT = """\
{
  // the key was: "sk-old-1234567890abcdef", before that api_key: 'hunter2'
  APIKEY: "clients-key-0123456789", ADMIN_KEY: 123456, // not clients-key-0123456789
  PROXY_URL: 'http://me:pa$WORD@proxy:8080',
  APIKEYS: [{ id: "a", name: "Ann", key_hash: "sha256:00ffaa", models: ["m"], rpm: 5 }],
  Providers: [
    {
      name: "one", api_key: "$ONE_KEY", apiKeys: ["listed-1", "${TWO:-listed-2}",
        { key: "listed-3", name: "third", weight: 2 }],
      headers: { Authorization: "Bearer header-token", "X-Team": "tools", "x-key": "Token $KEY",
        Cookie: "a=cookie-value" },
      transformer: { use: [["maxtoken", { max_tokens: 8192, secretKey: "op\\x74ion", token: 'it\\'s-token' }]] },
      // { name: "gone", "api_key": "commented-out" },
    },
    { name: "two", api_base_url: "https://h/v1?api-version=7&key=in-the-url", max_output_tokens: 5,
      vertex: { credentials: { type: "service_account", private_key: "-----BEGIN", client_email: "a@b" } } },
    { name: "three", vertex: { credentials: "~/key.json" }, note: "sk-proj-abcdefghijklmnopqrstu", keys: 77.5 },
  ],
}
"""
SECRETS = [
    "sk-old-1234567890abcdef", "hunter2", "clients-key-0123456789", "123456,", "pa$WORD", "00ffaa", "listed-1",
    "listed-2", "listed-3", "header-token", "cookie-value", "op\\x74ion", "s-token", "commented-out", "in-the-url",
    "-----BEGIN", "sk-proj-abcdefghijklmnopqrstu", "77.5",
]  # fmt: skip
SHOWN = [
    "// the key was", "http://me:", "@proxy:8080", '"Ann"', '"$ONE_KEY"', '"${TWO:-', '"third"', '"Bearer ', '"tools"',
    '"Token $KEY"', "max_tokens: 8192", "api-version=7&key=", "service_account", "a@b", '"~/key.json"', "rpm: 5",
    "// { name: \"gone\", \"api_key\": \"", "weight: 2", "max_output_tokens: 5",
]  # fmt: skip


def document() -> dict[str, Any]:
    return parse_document(TEXT).value


def test_the_text_is_shown_without_any_secret_and_otherwise_as_it_is():
    shown = MASKS.masked_text(TEXT)
    assert all(secret in TEXT for secret in SECRETS)
    assert [secret for secret in SECRETS if secret in shown] == []
    assert [part for part in SHOWN if part not in shown] == []
    assert len(parse_document(shown).value["Providers"]) == 3
    assert shown.count("\n") == TEXT.count("\n")


def test_a_masked_text_comes_back_byte_for_byte():
    assert MASKS.restored_text(MASKS.masked_text(TEXT), TEXT) == TEXT
    assert MASKS.restored_text(TEXT, TEXT) == TEXT


def test_the_document_is_masked_in_the_same_way():
    shown = json.dumps(MASKS.masked(document()), ensure_ascii=False)
    in_comments = {"sk-old-1234567890abcdef", "hunter2", "commented-out", "op\\x74ion", "123456,"}
    assert [secret for secret in SECRETS if secret in shown and secret not in in_comments] == []
    assert "123456" not in shown
    assert "option" not in shown
    assert parse_document(MASKS.masked_text(TEXT)).value == MASKS.masked(document())
    assert MASKS.restored(MASKS.masked(document()), document()) == document()


def test_masks_come_back_when_providers_move_and_are_renamed():
    shown = MASKS.masked(document())
    shown["Providers"].reverse()
    shown["Providers"][2]["name"] = "renamed"
    del shown["Providers"][1]
    restored = MASKS.restored(shown, document())
    assert restored["Providers"][1] == {**document()["Providers"][0], "name": "renamed"}
    assert restored["Providers"][0] == document()["Providers"][2]
    text = edit_text(TEXT, restored)
    assert "'it\\'s-token'" in text
    assert "in-the-url" not in text


def test_a_key_that_is_entered_anew_is_taken():
    shown = MASKS.masked(document())
    shown["APIKEY"] = "another"
    shown["Providers"][0]["headers"]["Authorization"] = "Basic " + shown["Providers"][0]["headers"]["Authorization"][7:]
    restored = MASKS.restored(shown, document())
    assert restored["APIKEY"] == "another"
    assert restored["Providers"][0]["headers"]["Authorization"] == "Basic header-token"


def refused(document_: Any, original: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        MASKS.restored(document_, original)
    return caught.value.message


def test_a_mask_that_is_not_ours_is_refused_with_its_place():
    other = Masks().mask("secret")
    original = {"Providers": [{"name": "a", "api_key": "b"}]}
    for mask in (other, MASKS.mask("c"), "***", "••••", "***…abcd·00000000"):
        message = refused({"Providers": [{"name": "a", "api_key": mask}]}, original)
        assert message == "Providers[0].api_key: this is a mask, not a key; enter the key again"
    with pytest.raises(BadRequest, match=r"Providers\[0\]\.api_key: this is a mask"):
        MASKS.restored_text(f'{{Providers: [{{api_key: "{other}"}}]}}', '{"APIKEY": "x"}')


def test_stars_that_are_in_the_file_are_no_mask():
    original = {"api_key": "***", "token": "••••"}
    assert MASKS.restored(MASKS.masked(original), original) == original
    assert MASKS.restored(original, original) == original


def test_a_mask_cannot_be_moved_to_where_it_would_be_shown():
    original = {"APIKEY": "top-secret", "PORT": 1}
    message = refused({"APIKEY": "$X", "note": MASKS.mask("top-secret")}, original)
    assert message == "note: a masked key can only stand where a key belongs; enter the value again"
    assert MASKS.restored({"ADMIN_KEY": MASKS.mask("top-secret")}, original) == {"ADMIN_KEY": "top-secret"}
    with pytest.raises(BadRequest):
        MASKS.restored_text(f'{{note: "{MASKS.mask("top-secret")}"}}', '{"APIKEY": "top-secret"}')


@pytest.mark.parametrize(
    "key",
    [
        "api_key", "apiKey", "APIKEY", "API-Key", "ADMIN_KEY", "token", "accessToken", "client_secret", "password",
        "passwd", "private_key", "ACCESS_KEY", "secretAccessKey", "Authorization", "cookie", "key_hash", "key",
        "OPENAI_API_KEY", "dbPassword", "hf_token",
    ],
)  # fmt: skip
def test_names_of_secrets(key: str):
    assert MASK.fullmatch(MASKS.masked({"x": [{key: "value"}]})["x"][0][key])


@pytest.mark.parametrize(
    "key",
    [
        "max_tokens",
        "maxtoken",
        "budget_tokens",
        "eos_token",
        "token_count",
        "keyboard",
        "name",
        "author",
        "key_variable",
    ],
)
def test_names_that_are_none(key: str):
    assert MASKS.masked({key: "value"}) == {key: "value"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("$KEY", "$KEY"), ("${KEY}", "${KEY}"), ("${key}", "${key}"), ("Bearer $KEY", "Bearer $KEY"), ("", ""),
        ("  ", "  "),
        ("${KEY:-}", "${KEY:-}"), ("${KEY:-x}", "${KEY:-@}"), ("Bearer ${KEY:-x}", "Bearer ${KEY:-@}"), ("x$KEY", "@"),
        ("pa$$word", "@"), ("$$", "@"), ("Bearer abc", "Bearer @"), (" abc ", " @ "), ("$lower", "@"), ("${KEY", "@"),
    ],
)  # fmt: skip
def test_placeholders_are_shown_and_what_stands_beside_them_is_not(written: str, shown: str):
    masked = MASKS.masked({"api_key": written})["api_key"]
    assert MASK.sub("@", masked) == shown
    assert MASKS.restored({"api_key": masked}, {"api_key": written}) == {"api_key": written}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("http://user:pw@host/x", "http://user:@@host/x"),
        ("https://ghp@host", "https://@@host"),
        ("http://${U}:${P}@host", "http://${U}:${P}@host"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("https://h/?api_key=abc&b=c", "https://h/?api_key=@&b=c"),
        ("https://h/?key=$KEY", "https://h/?key=$KEY"),
        ("see sk-ant-api03-abcdefghijklmnop here", "see @ here"),
        ("provider,model", "provider,model"),
    ],
)
def test_texts_that_hold_a_secret_anywhere(written: str, shown: str):
    masked = MASKS.masked({"anything": written})["anything"]
    assert MASK.sub("@", masked) == shown
    assert MASKS.restored({"anything": masked}, {"anything": written}) == {"anything": written}


def test_masks_show_little_and_nothing_of_short_secrets():
    assert MASKS.mask("a-long-secret-of-many-letters-wxyz").startswith("***…wxyz·")
    assert re.fullmatch(r"\*\*\*·[0-9a-f]{8}", MASKS.mask("short-secret"))
    assert MASKS.mask("a") != MASKS.mask("b")
    assert MASKS.mask(1) != MASKS.mask("1")
    assert Masks().mask("a") != Masks().mask("a")


def test_the_resolved_view_hides_what_came_from_the_environment():
    env = {"ONE_KEY": "from-the-env", "TWO": "two-from-env", "KEY": "third-from-env", "WORD": "w"}
    written = {**document(), "APIKEYS": [], "note": "uses $ONE_KEY too", "list": ["x $TWO"]}
    for provider in written["Providers"]:
        provider.setdefault("api_base_url", "http://localhost")
    config = load_config(written, env=env)
    resolved, _ = interpolate(config.raw, env)
    shown = json.dumps(MASKS.resolved(resolved, config.secrets()), ensure_ascii=False)
    for secret in ("from-the-env", "two-from-env", "third-from-env", "clients-key", "header-token", "in-the-url"):
        assert secret not in shown
    assert "uses ***·" in shown
    assert '"X-Team": "tools"' in shown


def test_a_text_with_a_mistake_is_masked_too_and_can_be_mended():
    broken = TEXT.replace('"$ONE_KEY",', '"$ONE_KEY"')
    shown = MASKS.masked_text(broken)
    for secret in ("clients-key", "listed-3", "hunter2", "in-the-url", "commented-out", "listed-1"):
        assert secret in broken
        assert secret not in shown
    assert MASKS.restored_text(shown, broken) == shown
    mended = shown.replace('"$ONE_KEY"', '"$ONE_KEY",', 1)
    restored = MASKS.restored_text(mended, broken)
    assert parse_document(restored).value["APIKEY"] == "clients-key-0123456789"
    assert parse_document(restored).value["Providers"][0]["transformer"] == document()["Providers"][0]["transformer"]


def test_masking_changes_nothing_it_is_given():
    before = document()
    after = copy.deepcopy(before)
    MASKS.restored(MASKS.masked(after), after)
    assert after == before


NAMES = st.sampled_from(["api_key", "headers", "authorization", "name", "api_keys", "x", "token", "credentials", "url"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.sampled_from(["$KEY", "Bearer x", "${A:-b}", "http://u:p@h/?key=k", "a,b, $C", "***", "a\"b'c\\"]),
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    NAMES, st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
)


@given(DOCUMENTS)
def test_every_document_comes_back(original: dict[str, Any]):
    assert MASKS.restored(MASKS.masked(original), original) == original
    text = json.dumps(original, ensure_ascii=False)
    assert MASKS.restored_text(MASKS.masked_text(text), text) == text
