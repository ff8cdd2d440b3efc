"""What holds for every test: a clean environment, no network but loopback, one way to run hypothesis."""

import ipaddress
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

#: What the developer's shell may hold and a test must not see.
SCRUBBED_PREFIXES = ("ANTHROPIC_", "CLAUDE_", "CCR_", "OPENAI_", "OPENROUTER_", "GEMINI_", "DEEPSEEK_")
SCRUBBED = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "API_TIMEOUT_MS", "SERVICE_PORT", "APIKEY"})
KEPT = frozenset({"CCR_RECORDED_TRAFFIC", "CCR_SCREENSHOTS"})

#: Names that resolve without asking a name server.
LOCAL_NAMES = frozenset({"", "localhost", socket.gethostname()})

hypothesis.settings.register_profile("local", deadline=None, max_examples=60)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes what the golden cases expect anew."""
    parser.addoption("--update-golden", action="store_true", help="write the expected files of tests/golden anew")


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment before any test module reads it, and give it an empty home."""
    for name in list(os.environ):
        upper = name.upper()
        if name not in KEPT and (upper in SCRUBBED or upper.startswith(SCRUBBED_PREFIXES)):
            del os.environ[name]
    home = tempfile.mkdtemp(prefix="ccr-test-home-")
    os.environ["HOME"] = os.environ["USERPROFILE"] = home
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each reason of skipping, so that nothing is left out unseen."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"not run: {count} because {reason}")


def is_loopback(host: object) -> bool:
    """Whether this host is this machine. A name other than localhost is not, even if it would resolve to it."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower() in LOCAL_NAMES or name.lower().endswith(".localhost")
    return address.is_loopback or address.is_unspecified


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse every way out, and fail the test that tried one even if the code under test swallowed the refusal.

    A name ending in `.invalid` fails to resolve, as it would anywhere, and is no offence: it is how tests ask for a
    failure of DNS.
    """
    offences: list[str] = []
    originals = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    resolve = socket.getaddrinfo

    def guard(name: str) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
                offences.append(f"{name} to {address}")
                raise ConnectionRefusedError(f"tests reach nothing but loopback, not {address}")
            return originals[name](self, address)

        return call

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if is_loopback(host):
            return resolve(host, *args, **kwargs)
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not name.rstrip(".").endswith(".invalid"):
            offences.append(f"look-up of {host}")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in originals:
        monkeypatch.setattr(socket.socket, name, guard(name))
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield offences
    assert not offences, f"the test tried to leave this machine: {offences}"
