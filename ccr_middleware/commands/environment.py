"""The environment in which Claude Code talks to the gateway, and how shells are told of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import shlex
from collections.abc import Callable, Mapping

from ..config import Config
from ..errors import ConfigError

#: What is sent where no key is asked for; Claude Code wants some.
PLACEHOLDER = "any-text-will-do"

#: Would send Claude Code elsewhere, or make it send a key that is not the gateway's.
UNSET = ("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX")

#: For runs that nobody sits in front of (`NON_INTERACTIVE_MODE`), as CCR v2 has it.
NON_INTERACTIVE = {"CI": "true", "FORCE_COLOR": "0", "NODE_NO_READLINE": "1", "TERM": "dumb"}

DEFAULT_TIMEOUT_MS = 600_000
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


def variables(config: Config, base_url: str, env: Mapping[str, str]) -> dict[str, str]:
    """What is set for Claude Code. Raises `ConfigError` when it would need a key that nobody knows."""
    own = {
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_AUTH_TOKEN": token(config, env),
        "API_TIMEOUT_MS": str(config.api_timeout_ms or DEFAULT_TIMEOUT_MS),
        "NO_PROXY": without_proxy(env),
        "DISABLE_TELEMETRY": "true",
        "DISABLE_COST_WARNINGS": "true",
    }
    return own | (NON_INTERACTIVE if config.non_interactive_mode else {})


def token(config: Config, env: Mapping[str, str]) -> str:
    """The key Claude Code sends: `CCR_CLIENT_KEY`, else `APIKEY`, else one of `APIKEYS` that the environment has.

    Of those only hashes are stored. Raises `ConfigError` when the gateway wants one and none is there.
    """
    if own := env.get("CCR_CLIENT_KEY", "").strip():
        return own
    if config.api_key:
        return config.api_key
    if not config.client_keys:
        return PLACEHOLDER
    present = env.get("ANTHROPIC_AUTH_TOKEN", "").strip()
    digest = "sha256:" + hashlib.sha256(present.encode()).hexdigest()
    if present and any(hmac.compare_digest(digest, key.key_hash) for key in config.client_keys):
        return present
    raise ConfigError(
        "this gateway wants a client key (APIKEYS), and only their hashes are stored: set CCR_CLIENT_KEY to one; "
        '"ccr-middleware keys create NAME" makes a new one'
    )


def without_proxy(env: Mapping[str, str]) -> str:
    """`NO_PROXY` with this machine in it."""
    present = [host.strip() for host in (env.get("NO_PROXY") or env.get("no_proxy") or "").split(",")]
    return ",".join(dict.fromkeys([*filter(None, present), *_LOCAL_HOSTS]))


def for_claude(config: Config, base_url: str, env: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a Claude Code that is started here."""
    kept = {name: value for name, value in env.items() if name not in UNSET and name != "no_proxy"}
    return kept | variables(config, base_url, env)


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(text: str) -> str:
    """In single quotes, where PowerShell also takes the typographic ones for quotes."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


#: shell → how a variable is set, and how one is removed.
SHELLS: Mapping[str, tuple[Callable[[str, str], str], Callable[[str], str]]] = {
    "sh": (lambda name, value: f"export {name}={shlex.quote(value)}", lambda name: f"unset {name}"),
    "fish": (lambda name, value: f"set -gx {name} {_fish(value)}", lambda name: f"set -e {name}"),
    "powershell": (
        lambda name, value: f"$env:{name} = {_powershell(value)}",
        lambda name: f"Remove-Item Env:{name} -ErrorAction SilentlyContinue",
    ),
}


def script(shell: str, values: Mapping[str, str]) -> str:
    """Lines for a shell that set these variables and remove those of `UNSET`. Whatever is in a value stays a value."""
    export, unset = SHELLS[shell]
    return "\n".join([*(export(name, value) for name, value in values.items()), *map(unset, UNSET)]) + "\n"
