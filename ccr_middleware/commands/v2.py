"""`import`: what of a Claude Code Router v2 home will behave differently here, and what to do about each."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .arguments import describe

if TYPE_CHECKING:
    from .terminal import Paint
    from .v2_home import Finding

HELP = "look through a home of Claude Code Router v2: what will differ, and what to do"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `import`."""
    describe(
        parser,
        "Read the home folder of Claude Code Router v2 (configuration, presets, projects, custom router and "
        "transformers) and report what will behave differently here, each with its place and what to do. Nothing is "
        "written without --apply, which copies what is usable into CCR_HOME when that is another folder (files that "
        "are there already stay), and takes the right to read configurations from other users.",
        ["ccr-middleware import", "ccr-middleware import /backup/.claude-code-router --apply"],
        "0 nothing has to be done; 1 something has; 2 there is no such home",
    )
    parser.add_argument("home", nargs="?", metavar="HOME", help="default: ~/.claude-code-router")
    parser.add_argument("--apply", action="store_true", help="copy, and make private")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Report. Raises `ConfigError` when there is no such folder."""
    import json
    import os
    import sys

    from ..errors import ConfigError
    from .home import home
    from .terminal import Paint, say
    from .v2_copy import apply
    from .v2_home import look_through

    place = os.path.abspath(os.path.expanduser(args.home or "~/.claude-code-router"))
    if not os.path.isdir(place):
        raise ConfigError(f"{place}: no such folder; name the home of Claude Code Router v2")
    findings = look_through(place, env)
    done = apply(place, home(env)) if args.apply else []
    if args.json:
        say(json.dumps({"home": place, "findings": [one._asdict() for one in findings], "done": done}))
    else:
        say(_as_text(place, findings, done, Paint(sys.stdout, env)))
    return 1 if any(one.kind == "broken" for one in findings) else 0


def _as_text(place: str, findings: Sequence[Finding], done: Sequence[str], paint: Paint) -> str:
    titles = {
        "broken": ("red", "Will not work as it is"),
        "different": ("yellow", "Behaves differently"),
        "better": ("green", "Works now"),
    }
    lines = [f"{place}: {len(findings)} findings" if findings else f"{place}: everything behaves as before"]
    for kind, (style, title) in titles.items():
        if found := [one for one in findings if one.kind == kind]:
            lines += ["", paint(style, title)]
            for one in found:
                lines += [f"  {paint('bold', one.place)}: {one.what}"] + ([f"    -> {one.do}"] if one.do else [])
    if done:
        lines += ["", "Done", *(f"  {line}" for line in done)]
    return "\n".join(lines)
