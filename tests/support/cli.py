"""The command line as processes: in a pipe and on a terminal, with a home of its own and a Claude Code that tells."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30

#: Tells how it was called, then does what `FAKE_CLAUDE` says: `exit N`, `wait` for a signal, `read` its input.
FAKE_CLAUDE = f"""#!{sys.executable}
import json, os, signal, sys, time
told = {{"argv": sys.argv[1:], "env": dict(os.environ), "pid": os.getpid()}}
if "--settings" in sys.argv:
    path = sys.argv[sys.argv.index("--settings") + 1]
    told["settings"] = json.load(open(path))
    told["settings_path"] = path
    told["modes"] = [oct(os.stat(path).st_mode & 0o777), oct(os.stat(os.path.dirname(path)).st_mode & 0o777)]
what, _, number = os.environ.get("FAKE_CLAUDE", "").partition(" ")
if what == "read":
    told["stdin"] = sys.stdin.read()
got = []
signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
signal.signal(signal.SIGINT, lambda number, frame: got.append(number))
with open(os.environ["TOLD"] + ".new", "w") as file:
    json.dump(told, file)
os.replace(os.environ["TOLD"] + ".new", os.environ["TOLD"])
while what == "wait" and not got:
    time.sleep(0.01)
time.sleep(0.1 if got else 0)
sys.exit(100 + sum(got) if got else int(number or 0))
"""


class Home:
    """A home folder and the environment to run commands in; `free_port` is one nobody listens on."""

    def __init__(self, folder: Path, document: Any = None) -> None:
        self.folder = folder / "home"
        self.folder.mkdir(mode=0o700)
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            "CCR_HOME": str(self.folder),
            "TERM": "xterm-256color",
            "TMPDIR": str(folder),
            "PORT": "0",
        }
        self.config = self.folder / "config.json"
        if document is not None:
            self.write(document)

    def write(self, document: Any) -> None:
        """Write the configuration; text as it stands."""
        self.config.write_text(document if isinstance(document, str) else json.dumps(document, indent=2))

    @property
    def record(self) -> dict[str, Any]:
        """What is recorded of the gateway that runs."""
        return json.loads((self.folder / "gateway.json").read_text())

    def run(self, *arguments: str, stdin: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in a pipe."""
        return subprocess.run(
            command(arguments),
            env=self.env | env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )

    @contextmanager
    def begin(self, *arguments: str, **env: str) -> Iterator["subprocess.Popen[str]"]:
        """Begin a command in a pipe, in a process group of its own, of which nothing is left afterwards."""
        with subprocess.Popen(
            command(arguments),
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_hear_ctrl_c,
        ) as process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def on_terminal(
        self, *arguments: str, keys: str = "", when: Callable[[], Any] = lambda: True, **env: str
    ) -> tuple[int, str]:
        """Run a command on a terminal, `keys` typed when it is time: its exit status and all that was shown."""
        controller, terminal = pty.openpty()
        process = subprocess.Popen(
            command(arguments),
            env=self.env | env,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            preexec_fn=lambda: (os.login_tty(terminal), _hear_ctrl_c()),
        )
        os.close(terminal)
        try:
            wait_until(when)
            os.write(controller, keys.encode())
            shown = _read_all(controller)
            return process.wait(PATIENCE_SECONDS), shown.replace("\r\n", "\n")
        finally:
            process.kill()
            process.wait()
            os.close(controller)

    def stop(self) -> None:
        """End whatever runs here."""
        if (self.folder / "gateway.json").exists():
            self.run("stop")

    def claude(self, folder: Path) -> "Claude":
        """Put a Claude Code into the PATH."""
        return Claude(self, folder)


class Claude:
    """A Claude Code that writes down how it was called."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.path = folder / "bin" / "claude"
        self.path.parent.mkdir()
        self.path.write_text(FAKE_CLAUDE)
        self.path.chmod(0o755)
        home.env["PATH"] = f"{self.path.parent}{os.pathsep}{home.env['PATH']}"
        self._told = folder / "told.json"
        home.env["TOLD"] = str(self._told)

    def has_told(self) -> bool:
        """Whether it was called since it was last asked how."""
        return self._told.exists()

    def forget(self) -> None:
        """As if it had not been called."""
        self._told.unlink(missing_ok=True)

    def told(self) -> dict[str, Any]:
        """How it was called last; waits until it was."""
        wait_until(self.has_told)
        found = json.loads(self._told.read_text())
        self._told.unlink()
        return found


def _hear_ctrl_c() -> None:
    """Tests that run in the background of a shell ignore Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command(arguments: Sequence[str]) -> list[str]:
    """The program as it is run."""
    return [sys.executable, "-m", "ccr_middleware", *arguments]


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait for something that will happen."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.01)


def _read_all(controller: int) -> str:
    """Everything a terminal shows until its last process has gone."""
    shown = b""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        if not select.select([controller], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(controller, 65536)
        except OSError:  # EIO: nobody has it open any more
            break
        if not data:
            break
        shown += data
    return shown.decode()
