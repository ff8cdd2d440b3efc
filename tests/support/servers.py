"""Real servers with the gateway in a real host, each in a process of its own on a free port of 127.0.0.1.

    @pytest.mark.parametrize("kind", HOST_KINDS)
    def test_x(kind):
        with serve_host(kind) as base_url:                  # the demo model
            Anthropic(base_url=base_url, api_key="k").messages.create(…)
    with serve_host(kind, config=path) as base_url: …       # a config.json

What a server said is printed when its block is left, and by `show_output()`, which a module that keeps a server for
many tests calls after each of them: then pytest shows it below the test that fails.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

#: How long a server may take to begin, and to end, in seconds.
START_SECONDS = 30
STOP_SECONDS = 5


@dataclass(frozen=True)
class Host:
    """How to serve one host. `mount`: where the gateway is; empty when there is no host around it."""

    command: str
    folder: Path
    interface: Literal["asgi", "wsgi"]
    mount: str = "/ccr"


_UVICORN = "uvicorn --port 0 --timeout-graceful-shutdown 1"
_GUNICORN = "gunicorn --bind 127.0.0.1:0 --preload --graceful-timeout 1"
_GTHREAD = f"{_GUNICORN} --worker-class gthread --threads 8"
_HYPERCORN = "hypercorn --bind 127.0.0.1:0 --graceful-timeout 1"

HOSTS = {
    "uvicorn-fastapi-mount": Host(f"{_UVICORN} app:app", EXAMPLES / "fastapi_app", "asgi"),
    "uvicorn-starlette-wrap": Host(
        f"{_UVICORN} --root-path /proxy tests.support.host_apps:starlette", ROOT, "asgi", "/llm/ccr"
    ),
    "uvicorn-django": Host(f"{_UVICORN} project.asgi:application", EXAMPLES / "django_app", "asgi"),
    "werkzeug-flask": Host("flask run --port 0", EXAMPLES / "flask_app", "wsgi"),
    "gunicorn-sync-flask": Host(f"{_GUNICORN} app:app", EXAMPLES / "flask_app", "wsgi"),
    "gunicorn-gthread-flask": Host(f"{_GTHREAD} app:app", EXAMPLES / "flask_app", "wsgi"),
    "gunicorn-sync-django": Host(f"{_GUNICORN} project.wsgi", EXAMPLES / "django_app", "wsgi"),
    "gunicorn-gthread-django": Host(f"{_GTHREAD} project.wsgi", EXAMPLES / "django_app", "wsgi"),
    "gunicorn-asgi-django": Host(
        f"{_GUNICORN} --worker-class asgi project.asgi:application", EXAMPLES / "django_app", "asgi"
    ),
    "hypercorn-bare": Host(f"{_HYPERCORN} tests.support.host_apps:bare", ROOT, "asgi", ""),
}

HOST_KINDS = list(HOSTS)

_outputs: "set[Output]" = set()


def show_output() -> None:
    """Print what the running servers have said since the last time."""
    for output in _outputs:
        output.show()


@contextmanager
def serve_host(kind: str, config: Path | None = None) -> Iterator[str]:
    """Serve one of `HOST_KINDS`; gives what a client takes for its base URL, without a slash at the end."""
    host = HOSTS[kind]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environ |= {"CCR_CONFIG": str(config)} if config else {}
    with run_server(kind, host.command.split(), host.folder, environ) as port:
        yield f"http://127.0.0.1:{port}{host.mount}"


def hello_url(base_url: str) -> str:
    """The URL of the host's own route."""
    return f"http://{urlsplit(base_url).netloc}/hello"


@contextmanager
def run_server(name: str, command: list[str], folder: Path, environ: dict[str, str]) -> Iterator[int]:
    """Run `python -m command` until the block is left; gives the port it said it listens on."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a group of its own, so that its workers can be ended with it
    )
    output = Output(name, process)
    _outputs.add(output)
    try:
        yield output.port()
    finally:
        _end(process)
        output.join()
        output.show()
        _outputs.discard(output)


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)


class Output(threading.Thread):
    """Reads what a server says, and finds its port in it."""

    _ADDRESS = re.compile(r"https?://127\.0\.0\.1:(\d+)")

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        super().__init__(name=f"output of {name}", daemon=True)
        self._name, self._process = name, process
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._found = threading.Event()
        self._port = 0
        self.start()

    def run(self) -> None:
        """Read until the server has ended."""
        lines: Any = self._process.stdout
        with lines:
            for line in lines:
                self._lines.put(line)
                if not self._port and (match := self._ADDRESS.search(line)):
                    self._port = int(match[1])
                    self._found.set()
        self._found.set()

    def show(self) -> None:
        """Print what was not printed yet. Not done by the thread: pytest could not tell which test it belongs to."""
        while not self._lines.empty():
            sys.stdout.write(f"[{self._name}] {self._lines.get()}")

    def port(self) -> int:
        """Wait for the port. Raises RuntimeError when the server ended or said nothing in time."""
        self._found.wait(START_SECONDS)
        if not self._port:
            raise RuntimeError(f"{self._name} does not listen; what it said is above")
        return self._port
