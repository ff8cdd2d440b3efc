"""Every provider looked at from outside in: its name, the connection, its keys, its models."""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio

from ..access.principal import LOCAL
from ..config import Config
from ..config.places import did_you_mean
from ..config.schema import DEMO_SCHEME, Provider
from ..config.schema import Config as Schema
from ..config.spelling import spellings
from ..endpoints.provider_problems import problem_of
from ..endpoints.providers import Trial, try_provider
from ..endpoints.visit import Visit
from ..errors import BadRequest, ConfigError, UpstreamTimeout, UpstreamUnreachable
from ..state import State
from ..targets import Snapshot
from ..translate.client import new_id
from ..upstream.proxy import ProxyRule
from ..upstream.tls import tls_context
from .check_config import Place
from .terminal import Progress

#: So many requests are on their way at once.
AT_ONCE = 6
_ABOUT_KEYS = ("key", "no_key", "unset", "balance")


@dataclass(slots=True)
class Step:
    """One thing that was looked at. `ok` None: it was not, since something before it failed."""

    name: str
    ok: bool | None
    detail: str = ""
    fix: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class CheckedProvider:
    """A provider with what was looked at."""

    name: str
    url: str
    steps: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """Everything that was found. `snapshot` None: the configuration cannot be used."""

    file: str
    problems: list[Place] = field(default_factory=list)
    warnings: list[Place] = field(default_factory=list)
    snapshot: Snapshot | None = None
    providers: list[CheckedProvider] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all is well; warnings do not count."""
        return not self.problems and all(step.ok for provider in self.providers for step in provider.steps)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "ok": self.ok,
            "config": {
                "file": self.file or None,
                "problems": [place._asdict() for place in self.problems],
                "warnings": [place._asdict() for place in self.warnings],
            },
            "providers": [asdict(provider) for provider in self.providers],
        }


def check_providers(
    snapshot: Snapshot, args: argparse.Namespace, env: Mapping[str, str], progress: Progress
) -> list[CheckedProvider]:
    """Look at the providers that `args.providers` names, or at all. Raises `ConfigError` for an unknown name."""
    return asyncio.run(_Checks(snapshot, args, env, progress).run())


class _Checks:
    def __init__(
        self, snapshot: Snapshot, args: argparse.Namespace, env: Mapping[str, str], progress: Progress
    ) -> None:
        self._snapshot = snapshot
        self._config: Config = snapshot.config
        self._timeout: float = args.timeout
        self._quick: bool = args.quick
        self._names: list[str] = args.providers
        self._state = State(new_id, None, env)
        self._limit = anyio.CapacityLimiter(AT_ONCE)
        self._progress = progress
        self._done = 0

    async def run(self) -> list[CheckedProvider]:
        chosen = self._chosen()
        found = [CheckedProvider(provider.name, provider.base_url.partition("?")[0]) for _, provider in chosen]
        try:
            async with anyio.create_task_group() as group:
                for (entry, provider), checked in zip(chosen, found, strict=True):
                    group.start_soon(self._check, entry, provider, checked)
        finally:
            await self._state.aclose()
        return found

    def _chosen(self) -> list[tuple[Mapping[str, Any], Provider]]:
        """Each provider with its entry in the document, from which its request is made."""
        written: Any = next(
            (self._config.raw[name] for name in spellings(Schema, "providers") if self._config.raw.get(name)), []
        )
        every = [
            (entry, provider)
            for entry, provider in zip(written, self._config.providers, strict=False)
            if not provider.base_url.startswith(DEMO_SCHEME)
        ]
        names = [provider.name for _, provider in every]
        for name in self._names:
            if name.lower() not in map(str.lower, names):
                raise ConfigError(f'there is no provider "{name}"{did_you_mean(name, names)}')
        wanted = {name.lower() for name in self._names}
        return [pair for pair in every if not wanted or pair[1].name.lower() in wanted]

    async def _check(self, entry: Mapping[str, Any], provider: Provider, checked: CheckedProvider) -> None:
        models = provider.models[:1] if self._quick else provider.models
        checked.steps += await self._connect(provider)
        reached = all(step.ok for step in checked.steps)
        keys = provider.all_keys
        steps = [Step(f"model {model}", None) for model in models]
        key_steps = [Step(f"key {number}", None) for number in range(2, len(keys) + 1)] if models else []
        if reached and models:
            async with anyio.create_task_group() as group:
                for model, step in zip(models, steps, strict=True):
                    group.start_soon(self._ask, _with_key(entry, keys[0].key) if keys else entry, model, step)
                for key, step in zip(keys[1:], key_steps, strict=True):
                    group.start_soon(self._ask, _with_key(entry, key.key), models[0], step)
        checked.steps += [*key_steps, *steps]
        if not models:
            checked.steps.append(Step("models", False, "none are listed", "List its models, so that they can be used."))

    async def _ask(self, entry: Mapping[str, Any], model: str, step: Step) -> None:
        visit = Visit(new_id("req_"), self._snapshot, self._state, LOCAL)
        async with self._limit:
            began = time.perf_counter()
            trial = Trial(False, None, f"no answer within {self._timeout:g} s", "timeout", "Try again, or --timeout.")
            with anyio.move_on_after(self._timeout):
                try:
                    trial = await try_provider(entry, model, visit)
                except BadRequest as problem:
                    trial = Trial(False, None, problem.message)
        step.ok, step.detail, step.fix = trial.ok, trial.reply if trial.ok else trial.message, trial.fix
        step.seconds = round(time.perf_counter() - began, 3)
        self._done += 1
        self._progress.show(f"{self._done} requests answered ...")

    async def _connect(self, provider: Provider) -> list[Step]:
        """The name, and the connection; of a provider behind a proxy, those of the proxy."""
        proxy = ProxyRule(self._config.proxy_url).proxy_for(provider.base_url)
        try:
            url = urlsplit(proxy or provider.base_url)
            host, port = url.hostname, url.port or (443 if url.scheme == "https" else 80)
        except ValueError:
            host, port, url = None, 0, urlsplit("")
        if not host or "{" in host:
            return []  # made of what the request says; the request will tell
        steps = [
            Step("proxy name" if proxy else "name", None),
            Step("proxy connection" if proxy else "connection", None),
        ]
        self._progress.show(f"connecting to {host} ...")
        if await self._step(steps[0], provider, self._resolve(host, port)):
            await self._step(steps[1], provider, self._open(host, port, url.scheme == "https"))
        return steps

    async def _step(self, step: Step, provider: Provider, work: Any) -> bool:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                step.detail, step.ok = await work, True
        except TimeoutError:
            step.ok, step.detail = False, f"nothing within {self._timeout:g} s"
            step.fix = problem_of(UpstreamTimeout(step.detail), provider, "").fix
        except OSError as problem:  # what ssl raises is one too
            step.ok, step.detail = False, _reason(problem)
            kind = "TLS" if isinstance(problem, ssl.SSLError) else "getaddrinfo" if "name" in step.name else ""
            said = f"{provider.name}: {kind}: {problem}"
            step.fix = problem_of(UpstreamUnreachable(said), provider, "").fix
        step.seconds = round(time.perf_counter() - began, 3)
        return step.ok is True

    async def _resolve(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        except UnicodeError:
            raise OSError(f"{host} is no host name") from None
        return ", ".join(dict.fromkeys(str(address[0]) for *_, address in found))

    async def _open(self, host: str, port: int, secure: bool) -> str:
        context = await anyio.to_thread.run_sync(tls_context, True) if secure else None
        _, writer = await asyncio.open_connection(host, port, ssl=context)
        secured = writer.get_extra_info("ssl_object")
        writer.close()
        return f"port {port}" + (f", {secured.version()}" if secured else "")


def _reason(problem: OSError) -> str:
    """What the system says about a number it gave; asyncio writes the address instead."""
    number = problem.errno or 0
    known = number > 0 and not isinstance(problem, ssl.SSLError)
    return os.strerror(number).lower() if known else problem.strerror or str(problem)


def _with_key(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The entry of a provider with this key alone. What is in a key is no placeholder any more."""
    others = {*spellings(Provider, "api_key"), *spellings(Provider, "api_keys")}
    return {name: value for name, value in entry.items() if name not in others} | {"api_key": key.replace("$", "$$")}
