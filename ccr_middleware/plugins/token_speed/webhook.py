"""Records sent to a web address, over the gateway's own connections and in the background."""

from __future__ import annotations

import asyncio
import base64
import logging
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from ...errors import GatewayError
from ...jsonio import dumps
from ...unified import Json
from ...upstream.base import WireRequest
from ..base import Fetch
from .errands import Errands
from .options import Auth, OutputOptions, WebhookConfig
from .record import SpeedRecord

log = logging.getLogger("ccr_middleware.token_speed")

#: Statuses besides those from 500 on that may be gone at the next attempt.
_PASSING = frozenset({408, 425, 429})


class WebhookOutput:
    """A web address. `fetch` is None until the gateway has started; what comes before is not sent."""

    live = False

    def __init__(self, config: WebhookConfig, options: OutputOptions) -> None:
        self.fetch: Fetch | None = None
        self._config = config
        self._options = options
        self._headers = _headers(config)
        self._errands = Errands("the webhook of token speeds", 200)
        self._host = urlsplit(config.url).hostname or ""
        self._told = ""

    def put(self, record: SpeedRecord) -> None:
        """Send it in the background."""
        if self.fetch is not None:
            self._errands.put(partial(self._deliver, self.fetch, dumps(self._body(record))))

    async def finish(self) -> None:
        """Wait for the last answer."""
        await self._errands.finish()

    def _body(self, record: SpeedRecord) -> Json:
        options = self._options
        body: Json = {"data": record.to_json()}
        if options.timestamp:
            moment = datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds")
            body["timestamp"] = moment.replace("+00:00", "Z")
        if options.prefix:
            body["prefix"] = options.prefix
        body["metadata"] = {"sessionId": record.session, **options.metadata}
        return body

    async def _deliver(self, fetch: Fetch, body: bytes) -> None:
        """Send until it is taken, or has been tried often enough."""
        retry, problem = self._config.retry, ""
        for attempt in range(retry.max_attempts):
            if attempt:
                factor = 2 ** (attempt - 1) if retry.exponential else 1
                await asyncio.sleep(retry.backoff_ms * factor / 1000)
            problem, may_pass = await self._try(fetch, body)
            if not problem or not may_pass:
                break
        self._tell(problem)

    async def _try(self, fetch: Fetch, body: bytes) -> tuple[str, bool]:
        """Send once. What went wrong ("" when nothing did), and whether that may pass."""
        request = WireRequest(self._config.url, dict(self._headers), body, method=self._config.method)
        try:
            async with asyncio.timeout(self._options.timeout / 1000):
                status, _ = await fetch(request)
        except TimeoutError:
            return "it did not answer in time", True
        except GatewayError as error:
            return error.message, True
        return (f"it answered with status {status}" if status >= 300 else ""), status >= 500 or status in _PASSING

    def _tell(self, problem: str) -> None:
        """A warning when a kind of failure begins, not for every record that meets it."""
        if problem and problem != self._told:
            level = logging.DEBUG if self._config.silent else logging.WARNING
            log.log(level, "token speeds do not reach %s: %s", self._host, problem)
        self._told = problem


def _headers(config: WebhookConfig) -> dict[str, str]:
    """Lower-case names, configured ones before the usual."""
    headers = {"content-type": "application/json"}
    headers.update((name.lower(), value) for name, value in config.headers.items())
    if config.auth is not None:
        name, value = _credential(config.auth)
        headers[name.lower()] = value
    return headers


def _credential(auth: Auth) -> tuple[str, str]:
    if auth.custom is not None and auth.type == "custom":
        return auth.custom.header, auth.custom.value
    if auth.type == "bearer":
        return "authorization", f"Bearer {auth.token}"
    pair = f"{auth.username}:{auth.password}".encode()
    return "authorization", f"Basic {base64.b64encode(pair).decode()}"
