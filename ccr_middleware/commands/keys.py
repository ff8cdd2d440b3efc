"""`keys`: the keys that clients call with (`APIKEYS`). A key is shown once; only its hash is stored."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from .arguments import add_config, describe, positive

HELP = "list, create, disable and delete the keys of clients"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `keys`."""
    describe(
        parser,
        "The keys that clients of the gateway call with. A gateway that runs knows of a change at once.",
        [
            "ccr-middleware keys list",
            "ccr-middleware keys create laptop --expires 2027-01-31 --rpm 60",
            'ccr-middleware keys create ci --models "deepseek,*" --tpm 100000',
            "ccr-middleware keys disable key_1a2b3c4d",
        ],
        "0 done; 2 there is no such key, or the configuration cannot be used",
    )
    add_config(parser)
    parser.set_defaults(json=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="every key, without its secret (what happens without an action, too)")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    create = actions.add_parser("create", help="make a key, and print it this once")
    create.add_argument("name", metavar="NAME", type=_name, help="whose it is")
    create.add_argument(
        "--expires", metavar="DATE", dest="expires_at", help="until when: 2027-01-31, or a date with time"
    )
    create.add_argument("--models", metavar="PATTERN", nargs="+", help='what it may use: "deepseek,*"; default: all')
    create.add_argument("--rpm", type=positive, help="requests a minute")
    create.add_argument("--tpm", type=positive, help="tokens a minute")
    create.add_argument("--max-parallel", type=positive, metavar="N", help="requests at once")
    create.add_argument("--json", action="store_true", help="print key and entry as JSON")
    for name, about in (("disable", "refuse a key from now on"), ("enable", "take it again"), ("delete", "forget it")):
        actions.add_parser(name, help=about).add_argument("id", metavar="ID", help="as the list shows it")
    for action in actions.choices.values():
        add_config(action)


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty; it is how the key is found again")
    return text.strip()


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Do it. Raises `ConfigError`."""
    from ..access.key_documents import change_key, remove_key
    from .saving import change
    from .terminal import say

    if args.action in (None, "list"):
        return _list(args, env)
    if args.action == "create":
        return _create(args, env)
    if args.action == "delete":
        change(args, env, lambda document: remove_key(document, args.id))
        say(f"The key {args.id} is deleted.")
        return 0
    enabled = args.action == "enable"
    change(args, env, lambda document: change_key(document, args.id, {"enabled": enabled}))
    say(f"The key {args.id} is {args.action}d.")
    return 0


def _list(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    import json
    import sys
    from datetime import UTC, datetime

    from ..access.key_documents import describe as described
    from .settings import settings
    from .terminal import Paint, note, say, table

    now = datetime.now(UTC)
    keys = [described(key, now=now) for key in settings(args, env).client_keys]
    if args.json:
        say(json.dumps({"keys": keys}, ensure_ascii=False))
    elif keys:
        heads = ("id", "name", "key", "state", "expires", "models", "limits")
        styles = {"enabled": "green", "disabled": "yellow", "expired": "red"}
        say(table(heads, map(_row, keys), Paint(sys.stdout, env), styles))
    else:
        note('There is no key; "ccr-middleware keys create NAME" makes one.')
    return 0


def _row(key: Mapping[str, Any]) -> list[str]:
    state = "expired" if key["expired"] else "enabled" if key["enabled"] else "disabled"
    limits = [f"{key[name]} {name}" for name in ("rpm", "tpm") if key[name]]
    limits += [f"{key['max_parallel']} at once"] if key["max_parallel"] else []
    models = "all" if key["models"] is None else " ".join(key["models"])
    return [
        key["id"],
        key["name"],
        key["hint"],
        state,
        key["expires_at"] or "never",
        models,
        ", ".join(limits) or "none",
    ]


def _create(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    import json
    from datetime import UTC, datetime

    from ..access.key_documents import MadeKey, add_key
    from .saving import change
    from .terminal import note, say

    names = ("name", "expires_at", "models", "rpm", "tpm", "max_parallel")
    fields = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    made: list[MadeKey] = []

    def add(document: dict[str, Any]) -> Mapping[str, Any]:
        made.append(add_key(document, fields, now=datetime.now(UTC)))
        return made[-1].document

    change(args, env, add)
    key = made[-1]
    if args.json:
        shown = {name: value for name, value in key.entry.items() if name != "key_hash"}
        say(json.dumps({"key": key.key, **shown}, ensure_ascii=False))
    else:
        note(f"The key {key.entry['id']} for {key.entry['name']}. It is shown this once:")
        say(key.key)
    return 0
