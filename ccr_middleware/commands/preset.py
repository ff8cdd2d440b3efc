"""`preset`: configurations of their own under `/preset/<name>`: made, installed, filled in, shown, deleted."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import add_config, describe

if TYPE_CHECKING:
    from ..config import Config
    from ..presets import Presets
    from ..presets.library import Preset

HELP = "install, fill in, show, export and delete presets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `preset`."""
    describe(
        parser,
        "Presets are configurations of their own, which clients reach under /preset/<name>. A gateway that runs knows "
        "of a change at once.",
        [
            "ccr-middleware preset install https://github.com/owner/repo",
            "ccr-middleware preset install ./my-preset --set api_key=$KEY",
            "ccr-middleware preset apply my-preset",
            "ccr-middleware preset export my-setup --description 'what I use'",
        ],
        "0 done; 1 there is no such preset, or it cannot be used as it is; 2 an argument or a file is wrong",
    )
    add_config(parser)
    parser.set_defaults(json=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="every preset (what happens without an action, too)")
    listing.add_argument("--json", action="store_true", help="print as JSON")
    add_install(actions.add_parser("install", help="from a folder, a file, an address or a GitHub repository"))
    info = actions.add_parser("info", help="what is in a preset, what it asks for, and what is wrong with it")
    info.add_argument("name", metavar="NAME")
    info.add_argument("--json", action="store_true", help="print as JSON")
    apply = actions.add_parser("apply", help="answer what a preset asks for")
    apply.add_argument("name", metavar="NAME")
    _add_set(apply)
    _add_export(actions.add_parser("export", help="make a preset of the configuration, without its secrets"))
    delete = actions.add_parser("delete", aliases=["remove", "rm"], help="delete a preset with all its files")
    delete.add_argument("name", metavar="NAME")
    for action in actions.choices.values():
        add_config(action)


def add_install(parser: argparse.ArgumentParser) -> None:
    """The arguments of `preset install`, and of `install`."""
    parser.add_argument(
        "source", metavar="SOURCE", help="a folder, .zip or .json, an https:// address, owner/repo; or an installed one"
    )
    parser.add_argument("--name", default="", help="what to call it; default: as it calls itself")
    parser.add_argument("--force", action="store_true", help="replace the one of that name, keeping its values")
    parser.add_argument("--sha256", metavar="HEX", default="", help="refuse an archive with another checksum")
    parser.add_argument("--allow-code", action="store_true", help="let it run the Python files that come with it")
    _add_set(parser)


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", metavar="ID=VALUE", dest="values", type=_value, action="append", default=[], help="answer a question"
    )


def _value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{name}: must be ID=VALUE")
    return name.strip(), value


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what to call it")
    for name in ("description", "author", "license", "homepage"):
        parser.add_argument(f"--{name}", default="", help="for its manifest")
    parser.add_argument("--tags", "--keywords", default="", dest="keywords", help="words, with commas between them")
    parser.add_argument("--include-sensitive", action="store_true", help="leave the keys in it; only for yourself")
    parser.add_argument("--output", metavar="PATH", help="a new .zip, .json or folder; default: among the presets")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Do it. Raises `ConfigError`."""
    from ..errors import ConfigError, GatewayError, NotFound
    from .terminal import note

    action = {None: "list", "remove": "delete", "rm": "delete"}.get(args.action, args.action)
    try:
        return int(_ACTIONS[action](args, env))
    except NotFound as problem:
        note(f"ccr_middleware: {problem.message}")
        return 1
    except GatewayError as problem:
        raise ConfigError(problem.message) from None


def _config(args: argparse.Namespace, env: Mapping[str, str]) -> Config | None:
    """The configuration, None when it cannot be used: presets can be looked at and mended all the same."""
    from ..errors import ConfigError
    from .settings import settings
    from .terminal import note

    try:
        return settings(args, env)
    except ConfigError as problem:
        note(f"ccr_middleware: {problem}")
        return None


def _library(config: Config | None, env: Mapping[str, str]) -> Presets:
    from .presets import library

    return library(config, env)


def _list(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    import json
    import sys

    from ..presets.describing import summary
    from .terminal import Paint, note, say, table

    found = [summary(one) for one in _library(_config(args, env), env).list()]
    if args.json:
        say(json.dumps({"presets": found}, ensure_ascii=False))
    elif found:
        rows = [
            [one["id"], _shown(one["version"]), "ready" if one["ready"] else "not ready", _about(one)] for one in found
        ]
        styles = {"ready": "green", "not ready": "yellow"}
        say(table(("preset", "version", "state", "about"), rows, Paint(sys.stdout, env), styles))
    else:
        note('There is no preset; "ccr-middleware preset install SOURCE" installs one.')
    return 0


def _shown(value: Any) -> str:
    """A text of somebody else's on one line, without what would steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in str(value or ""))


def _about(one: Mapping[str, Any]) -> str:
    return _shown(one["problem"] or one.get("description"))


def _info(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    import json

    from ..presets.describing import details
    from .terminal import say

    config = _config(args, env)
    library = _library(config, env)
    preset = library.get(args.name)
    base = config.raw if config else {}
    problems, warnings = library.check(preset, base, env)
    found = details(preset, base, problems, warnings)
    if args.json:
        say(json.dumps(found, ensure_ascii=False))
    else:
        for line in _lines(found):
            say(_shown(line))
    return 1 if problems else 0


def _lines(found: Mapping[str, Any]) -> list[str]:
    """What is known of a preset, for people."""
    about = found["metadata"]
    lines = [f"{found['id']}: {about['name']} {about['version']}"]
    lines += [f"  {key}: {_joined(value)}" for key, value in about.items() if key not in ("name", "version") and value]
    for field in found["schema"]:
        if isinstance(field, Mapping):
            value = found["userValues"].get(field.get("id"))
            lines.append(f"  asks for {field.get('id')}: {'nothing yet' if value is None else _joined(value)}")
    names = {
        "variables": "reads the variables",
        "hosts": "asks the hosts",
        "code": "runs the code",
        "files": "reads the files",
    }
    lines += [f"  {names[key]}: {_joined(value)}" for key, value in found["needs"].items() if value]
    lines += [f"  problem: {line}" for line in found["problems"]]
    return lines + [f"  warning: {line}" for line in found["warnings"]]


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _install(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    from ..presets.installing import Wish
    from .terminal import say

    config = _config(args, env)
    library = _library(config, env)
    installed = _installed(library, args.source)
    if installed is not None:
        return _fill_in(library, installed, args, config)
    source, origin = _source(args.source, config)
    wish = Wish(args.name, args.force, args.sha256, origin)
    preset = library.install(source, wish, allow_code=args.allow_code)
    say(f"The preset {preset.id} is installed; clients reach it under /preset/{preset.id}.")
    return _fill_in(library, preset, args, config)


def _installed(library: Presets, name: str) -> Preset | None:
    """The installed preset of that name, where nothing else is meant by it: it is asked for its values again."""
    from pathlib import Path

    from ..presets.names import problem_with_name

    if problem_with_name(name) or Path(name).exists():
        return None
    return next((one for one in library.list() if name in (one.id, one.name)), None)


def _source(text: str, config: Config | None) -> tuple[Any, str]:
    """What is to be installed, and the address it is from. Raises `GatewayError`."""
    import asyncio
    from pathlib import Path

    from ..presets.download import archive_url, download, is_repository, is_url
    from ..upstream import PoolSettings, open_transport
    from .terminal import Progress

    path = Path(text).expanduser()
    if not is_url(text) and (path.exists() or not is_repository(text)):
        return path, ""
    url = archive_url(text)

    async def fetch() -> bytes:
        transport = open_transport(PoolSettings(proxy_url=config.proxy_url if config else None))
        try:
            return await download(transport, url)
        finally:
            await transport.aclose()

    with Progress() as progress:
        progress.show(f"downloading {url}")
        return asyncio.run(fetch()), url


def _apply(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    config = _config(args, env)
    library = _library(config, env)
    return _fill_in(library, library.get(args.name), args, config)


def _fill_in(library: Presets, preset: Preset, args: argparse.Namespace, config: Config | None) -> int:
    """Store the values that were given and asked for, and say what is still wrong."""
    from ..errors import BadRequest
    from .preset_questions import answers
    from .terminal import note, say

    values = answers(preset, dict(args.values), config.raw if config else {})
    if values:
        try:
            preset = library.apply(preset.id, values)
        except BadRequest as problem:
            every = (problem.details or {}).get("problems") or [{"path": "", "message": problem.message}]
            told = (f"{one['path']}: {one['message']}" if one["path"] else one["message"] for one in every)
            raise BadRequest("; ".join(told)) from None
        say(f"The values of {preset.id} are stored.")
    problems = preset.applied().problems
    for line in problems:
        note(f"  {_shown(line)}")
    if problems:
        note(
            f'{preset.id} cannot be used yet; "ccr-middleware preset apply {preset.id} --set ID=VALUE" gives it values.'
        )
    return 1 if problems else 0


def _export(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    from pathlib import Path

    from .settings import settings
    from .terminal import note, say

    config = settings(args, env)
    about = {key: getattr(args, key) for key in ("name", "description", "author", "license", "homepage")}
    about["keywords"] = [word.strip() for word in args.keywords.split(",") if word.strip()]
    output = Path(args.output).expanduser() if args.output else None
    made = _library(config, env).export(config.raw, about, include_sensitive=args.include_sensitive, output=output)
    say(f"Written to {made.path}.")
    for field in made.manifest.get("schema", ()):
        note(f"  asks for {field['id']}: {field['label']}")
    for name in made.files:
        note(f"  put {name} beside the manifest; it is named in it")
    return 0


def _delete(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    from .terminal import say

    _library(_config(args, env), env).delete(args.name)
    say(f"The preset {args.name} is deleted.")
    return 0


_ACTIONS = {
    "list": _list,
    "info": _info,
    "install": _install,
    "apply": _apply,
    "export": _export,
    "delete": _delete,
}
