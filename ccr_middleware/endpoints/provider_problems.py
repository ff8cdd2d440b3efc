"""Why a provider could not be used, and what to do about it: an error of one tiny request → a cause and a fix.

The causes have names, so that a page can say the fix in another language; the texts here are for everybody else.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ..config.schema import Provider
from ..errors import EmptyAnswer, GatewayError, UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from ..upstream.failures import address

Cause = Literal[
    "address",
    "balance",
    "broken",
    "dns",
    "empty",
    "key",
    "model",
    "no_key",
    "overloaded",
    "proxy",
    "rate_limited",
    "refused",
    "region",
    "rejected",
    "timeout",
    "tls",
    "unreachable",
    "unset",
]

#: What `upstream.failures` says of a connection that could not be made → the cause; the first that fits.
_CONNECTIONS: tuple[tuple[re.Pattern[str], Cause], ...] = (
    (re.compile(r"through the proxy|the proxy answered"), "proxy"),
    (re.compile(r": TLS:"), "tls"),
    (re.compile(r"cannot be sent"), "address"),
    (re.compile(r"connection refused|connect call failed", re.IGNORECASE), "refused"),
    (re.compile(r"name|resol|lookup|address associated|getaddrinfo", re.IGNORECASE), "dns"),
)

#: What our texts begin with; it names the model, which is nothing the provider said of it.
_HEADING = re.compile(r'^provider ".*?" \(model .*?\): ', re.DOTALL)

#: What providers say of a model they do not have, whatever status they say it with.
_NO_MODEL = re.compile(
    r"model.{0,80}?(?:not[ _]found|does not exist|not exist|unknown|not (?:a )?valid|invalid|unsupported|not supported"
    r"|no access|not available|deprecated|decommissioned|retired)"
    r"|(?:unknown|invalid|unsupported|no such|not a valid) model|no endpoints found",
    re.IGNORECASE | re.DOTALL,
)
_NO_BALANCE = re.compile(r"balance|credits?\b|billing|payment|arrears|insufficient|欠费|余额", re.IGNORECASE)
_BAD_KEY = re.compile(r"api[ _-]?key|credential|unauthori[sz]ed|authentication|access token", re.IGNORECASE)
_REGION = re.compile(r"country|region|territory|location is not supported", re.IGNORECASE)
_WRONG_PATH = re.compile(r"method not allowed|HTTP 405|a redirect;", re.IGNORECASE)
#: A key that is a placeholder still, since its variable has no value.
_UNSET = re.compile(r"\$\{?(?P<name>\w+)\}?")

_FIXES: dict[Cause, str] = {
    "address": "Check the address: nothing answers at {url}. The full address of the endpoint always works.",
    "balance": "The account has no balance or quota left. Top it up at the provider, or use another key.",
    "broken": "The answer was no valid one. Check that the address {url} and the wire format belong together.",
    "dns": "The name in {host} cannot be resolved. Check its spelling, and that this machine reaches the network.",
    "empty": "The provider answered with nothing. Try again, or another model.",
    "key": "The key is not accepted. Check that it is whole, still valid and one of this provider.",
    "model": "The provider does not have the model {model}. Check its name in the provider's list of models.",
    "no_key": "There is no key. Enter one, or the variable it is in, and set that variable for the gateway.",
    "overloaded": "The provider has a fault or is overloaded. Try again later.",
    "proxy": "The proxy did not let the request through. Check PROXY_URL.",
    "rate_limited": "The key works, but it has used up its rate for now. Wait a little, or add another key.",
    "refused": "Nothing listens at {host}. Start the program there, or correct the port.",
    "region": "The provider does not serve the place of this machine. Use a proxy (PROXY_URL), or another provider.",
    "rejected": "The provider refused the request. Check the wire format and the transformers; its words say more.",
    "timeout": "No answer came in time. Try again; if it stays so, check the address, the network and PROXY_URL.",
    "tls": "The secure connection failed. Check https:// or http:// in the address, and this machine's certificates.",
    "unset": "The gateway's environment has no {variable}. Set it and start the gateway anew, or enter the key itself.",
    "unreachable": "No connection to {host} could be made. Check the address and the network.",
}


class Problem(NamedTuple):
    """Why a request failed (`cause`), and what a person should do (`fix`)."""

    cause: Cause
    fix: str


def unset_variable(provider: Provider) -> str | None:
    """The variable that the provider's first key is said to be in and that has no value; None when there is a key."""
    keys = provider.all_keys
    found = _UNSET.fullmatch(keys[0].key.strip()) if keys else None
    return found["name"] if found else None


def about_variable(variable: str) -> Problem:
    """What to do about a variable without a value."""
    return Problem("unset", _FIXES["unset"].format(variable=variable))


def problem_of(error: GatewayError, provider: Provider, model: str) -> Problem:
    """The cause and fix of an error that one tiny request to this provider and model ended with."""
    cause = _cause(error, has_key=bool(provider.all_keys))
    values = {"url": provider.base_url.partition("?")[0], "host": address(provider.base_url), "model": model}
    return Problem(cause, _FIXES[cause].format_map(values))


def _cause(error: GatewayError, *, has_key: bool) -> Cause:
    """By what kind of error it is, then by its status and words."""
    match error:
        case UpstreamTimeout():
            return "timeout"
        case UpstreamUnreachable():
            return next((cause for pattern, cause in _CONNECTIONS if pattern.search(error.message)), "unreachable")
        case EmptyAnswer():
            return "empty"
        case UpstreamBroken():
            return "broken"
    return _cause_of_answer(error, _HEADING.sub("", error.message), has_key=has_key)


def _cause_of_answer(error: GatewayError, text: str, *, has_key: bool) -> Cause:
    """What a provider meant that answered with an error. Gemini refuses a wrong key with 400, OpenRouter a model."""
    status = error.status
    if status == 402 or (status == 403 and _NO_BALANCE.search(text)) or (status == 429 and error.should_retry is False):
        return "balance"
    if status in (400, 403) and _REGION.search(text):
        return "region"
    if status in (401, 403):
        return "key" if has_key else "no_key"
    if status == 429:
        return "rate_limited"
    if status in (400, 404) and _NO_MODEL.search(text):
        return "model"
    if status == 404 or _WRONG_PATH.search(text):
        return "address"
    if status == 400 and _BAD_KEY.search(text):
        return "key" if has_key else "no_key"
    return "overloaded" if status >= 500 else "rejected"
