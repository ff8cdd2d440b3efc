"""Recorded provider traffic, read from the folder that `CCR_RECORDED_TRAFFIC` names. It is never part of the project.

    @pytest.mark.parametrize("case", recorded.params(api="openai-chat", stream=True))
    def test_each(case): ... case.body, case.feedings() ...

    @recorded.needs_recorded
    def test_one(): case = recorded.case("openrouter/pai-stream-error")

Without the folder these tests are skipped, all for the one reason `MISSING`.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.testing.script import FEEDINGS, feed

VARIABLE = "CCR_RECORDED_TRAFFIC"
MISSING = f"no recorded traffic: {VARIABLE} does not name its folder"

#: Marks a test that reads recorded traffic by itself; `params` needs no mark.
needs_recorded = pytest.mark.skipif(not os.environ.get(VARIABLE), reason=MISSING)


@dataclass(frozen=True)
class Case:
    """One recorded exchange. `name` is `provider/case`, `body` the answer's bytes as recorded.

    `request` is `{"method", "url", "headers", "body"}`, or None where only the answer was kept. `tags` and `fidelity`
    are explained in the folder's INDEX.
    """

    name: str
    provider: str
    api: str
    model: str
    status: int
    headers: dict[str, str]
    body: bytes
    is_stream: bool
    request: dict[str, Any] | None
    fidelity: str
    tags: tuple[str, ...]

    def json(self) -> Any:
        """A JSON answer, parsed."""
        return json.loads(self.body)

    def feedings(self) -> Iterator[list[bytes]]:
        """The body cut into network reads in each of the ways of `FEEDINGS`."""
        return (feed(self.body, feeding) for feeding in FEEDINGS)

    def __repr__(self) -> str:
        return f"<recorded {self.name}>"


def cases(
    *, api: str | None = None, provider: str | None = None, stream: bool | None = None, status: int | None = None
) -> list[Case]:
    """The cases that fit, ordered by name; none when there is no folder. `api` as in the INDEX (`openai-chat`)."""
    wanted = {"api": api, "provider": provider, "is_stream": stream, "status": status}
    return [one for one in _all() if all(value is None or getattr(one, key) == value for key, value in wanted.items())]


def case(name: str) -> Case:
    """The case of that name (`openrouter/pai-stream-error`)."""
    return next(one for one in _all() if one.name == name)


def params(**which: Any) -> list[Any]:
    """`cases` as pytest parameters named after them; without the folder one that is skipped for `MISSING`."""
    if not os.environ.get(VARIABLE):
        return [pytest.param(None, id="recorded", marks=pytest.mark.skip(reason=MISSING))]
    found = cases(**which)
    if not found:
        raise ValueError(f"no recorded case fits {which}")
    return [pytest.param(one, id=one.name) for one in found]


@cache
def _all() -> tuple[Case, ...]:
    folder = os.environ.get(VARIABLE)
    if not folder:
        return ()
    files = sorted(Path(folder).glob("*/*.json"))
    if not files:
        raise FileNotFoundError(f"{VARIABLE}={folder} holds no recorded cases (*/*.json)")
    return tuple(_read(file) for file in files)


def _read(file: Path) -> Case:
    data = json.loads(file.read_bytes())
    answer = data["response"]
    if "body_file" in answer:
        body = file.with_name(answer["body_file"]).read_bytes()
    elif "body_text" in answer:
        body = answer["body_text"].encode()
    else:
        body = json.dumps(answer["body"], ensure_ascii=False).encode()
    return Case(
        name=f"{file.parent.name}/{file.stem}",
        provider=data["provider"],
        api=data["api"],
        model=data["model"],
        status=answer["status"],
        headers={name.lower(): value for name, value in answer["headers"].items()},
        body=body,
        is_stream="body_file" in answer,
        request=data["request"],
        fidelity=data["fidelity"],
        tags=tuple(data["tags"]),
    )
