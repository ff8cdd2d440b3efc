"""Failures, silence and leaving, for providers of every wire format (C6, C38, C39, C41)."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing import (
    CUT,
    STALL,
    Script,
    Signal,
    check_error,
    check_stream,
    json_answer,
    open_stream,
    stream,
)
from ccr_middleware.testing.answers import Answer
from ccr_middleware.testing.gateways import fake_gateway
from ccr_middleware.testing.script import until
from ccr_middleware.testing.server import FakeServer
from ccr_middleware.testing.wires import gemini, responses

from .support import each_feeding
from .support.formats import each_form, each_wire, encoded, parted, run, said, serve, wire_of
from .support.gateway import FAST, ask, body

Json = dict[str, Any]


def google(code: int, message: str = "no", status: str = "", *details: Json) -> Json:
    """Google's error object."""
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def wait(delay: str) -> Json:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def flat(code: str, message: str) -> Json:
    """The `error` event of Responses."""
    return {"type": "error", "code": code, "message": message, "param": None, "sequence_number": 3}


def failed(code: str, message: str) -> Json:
    """The response that failed."""
    about = {"code": code, "message": message}
    return responses.event("failed", response=responses.response(status="failed", error=about, usage=None))


BUSY = google(503, "The model is overloaded.", "UNAVAILABLE")
SPENT = google(429, "Quota exceeded.", "RESOURCE_EXHAUSTED", wait("34.4s"))
RPC = google(8, "Quota exceeded.", "RESOURCE_EXHAUSTED", wait("34.4s"))
TOO_LONG = "The input token count (1048600) exceeds the maximum number of tokens allowed (1048576)."

#: (form, stream, status, type, Retry-After), the error being all there is.
EARLY = [
    ("gemini", gemini.sse(BUSY), 503, "overloaded_error", None),
    ("gemini", gemini.sse([BUSY]), 503, "overloaded_error", None),
    ("gemini array", gemini.array(BUSY), 503, "overloaded_error", None),
    ("gemini array", json.dumps([SPENT]).encode(), 429, "rate_limit_error", "35"),
    ("gemini", json.dumps(BUSY).encode(), 503, "overloaded_error", None),
    ("gemini", gemini.sse(RPC), 429, "rate_limit_error", "35"),
    ("gemini", gemini.sse(google(13, "Internal error.", "INTERNAL")), 500, "api_error", None),
    ("gemini", gemini.sse(google(400, TOO_LONG, "INVALID_ARGUMENT")), 400, "invalid_request_error", None),
    *(
        ("responses", responses.sse(*responses.begin(), event), status, kind, None)
        for tell in (flat, failed)
        for event, status, kind in (
            (tell("server_error", "The server had an error."), 500, "api_error"),
            (tell("rate_limit_exceeded", "Slow down."), 429, "rate_limit_error"),
            (tell("context_length_exceeded", "Your input exceeds the context window."), 400, "invalid_request_error"),
        )
    ),
]


@each_feeding
@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(("form", "data", "status", "kind", "retry_after"), EARLY)
def test_c6_an_error_before_content_has_a_status(
    form: str, data: bytes, status: int, kind: str, retry_after: str | None, streaming: bool, feeding: str
) -> None:
    app, _ = serve(form, stream(data, feeding=feeding))
    reply = run(ask(app, body(stream=streaming)))
    error = check_error(reply.body)
    assert (reply.status, error["type"], reply.headers.get("retry-after")) == (status, kind, retry_after)
    assert error["message"].startswith("prompt is too long" if status == 400 else f'provider "{wire_of(form)}"')


LATE = [
    ("gemini", [BUSY]),
    ("gemini", [[BUSY]]),
    ("gemini array", [BUSY]),
    ("responses", [flat("server_error", "overloaded")]),
    ("responses", [failed("server_error", "overloaded")]),
    ("responses", [flat("server_error", "overloaded"), failed("server_error", "another")]),
]


@each_feeding
@pytest.mark.parametrize(("form", "errors"), LATE)
def test_c6_an_error_after_content_is_an_error_event(form: str, errors: list[Any], feeding: str) -> None:
    before, after = parted(form, Answer(text=["half", "never"]), "half")
    told = encoded(form, *errors)
    if form == "gemini array":
        told = b"," + told.strip()[1:-1]
    app, _ = serve(form, [stream(before + told + after, feeding=feeding)] * 2)
    checked = check_stream(run(ask(app)).body)
    assert (checked.text, checked.stop_reason) == ("half", None)
    assert checked.error is not None
    assert "overloaded" in checked.error["message"]
    reply = run(ask(app, body(stream=False)))
    assert reply.status >= 500
    assert "overloaded" in check_error(reply.body)["message"]


@each_form
def test_a_cut_connection_is_an_error_before_the_finish_and_an_end_after_it(form: str) -> None:
    before, after = parted(form, Answer(text=["half", " and half"]), "half")
    app, _ = serve(form, [Script([before, CUT]), Script([before + after, CUT])])
    checked = check_stream(run(ask(app)).body)
    assert checked.error is not None
    assert (checked.text, checked.error["type"]) == ("half", "api_error")
    checked = check_stream(run(ask(app)).body)
    assert (checked.text, checked.stop_reason) == ("half and half", "end_turn")


# -- errors of HTTP ----------------------------------------------------------------------------------------


def openai(message: str, code: str | None = None, kind: str = "x") -> Json:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("wire", "status", "answer", "expected", "kind", "retry_after"),
    [
        ("gemini", 400, google(400, "Bad field.", "INVALID_ARGUMENT"), 400, "invalid_request_error", None),
        ("gemini", 403, google(403, "No.", "PERMISSION_DENIED"), 403, "permission_error", None),
        ("gemini", 404, google(404, "Which model?", "NOT_FOUND"), 404, "not_found_error", None),
        ("gemini", 429, SPENT, 429, "rate_limit_error", "35"),
        ("gemini", 429, [SPENT], 429, "rate_limit_error", "35"),
        ("gemini", 500, google(500, "Oops.", "INTERNAL"), 500, "api_error", None),
        ("gemini", 503, [BUSY], 503, "overloaded_error", None),
        ("gemini", 400, google(400, TOO_LONG, "INVALID_ARGUMENT"), 400, "invalid_request_error", None),
        ("responses", 400, openai("Bad field."), 400, "invalid_request_error", None),
        ("responses", 401, openai("Wrong key.", "invalid_api_key"), 401, "authentication_error", None),
        ("responses", 400, {"detail": "Instructions are required"}, 400, "invalid_request_error", None),
        ("responses", 422, {"detail": [{"loc": ["body", "x"], "msg": "no"}]}, 400, "invalid_request_error", None),
        ("responses", 429, openai("Slow.", "rate_limit_exceeded"), 429, "rate_limit_error", None),
        ("responses", 400, openai("x", "context_length_exceeded"), 400, "invalid_request_error", None),
        *(
            (wire, status, page, status, kind, None)
            for wire in ("gemini", "responses")
            for status, page, kind in (
                (502, b"<html><body>Bad gateway</body></html>", "api_error"),
                (500, b"", "api_error"),
                (529, b"overloaded", "overloaded_error"),
                (413, b"", "request_too_large"),
            )
        ),
    ],
)
def test_c41_errors_of_the_provider(
    wire: str, status: int, answer: Any, expected: int, kind: str, retry_after: str | None, streaming: bool
) -> None:
    app, _ = serve(wire, json_answer(answer, status))
    reply = run(ask(app, body(stream=streaming)))
    error = check_error(reply.body)
    assert (reply.status, error["type"], reply.headers.get("retry-after")) == (expected, kind, retry_after)
    overflows = "1048600" in json.dumps(str(answer)) or "context_length" in str(answer)
    assert error["message"].startswith("prompt is too long") is overflows
    assert reply.json()["request_id"] == reply.headers["request-id"]


@each_wire
def test_c41_no_key_in_the_text_and_no_second_try_with_a_wrong_one(wire: str) -> None:
    text = f"wrong key sk-{wire}-secret given"
    told = google(400, text, "INVALID_ARGUMENT", {"@type": "google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"})
    answer = json_answer(told, 400) if wire == "gemini" else json_answer(openai(text, "invalid_api_key"), 401)
    app, _ = serve(wire, answer)
    reply = run(ask(app))
    assert (reply.status, reply.headers["x-should-retry"]) == (401, "false")
    assert "secret" not in reply.body.decode()


@each_wire
def test_c41_a_web_page_with_status_200(wire: str) -> None:
    app, _ = serve(wire, stream(b"<!doctype html><html></html>"))
    reply = run(ask(app))
    assert reply.status == 502
    assert "web page" in check_error(reply.body)["message"]


# -- silence -----------------------------------------------------------------------------------------------

TALK = Answer(text=["Hel", "lo"])


@each_form
@pytest.mark.parametrize("within", [0, 12])
def test_c38_pings_while_the_provider_is_silent(form: str, within: int) -> None:
    """`within`: so many bytes into an event of the provider's."""
    before, after = parted(form, TALK, "Hel")
    go = Signal()
    app, _ = serve(form, Script([before + after[:within], go, after[within:]]), streaming=FAST)

    async def main() -> bytes:
        async with open_stream(app, "/v1/messages", body()) as client:
            data = await client.read_until(b'"text":"Hel"')
            data += await client.read_until(b'event: ping\ndata: {"type":"ping"}\n\n')
            go.set()
            return data + await client.rest()

    checked = check_stream(run(main()))
    assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")


@each_form
def test_c38_silence_beyond_the_idle_limit_is_an_error(form: str) -> None:
    before, _ = parted(form, TALK, "Hel")
    app, provider = serve(form, Script([before, STALL]), streaming=FAST, timeouts={"idle_seconds": 0.15})
    checked = check_stream(run(ask(app)).body)
    assert checked.error is not None
    assert (checked.text, checked.error["type"]) == ("Hel", "timeout_error")
    assert provider.exchanges[0].closed.is_set()


@each_form
def test_c38_an_error_after_an_early_start_is_an_event(form: str) -> None:
    go = Signal()
    app, _ = serve(form, json_answer(BUSY, 503, before=[go]), streaming=FAST)

    async def main() -> bytes:
        async with open_stream(app, "/v1/messages", body()) as client:
            data = await client.read_until(b"event: ping")
            go.set()
            return data + await client.rest()

    checked = check_stream(run(main()))
    assert checked.error is not None
    assert (checked.names[0], checked.error["type"]) == ("message_start", "overloaded_error")


# -- leaving -----------------------------------------------------------------------------------------------


@each_wire
@pytest.mark.parametrize("streaming", [True, False])
def test_c39_leaving_before_the_provider_answers(wire: str, streaming: bool) -> None:
    app, provider = serve(wire, Script(before=[STALL]))

    async def main() -> None:
        async with open_stream(app, "/v1/messages", body(streaming)) as client:
            await provider.arrived(1)
            client.disconnect()
            await client.ended(1)
            assert client.sent == []

    run(main())
    assert provider.exchanges[0].closed.is_set()


@each_form
def test_c39_leaving_in_the_middle(form: str) -> None:
    before, _ = parted(form, TALK, "Hel")
    app, provider = serve(form, [Script([before, STALL]), stream(said(form, Answer(text="next")))])

    async def main() -> None:
        tasks = asyncio.all_tasks()
        async with open_stream(app, "/v1/messages", body()) as client:
            await client.read_until(b"text_delta")
            client.disconnect()
            await client.ended(1)
        assert await until(provider.exchanges[0].closed.is_set, 1)
        assert asyncio.all_tasks() == tasks
        assert check_stream((await ask(app)).body).text == "next"

    run(main())
    assert provider.unreleased == []


@each_wire
def test_c39_the_provider_sees_its_connection_closed(wire: Any) -> None:
    """The same over a real socket."""

    async def main() -> None:
        with FakeServer([Answer(text="Hel", then=STALL), Answer(text="next")]) as server:
            app: Gateway = fake_gateway(server, wire)
            async with app.lifespan():
                async with open_stream(app, "/v1/messages", body()) as client:
                    await client.read_until(b"text_delta")
                    client.disconnect()
                    await client.ended(1)
                assert await server.exchanges[0].closed.reached(1)
                assert check_stream((await ask(app)).body).text == "next"

    run(main())
