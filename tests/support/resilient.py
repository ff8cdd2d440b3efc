"""For the tests of `ccr_middleware.resilience`: a clock set by hand, known chance, failures by name, whole calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ccr_middleware.config import Config, load_config
from ccr_middleware.errors import (
    EmptyAnswer,
    GatewayError,
    InternalError,
    UpstreamBroken,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from ccr_middleware.resilience import Failure, GiveUp, Plan, Resilience, TryThis
from ccr_middleware.routing.decision import Choice, Decision
from ccr_middleware.routing.models import Resolver

#: Some moment, in UNIX seconds.
START = 1_700_000_000.0


class HandClock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def status(code: int, *, after: str | None = None, retry: bool | None = None, in_stream: bool = False) -> Failure:
    """An HTTP error, with its `retry-after`."""
    headers = {} if after is None else {"retry-after": after}
    return Failure(UpstreamError(f"said {code}", status=code, headers=headers, should_retry=retry), in_stream=in_stream)


#: The other ways to fail before any content.
NETWORK = Failure(UpstreamUnreachable("refused"))
CUT = Failure(UpstreamBroken("cut"))
TIMEOUT = Failure(UpstreamTimeout("silence"))
EMPTY = Failure(EmptyAnswer("nothing"))
ERROR_EVENT = Failure(UpstreamError("overloaded", status=529), in_stream=True)
OVERFLOW = Failure(UpstreamError("prompt is too long: 9 tokens > 8 maximum", status=400, should_retry=False))
OURS = Failure(InternalError("ours"))


def config_of(providers: dict[str, Any] | str, **keys: Any) -> Config:
    """Providers by name with the keys each has (a list of them, or their fields), all with the models `m` and `n`."""
    names: dict[str, Any] = {name: {} for name in providers} if isinstance(providers, str) else providers
    written = []
    for name, fields in names.items():
        own = {"api_keys": fields} if isinstance(fields, list) else fields
        url = f"https://{name}.example/v1/chat/completions"
        written.append({"name": name, "api_base_url": url, "models": ["m", "n"], "api_key": "", **own})
    return load_config({"Providers": written, "Router": {"default": f"{next(iter(names))},m"}, **keys}, env={})


class World:
    """A gateway's `Resilience` on a hand-set clock, and its configuration."""

    def __init__(
        self, providers: dict[str, Any] | str = "ab", chance: Callable[[], float] = lambda: 0.5, **keys: Any
    ) -> None:
        self.clock = HandClock()
        self.config = config_of(providers, **keys)
        self.resilience = Resilience(clock=self.clock, chance=chance)
        self.resolve = Resolver(self.config).resolve

    def plan(
        self, first: str = "a,m", *fallbacks: str, pool: Sequence[tuple[str, float]] = (), session: str = ""
    ) -> Plan:
        """A plan for `provider,model`, with a pool of `("provider,model", weight)`."""
        provider, _, model = first.partition(",")
        choices = tuple(Choice(*name.split(",", 1), weight) for name, weight in pool)
        decision = Decision(provider, model, "default", "", fallbacks=fallbacks, pool=choices)
        return self.resilience.plan(decision, self.config, self.resolve, session)

    def run(
        self, plan: Plan, answers: Callable[[TryThis], Failure | None] | Sequence[Failure | None]
    ) -> tuple[list[str], GatewayError | None]:
        """Do what a plan says. `answers`: what comes of each attempt, None: content. Returns the attempts as
        `target/key name+wait` and the error, None: it was answered."""
        asked: list[str] = []
        left = iter(answers) if not callable(answers) else None
        after: Failure | None = None
        try:
            while True:
                step = plan.next(after)
                if isinstance(step, GiveUp):
                    return asked, step.error
                wait = f"+{step.wait_seconds:g}" if step.wait_seconds else ""
                asked.append(f"{step.target}/{step.key.name}{wait}")
                self.clock.sleep(step.wait_seconds)
                after = next(left) if left is not None else answers(step)  # type: ignore[operator]
                if after is None:
                    plan.answered()
                    return asked, None
        finally:
            plan.close()

    def once(self, *failures: Failure | None, first: str = "a,m", fallbacks: Sequence[str] = ()) -> Any:
        """One call: the attempts, and the error or None."""
        return self.run(self.plan(first, *fallbacks), list(failures))
