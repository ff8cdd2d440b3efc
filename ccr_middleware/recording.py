"""What is kept of a call when it is over: a record in the history, a line in the log, word to the plugins."""

from __future__ import annotations

import logging
import time
from typing import Any

from .call import Call
from .errors import GatewayError
from .history.bodies import BodyCapture
from .history.record import Attempt, CallRecord
from .http import CLIENT_LEFT_STATUS
from .losses import Losses
from .state import State

log = logging.getLogger("ccr_middleware")


class Recording:
    """One call from its beginning to its end. `bodies` collects what is kept of them, None: nothing."""

    def __init__(self, call: Call, state: State) -> None:
        self._call = call
        self._state = state
        self._began_at = time.time()
        self._began = time.perf_counter()
        history = call.snapshot.config.history
        self.bodies: BodyCapture | None = None
        if history.enabled and history.bodies != "off":
            self.bodies = BodyCapture(history.bodies, history.max_body_bytes, call.snapshot.mask)
            self.bodies.request(call.raw)
        state.history.started(call.id, self._began_at, call.asked_model)

    async def end(self, error: GatewayError | None, *, left: bool = False) -> None:
        """The call is over: how it went is told to everybody who wants to know. `left`: the client did not wait."""
        call, state = self._call, self._state
        seconds = time.perf_counter() - self._began
        hooks = call.snapshot.hooks if call.plugged is not None else None
        record = self._record(seconds, error, left)
        state.history.add(record)
        log_record(record, call.losses)
        if hooks is not None and call.plugged is not None and not left:
            if error is not None:
                await hooks.on_error(call.plugged, error)
            elif hooks.response:
                await hooks.on_response(call.plugged, record.to_json())

    def _record(self, seconds: float, error: GatewayError | None, left: bool) -> CallRecord:
        call, usage = self._call, self._call.usage
        decision = call.decision
        provider, model, scenario, reason = decision[:4] if decision else ("", "", "", "")
        tokens = {
            "input_tokens": usage.get("input", 0),
            "output_tokens": usage.get("output", 0),
            "cache_read_tokens": usage.get("cache_read", 0),
            "cache_write_tokens": usage.get("cache_write", 0),
        }
        status = CLIENT_LEFT_STATUS if left else error.status if error else 200
        problem = error.message if error else "the client left" if left else None
        request_body, response_body = self.bodies.texts(failed=error is not None) if self.bodies else (None, None)
        return CallRecord(
            id=call.id,
            time=self._began_at,
            endpoint=call.client.name,
            asked_model=call.asked_model,
            status=status,
            total_seconds=seconds,
            caller=call.caller.id,
            caller_name=call.caller.name,
            session=call.session_id,
            project=call.facts.project,
            provider=provider,
            model=model,
            scenario=scenario,
            reason=reason,
            attempts=tuple(Attempt(*tried[:3], tried.error or None, tried.seconds) for tried in call.tried),
            stop_reason=call.stop_reason,
            stream=call.streaming,
            **tokens,
            first_token_seconds=call.answered_at - self._began if call.answered_at and call.streaming else None,
            losses=tuple(call.losses),
            error=problem,
            cost=self._state.prices.cost(provider, model, **tokens),
            request_body=request_body,
            response_body=response_body,
        )


def log_record(record: CallRecord, lost: Losses) -> None:
    """One line per call: what was asked, who answered and why, how it ended, what was lost on the way. What failed at
    the gateway or a provider is an error; what a client did wrong is not."""
    level = logging.ERROR if record.status >= 500 else logging.INFO
    if not log.isEnabledFor(level):
        return
    target = f"{record.provider},{record.model} ({record.scenario})" if record.provider else "nowhere"
    ending = f"{record.status} {record.error}" if record.error else record.stop_reason or "unfinished"
    usage = f"in {record.input_tokens} out {record.output_tokens}"
    tries = f", {len(record.attempts)} attempts" if len(record.attempts) > 1 else ""
    losses = f", losses {lost.header()}" if len(lost) else ""
    log.log(
        level,
        "%s %s -> %s: %s, %s, %.3f s%s%s",
        record.id,
        record.asked_model,
        target,
        ending,
        usage,
        record.total_seconds,
        tries,
        losses,
        extra={"ccr": _fields(record)},
    )
    for loss in lost:
        log.debug("%s %s was %s: %s", record.id, *loss)


def _fields(record: CallRecord) -> dict[str, Any]:
    """The same for log files, under the names that CCR v2's records have where it has them."""
    return {
        "reqId": record.id,
        "type": "request completed",
        "model": record.asked_model,
        "provider": record.provider,
        "targetModel": record.model,
        "scenario": record.scenario,
        "reason": record.reason,
        "attempts": [f"{one.provider},{one.model}: {one.status}" for one in record.attempts],
        "caller": record.caller,
        "session": record.session,
        "statusCode": record.status,
        "responseTime": round(record.total_seconds * 1000, 1),
        "usage": {"input": record.input_tokens, "output": record.output_tokens},
    }
