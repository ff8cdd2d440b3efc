"""The floor: the least that Python can do for an Anthropic client of a chat-completions provider.

Raw ASGI, aiohttp and orjson; it translates text, tool calls and usage, whole and streamed, and nothing else: no
routing, no keys, no counting, no logging, no limits, no errors, no client that leaves. What the gateway costs above
this is what its features cost.

Streams can be read in two ways (`--text`):

    copy     runs of text chunks of one network read are recognised by the bytes around their text and copied
             into one event, everything else is parsed (the fastest way we know; the default)
    parse    every event is parsed, translated and serialised, one for one

    python benchmarks/floor.py --port 9200 --upstream http://127.0.0.1:9100/v1/chat/completions
"""

from __future__ import annotations

import argparse
from typing import Any

import aiohttp
import orjson

Json = dict[str, Any]

loads, dumps = orjson.loads, orjson.dumps

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_JSON_HEAD = [(b"content-type", b"application/json")]
_STREAM_HEAD = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
_UPSTREAM_HEADERS = {"authorization": "Bearer sk-bench", "content-type": "application/json"}


def to_chat(request: Json) -> Json:
    """A Messages request as a chat-completions request."""
    messages: list[Json] = []
    if system := request.get("system"):
        text = system if isinstance(system, str) else "\n\n".join([block["text"] for block in system])
        messages.append({"role": "system", "content": text})
    for message in request["messages"]:
        content = message["content"]
        if isinstance(content, str):
            messages.append({"role": message["role"], "content": content})
        elif message["role"] == "assistant":
            messages.append(_assistant(content))
        else:
            _user(content, messages)
    chat: Json = {"model": request["model"], "messages": messages, "max_tokens": request["max_tokens"]}
    if "temperature" in request:
        chat["temperature"] = request["temperature"]
    if tools := request.get("tools"):
        chat["tools"] = [_tool(tool) for tool in tools]
    if request.get("stream"):
        chat["stream"] = True
        chat["stream_options"] = {"include_usage": True}
    return chat


def _tool(tool: Json) -> Json:
    function = {"name": tool["name"], "description": tool["description"], "parameters": tool["input_schema"]}
    return {"type": "function", "function": function}


def _user(content: list[Json], messages: list[Json]) -> None:
    parts: list[Json] = []
    for block in content:
        if block["type"] == "text":
            parts.append({"type": "text", "text": block["text"]})
        elif block["type"] == "tool_result":
            result = block["content"]
            text = result if isinstance(result, str) else dumps(result).decode()
            messages.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": text})
    if parts:
        messages.append({"role": "user", "content": parts})


def _assistant(content: list[Json]) -> Json:
    texts: list[str] = []
    calls: list[Json] = []
    for block in content:
        if block["type"] == "text":
            texts.append(block["text"])
        elif block["type"] == "tool_use":
            function = {"name": block["name"], "arguments": dumps(block["input"]).decode()}
            calls.append({"id": block["id"], "type": "function", "function": function})
    message: Json = {"role": "assistant", "content": "".join(texts) or None}
    if calls:
        message["tool_calls"] = calls
    return message


def to_message(chat: Json, model: str) -> Json:
    """A whole chat-completions answer as a message."""
    choice = chat["choices"][0]
    answer = choice["message"]
    content: list[Json] = []
    if answer.get("content"):
        content.append({"type": "text", "text": answer["content"]})
    for call in answer.get("tool_calls") or ():
        function = call["function"]
        content.append(
            {"type": "tool_use", "id": call["id"], "name": function["name"], "input": loads(function["arguments"])}
        )
    return _message(chat["id"], model, content, _STOP_REASONS.get(choice["finish_reason"]), _usage(chat["usage"]))


def _message(message_id: str, model: str, content: list[Json], stop_reason: str | None, usage: Json) -> Json:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage,
    }


def _usage(usage: Json) -> Json:
    cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    return {
        "input_tokens": usage.get("prompt_tokens", 0) - cached,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.get("completion_tokens", 0),
    }


def _frame(event: Json) -> bytes:
    kind: str = event["type"]
    return b"event: " + kind.encode() + b"\ndata: " + dumps(event) + b"\n\n"


class Stream:
    """One streamed answer: `feed` takes what one network read brought and returns what to send."""

    def __init__(self, model: str, *, copy: bool) -> None:
        self._model = model
        self._copy = copy
        self._pending = b""
        self._started = False
        self._index = -1
        self._kind = ""
        self._finish = "stop"
        self._usage: Json = {}
        self._before = self._after = self._joint = self._event_head = b""  # around the text of the provider's chunks

    def feed(self, data: bytes) -> bytes:
        data, start = self._pending + data, 0
        out: list[bytes] = []
        while (end := data.find(b"\n\n", start)) >= 0:
            if self._before and data.startswith(self._before, start):
                begin = start + len(self._before)
                whole = data.endswith(self._after)
                stop = len(data) - len(self._after) if whole else data.rfind(self._joint, begin)
                text = data[begin:stop].replace(self._joint, b"") if stop >= begin else b'"'
                if b'"' not in text and b"\\" not in text:  # nothing but text chunks up to there
                    out.append(self._event_head + text + b'"}}\n\n')
                    start = stop + len(self._after)
                    continue
            self._read(data[start:end], out)
            start = end + 2
        self._pending = data[start:]
        return b"".join(out)

    def _read(self, event: bytes, out: list[bytes]) -> None:
        if event == b"data: [DONE]":
            self._end(out)
        elif event.startswith(b"data: "):
            self._translate(event, loads(event[6:]), out)

    def _translate(self, event: bytes, chunk: Json, out: list[bytes]) -> None:
        if not self._started:
            self._started = True
            message = _message(chunk["id"], self._model, [], None, {"input_tokens": 0, "output_tokens": 0})
            out.append(_frame({"type": "message_start", "message": message}))
        self._usage = chunk.get("usage") or self._usage
        for choice in chunk["choices"]:
            delta = choice["delta"]
            if text := delta.get("content"):
                self._open("text", {"type": "text", "text": ""}, out)
                self._delta({"type": "text_delta", "text": text}, out)
                if self._copy and not self._before and len(delta) == 1:
                    self._learn(event + b"\n\n", text)
            for call in delta.get("tool_calls") or ():
                function = call["function"]
                if call.get("id"):
                    block = {"type": "tool_use", "id": call["id"], "name": function["name"], "input": {}}
                    self._open("tool", block, out)
                if function.get("arguments"):
                    self._delta({"type": "input_json_delta", "partial_json": function["arguments"]}, out)
            self._finish = choice.get("finish_reason") or self._finish

    def _open(self, kind: str, block: Json, out: list[bytes]) -> None:
        if kind == self._kind == "text":
            return
        if self._kind:
            self._stop(out)
        self._kind, self._before = kind, b""
        self._index += 1
        out.append(_frame({"type": "content_block_start", "index": self._index, "content_block": block}))

    def _delta(self, delta: Json, out: list[bytes]) -> None:
        out.append(_frame({"type": "content_block_delta", "index": self._index, "delta": delta}))

    def _stop(self, out: list[bytes]) -> None:
        out.append(_frame({"type": "content_block_stop", "index": self._index}))

    def _learn(self, event: bytes, text: str) -> None:
        self._before, quoted, self._after = event.partition(dumps(text))
        if not quoted or dumps(text) in self._after:
            self._before = b""
            return
        self._before, self._after = self._before + b'"', b'"' + self._after
        self._joint = self._after + self._before
        head = _frame(
            {"type": "content_block_delta", "index": self._index, "delta": {"type": "text_delta", "text": ""}}
        )
        self._event_head = head.removesuffix(b'"}}\n\n')

    def _end(self, out: list[bytes]) -> None:
        if self._kind:
            self._stop(out)
        delta = {"stop_reason": _STOP_REASONS.get(self._finish), "stop_sequence": None}
        out.append(_frame({"type": "message_delta", "delta": delta, "usage": _usage(self._usage)}))
        out.append(_frame({"type": "message_stop"}))


class Floor:
    """The ASGI application."""

    def __init__(self, upstream: str, *, copy: bool) -> None:
        self._upstream = upstream
        self._copy = copy
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "GET":
            await send({"type": "http.response.start", "status": 200, "headers": _JSON_HEAD})
            await send({"type": "http.response.body", "body": b"{}"})
            return
        message = await receive()
        body = message["body"]
        if message["more_body"]:
            parts = [body]
            while message["more_body"]:
                message = await receive()
                parts.append(message["body"])
            body = b"".join(parts)
            del parts
        del message
        request = loads(body)
        model, streaming = request["model"], request.get("stream")
        data = dumps(to_chat(request))
        del request, body
        session = self._session or self._open_session()
        async with session.post(self._upstream, data=data, headers=_UPSTREAM_HEADERS) as response:
            del data
            if not streaming:
                whole = dumps(to_message(loads(await response.read()), model))
                head = [*_JSON_HEAD, (b"content-length", b"%d" % len(whole))]
                await send({"type": "http.response.start", "status": 200, "headers": head})
                await send({"type": "http.response.body", "body": whole})
                return
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEAD})
            stream = Stream(model, copy=self._copy)
            async for read in response.content.iter_any():
                if out := stream.feed(read):
                    await send({"type": "http.response.body", "body": out, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _open_session(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=256 * 1024,
            auto_decompress=False,
        )
        return self._session


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="a minimal translator, to compare the gateway with")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--text", choices=["copy", "parse"], default="copy")
    args = parser.parse_args()
    import uvicorn

    uvicorn.run(
        Floor(args.upstream, copy=args.text == "copy"),
        host="127.0.0.1",
        port=args.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=120,
    )


if __name__ == "__main__":
    main()
