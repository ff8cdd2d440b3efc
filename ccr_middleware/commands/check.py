"""`check`: whether the configuration can be used, and whether every provider, key and model in it answers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import add_config, describe, seconds

if TYPE_CHECKING:
    from .checking import Checked
    from .terminal import Paint

HELP = "check the configuration, then the address, key and models of every provider"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    describe(
        parser,
        "Check the configuration, and with it every provider: its name in the DNS, the connection, its keys, and each "
        "model with one tiny request that goes through the gateway's own code. Those requests cost a few tokens each.",
        [
            "ccr-middleware check",
            "ccr-middleware check --offline --config new.json",
            "ccr-middleware check deepseek openrouter --quick",
        ],
        "0 everything is well (warnings do not count); 1 something is not; 2 the arguments are wrong",
    )
    add_config(parser)
    parser.add_argument("providers", nargs="*", metavar="PROVIDER", help="only these")
    parser.add_argument("--offline", action="store_true", help="the configuration only; nobody is asked")
    parser.add_argument("--quick", action="store_true", help="only the first model of each provider")
    parser.add_argument(
        "--timeout", type=seconds, default=30.0, metavar="S", help="patience with each step; default 30"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Check, and tell. Raises `ConfigError` when a provider that was named is not there."""
    import logging
    import sys

    from .check_config import check_file
    from .checking import check_providers
    from .settings import file_of
    from .terminal import Paint, Progress, say

    logging.disable(logging.CRITICAL)  # what it would say is told below, once
    path = file_of(args, env)
    checked = check_file(path, env)
    if checked.snapshot is not None and not args.offline:
        with Progress() as progress:
            checked.providers = check_providers(checked.snapshot, args, env, progress)
    if args.json:
        from ..jsonio import dumps_str

        say(dumps_str(checked.as_json()))
    else:
        say(as_text(checked, Paint(sys.stdout, env), asked=not args.offline))
    return 0 if checked.ok else 1


def as_text(checked: Checked, paint: Paint, *, asked: bool) -> str:
    """The result for people: what is wrong with the configuration, then a table of the providers."""
    lines = [f"configuration  {checked.file or 'none: the demo model answers'}"]
    for problem in checked.problems:
        lines.append(f"  {paint('red', 'error')}    {problem.text(checked.file)}")
    for warning in checked.warnings:
        lines.append(f"  {paint('yellow', 'warning')}  {warning.text(checked.file)}")
    if not checked.problems:
        lines.append(f"  {paint('green', 'ok')}")
    for provider in checked.providers:
        lines += ["", f"{paint('bold', provider.name)}  {provider.url}"]
        widest = max(len(step.name) for step in provider.steps)
        for step in provider.steps:
            lines += _step_lines(step, widest, paint)
    lines += ["", _summary(checked, paint, asked)]
    return "\n".join(lines)


def _step_lines(step: Any, widest: int, paint: Paint) -> list[str]:
    state = {True: paint("green", "ok    "), False: paint("red", "failed"), None: paint("dim", "-     ")}[step.ok]
    took = f"  {step.seconds:.1f} s" if step.seconds >= 0.05 else ""
    lines = [f"  {step.name:<{widest}}  {state}  {step.detail}{took}".rstrip()]
    if step.fix:
        lines.append(f"  {'':<{widest}}  {paint('yellow', 'fix')}     {step.fix}")
    return lines


def _summary(checked: Checked, paint: Paint, asked: bool) -> str:
    if checked.problems:
        return paint("red", f"The configuration cannot be used: {len(checked.problems)} to mend.")
    failed = [step for provider in checked.providers for step in provider.steps if step.ok is False]
    if failed:
        return paint("red", f"{len(failed)} of {sum(len(p.steps) for p in checked.providers)} checks failed.")
    return paint("green", "Everything answers." if asked and checked.providers else "The configuration can be used.")
