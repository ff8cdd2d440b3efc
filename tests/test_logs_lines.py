"""Log lines: pino's fields, and nothing secret in them."""

import json
import logging
import os
import socket
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.logs.lines import JsonLines, pino_level
from ccr_middleware.logs.redaction import MAX_EARLIER, Redaction, Redactor

KEY = "9f86d081884c7d659a2feaa0c55ad015"


def entry(message="hello", *arguments, level=logging.INFO, name="ccr_middleware", **more):
    record = logging.LogRecord(name, level, __file__, 1, message, arguments, more.pop("exc_info", None))
    record.__dict__.update(more)
    return record


def line(record, redactor=None):
    return json.loads(JsonLines(redactor).format(record))


def failure():
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        return sys.exc_info()


def test_a_line_has_pinos_fields_in_pinos_order():
    record = entry("%s answered in %d ms", "qwen", 12, ccr={"reqId": "req_1", "usage": {"input": 3}})
    text = JsonLines().format(record)
    assert json.loads(text) == {
        "level": 30,
        "time": int(record.created * 1000),
        "pid": os.getpid(),
        "hostname": socket.gethostname(),
        "reqId": "req_1",
        "usage": {"input": 3},
        "msg": "qwen answered in 12 ms",
    }
    assert text.startswith('{"level":30,"time":')
    assert "\n" not in text


@pytest.mark.parametrize(
    ("level", "number"), [(5, 10), (10, 20), (20, 30), (25, 30), (30, 40), (40, 50), (50, 60), (99, 60)]
)
def test_levels_are_pinos(level, number):
    assert pino_level(level) == number


def test_an_exception_is_told_with_its_stack():
    told = line(entry("failed", exc_info=failure()), Redactor(lambda: (KEY,)))["err"]
    assert told["type"] == "ValueError"
    assert told["message"] == "bad key ***"
    assert 'raise ValueError(f"bad key' in told["stack"]
    assert KEY not in told["stack"]


@pytest.mark.parametrize("secret", ['with "quotes"', "back\\slash", "schlüssel", "tab\tinside", "half \ud83d"])
def test_secrets_that_json_writes_otherwise_are_masked_too(secret):
    text = JsonLines(Redactor(lambda: (secret,))).format(entry(f"a {secret} b", ccr={"key": secret, "other": 1}))
    assert json.loads(text)["msg"] == "a *** b"
    assert json.loads(text)["key"] == "***"


def test_other_loggers_leave_their_name():
    assert line(entry(name="uvicorn.error"))["name"] == "uvicorn.error"
    assert "name" not in line(entry())


@pytest.mark.parametrize("text", ["%s attempt 1 failed", "%s: the plugin gets no more"])
def test_a_message_that_begins_with_a_request_belongs_to_it(text):
    request = "req_0123456789abcdef01234567"
    assert line(entry(text, request))["reqId"] == request
    assert "reqId" not in line(entry("req_1 is short"))
    assert "reqId" not in line(entry(f"about {request} and others"))


def test_fields_given_with_a_record_replace_nothing():
    assert line(entry("said", ccr={"msg": "other", "level": 60, "pid": 1, "more": 1}))["msg"] == "said"
    assert line(entry(ccr={"level": 60}))["level"] == 30
    assert line(entry(ccr="no dict"))["msg"] == "hello"


@given(st.text(), st.recursive(st.text() | st.integers() | st.floats() | st.binary() | st.none(), st.lists))
def test_anything_makes_one_line_of_json(message, extra):
    text = JsonLines().format(entry("%s", message, ccr={"extra": extra, "object": object()}))
    assert "\n" not in text
    assert json.loads(text)["msg"] == message


# -- secrets ---------------------------------------------------------------------------------------------


def test_known_secrets_are_masked_in_message_arguments_and_fields():
    """S-11: the reference writes keys and whole bodies to disk, at its default level."""
    extra = {"header": f"Basic {KEY}", "deep": [{"a": (KEY, 1)}], KEY: True}
    text = JsonLines(Redactor(lambda: (KEY,))).format(entry(f"key {KEY} and %s", f"x{KEY}x", ccr=extra))
    assert KEY not in text
    assert json.loads(text)["msg"] == "key *** and x***x"
    assert json.loads(text)["deep"] == [{"a": ["***", 1]}]


def test_a_key_that_is_a_number_leaves_the_line_json():
    told = line(entry("in 123456 ms", ccr={"size": 1234567}), Redactor(lambda: ("123456",)))
    assert told["msg"] == "in *** ms"
    assert told["size"] == 1234567


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"),
        ("{'authorization': 'Bearer abcdef123456'}", "{'authorization': 'Bearer ***'}"),
        ('{"x-api-key": "abcdef123456"}', '{"x-api-key": "***"}'),
        ("api_key=abcdef123456&model=m", "api_key=***&model=m"),
        ("GET /v1beta/models/m?key=abcdef123456", "GET /v1beta/models/m?key=***"),
        ("cookie: other=1; ccr_session=abcdef123456", "cookie: ***"),
        ("{'set-cookie': 'ccr_session=abcdef123456; Path=/'}", "{'set-cookie': '***'}"),
        ("Authorization: Bearer ***", "Authorization: Bearer ***"),
        ("used sk-ant-api03-abcDEF123456 there", "used sk-*** there"),
        ("used AIzaSyD-abcdefghijk123456789 there", "used AIza*** there"),
        ("bearer abcdef123456", "bearer ***"),
        ("task-lists are no keys, sk-iing neither", "task-lists are no keys, sk-iing neither"),
        ("max_tokens=1024, the key is missing", "max_tokens=1024, the key is missing"),
        ("APIKEY is missing: set it", "APIKEY is missing: set it"),
    ],
)
def test_what_looks_like_a_key_is_masked(text, masked):
    assert Redactor()(text) == masked


def test_the_longer_of_two_secrets_goes_first():
    redact = Redactor(lambda: ("secret", "secret-and-more"))
    assert redact("a secret-and-more and a secret") == "a *** and a ***"


def test_keys_of_before_a_reload_are_still_masked():
    """Calls under way keep their configuration, and so its keys."""
    secrets = [("first-key",)]
    redact = Redactor(lambda: secrets[-1])
    assert redact("first-key") == "***"
    secrets.append(("second-key",))
    assert redact("first-key second-key") == "*** ***"
    for number in range(2 * MAX_EARLIER):
        secrets.append((f"key-number-{number}",))
        redact("something")
    assert len(redact._known) <= MAX_EARLIER + 1


@given(st.lists(st.text(min_size=6), max_size=5), st.lists(st.text(), max_size=5))
def test_no_secret_survives(secrets, texts):
    text = " ".join([*texts, *secrets, *texts])
    masked = Redactor(lambda: tuple(secrets))(text)
    for secret in secrets:
        if not set(secret) <= set("*"):
            assert secret not in masked or secret in "*** " * 4


def test_the_filter_masks_for_the_handlers_of_others():
    record = entry("the key is %s", KEY, exc_info=failure(), ccr={"key": KEY})
    assert Redaction(Redactor(lambda: (KEY,))).filter(record)
    assert record.getMessage() == "the key is ***"
    assert KEY not in logging.Formatter().format(record)
    assert record.ccr == {"key": "***"}


def test_the_filter_lets_arguments_that_do_not_fit_pass_to_the_handler():
    record = entry("%d", "text")
    assert Redaction(Redactor()).filter(record)
    with pytest.raises(TypeError):
        record.getMessage()
