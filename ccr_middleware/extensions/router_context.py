"""What a custom router is given: the request, the configuration, and what is already known of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..config.interpolate import interpolate
from ..config.schema import SECRET_HEADER, Config, Scenario
from ..lenient import dicts, text_of
from ..routing.blocks import newest_first, texts
from ..routing.decision import Decision
from ..routing.facts import Facts
from ..unified import Json

MASK = "***"

#: Keys of the configuration, without `_` and in lower case, whose values a router has no use for.
_SECRET_KEYS = frozenset({"apikey", "apikeys", "credentials", "privatekey", "authorization", "proxyurl", "httpsproxy"})

_REMINDER = "<system-reminder>"


class ReadOnly(dict[str, Any]):
    """A dict that cannot be changed; what is in it can, and must not be."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError('the request cannot be changed here; return {"parameters": {…}} to set fields of the body')

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse


@dataclass(frozen=True, slots=True)
class RouterContext:
    """What is known of a request when a custom router is asked.

    - `request`: `{"body": …, "headers": …}`, the Messages request and its headers in lower case, without credentials.
    - `decision`, `scenario`: what the rules have chosen and why, None when they could not.
    - `session_id`: Claude Code's session, `project`: its folder's name; `""` when unknown.
    - `token_count`: the tokens of the prompt, None when they were not counted.
    - `last_input_tokens`: those of the session's last request as its provider counted them, cached ones included; 0
      when unknown. `last_usage`: everything it counted.
    - `principal`: who calls, as the host knows it.
    - `last_user_text`: what the user said last; `tool_names`: the tools offered; `has_image`: the newest turn brings an
      image.
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    scenario: Scenario = "default"
    decision: Decision | None = None
    session_id: str = ""
    project: str = ""
    token_count: int | None = None
    last_input_tokens: int = 0
    last_usage: Mapping[str, int] = field(default_factory=dict)
    principal: Any = None
    last_user_text: str = ""
    tool_names: tuple[str, ...] = ()
    has_image: bool = False


def router_context(
    body: Json,
    headers: Mapping[str, str],
    facts: Facts,
    decision: Decision | None,
    *,
    project: str = "",
    token_count: int | None = None,
    last_input_tokens: int | None = None,
    last_usage: Mapping[str, int] | None = None,
    principal: Any = None,
) -> RouterContext:
    """The context of a request. `facts` are those of the body, `decision` is what the rules chose."""
    shown = {name: value for name, value in headers.items() if not SECRET_HEADER.search(name)}
    return RouterContext(
        request=ReadOnly(body=ReadOnly(body), headers=ReadOnly(shown)),
        scenario=decision.scenario if decision else "default",
        decision=decision,
        session_id=facts.session_id,
        project=project,
        token_count=token_count,
        last_input_tokens=last_input_tokens or 0,
        last_usage=last_usage or {},
        principal=principal,
        last_user_text=_last_user_text(body),
        tool_names=tuple(name for tool in dicts(body.get("tools")) if (name := text_of(tool.get("name")))),
        has_image=facts.has_new_image,
    )


def shown_config(config: Config, env: Mapping[str, str]) -> dict[str, Any]:
    """The document as it was written, with its placeholders filled in from `env` and its secrets masked.

    Masked are keys, credentials, the proxy's address, and every text with a key in it. Values of keys that the gateway
    does not know are the user's own and shown. A configuration made by hand is shown in Python names.
    """
    if config.raw:
        document, _ = interpolate(config.raw, env)
    else:
        document = config.model_dump(exclude={"raw", "source", "warnings"})
    secrets = sorted(config.secrets(), key=len, reverse=True)
    shown: dict[str, Any] = _masked(document, secrets)
    return shown


def _masked(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: MASK if _is_secret(key, item) else _masked(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, secrets) for item in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
    return value


def _is_secret(key: object, value: object) -> bool:
    """Whether a member of the document holds a credential; an empty one does not."""
    return bool(value) and str(key).replace("_", "").lower() in _SECRET_KEYS


def _last_user_text(body: Json) -> str:
    """The texts of the newest user message that has any, without the client's reminders."""
    for message in newest_first(body.get("messages")):
        if message.get("role") == "user":
            said = [text for text in texts(message.get("content")) if not text.startswith(_REMINDER)]
            if said:
                return "\n".join(said)
    return ""
