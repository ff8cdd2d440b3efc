"""Check a running gateway with whatever version of the `anthropic` SDK is importable. Needs nothing else.

    python check.py BASE_URL [API_KEY]

The gateway has to offer the demo model as `demo,demo`. Checks of failures need the models of `plays.py` as well, and
checks of the key an API_KEY; without them they are skipped.

Prints one JSON object per check, `{"name": …, "ok": …, "detail": …}`; the detail of what was left out begins with
"skipped". The exit status is 1 when a check failed.
"""

import argparse
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
from anyio.from_thread import start_blocking_portal
from checks import CHECKS, Check, Skipped

#: No answer takes as long as this, in seconds.
TIMEOUT_SECONDS = 30

#: So many checks run at a time. They wait most of the time.
LANES = 4

#: Of what went wrong this much is said, in characters.
DETAIL_CHARS = 800


def main() -> int:
    """Run every check and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_url")
    parser.add_argument("api_key", nargs="?", default="")
    args = parser.parse_args()
    failed = False
    for name, ok, detail in outcomes(args.base_url, args.api_key):
        print(json.dumps({"name": name, "ok": ok, "detail": detail}, ensure_ascii=False), flush=True)  # noqa: T201
        failed |= not ok
    return int(failed)


def outcomes(base_url: str, api_key: str) -> Iterator[tuple[str, bool, str]]:
    """The name of each check, whether it passed, and what it says. Several run at a time, as requests do in life."""
    yield "version", True, anthropic.__version__
    options: dict[str, Any] = {
        "base_url": base_url,
        "api_key": api_key or "any-text-will-do",
        "max_retries": 0,  # what is retried in secret would not be seen to fail
        "timeout": TIMEOUT_SECONDS,
        "_strict_response_validation": True,  # hold every answer to the SDK's types
    }
    with (
        anthropic.Anthropic(**options) as client,
        start_blocking_portal() as portal,
        ThreadPoolExecutor(LANES) as lanes,
    ):
        asynchronous = anthropic.AsyncAnthropic(**options)
        offered = offered_by(client) | ({"a key"} if api_key else set())

        def run(check: Check) -> tuple[str, bool, str]:
            if missing := check.needs - offered:
                return check.name, True, f"skipped: the gateway lacks {', '.join(sorted(missing))}"
            if inspect.iscoroutinefunction(check.run):
                return check.name, *outcome(lambda: portal.call(check.run, asynchronous))
            return check.name, *outcome(lambda: check.run(client))

        yield from lanes.map(run, CHECKS)
        portal.call(asynchronous.close)


def offered_by(client: anthropic.Anthropic) -> set[str]:
    """The ids of the gateway's models. Not by `models.list`, which is a check of its own."""
    page: Any = client.get("/v1/models?limit=1000", cast_to=object)
    return {model["id"] for model in page["data"]}


def outcome(run: Callable[[], str | None]) -> tuple[bool, str]:
    """Whether one check passed, and what it says."""
    try:
        return True, run() or ""
    except Skipped as reason:
        return True, f"skipped: {reason}"
    except Exception as error:
        cause = f" because {error.__cause__}" if error.__cause__ else ""
        return False, f"{place_of(error)}: {type(error).__name__}: {error}{cause}"[:DETAIL_CHARS]


def place_of(error: Exception) -> str:
    """Where the check is that failed: its file and line."""
    folder = str(Path(__file__).parent / "checks")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
    return f"{Path(frames[0].filename).name}:{frames[0].lineno}" if frames else "?"


if __name__ == "__main__":
    sys.exit(main())
