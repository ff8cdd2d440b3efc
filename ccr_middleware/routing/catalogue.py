"""The configured models as `GET /v1/models` shows them (R9)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..config.schema import Config
from ..unified import Json
from .models import PICKER_PREFIX

#: Claude Code shows only ids like these in its picker, and drops the others.
_SHOWN_BY_PICKER = re.compile("claude|anthropic", re.IGNORECASE)

#: When a model came out is not known here; the API's own convention for that is the epoch.
_UNKNOWN_DATE = "1970-01-01T00:00:00Z"

#: The largest page of the Anthropic API.
MAX_PAGE = 1000


def list_models(config: Config) -> list[Json]:
    """Every configured model as `provider,model`; then, as `claude:provider,model`, those Claude Code would not show.

    Both forms are understood as the model of a request.
    """
    plain = [(f"{p.name},{model}", f"{model} ({p.name})") for p in config.providers for model in p.models]
    aliases = [(PICKER_PREFIX + id_, shown) for id_, shown in plain if not _SHOWN_BY_PICKER.search(id_)]
    entries = dict(plain + aliases)
    return [
        {"type": "model", "id": id_, "display_name": shown, "created_at": _UNKNOWN_DATE, "lifecycle": "active"}
        for id_, shown in entries.items()
    ]


def find_model(config: Config, model_id: str) -> Json | None:
    """The entry of an id, in any case; None when there is none."""
    wanted = model_id.strip().lower()
    return next((entry for entry in list_models(config) if entry["id"].lower() == wanted), None)


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
        "data": list(page),
        "has_more": has_more,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }
