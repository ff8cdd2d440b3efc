"""Which gateway runs: a record in the home folder, believed only when the process and the gateway itself agree.

The record is `gateway.json` (mode 0600): the number of the process and when it began, where it listens, and an id
that `/health` tells in the header `x-ccr-instance`. The pid file of CCR v2 is neither read nor written.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from typing import Any

from . import process
from .home import home, read_json, write_private

#: How long `/health` may take, in seconds.
HEALTH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Record:
    """A gateway as it described itself when it began to listen.

    - `pid`, `started`: its process, see `process.started`; `instance`: what its `/health` calls it.
    - `host`, `port`: where it listens; `config`: its file, "" for none; `flags`: what it was started with.
    - `time`: when, in seconds since the epoch.
    """

    pid: int
    started: str
    host: str
    port: int
    instance: str
    config: str = ""
    flags: tuple[str, ...] = ()
    version: str = ""
    time: float = 0.0

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        return local_url(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that runs. `answers`: its `/health` did. `ours`: it is a process here, which may be ended."""

    record: Record
    answers: bool
    ours: bool = True


def local_url(host: str, port: int) -> str:
    """The address of a gateway that listens there, from this machine: "any address" is loopback."""
    host = host.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def record_path(env: Mapping[str, str]) -> str:
    """Where the record is."""
    return os.path.join(home(env), "gateway.json")


def read_record(env: Mapping[str, str]) -> Record | None:
    """The record as it stands, believed or not; None when there is none that can be read."""
    found = read_json(record_path(env))
    known = {field.name: found[field.name] for field in fields(Record) if field.name in found}
    flags = known.get("flags")
    known["flags"] = tuple(map(str, flags)) if isinstance(flags, list) else ()
    try:
        record = Record(**known)
    except TypeError:
        return None
    texts = (record.started, record.host, record.instance, record.config)
    if not isinstance(record.pid, int) or not isinstance(record.port, int) or not all(map(_is_text, texts)):
        return None
    return record


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def find(env: Mapping[str, str]) -> Running | None:
    """The gateway of this home folder, if it runs. A record that is not true any more is removed."""
    record = read_record(env)
    if record is None:
        return None
    ours = process.is_the_same(record.pid, record.started)
    answers = ask_health(record.host, record.port) == record.instance != ""
    if ours or answers:
        return Running(record, answers, ours)
    with suppress(OSError):
        os.unlink(record_path(env))
    return None


def ask_health(host: str, port: int, timeout: float = HEALTH_SECONDS) -> str | None:
    """The id of the gateway that answers there, "" if it has none; None when nothing like a gateway answers."""
    import http.client  # takes longer to load than most commands take, and is needed only when there is a record

    address = local_url(host, port).removeprefix("http://").rpartition(":")[0].strip("[]")
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        told: Any = json.loads(answer.read(65536))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    if answer.status != 200 or not isinstance(told, dict) or "status" not in told:
        return None
    return answer.headers.get("x-ccr-instance") or ""


@contextmanager
def recorded(
    env: Mapping[str, str], *, host: str, port: int, instance: str, config: str, flags: tuple[str, ...], version: str
) -> Iterator[None]:
    """While this lasts, the record tells of this process. One that tells of another gateway which runs is left alone,
    and a folder that cannot be written to is no reason not to run."""
    pid = os.getpid()
    record = Record(pid, process.started(pid), host, port, instance, config, flags, version, time.time())
    latest = read_record(env)
    # One that tells of our own port cannot be true, and asking there would be asking ourselves.
    written = latest is None or latest.port == port or find(env) is None
    if written:
        with suppress(OSError):
            write_private(record_path(env), json.dumps(asdict(record), indent=2) + "\n")
    try:
        yield
    finally:
        latest = read_record(env)
        if written and latest is not None and latest.instance == instance:
            with suppress(OSError):
                os.unlink(record_path(env))
