"""Transformers of one's own, in files and packages that a test writes."""

import asyncio
import json
from pathlib import Path
from typing import Any

from ccr_middleware import Gateway
from ccr_middleware.testing import Answer, FakeProvider, get

#: Marks the body that is sent with what its options say, and shouts what is answered.
SHOUT = '''
from ccr_middleware.errors import BadRequest
from ccr_middleware.transformers import NoOptions, Transformer


class ShoutOptions(NoOptions):
    mark: str = "plain"
    end_mark: str = "."


class Shout(Transformer[ShoutOptions]):
    """Shouts.

    More about it.
    """

    name = "shout"
    aliases = ("loud",)
    Options = ShoutOptions

    def transform_request_in(self, request, context):
        request.body["mark"] = self.options.mark + self.options.end_mark
        return request
'''

Json = dict[str, Any]


def provider(name: str = "p", use: list[Any] | None = None, **more: Any) -> Json:
    """A provider with a `use` list."""
    known = {"name": name, "api_base_url": f"http://{name}.test/v1", "api_key": "sk-secret-key", "models": ["m"]}
    return known | {"transformer": {"use": use or []}} | more


def gateway(folder: Path, fake: FakeProvider | None = None, **document: Any) -> Gateway:
    """A gateway with a configuration file in the folder. Besides what is given it has a provider `plain`."""
    providers = [*document.pop("Providers", []), provider("plain")]
    config = {"Providers": providers, "Router": {"default": f"{providers[0]['name']},m"}, **document}
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return Gateway(path, transport=fake or FakeProvider(Answer(text="Hello")), env={}, local=True)


def listing(app: Gateway) -> list[Json]:
    """What `GET /api/transformers` says."""
    reply = asyncio.run(get(app, "/api/transformers"))
    assert reply.status == 200, reply.body
    found: list[Json] = json.loads(reply.body)["transformers"]
    return found


def listed(app: Gateway) -> dict[str, Json]:
    """The same by name."""
    return {one["name"]: one for one in listing(app)}


def install(folder: Path, name: str, points: dict[str, str]) -> None:
    """Make a distribution in a folder of Python's path that has these entry points for transformers."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{point} = {value}" for point, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[ccr_middleware.transformers]", *lines]))
