"""Keys in the configuration's document: what is added, changed and removed, and that nothing else is."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.access.key_documents import (
    FIELDS,
    add_key,
    change_key,
    check_fields,
    describe,
    read_key,
    remove_key,
)
from ccr_middleware.access.keys import KeyRing, hash_key
from ccr_middleware.access.principal import RESERVED_IDS
from ccr_middleware.config import load_config
from ccr_middleware.errors import BadRequest, Conflict, NotFound

NOW = datetime(2026, 6, 15, 12, 30, 5, tzinfo=UTC)


def loaded(document: Any) -> Any:
    """The configuration of a document; it must be one without warnings."""
    config = load_config(document, env={})
    assert config.warnings == ()
    return config


def test_a_key_is_added_as_its_hash_and_opens_the_door() -> None:
    made = add_key({"PORT": 1}, {"name": "Ada", "models": ["a,*"], "rpm": 5, "expires_at": "2027-01-31"}, now=NOW)
    assert made.key not in json.dumps(made.document)
    assert made.document == {"PORT": 1, "APIKEYS": [made.entry]}
    assert made.entry == {
        "id": f"key_{hash_key(made.key)[7:15]}",
        "name": "Ada",
        "key_hash": hash_key(made.key),
        "hint": f"…{made.key[-4:]}",
        "created_at": "2026-06-15T12:30:05Z",
        "models": ["a,*"],
        "rpm": 5,
        "expires_at": "2027-01-31",
    }
    known = KeyRing.of(loaded(made.document)).identify([made.key.encode()], NOW.timestamp())
    assert (known.name, known.models, known.rpm) == ("Ada", ("a,*",), 5)


@pytest.mark.parametrize("name", ["APIKEYS", "client_keys", "clientKeys"])
def test_the_list_stays_where_it_is_written(name: str) -> None:
    document = {name: [{"id": "old", "keyHash": hash_key("x"), "note": "kept"}], "Router": {}}
    before = copy.deepcopy(document)
    made = add_key(document, {}, now=NOW)
    assert list(made.document) == [name, "Router"]
    assert made.document[name][0] == before[name][0]
    assert document == before, "the document that was given is never changed"
    assert [key.id for key in loaded(made.document).client_keys] == ["old", made.entry["id"]]


def test_one_may_bring_a_key_of_ones_own() -> None:
    made = add_key({}, {}, now=NOW, key="a-key-of-my-own")
    assert made.key == "a-key-of-my-own"
    assert made.entry["key_hash"] == hash_key("a-key-of-my-own")
    with pytest.raises(Conflict):
        add_key(made.document, {}, now=NOW, key="a-key-of-my-own")


def test_ids_are_told_apart() -> None:
    taken = f"key_{hash_key('mine')[7:15]}"
    made = add_key({"APIKEYS": [{"id": taken, "key_hash": hash_key("other")}]}, {}, now=NOW, key="mine")
    assert made.entry["id"] == f"key_{hash_key('mine')[7:16]}"
    assert made.entry["id"] not in RESERVED_IDS


def test_fields_are_changed_where_they_are_written_and_null_takes_them_away() -> None:
    entry = {"id": "k1", "keyHash": hash_key("x"), "maxParallel": 1, "rpm": 5, "note": "kept", "enabled": False}
    document = change_key({"APIKEYS": [entry]}, "k1", {"max_parallel": 2, "rpm": None, "enabled": None, "tpm": 9})
    assert document == {"APIKEYS": [{"id": "k1", "keyHash": hash_key("x"), "maxParallel": 2, "note": "kept", "tpm": 9}]}
    key = loaded(document).client_keys[0]
    assert (key.max_parallel, key.rpm, key.enabled, key.tpm) == (2, None, True, 9)


def test_a_field_that_is_there_twice_is_there_once_afterwards() -> None:
    entry = {"id": "k1", "key_hash": hash_key("x"), "max_parallel": 1, "maxParallel": 3}
    assert change_key({"APIKEYS": [entry]}, "k1", {"max_parallel": 2})["APIKEYS"] == [
        {"id": "k1", "key_hash": hash_key("x"), "max_parallel": 2}
    ]
    assert change_key({"APIKEYS": [entry]}, "k1", {"max_parallel": None})["APIKEYS"] == [
        {"id": "k1", "key_hash": hash_key("x")}
    ]


def test_a_key_is_removed_and_the_others_are_not() -> None:
    document = {"APIKEYS": [{"id": "k1", "key_hash": hash_key("x")}, {"id": "k2", "key_hash": hash_key("y")}]}
    assert remove_key(document, "k1") == {"APIKEYS": document["APIKEYS"][1:]}
    for unknown in ("k3", "", "K1"):
        with pytest.raises(NotFound):
            remove_key(document, unknown)
        with pytest.raises(NotFound):
            change_key(document, unknown, {})


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"rpm": 0}, "rpm"),
        ({"rpm": -5}, "rpm"),
        ({"tpm": "many"}, "tpm"),
        ({"max_parallel": 1.5}, "max_parallel"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "2026-06-14"}, "expires_at"),
        ({"models": []}, "models"),
        ({"models": "a,b"}, "models"),
        ({"models": ["a", None]}, "models.1"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"id": "mine"}, "id"),
        ({"key_hash": hash_key("x")}, "key_hash"),
        ({"nmae": "Ada"}, "nmae"),
    ],
)
def test_what_a_key_cannot_have_is_a_400_that_says_where(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(BadRequest) as caught:
        add_key({}, fields, now=NOW)
    problems = caught.value.details["problems"]
    assert [problem["path"] for problem in problems] == [path]
    assert set(problems[0]) == {"path", "message", "line", "column"}
    assert caught.value.message.startswith(f"{path}: ")
    assert "Value error" not in caught.value.message


def test_every_problem_is_told() -> None:
    with pytest.raises(BadRequest) as caught:
        check_fields({"rpm": 0, "tpm": 0, "colour": "red"})
    assert [problem["path"] for problem in caught.value.details["problems"]] == ["colour", "rpm", "tpm"]


def test_a_key_may_be_let_expire_at_once() -> None:
    document = {"APIKEYS": [{"id": "k1", "key_hash": hash_key("x")}]}
    assert change_key(document, "k1", {"expires_at": "2026-06-14"})["APIKEYS"][0]["expires_at"] == "2026-06-14"


@pytest.mark.parametrize("written", ["${KEYS}", {"id": "x"}, 5])
def test_a_list_that_is_none_is_not_written_over(written: Any) -> None:
    with pytest.raises(Conflict, match="APIKEYS is not a list"):
        add_key({"APIKEYS": written}, {}, now=NOW)


@pytest.mark.parametrize("written", [None, "", []])
def test_an_empty_list_is_as_good_as_none(written: Any) -> None:
    assert len(add_key({"APIKEYS": written}, {}, now=NOW).document["APIKEYS"]) == 1


def test_what_lists_show_of_a_key() -> None:
    made = add_key({}, {"name": "Ada", "expires_at": "2026-06-15", "max_parallel": 3}, now=NOW)
    key = loaded(made.document).client_keys[0]
    shown = describe(key, now=NOW, last_used_at=5.0)
    assert shown == {
        "id": made.entry["id"],
        "name": "Ada",
        "hint": f"…{made.key[-4:]}",
        "created_at": "2026-06-15T12:30:05Z",
        "expires_at": "2026-06-15",
        "models": None,
        "rpm": None,
        "tpm": None,
        "max_parallel": 3,
        "enabled": True,
        "expired": False,
        "last_used_at": 5.0,
    }
    assert describe(key, now=datetime(2026, 6, 16, tzinfo=UTC))["expired"] is True
    assert made.entry["key_hash"] not in str(shown)
    assert describe(read_key(made.document, key.id), now=NOW, last_used_at=5.0) == shown


def test_keys_written_by_hand_have_a_hint_too_and_variables_are_left_alone() -> None:
    document = {"APIKEYS": [{"id": "k1", "key_hash": hash_key("x"), "expires_at": "${EXPIRES}", "models": ["a"]}]}
    shown = describe(read_key(document, "k1"), now=NOW)
    assert shown["hint"] == hash_key("x")[:15]
    assert (shown["expires_at"], shown["expired"], shown["models"]) == ("${EXPIRES}", False, ["a"])


_VALUES = {
    "name": st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=10).map(str.strip),
    "expires_at": st.sampled_from(["2027-01-31", "2030-01-01T00:00:00Z"]),
    "models": st.lists(st.sampled_from(["a", "b,c", "d*"]), min_size=1, max_size=3),
    **{name: st.integers(1, 10**6) for name in ("rpm", "tpm", "max_parallel")},
    "enabled": st.booleans(),
}
_CHANGES = st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in _VALUES.items()})


@given(st.fixed_dictionaries({}, optional=_VALUES), st.lists(_CHANGES, max_size=4))
def test_any_changes_are_what_the_configuration_reads(fields: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    made = add_key({"Providers": []}, fields, now=NOW)
    document, wanted = made.document, dict(fields)
    for change in changes:
        document = change_key(document, made.entry["id"], change)
        wanted |= change
    key = loaded(document).client_keys[0]
    defaults = {"name": "", "enabled": True}
    for name in FIELDS:
        value = wanted.get(name)
        value = defaults.get(name) if value is None else value
        assert getattr(key, name) == (tuple(value) if isinstance(value, list) else value)
    assert remove_key(document, key.id) == {"Providers": [], "APIKEYS": []}
