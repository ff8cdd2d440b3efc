"""The configured models as `GET /v1/models` shows them (R9): Anthropic's fields and OpenAI's side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ..config.schema import Config, Provider
from ..unified import Json
from .aliases import is_pattern
from .models import Resolver
from .names import PICKER_PREFIX

#: Claude Code shows only ids like these in its picker, and drops the others.
_SHOWN_BY_PICKER = re.compile("claude|anthropic", re.IGNORECASE)

#: When a model came out is not known here; the API's own convention for that is the epoch.
_UNKNOWN_DATE = "1970-01-01T00:00:00Z"

#: The largest page of the Anthropic API.
MAX_PAGE = 1000


#: Whether a provider's model is shown.
Shown = Callable[[str, str], bool]


def list_models(config: Config, *, aliases: bool = True, shown: Shown = lambda provider, model: True) -> list[Json]:
    """Every configured model as `provider,model`, and every alias that is no pattern; with `aliases` then those that
    Claude Code would not show once more, behind `claude:`. `shown` leaves targets out.

    All forms are understood as the model of a request. Limits are there where they are configured.
    """
    entries = {
        f"{provider.name},{model}": _entry(f"{provider.name},{model}", f"{model} ({provider.name})", provider, model)
        for provider in config.providers
        for model in provider.models
        if shown(provider.name, model)
    }
    for entry in _aliases(config, shown):
        entries.setdefault(entry["id"], entry)
    hidden = [entry for id_, entry in entries.items() if aliases and not _SHOWN_BY_PICKER.search(id_)]
    return [*entries.values(), *({**entry, "id": PICKER_PREFIX + entry["id"]} for entry in hidden)]


def _aliases(config: Config, shown: Shown) -> Iterator[Json]:
    """The aliases that lead somewhere; of a pool with the limits of its first member."""
    names = [name.strip() for name in config.aliases if not is_pattern(name)]
    resolver = Resolver(config) if names else None
    for name in names:
        found = resolver.choices(name).choices if resolver else ()
        found = tuple(choice for choice in found if shown(choice.provider, choice.model))
        if found and (provider := config.provider(found[0].provider)):
            yield _entry(name, f"{name} ({provider.name},{found[0].model})", provider, found[0].model)


def _entry(id_: str, shown: str, provider: Provider, model: str) -> Json:
    limits = {
        "max_input_tokens": _limit(provider.context_window, model),
        "max_tokens": _limit(provider.max_output_tokens, model),
    }
    return {
        "type": "model",
        "id": id_,
        "display_name": shown,
        "created_at": _UNKNOWN_DATE,
        "lifecycle": "active",
        "object": "model",
        "created": 0,
        "owned_by": provider.name,
        **{name: limit for name, limit in limits.items() if limit is not None},
    }


def _limit(limits: int | dict[str, int] | None, model: str) -> int | None:
    return limits.get(model, limits.get("*")) if isinstance(limits, dict) else limits


def find_model(config: Config, model_id: str, shown: Shown = lambda provider, model: True) -> Json | None:
    """The entry of an id, in any case; None when there is none."""
    wanted = model_id.strip().lower()
    return next((entry for entry in list_models(config, shown=shown) if entry["id"].lower() == wanted), None)


def page_of(
    models: Sequence[Json], limit: int | None = None, after_id: str | None = None, before_id: str | None = None
) -> Json:
    """One page of a model list, with the paging fields of the API.

    `limit` is held between 1 and 1000; None: as many as that allows. An unknown cursor begins at the beginning.
    """
    size = min(max(limit or MAX_PAGE, 1), MAX_PAGE)
    ids = [entry["id"] for entry in models]
    if before_id in ids:
        rest = models[: ids.index(before_id)]
        page, has_more = rest[-size:], len(rest) > size
    else:
        rest = models[ids.index(after_id) + 1 :] if after_id in ids else models
        page, has_more = rest[:size], len(rest) > size
    return {
        "object": "list",
        "data": list(page),
        "has_more": has_more,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }
