"""Keys in the configuration's document: added, changed, removed, told. Pure: a document in, another document out.

A key is an entry of `APIKEYS` and is known by its `id`, which never changes. Fields stay spelled as they are written;
what is not known of an entry is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..config.operation import ClientKey, moment
from ..config.schema import Config
from ..config.spelling import file_spelling, is_blank, spellings
from ..errors import BadRequest, Conflict, NotFound
from .keys import hash_key, new_key
from .principal import RESERVED_IDS

#: What whoever manages the gateway may say of a key.
FIELDS = ("name", "expires_at", "models", "rpm", "tpm", "max_parallel", "enabled")

Document = Mapping[str, Any]


class MadeKey(NamedTuple):
    """A new key: the document with its entry, the entry, and the key itself, which is nowhere else."""

    document: dict[str, Any]
    entry: dict[str, Any]
    key: str


def add_key(document: Document, fields: Mapping[str, Any], *, now: datetime, key: str = "") -> MadeKey:
    """Make a key with these of `FIELDS` (null or absent: as if not said). `key`: one's own instead of a random one.

    Raises `BadRequest` with the problems as details, `Conflict` when the key is there already.
    """
    said = {name: value for name, value in check_fields(fields).items() if value is not None}
    _check_future(said, now)
    key = key or new_key()
    entries = _entries(document)
    hashed = hash_key(key)
    if any(hashed == str(_get(entry, "key_hash")).lower() for entry in entries):
        raise Conflict("this key is there already; keys are told apart by their hash")
    if said.get("enabled") is True:
        del said["enabled"]
    entry = {
        "id": _free_id(hashed, entries),
        "name": said.pop("name", ""),
        "key_hash": hashed,
        "hint": f"…{key[-4:]}",
        "created_at": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        **said,
    }
    return MadeKey(_with(document, [*entries, entry]), entry, key)


def change_key(document: Document, key_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document with some of a key's `FIELDS` changed; null takes one away. Raises `BadRequest`, `NotFound`."""
    checked = check_fields(changes)
    entries = _entries(document)
    number = _find(entries, key_id)
    entry = dict(entries[number])
    for name, value in checked.items():
        written = [spelling for spelling in spellings(ClientKey, name) if spelling in entry]
        for spelling in written[1:] if value is not None else written:
            del entry[spelling]
        if value is not None:
            entry[written[0] if written else name] = value
    return _with(document, [*entries[:number], entry, *entries[number + 1 :]])


def remove_key(document: Document, key_id: str) -> dict[str, Any]:
    """The document without a key. Raises `NotFound`."""
    entries = _entries(document)
    number = _find(entries, key_id)
    return _with(document, [*entries[:number], *entries[number + 1 :]])


def read_key(document: Document, key_id: str) -> ClientKey:
    """A key as the document has it, unchecked and without its variables filled in. Raises `NotFound`."""
    entries = _entries(document)
    entry = entries[_find(entries, key_id)]
    read = {field: _get(entry, field) for field in ClientKey.model_fields if _get(entry, field) != ""}
    return ClientKey.model_construct(**{**entry, **read})


def describe(key: ClientKey, *, now: datetime, last_used_at: float | None = None) -> dict[str, Any]:
    """A key as lists of keys show it, without its hash. `hint`: the last characters, or the first ones of the hash."""
    return {
        "id": key.id,
        "name": key.name,
        "hint": str(getattr(key, "hint", "")) or key.key_hash[: len("sha256:") + 8],
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "models": None if key.models is None else list(key.models),
        "rpm": key.rpm,
        "tpm": key.tpm,
        "max_parallel": key.max_parallel,
        "enabled": key.enabled,
        "expired": _is_over(key.expires_at, now),
        "last_used_at": last_used_at,
    }


def check_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a key, if a key can have it; names of models without blanks around them.

    Raises `BadRequest` whose details list every problem.
    """
    problems = [_problem(name, f"is not known; {', '.join(FIELDS)} are") for name in fields if name not in FIELDS]
    if fields.get("models") == []:
        problems.append(_problem("models", "allows nothing when it is empty; leave it out to allow everything"))
    known = {name: value for name, value in fields.items() if name in FIELDS}
    # Null takes a field away; two of them have no None in the configuration.
    given = {name: value for name, value in known.items() if value is not None}
    try:
        key = ClientKey.model_validate({"id": "new", "key_hash": hash_key(""), **given})
    except ValidationError as error:
        problems += [_problem(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
    if problems:
        first = problems[0]
        raise BadRequest(f"{first['path']}: {first['message']}", details={"problems": problems})
    plain = key.model_dump(mode="json")
    return {name: plain[name] if name in given else None for name in known}


def _check_future(fields: Mapping[str, Any], now: datetime) -> None:
    """Raises `BadRequest` for a key that could never be used."""
    if _is_over(fields.get("expires_at"), now):
        problem = _problem("expires_at", "is over already")
        raise BadRequest("expires_at: is over already", details={"problems": [problem]})


def _is_over(expires_at: str | None, now: datetime) -> bool:
    """Whether that moment has passed; a text that is no moment (a variable of the environment) has not."""
    with suppress(ValueError):
        return expires_at is not None and moment(expires_at) < now
    return False


def _problem(path: str, message: str) -> dict[str, Any]:
    return {"path": path, "message": message.removeprefix("Value error, "), "line": None, "column": None}


def _entries(document: Document) -> list[Any]:
    """The list as written. Raises `Conflict` when something else is written there."""
    written = document.get(_place(document))
    if is_blank(written):
        return []
    if not isinstance(written, list):
        raise Conflict(f"{_place(document)} is not a list in the configuration; correct it there first")
    return list(written)


def _place(document: Document) -> str:
    """The key under which the document has its list, as the configuration reads it; else the one we document."""
    names = spellings(Config, "client_keys")
    return next((name for name in names if not is_blank(document.get(name))), file_spelling(Config, "client_keys"))


def _with(document: Document, entries: list[Any]) -> dict[str, Any]:
    return {**document, _place(document): entries}


def _find(entries: list[Any], key_id: str) -> int:
    for number, entry in enumerate(entries):
        if str(_get(entry, "id")).strip() == key_id:
            return number
    raise NotFound(f"there is no key with the id {key_id!r}")


def _get(entry: Any, field: str) -> Any:
    """A field of an entry in whichever spelling, "" without it."""
    if not isinstance(entry, Mapping):
        return ""
    return next((entry[name] for name in spellings(ClientKey, field) if not is_blank(entry.get(name))), "")


def _free_id(hashed: str, entries: list[Any]) -> str:
    """An id made of the hash, so that it tells nothing and is never used again for another key."""
    digits = hashed.removeprefix("sha256:")
    taken = {str(_get(entry, "id")) for entry in entries} | RESERVED_IDS
    return next(name for length in range(8, 65) if (name := f"key_{digits[:length]}") not in taken)
