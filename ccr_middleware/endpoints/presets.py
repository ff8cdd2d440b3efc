"""`/api/presets`: the presets for programs that manage the gateway. No answer has a secret in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread

from ..errors import BadRequest, NotFound, NotPermitted
from ..http import Request, send_json
from ..presets.archive import MAX_ARCHIVE_BYTES, is_zip
from ..presets.describing import details, masked_values, summary, without_masks
from ..presets.download import archive_url, download
from ..presets.installing import Wish
from ..presets.library import Preset, Presets
from ..presets.secrets import masked
from ..unified import Json
from .answering import parse_body
from .visit import Endpoint, Table, Visit

_PATH = "/api/presets/"

#: The largest JSON body: values and settings, never files.
_MAX_JSON_BYTES = 1024 * 1024


async def presets(request: Request, visit: Visit) -> None:
    """`GET /api/presets`: every preset, broken ones too."""
    library = _library(visit)
    listed = await to_thread.run_sync(lambda: [summary(one) for one in library.list()])
    await _send(request, visit, {"presets": listed})


async def preset(request: Request, visit: Visit) -> None:
    """`GET /api/presets/{id}`: everything about one."""
    library = _library(visit)
    await _send(request, visit, await to_thread.run_sync(_details, library, _id(request), visit))


async def apply(request: Request, visit: Visit) -> None:
    """`POST /api/presets/{id}/apply` with `{"values": {…}}`, or `{"secrets": {…}}` as CCR v2 has it."""
    library = _library(visit)
    body = await _json(request)
    values = body.get("values", body.get("secrets"))
    if not isinstance(values, dict):
        raise BadRequest('values: must be an object, such as {"values": {"api_key": "…"}}')
    applied = await to_thread.run_sync(_apply, library, _id(request), values)
    shown: Json = {
        "success": True,
        "message": "Preset applied successfully",
        "userValues": masked_values(applied.manifest),
    }
    await _send(request, visit, shown)


async def delete(request: Request, visit: Visit) -> None:
    """`DELETE /api/presets/{id}`: delete one with all its files."""
    await to_thread.run_sync(_library(visit).delete, _id(request))
    await _send(request, visit, {"success": True, "message": "Preset deleted successfully"})


async def install(request: Request, visit: Visit) -> None:
    """`POST /api/presets/install`: a zip archive as the body, or `{"url"}`, `{"repo": "owner/name"}`, `{"path"}`.

    Beside it `name`, `replace` (or `force`), `sha256`; with an archive in the query. `path` and `allow_code` need
    `allowCodeFromApi` in the configuration.
    """
    library = _library(visit)
    is_json = "json" in request.headers.get("content-type", "json")
    asked: Mapping[str, Any] = await _json(request) if is_json else request.query
    allow_code = _is_set(asked, "allow_code", "allowCode")
    if allow_code:
        _check_code(visit, "allow_code")
    source, origin = await _source(asked, visit) if is_json else (await _archive(request), "")
    wish = Wish(_text(asked, "name"), _is_set(asked, "replace", "force"), _text(asked, "sha256"), origin)
    made = await to_thread.run_sync(partial(library.install, source, wish, allow_code=allow_code))
    shown = await to_thread.run_sync(summary, made)
    await _send(request, visit, {"success": True, "presetName": made.id, "preset": shown}, 201)


async def export(request: Request, visit: Visit) -> None:
    """`POST /api/presets/export` with `{"name", "description", …, "includeSensitive"}`: a preset of the configuration
    as it is written."""
    library = _library(visit)
    body = await _json(request)
    sensitive = _is_set(body, "includeSensitive", "include_sensitive")
    document = visit.snapshot.config.raw
    made = await to_thread.run_sync(partial(library.export, document, _metadata(body), include_sensitive=sensitive))
    shown: Json = {"success": True, "message": "Preset exported successfully", "id": made.manifest["name"]}
    await _send(request, visit, {**shown, "manifest": masked(made.manifest), "files": list(made.files)}, 201)


# -- what they share -------------------------------------------------------------------------------------------


def _library(visit: Visit) -> Presets:
    """Where the presets are. Raises `NotFound` where there are none."""
    library: Presets | None = visit.state.presets
    if library is None:
        raise NotFound("this gateway has no folder for presets; set presets_dir in the configuration")
    return library


async def _send(request: Request, visit: Visit, value: Json, status: int = 200) -> None:
    await send_json(request, value, {"request-id": visit.id}, status)


async def _json(request: Request) -> Json:
    return parse_body(await request.body(_MAX_JSON_BYTES))


def _id(request: Request) -> str:
    """The preset that a path names. A preset may be called like any other part of a path."""
    name = request.path.removeprefix(_PATH)
    return name.removesuffix("/apply") if request.method == "POST" else name


def _details(library: Presets, name: str, visit: Visit) -> Json:
    found = library.get(name)
    config = visit.snapshot.config
    problems, warnings = library.check(found, config.raw, visit.state.env)
    return details(found, config.raw, problems, warnings)


def _apply(library: Presets, name: str, values: Mapping[str, Any]) -> Preset:
    found = library.get(name)
    return library.apply(found.id, without_masks(found.manifest, values))


async def _archive(request: Request) -> bytes:
    """The archive that is the body."""
    data = await request.body(MAX_ARCHIVE_BYTES)
    if not is_zip(data):
        raise BadRequest("the body is no zip archive; send one, or JSON with a url")
    return data


async def _source(asked: Mapping[str, Any], visit: Visit) -> tuple[Path | bytes, str]:
    """What a request wants installed, and the address it is from."""
    path = _text(asked, "path")
    if path:
        _check_code(visit, "path")
        return Path(path), ""
    address = _text(asked, "url") or _text(asked, "repo")
    if not address:
        raise BadRequest("the body names nothing to install; write url, or send a zip archive")
    url = archive_url(address)
    snapshot = visit.snapshot
    return await download(visit.state.transports.get(url, snapshot.pool), url), url


def _check_code(visit: Visit, what: str) -> None:
    if not visit.snapshot.config.allow_code_from_api:
        raise NotPermitted(
            f"{what}: is not taken over the API; use the command line, or set allowCodeFromApi in the configuration"
        )


def _text(asked: Mapping[str, Any], key: str) -> str:
    value = asked.get(key)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{key}: must be a text")
    return value or ""


def _is_set(asked: Mapping[str, Any], *keys: str) -> bool:
    return any(asked.get(key) in (True, "1", "true") for key in keys)


def _metadata(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says about the preset. `keywords` may be a text with commas."""
    about = {
        key: body[key] for key in ("name", "version", "description", "author", "homepage", "license") if key in body
    }
    keywords = body.get("keywords", body.get("tags"))
    if isinstance(keywords, str):
        keywords = [word.strip() for word in keywords.split(",") if word.strip()]
    return about | ({"keywords": keywords} if isinstance(keywords, list) and keywords else {})


_ONE = {"GET": Endpoint(preset, "admin"), "DELETE": Endpoint(delete, "admin")}

#: A preset called `install` or `export` is reached by GET and DELETE like any other (E-2). CCR v2's market page sends
#: its `{"repo", "name"}` to `install/github` (U-2).
ENDPOINTS: Table = {
    "/api/presets": {"GET": Endpoint(presets, "admin")},
    "/api/presets/install": {**_ONE, "POST": Endpoint(install, "admin")},
    "/api/presets/install/github": {"POST": Endpoint(install, "admin")},
    "/api/presets/export": {**_ONE, "POST": Endpoint(export, "admin")},
    "/api/presets/{id}": _ONE,
    "/api/presets/{id}/apply": {"POST": Endpoint(apply, "admin")},
}
