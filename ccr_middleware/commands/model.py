"""`model`: which model answers in which scenario, shown and changed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import add_config, describe

if TYPE_CHECKING:
    from ..config import Config

HELP = "show and change which model answers when"

SCENARIOS = ("default", "background", "think", "longContext", "webSearch", "image")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `model`."""
    describe(
        parser,
        "Show the routes, and on a terminal change them by choosing. Comments and placeholders in the configuration "
        "stay as they are, and a gateway that runs knows of the change at once.",
        [
            "ccr-middleware model",
            "ccr-middleware model list",
            "ccr-middleware model set think deepseek,deepseek-reasoner",
            "ccr-middleware model unset background",
            "ccr-middleware model add openrouter,qwen/qwen3-coder",
        ],
        "0 done; 2 there is no such provider, or the configuration cannot be used",
    )
    add_config(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="every model of every provider, and what it is used for")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    setting = actions.add_parser("set", help="choose the model of a scenario")
    setting.add_argument("scenario", metavar="SCENARIO", type=_scenario, help=", ".join(SCENARIOS))
    setting.add_argument("target", metavar="PROVIDER,MODEL", help="or an alias")
    unset = actions.add_parser("unset", help="let a scenario go the way of the default")
    unset.add_argument("scenario", metavar="SCENARIO", type=_optional_scenario, help=", ".join(SCENARIOS[1:]))
    for name, about in (("add", "add a model to a provider"), ("remove", "take a model away from a provider")):
        actions.add_parser(name, help=about).add_argument("target", metavar="PROVIDER,MODEL")
    for action in actions.choices.values():
        add_config(action)


def _scenario(text: str) -> str:
    """A scenario in any spelling: `longContext`, `long_context`, `long-context`."""
    plain = text.lower().replace("_", "").replace("-", "")
    found = next((name for name in SCENARIOS if name.lower() == plain), None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text}: must be one of {', '.join(SCENARIOS)}")
    return found


def _optional_scenario(text: str) -> str:
    scenario = _scenario(text)
    if scenario == SCENARIOS[0]:
        raise argparse.ArgumentTypeError("default: is what the others go by; give it another model with model set")
    return scenario


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Show or change. Raises `ConfigError`."""
    import sys

    from .settings import settings
    from .terminal import Paint, say

    config = settings(args, env)
    paint = Paint(sys.stdout, env)
    if args.action == "list" and args.json:
        import json

        rows = [{"provider": name, "model": model, "used_for": used} for name, model, used in models_of(config)]
        say(json.dumps({"models": rows}, ensure_ascii=False))
    elif args.action == "list":
        say(models_table(config, paint))
    elif args.action is None:
        say(routes_table(config, paint))
        if sys.stdin.isatty() and sys.stdout.isatty() and config.providers:
            _choose(args, env, config)
    else:
        _change(args, env, config)
    return 0


def routes_table(config: Config, paint: Any) -> str:
    """Scenario and target, numbered as they are chosen."""
    from .terminal import table

    rows = [(str(number), name, target_of(config, name) or "-") for number, name in enumerate(SCENARIOS, 1)]
    return str(table(("", "scenario", "model"), rows, paint, {"-": "dim"}))


def target_of(config: Config, scenario: str) -> str:
    """The target of a scenario for people: of a pool all members; "" for none."""
    from ..config.rules import texts_of
    from ..config.schema import ROUTED_SCENARIOS, Router
    from ..config.spelling import file_spelling

    field = next(field for field in ROUTED_SCENARIOS if file_spelling(Router, field) == scenario)
    target = config.router.target(field)
    return "" if target is None else " | ".join(texts_of(target))


def models_of(config: Config) -> list[tuple[str, str, list[str]]]:
    """Every model: its provider, its name, the scenarios that use it."""
    return [
        (provider.name, model, _uses(config, f"{provider.name},{model}"))
        for provider in config.providers
        for model in provider.models
    ]


def models_table(config: Config, paint: Any) -> str:
    """Every model with the scenarios that use it, and the providers that list none."""
    from .terminal import table

    rows = [(name, model, ", ".join(used)) for name, model, used in models_of(config)]
    rows += [(provider.name, "(none listed)", "") for provider in config.providers if not provider.models]
    return str(table(("provider", "model", "used for"), rows, paint))


def _change(args: argparse.Namespace, env: Mapping[str, str], config: Config) -> None:
    from .routes import add_model, check_target, remove_model, set_route, split_target
    from .saving import change
    from .terminal import note, say

    if args.action == "set":
        target, warning = check_target(config, args.target)
        change(args, env, lambda document: set_route(document, args.scenario, target))
        said = f"{args.scenario}: {target}"
        if warning:
            note(warning)
    elif args.action == "unset":
        change(args, env, lambda document: set_route(document, args.scenario, None))
        said = f"{args.scenario}: as the default"
    else:
        provider, model = split_target(config, args.target)
        edit = add_model if args.action == "add" else remove_model
        change(args, env, lambda document: edit(document, provider, model))
        said = f"{provider}: {model} was {'added' if args.action == 'add' else 'removed'}"
        if args.action == "remove" and (scenarios := _uses(config, f"{provider},{model}")):
            note(f"It is still the model of {', '.join(scenarios)}.")
    say(said)


def _uses(config: Config, target: str) -> list[str]:
    return [name for name in SCENARIOS if target.lower() in target_of(config, name).lower().split(" | ")]


def _choose(args: argparse.Namespace, env: Mapping[str, str], config: Config) -> None:
    """Ask for a scenario, then for its model, by number or by name, until nothing more is to be changed."""
    from ..errors import ConfigError
    from .routes import check_target, set_route
    from .saving import change
    from .terminal import ask, note, say

    targets = [f"{provider.name},{model}" for provider in config.providers for model in provider.models]
    while answer := ask("\nWhich one to change (a number, Enter: none)? "):
        try:
            scenario = SCENARIOS[int(answer) - 1] if answer.isdigit() and int(answer) else _scenario(answer)
        except (IndexError, argparse.ArgumentTypeError):
            note(f"There is no scenario {answer}.")
            continue
        for number, target in enumerate(targets, 1):
            say(f"  {number}  {target}")
        chosen = ask(f"Model for {scenario} (a number, provider,model, or Enter: as it is)? ")
        if not chosen:
            continue
        if chosen.isdigit() and 1 <= int(chosen) <= len(targets):
            chosen = targets[int(chosen) - 1]
        try:
            target, warning = check_target(config, chosen)
            change(args, env, lambda document: set_route(document, scenario, target))  # noqa: B023
        except ConfigError as problem:
            note(str(problem))
            continue
        say(f"{scenario}: {target}" + (f" ({warning})" if warning else ""))
