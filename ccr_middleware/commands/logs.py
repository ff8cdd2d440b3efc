"""`logs`: the log files, for people on a terminal and as JSON lines in a pipe."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping

from ..logs.levels import PINO_LEVELS
from .arguments import add_config, describe, positive

HELP = "show the log, and follow it"

#: How often a followed file is looked at, in seconds.
LOOK_SECONDS = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `logs`."""
    describe(
        parser,
        "Show the end of the newest log file; with -f go on with what is written to it and to those after it. On a "
        "terminal lines are made readable, in a pipe they are JSON as in the file.",
        [
            "ccr-middleware logs -f",
            "ccr-middleware logs --level warn -n 20",
            "ccr-middleware logs --request req_0123 | jq .msg",
        ],
        "0 shown; 1 there is no log file; 130 interrupted",
    )
    add_config(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on showing what is written")
    parser.add_argument("-n", "--lines", metavar="N", type=positive, default=50, help="how many lines; default 50")
    parser.add_argument("--level", choices=list(PINO_LEVELS), help="these and worse ones only")
    parser.add_argument("--request", metavar="ID", help="of this request only, over all files")
    parser.add_argument("--json", action="store_true", help="JSON lines on a terminal, too")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Show it. Raises `ConfigError`."""
    import sys

    from .log_lines import LogLine
    from .terminal import Paint, note

    folder = log_folder(args, env)
    show = LogLine(
        args.level and PINO_LEVELS[args.level],
        args.request,
        pretty=sys.stdout.isatty() and not args.json,
        paint=Paint(sys.stdout, env),
    )
    if args.follow and not os.path.isdir(folder):
        note(f"There is no log file in {folder} yet.")
    found = shown = False
    for line in _lines(folder, args):
        found = True
        if text := show(line):
            shown = True
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
    if not found:
        note(f"There is no log file in {folder}.")
    elif not shown:
        note(f"There is no such line in {folder}.")
    return 0 if found else 1


def log_folder(args: argparse.Namespace, env: Mapping[str, str]) -> str:
    """Where the log files are: `logs.dir` of the configuration, or `logs` in the home folder."""
    from ..errors import ConfigError
    from .home import home
    from .settings import settings

    try:
        configured = settings(args, env).logs.dir
    except ConfigError:  # the log may say what is wrong with it
        configured = None
    return os.path.expanduser(configured) if configured else os.path.join(home(env), "logs")


def _lines(folder: str, args: argparse.Namespace) -> Iterator[str]:
    """The last lines that are wanted, then what is written if it is to be followed."""
    from collections import deque

    from ..logs.names import own_files
    from .log_lines import LogLine

    wanted = LogLine(args.level and PINO_LEVELS[args.level], args.request)
    paths = [entry.path for entry in reversed(own_files(folder))]
    last: deque[str] = deque(maxlen=args.lines)
    position = 0
    for path in paths if args.request else paths[-1:]:
        with open(path, "rb") as file:
            whole = [line for line in file if line.endswith(b"\n") or not args.follow]
            position = sum(map(len, whole))
        texts = (line.decode("utf-8", "replace") for line in whole)
        last.extend(line.rstrip("\n") for line in texts if wanted(line))
    if paths:
        yield from last or [""]  # which says that there is a file
    if args.follow:
        yield from _follow(folder, paths[-1] if paths else "", position)


def _follow(folder: str, path: str, position: int) -> Iterator[str]:
    """What is written behind a position of a file, then to the files after it. Ends with the process."""
    import time

    from ..logs.names import own_files

    while True:
        if path:
            try:
                lines, position = _read_on(path, position)
            except FileNotFoundError:
                lines = []
            yield from lines
        newer = [entry.path for entry in own_files(folder)]
        newer = newer[: newer.index(path)] if path in newer else newer
        if newer and not (path and _read_on(path, position)[0]):
            path, position = newer[-1], 0
        else:
            time.sleep(LOOK_SECONDS)


def _read_on(path: str, position: int) -> tuple[list[str], int]:
    """The whole lines behind a position, and the position behind them. A file that was emptied begins anew."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < position:
            position = 0
        file.seek(position)
        data = file.read()
    end = data.rfind(b"\n") + 1
    return data[:end].decode("utf-8", "replace").split("\n")[:-1], position + end
