"""Failures: each is the exception a user of the SDK expects, and none passes for an answer."""

import uuid
from typing import Any

import anthropic

from .registry import ask, check, same, text_of, within


def failing(call: Any, *args: Any, **kwargs: Any) -> Any:
    """Call; give the APIError it raised. An answer is a failure of the check."""
    try:
        answer = call(*args, **kwargs)
    except anthropic.APIError as error:
        return error
    raise AssertionError(f"no error but {answer!r}")


def look_at(error: Any, status: int, kind: str, *words: str) -> None:
    """An Anthropic-shaped error of a status and type, with the id of its request, that came at the first try."""
    same((error.status_code, error.body["type"], error.body["error"]["type"]), (status, "error", kind))
    for word in words:
        within(word, error.body["error"]["message"])
    same(error.request_id, error.body["request_id"])
    assert error.request_id.startswith("req_"), error.request_id
    same(error.response.request.headers.get("x-stainless-retry-count", "0"), "0")


@check("a key")
def wrong_key(client):
    """Not retried, though retries are allowed."""
    stranger = client.with_options(api_key="wrong", max_retries=2)
    for call in (stranger.messages.create, stranger.messages.stream(**ask("One")).__enter__):
        error = failing(call, **ask("One") if call == stranger.messages.create else {})
        assert isinstance(error, anthropic.AuthenticationError), repr(error)
        look_at(error, 401, "authentication_error", "key")
        same(error.response.headers["x-should-retry"], "false")
    assert isinstance(failing(stranger.models.list), anthropic.AuthenticationError)


@check()
def unknown_provider(client):
    error = failing(client.messages.create, **ask("One", "nowhere,model"))
    assert isinstance(error, anthropic.NotFoundError), repr(error)
    look_at(error, 404, "not_found_error", "nowhere")


@check()
async def unknown_provider_async(client):
    try:
        async with client.messages.stream(**ask("One", "nowhere,model")) as stream:
            raise AssertionError(f"no error but {await stream.get_final_message()!r}")
    except anthropic.NotFoundError as error:
        look_at(error, 404, "not_found_error", "nowhere")


@check()
def unknown_model(client):
    error = failing(client.models.retrieve, "nowhere,model")
    assert isinstance(error, anthropic.NotFoundError), repr(error)
    look_at(error, 404, "not_found_error", "nowhere,model")


@check()
def unknown_endpoint(client):
    error = failing(client.messages.batches.list)
    assert isinstance(error, anthropic.NotFoundError), repr(error)
    look_at(error, 404, "not_found_error", "/v1/messages/batches")


@check()
def wrong_method(client):
    look_at(failing(client.put, "/v1/messages", body={}, cast_to=object), 405, "invalid_request_error", "PUT")


@check()
def malformed(client):
    cases = {"messages": "nonsense", "model": 7, "max_tokens": "many"}
    for field, value in cases.items():
        error = failing(client.messages.create, **ask("One"), extra_body={field: value})
        assert isinstance(error, anthropic.BadRequestError), repr(error)
        look_at(error, 400, "invalid_request_error", field)
    look_at(failing(client.post, "/v1/messages", body=[1], cast_to=object), 400, "invalid_request_error", "object")
    look_at(failing(client.post, "/v1/messages", cast_to=object), 400, "invalid_request_error")


@check()
def too_large(client):
    """Over the 64 MiB taken by default; refused before it is read, and yet the client gets the answer."""
    error = failing(client.messages.create, **ask("x" * (64 << 20)))
    look_at(error, 413, "request_too_large", "64 MB")
    same(client.messages.create(**ask("One two")).stop_reason, "end_turn")


# ---- failures of the provider


@check("scripted,busy")
def rate_limit(client):
    for call in (client.messages.create, client.messages.stream(**ask("One", "scripted,busy")).__enter__):
        error = failing(call, **ask("One", "scripted,busy") if call == client.messages.create else {})
        assert isinstance(error, anthropic.RateLimitError), repr(error)
        look_at(error, 429, "rate_limit_error", "slow down")
        same(error.response.headers["retry-after"], "7")


@check("scripted,busy-once")
def retried(client):
    """The SDK waits as long as the provider says, and tries again."""
    patient = client.with_options(max_retries=1)
    text = f"Again {uuid.uuid4()}"
    response = patient.messages.with_raw_response.create(**ask(text, "scripted,busy-once"))
    same((response.retries_taken, text_of(response.parse())), (1, text))


@check("scripted,overloaded")
def overloaded(client):
    look_at(failing(client.messages.create, **ask("One", "scripted,overloaded")), 529, "overloaded_error")


@check("scripted,overflow")
def context_overflow(client):
    error = failing(client.messages.create, **ask("One", "scripted,overflow"))
    assert isinstance(error, anthropic.BadRequestError), repr(error)
    look_at(error, 400, "invalid_request_error", "prompt is too long")


@check("relay,refusing")
def refused_by_anthropic(client):
    """What an Anthropic provider says of the reason reaches the SDK, which acts on it."""
    error = failing(client.messages.create, **ask("One", "relay,refusing"))
    look_at(error, 400, "invalid_request_error", "no such thread")
    same(error.body["error"].get("details"), {"error_code": "thread_not_found"})


def read_all(client: Any, model: str) -> list[Any]:
    """Every event of a stream."""
    return list(client.messages.create(**ask("One", model), stream=True))


def final_message(client: Any, model: str) -> Any:
    """What the helper makes of a stream."""
    with client.messages.stream(**ask("One", model)) as stream:
        return stream.get_final_message()


@check("scripted,late-error")
def error_in_mid_stream(client):
    """A provider that fails in the midst of its answer: never taken for a complete one."""
    for call in (read_all, final_message):
        error = failing(call, client, "scripted,late-error")
        assert isinstance(error, anthropic.APIStatusError), repr(error)
        same(error.body["type"], "error")
        within("the model broke", error.body["error"]["message"])
    error = failing(client.messages.create, **ask("One", "scripted,late-error"))
    assert error.status_code >= 500, repr(error)


@check("scripted,cut")
def cut_in_mid_stream(client):
    """A connection that is cut in the midst of an answer: never taken for a complete one."""
    for call in (read_all, final_message):
        failing(call, client, "scripted,cut")
    error = failing(client.messages.create, **ask("One", "scripted,cut"))
    assert error.status_code >= 500, repr(error)


@check("scripted,cut")
async def cut_in_mid_stream_async(client):
    read = ""
    try:
        async with client.messages.stream(**ask("One", "scripted,cut")) as stream:
            async for text in stream.text_stream:
                read += text
    except anthropic.APIError:
        same(read, "Hel")
    else:
        raise AssertionError(f"no error but {read!r}")
