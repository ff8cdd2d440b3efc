"""Whole answers: `messages.create` without a stream, and what comes with it."""

from typing import Any

from .registry import DEMO, THINKING, ask, check, kinds, same, text_of, within

UNICODE = "Grüße, 你好, 👩\u200d👩\u200d👧, é, \u202eright\u202c, \u2028 and \x85 are no line ends"

#: A red square.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"


def look_at(message: Any, said: str = "") -> None:
    """What every text answer of the demo model has."""
    same((message.type, message.role, message.model), ("message", "assistant", DEMO))
    same((message.stop_reason, message.stop_sequence), ("end_turn", None))
    assert message.id.startswith("msg_"), message.id
    assert message.usage.input_tokens > 0, message.usage
    assert message.usage.output_tokens > 0, message.usage
    within(f'You said: "{said}', text_of(message))


@check()
def create(client):
    look_at(client.messages.create(**ask("One two")), "One two")


@check()
async def create_async(client):
    look_at(await client.messages.create(**ask("One two")), "One two")


@check()
def create_with_betas(client):
    look_at(client.beta.messages.create(**ask("One two"), betas=["context-management-2025-06-27"]), "One two")


@check()
def every_field(client):
    """What the demo model cannot use is accepted all the same."""
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    more = {"metadata": {"user_id": "somebody"}, "stop_sequences": ["never"], "service_tier": "auto"}
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "unheard_of": {"a": [1]}}
    look_at(client.messages.create(**ask("One two"), system=system, **more, extra_body=sampling), "One two")


@check()
def max_tokens(client):
    message = client.messages.create(**ask("One two") | {"max_tokens": 5})
    same((message.stop_reason, message.usage.output_tokens), ("max_tokens", 5))


@check()
def conversation(client):
    """Answers are sent back as they are, and the tokens of the input grow."""
    messages = [{"role": "user", "content": "Hello"}]
    sizes = []
    for said in ("One", "Two", "Three"):
        message = client.messages.create(model=DEMO, max_tokens=200, messages=messages)
        sizes.append(message.usage.input_tokens)
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": said}]
    same(sizes, sorted(set(sizes)))


@check()
def thinking(client):
    """A model that thinks; its thinking is sent back in the next turn."""
    asked = ask("One two", THINKING)
    message = client.messages.create(**asked)
    same(kinds(message), ["thinking", "text"])
    within("One two", message.content[0].thinking)
    assert message.content[0].signature, "no signature"
    back = {"role": "assistant", "content": message.content}
    messages = [*asked["messages"], back, {"role": "user", "content": "Three"}]
    again = client.messages.create(**asked | {"messages": messages})
    within("Three", again.content[0].thinking)


@check()
async def thinking_on_request_async(client):
    for wish in ({"type": "adaptive"}, {"type": "enabled", "budget_tokens": 1024}):
        message = await client.messages.create(**ask("One") | {"max_tokens": 2000}, thinking=wish)
        same(kinds(message), ["thinking", "text"])
    message = await client.messages.create(**ask("One"), thinking={"type": "disabled"})
    same(kinds(message), ["text"])


@check()
def image(client):
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "Look"}]
    within("1 image", text_of(client.messages.create(**ask(content))))


@check("scripted,echo")
def unicode(client):
    same(text_of(client.messages.create(**ask(UNICODE, "scripted,echo"))), UNICODE)


@check("scripted,echo")
def unicode_streamed(client):
    with client.messages.stream(**ask(UNICODE, "scripted,echo")) as stream:
        same("".join(stream.text_stream), UNICODE)


@check("scripted,echo")
async def unicode_streamed_async(client):
    async with client.messages.stream(**ask(UNICODE, "scripted,echo")) as stream:
        same("".join([text async for text in stream.text_stream]), UNICODE)


@check()
def one_megabyte(client):
    """A long text, and its tokens at the beginning of the stream."""
    text = "".join(f"Line {number} of a long file, with the words it needs.\n" for number in range(20_000))
    assert len(text) > 1_000_000, len(text)
    with client.messages.stream(**ask(text)) as stream:
        first = next(stream)
        look_at(stream.get_final_message(), "Line 0 of a long file")
    assert first.message.usage.input_tokens > 200_000, first.message.usage


@check()
def raw_response(client):
    """The headers of an answer: the id of the request, who answered, and that nothing was lost."""
    response = client.messages.with_raw_response.create(**ask("One two"))
    same(response.status_code, 200)
    assert response.headers["request-id"].startswith("req_"), response.headers
    same((response.headers["x-ccr-provider"], response.headers["x-ccr-model"]), ("demo", "demo"))
    same(response.headers.get("x-ccr-loss"), None)
    message = response.parse()
    look_at(message, "One two")
    same(message._request_id, response.headers["request-id"])


@check()
async def streaming_response_async(client):
    """The bytes of a stream as they come over the wire."""
    asked = client.messages.with_streaming_response.create(**ask("One two"), stream=True)
    async with asked as response:
        within("text/event-stream", response.headers["content-type"])
        assert response.headers["request-id"].startswith("req_"), response.headers
        lines = [line async for line in response.iter_lines()]
    same(lines[0], "event: message_start")
    within("event: message_stop", lines)


@check("a key")
def key_as_bearer(client):
    look_at(client.with_options(api_key=None, auth_token=client.api_key).messages.create(**ask("One")), "One")


@check("a key")
def key_as_header(client):
    """As versions before 2 send it, and with a wrong bearer beside it as Claude Code may."""
    headers = {"X-Api-Key": client.api_key, "Authorization": "Bearer something-else"}
    look_at(client.with_options(api_key="wrong").messages.create(**ask("One"), extra_headers=headers), "One")
