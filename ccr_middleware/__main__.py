"""The command line: `python -m ccr_middleware`, or `ccr-middleware`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from .errors import ConfigError

#: Flags of the program that take a value and may stand before the command.
_WITH_VALUE = ("--config", "--host", "--port", "--log-level")

_EPILOG = """\
Flags win over the environment (CCR_CONFIG, CCR_HOME, HOST, PORT, APIKEY, ADMIN_KEY, LOG, LOG_LEVEL,
CUSTOM_ROUTER_PATH), that over the configuration file.

"COMMAND --help" tells more of each, "help code" of code. The name of an installed preset in place of a command
runs Claude Code with that preset.

exit status: 0 done; 1 what was checked is not well; 2 an argument, the configuration or a file has to be mended;
3 no gateway runs; 130 interrupted
"""


def parser(*only: str) -> argparse.ArgumentParser:
    """The arguments, with their help; of these commands only, if any are named."""
    import argparse

    from . import __version__
    from .commands import ALIASES, COMMANDS, command_module
    from .commands.arguments import LEVELS, Parser, port_number

    top = Parser(
        prog="ccr-middleware",
        description="A Claude Code gateway. Without a command it runs, as with start.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--config", metavar="FILE", help="configuration; default ~/.claude-code-router/config.json")
    top.add_argument("--host", metavar="H", help="address to listen on; default 127.0.0.1")
    top.add_argument("--port", metavar="P", type=port_number, help="port, 0 for any free one; default 3456")
    top.add_argument("--log-level", metavar="L", choices=LEVELS, help="default info")
    top.add_argument("-v", "--version", action="version", version=f"ccr_middleware {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for name in only or COMMANDS:
        if module := command_module(name):
            aliases = ALIASES.get(name, ())
            module.add_arguments(commands.add_parser(name, help=module.HELP, aliases=aliases, allow_abbrev=False))
    commands.add_parser("statusline", help="the status line of Claude Code, from what it writes to the standard input")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, see `commands`."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_output()
    if arguments[:1] == ["statusline"]:  # which Claude Code runs several times a second: nothing else is loaded
        from .statusline import main as statusline

        return statusline(arguments[1:], os.environ, sys.stdin, sys.stdout)
    from .errors import ConfigError

    try:
        return _run(arguments)
    except ConfigError as problem:
        print(f"ccr_middleware: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:  # before there was anything to end in an orderly way
        return 130
    except BrokenPipeError:  # whoever read the output has read enough
        _discard_output()
        return 128 + 13
    except OSError as problem:  # the output is a file on a full disk, above all
        _discard_output()
        where = f"{problem.filename}: " if problem.filename else ""
        print(f"ccr_middleware: {where}{problem.strerror or problem}", file=sys.stderr)  # noqa: T201
        return 2


def _prepare_output() -> None:
    """What a terminal's encoding does not have is shown as a question mark, and a closed output is no fault."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _discard_output() -> None:
    """What could not be written is not tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    from .commands import ALIASES, COMMANDS, command_module

    place = _command_place(arguments)
    if place is None:
        return _start(arguments)
    name, rest = arguments[place], arguments[place + 1 :]
    if name == "help":
        return _help(rest)
    if name == "code":
        args = parser().parse_args(arguments[:place])
        args.arguments = rest
        return int(command_module("code").run(args, os.environ))
    name = next((own for own, aliases in ALIASES.items() if name in aliases), name)
    if name not in COMMANDS:
        return _preset_or_mistake(arguments[:place], name, rest)
    args = parser(name).parse_args(arguments)
    return int(command_module(name).run(args, os.environ))


def _command_place(arguments: Sequence[str]) -> int | None:
    """Where the command is: the first word that is no flag and no value of one."""
    place = 0
    while place < len(arguments) and arguments[place].startswith("-"):
        place += 2 if arguments[place] in _WITH_VALUE else 1
    return place if place < len(arguments) else None


def _start(arguments: list[str]) -> int:
    args = parser().parse_args(arguments)
    from .commands import start

    return start.run(args, os.environ)


def _help(words: list[str]) -> int:
    words = [word for word in words if word != "help"]
    if words and words[0] not in _known_words():
        raise _unknown(words[0])
    parser().parse_args([*words[:1], "--help"])  # prints it and exits
    return 0


def _preset_or_mistake(before: list[str], name: str, rest: list[str]) -> int:
    """A preset's name runs Claude Code with it, as with CCR v2; any other word is a mistake."""
    args = parser().parse_args(before)
    from .commands.code import run_claude
    from .commands.presets import find_preset

    if find_preset(args, os.environ, name):
        return run_claude(args, rest, os.environ, preset=name)
    raise _unknown(name)


def _known_words() -> list[str]:
    from .commands import ALIASES, COMMANDS

    return [*COMMANDS, *(alias for aliases in ALIASES.values() for alias in aliases), "statusline", "help"]


def _unknown(name: str) -> ConfigError:
    from .config.places import did_you_mean
    from .errors import ConfigError

    hint = did_you_mean(name, _known_words()) or "; --help lists the commands"
    return ConfigError(f'there is no command and no preset "{name}"{hint}')


if __name__ == "__main__":
    sys.exit(main())
