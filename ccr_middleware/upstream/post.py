"""A small request answered as a whole, for what is asked of a server besides the calls themselves."""

from __future__ import annotations

from .base import Transport, WireRequest

#: Of a longer answer no more is read (bytes).
MAX_ANSWER_BYTES = 1024 * 1024


async def post(transport: Transport, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Send a POST (`headers` with lower-case names) and read its answer: the status and at most `MAX_ANSWER_BYTES`."""
    return await exchange(transport, WireRequest(url, headers, body), MAX_ANSWER_BYTES)


async def exchange(transport: Transport, request: WireRequest, max_bytes: int) -> tuple[int, bytes]:
    """Send and read the answer: its status, and at most so many bytes of it.

    Raises what a transport raises. Has no timeout of its own but the one for connecting.
    """
    response = await transport.send(request)
    answer = bytearray()
    try:
        async for data in response.chunks():
            answer += data
            if len(answer) > max_bytes:
                break
    finally:
        await response.aclose()
    return response.status, bytes(answer[:max_bytes])
