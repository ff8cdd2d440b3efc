"""What a run found, as rows: for people, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ..unified import Json

#: - `kept`: it is there as before. `changed`: it is there in another form.
#: - `reported`: gone, and recorded as a loss. `allowed`: gone, and meant to be.
#: - `absent`: it was not there before either, since the wire format has no place for it.
#: - `lost`: gone in silence. `failed`: a rule is broken.
Verdict = Literal["kept", "changed", "reported", "allowed", "absent", "lost", "failed"]

Part = Literal["request", "stream"]

_BAD: frozenset[Verdict] = frozenset({"lost", "failed"})
_WORDS: dict[Verdict, str] = {"lost": "LOST SILENTLY", "failed": "FAILED"}
_TITLES: dict[Part, str] = {"request": "requests", "stream": "answers"}


class Row(NamedTuple):
    """One feature or scenario. `detail` tells what is wrong, or what was reported."""

    part: Part
    name: str
    verdict: Verdict
    detail: str = ""


class Scorecard(NamedTuple):
    """Everything about one transformer on one wire format."""

    transformer: str
    level: str
    wire: str
    rows: tuple[Row, ...]

    @property
    def faults(self) -> list[Row]:
        """What was lost in silence, and what failed."""
        return [row for row in self.rows if row.verdict in _BAD]

    @property
    def passed(self) -> bool:
        """Whether there is no fault."""
        return not self.faults

    def text(self) -> str:
        """The card for people."""
        return "\n".join(self._lines())

    def json(self) -> Json:
        """The card for programs."""
        about = {"transformer": self.transformer, "level": self.level, "wire": self.wire, "passed": self.passed}
        return {**about, "rows": [row._asdict() for row in self.rows]}

    def _lines(self) -> Iterator[str]:
        yield f"{self.transformer} (level {self.level}) on {self.wire}"
        if not self.rows:
            yield "\nRequests and answers pass as they are here: no transformer edits them."
            return
        for part, title in _TITLES.items():
            rows = [row for row in self.rows if row.part == part]
            counted = Counter(_WORDS.get(row.verdict, row.verdict) for row in rows)
            yield f"\n{title}: " + ", ".join(f"{count} {word}" for word, count in counted.items())
            for row in rows:
                mark = "x" if row.verdict in _BAD else " "
                line = f"{mark} {row.name:30} {_WORDS.get(row.verdict, row.verdict):14} {row.detail}"
                yield line.rstrip()
        good, faults = len(self.rows) - len(self.faults), len(self.faults)
        yield f"\npassed: {good} of {len(self.rows)}" if self.passed else f"\nfaults: {faults} of {len(self.rows)}"
