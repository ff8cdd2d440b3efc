"""Keys: made, stored as hashes, recognised, refused (C37)."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest

from ccr_middleware.access.keys import KeyRing, hash_key, new_key, offered_keys
from ccr_middleware.access.principal import Principal
from ccr_middleware.config.operation import ClientKey
from ccr_middleware.errors import ConfigError, NotAuthenticated
from ccr_middleware.jsonio import dumps
from ccr_middleware.testing import check_error
from ccr_middleware.wire.messages import MESSAGES_CLIENT

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()


def client_key(key: str, id: str = "k1", **more: object) -> ClientKey:
    return ClientKey.model_validate({"id": id, "name": id.upper(), "key_hash": hash_key(key), **more})


def refused(ring: KeyRing, *offered: str, now: float = NOW) -> str:
    """The text of the refusal, whose form is that of a 401 nobody tries again."""
    with pytest.raises(NotAuthenticated) as caught:
        ring.identify([key.encode() for key in offered], now)
    error = caught.value
    assert (error.status, error.should_retry) == (401, False)
    body = dumps(MESSAGES_CLIENT.error_body(error, "req_1"))
    assert check_error(body)["type"] == "authentication_error"
    return error.message


def test_keys_cannot_be_guessed_and_are_known_by_their_prefix() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"ccr-[\w-]{43}", key) for key in keys)


def test_only_the_hash_is_stored() -> None:
    key = new_key()
    assert hash_key(key) == "sha256:" + hashlib.sha256(key.encode()).hexdigest()
    ring = KeyRing([client_key(key)])
    assert key not in repr(ring._entries)


def test_c37_a_key_is_its_principal() -> None:
    limits = {"models": ["a,*"], "rpm": 5, "tpm": 600, "max_parallel": 2}
    ring = KeyRing([client_key("one"), client_key("two", "k2", **limits)])
    assert ring.identify([b"two"], NOW) == Principal(
        "k2", "K2", models=("a,*",), rpm=5, tpm=600, max_parallel=2, source="key"
    )
    assert ring.identify([b"one"], NOW).id == "k1"


def test_c37_wrong_missing_expired_and_disabled_keys_are_told_apart() -> None:
    ring = KeyRing(
        [
            client_key("good"),
            client_key("old", "k2", expires_at="2026-06-14"),
            client_key("off", "k3", enabled=False),
        ]
    )
    texts = [refused(ring), refused(ring, "wrong"), refused(ring, "old"), refused(ring, "off")]
    assert [re.search(r"is needed|not one this|expired on 2026-06-14|switched off", text)[0] for text in texts] == [
        "is needed",
        "not one this",
        "expired on 2026-06-14",
        "switched off",
    ]
    assert '"K2"' in texts[2]


def test_a_refusal_does_not_repeat_the_key() -> None:
    expired, wrong = new_key(), new_key()
    ring = KeyRing([client_key(expired, expires_at="2020-01-01")])
    assert not [key for key in (expired, wrong) if key[5:] in refused(ring, wrong, expired)]


def test_one_right_key_is_enough_and_the_one_that_manages_counts() -> None:
    ring = KeyRing([client_key("one"), client_key("off", "k3", enabled=False)], admin_key="boss")
    assert ring.identify([b"wrong", b"one"], NOW).id == "k1"
    assert ring.identify([b"off", b"one"], NOW).id == "k1"
    assert ring.identify([b"one", b"boss"], NOW).id == "admin"
    assert ring.identify([b"boss", b"one"], NOW).admin


@pytest.mark.parametrize(
    ("expires_at", "last"),
    [
        ("2026-06-15", datetime(2026, 6, 15, 23, 59, 59, tzinfo=UTC)),  # a day ends at its end
        ("2026-06-15T10:00:00Z", datetime(2026, 6, 15, 10, tzinfo=UTC)),
        ("2026-06-15T10:00:00", datetime(2026, 6, 15, 10, tzinfo=UTC)),
        ("2026-06-15T10:00:00+02:00", datetime(2026, 6, 15, 8, tzinfo=UTC)),
    ],
)
def test_a_key_is_good_up_to_its_last_moment(expires_at: str, last: datetime) -> None:
    ring = KeyRing([client_key("key", expires_at=expires_at)])
    assert ring.identify([b"key"], last.timestamp()).id == "k1"
    assert "expired" in refused(ring, "key", now=(last + timedelta(seconds=1)).timestamp())


def test_who_manages() -> None:
    alone = KeyRing(api_key="api")
    assert alone.identify([b"api"], NOW).admin, "as in CCR v2, where there was one key for everything"
    both = KeyRing(api_key="api", admin_key="boss")
    assert not both.identify([b"api"], NOW).admin
    assert both.identify([b"boss"], NOW).admin, "and may ask models, too"
    assert KeyRing(api_key="same", admin_key="same").identify([b"same"], NOW).admin
    assert [ring.can_manage for ring in (alone, both, KeyRing([client_key("x")]), KeyRing())] == [
        True,
        True,
        False,
        False,
    ]
    assert [bool(ring) for ring in (alone, KeyRing([client_key("x")]), KeyRing())] == [True, True, False]


def test_sessions_end_with_the_key_they_came_from() -> None:
    secrets = [
        KeyRing(api_key=api, admin_key=admin).session_secret for api, admin in [("a", ""), ("a", "b"), ("", "c")]
    ]
    assert len(set(secrets)) == 3
    assert KeyRing([client_key("x")]).session_secret == b""
    assert hashlib.sha256(b"a").digest() not in secrets, "a stored hash must not sign sessions"


def test_two_keys_of_one_id_are_refused() -> None:
    with pytest.raises(ConfigError, match='"k1"'):
        KeyRing([client_key("one"), client_key("two")])


@pytest.mark.parametrize(
    ("headers", "query", "offered"),
    [
        ({}, {}, []),
        ({"x-api-key": " k\t"}, {}, [b"k"]),
        ({"authorization": "Bearer k"}, {}, [b"k"]),
        ({"authorization": "bEaReR   k "}, {}, [b"k"]),
        ({"authorization": "k"}, {}, [b"k"]),
        ({"authorization": "Bearer"}, {}, []),
        ({"authorization": "Basic a2V5"}, {}, []),
        ({"x-goog-api-key": "g"}, {"key": "q"}, [b"g", b"q"]),
        ({"x-api-key": "a", "authorization": "Bearer b"}, {}, [b"a", b"b"]),
        ({"x-api-key": "ключ".encode().decode("latin-1")}, {}, ["ключ".encode()]),
        ({"cookie": "x-api-key=k"}, {}, []),
    ],
)
def test_c37_how_keys_may_come(headers: dict[str, str], query: dict[str, str], offered: list[bytes]) -> None:
    assert offered_keys(headers, query) == offered


def test_every_key_that_was_sent_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the time taken tells nothing about which was right; and none is compared but by its hash."""
    ring = KeyRing([client_key("one")])
    hashed: list[bytes] = []
    real = hashlib.sha256

    def sha256(data: bytes) -> object:
        hashed.append(data)
        return real(data)

    monkeypatch.setattr("ccr_middleware.access.keys.hashlib.sha256", sha256)
    assert ring.identify([b"one", b"other"], NOW).id == "k1"
    assert hashed == [b"one", b"other"]
