"""A transformer and answers: each is read with it and without it, in every way it can arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ..anthropic.events import frame
from ..errors import UpstreamError
from ..losses import Losses
from ..testing.answers import Answer, ToolCall
from ..testing.fate import leaves_of
from ..testing.grammar import Checked
from ..testing.strict import check_stream
from ..testing.written import answer_events
from ..unified import Event, Json
from ..wire.messages import error_body
from .scenarios import Scenario, scenarios
from .scorecard import Row, Verdict
from .subject import Subject


class Read(NamedTuple):
    """What a client has after an answer, and the provider's failure."""

    checked: Checked
    error: UpstreamError | None
    losses: Losses

    @property
    def shape(self) -> Json:
        """What may not depend on how the answer arrived: everything but ids and signatures."""
        return {**self.content, "usage": self.checked.usage, "error": self.error and self.error.message}

    @property
    def content(self) -> Json:
        """What was said and called."""
        return {"blocks": [_bare(block) for block in self.checked.blocks], "stop_reason": self.checked.stop_reason}

    @property
    def said(self) -> list[str]:
        """Every text, name and argument of the content."""
        blocks: list[Json] = self.content["blocks"]
        return [str(leaf) for block in blocks for key in block if key != "type" for leaf in leaves_of(block[key])]


def _bare(block: Json) -> Json:
    return {key: value for key, value in block.items() if key not in ("id", "signature", "data")}


class Fault(Exception):
    """A rule is broken; the text names it."""


#: The answer that is read at the same time as the one being checked.
OTHER = Answer(text=["Another ", "answer."], tool_calls=[ToolCall("other_tool", ['{"other', '": true}'])])


def check_streams(subject: Subject, allowed: Collection[str] = ()) -> Iterator[Row]:
    """One row per scenario. `allowed`: names of scenarios whose content is meant to go; `*` stands for anything."""
    for scenario in scenarios(subject.wire):
        is_allowed = any(fnmatchcase(scenario.name, pattern) for pattern in allowed)
        try:
            verdict, detail = _check(subject, scenario, is_allowed)
        except Fault as fault:
            verdict, detail = "failed", str(fault)
        except Exception as problem:
            verdict, detail = "failed", f"{type(problem).__name__}: {problem}"
        yield Row("stream", scenario.name, verdict, detail)


def _check(subject: Subject, scenario: Scenario, allowed: bool) -> tuple[Verdict, str]:
    bare = _stream(subject, [scenario.stream], bare=True)
    read = _stream(subject, [scenario.stream])
    if bare.error and not read.error:
        raise Fault(f"the provider's error is swallowed: {bare.error.message}")
    if read.error and not bare.error:
        raise Fault(f"an error is made of an answer without one: {read.error.message}")
    _require_equal(read, _stream(subject, [scenario.stream]), "the second time the answer reads differently")
    single = [scenario.stream[at : at + 1] for at in range(len(scenario.stream))]
    _require_equal(read, _stream(subject, single), "in single bytes the answer reads differently")
    for recut in scenario.recut:
        _require_equal(read, _stream(subject, recut), "cut into other pieces the answer reads differently")
    if scenario.document is not None:
        whole, bare_whole = _whole(subject, scenario.document), _whole(subject, scenario.document, bare=True)
        if bare_whole.shape == bare.shape:
            _require_equal(read, whole, "the whole answer differs from the folded stream")
    _check_interleaved(subject, scenario, read)
    return _compare(bare, read, allowed)


def _require_equal(one: Read, other: Read, rule: str) -> None:
    for key, value in one.shape.items():
        if value != other.shape[key]:
            raise Fault(f"{rule}: {key} {_short(other.shape[key])} instead of {_short(value)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else text[:160] + "…"


def _compare(bare: Read, read: Read, allowed: bool) -> tuple[Verdict, str]:
    """What the transformer made of the answer."""
    if read.shape == bare.shape:
        return "kept", ""
    everything = "".join(read.said)
    missing = sorted({word for said in bare.said for word in said.split() if word not in everything})
    if not missing:
        return "changed", ""
    if reported := read.losses.header():
        return "reported", reported
    return "allowed" if allowed else "lost", f"gone from the answer: {' '.join(missing[:8])}"


# -- reading -------------------------------------------------------------------------------------------------


def _stream(subject: Subject, pieces: Iterable[bytes], *, bare: bool = False) -> Read:
    losses = Losses()
    answer = subject.new_answer(losses, bare=bare)
    events = [event for piece in pieces for event in answer.feed(piece).events]
    return _read(events + answer.finish().events, answer.error, losses)


def _whole(subject: Subject, document: bytes, *, bare: bool = False) -> Read:
    losses = Losses()
    answer = subject.new_answer(losses, bare=bare)
    events = answer.whole(document).events
    return _read(events + answer.finish().events, answer.error, losses)


def _read(events: list[Event], error: UpstreamError | None, losses: Losses) -> Read:
    """Hold the events to the grammar. An error ends them the way the gateway would."""
    if error is None:
        return Read(check_stream(frame(events)), None, losses)
    ended = check_stream(frame([*events, error_body(error, None)])) if events else Checked()
    return Read(ended, error, losses)


def _check_interleaved(subject: Subject, scenario: Scenario, alone: Read) -> None:
    """The same transformer reads another answer at the same time; neither may notice."""
    other = b"".join(answer_events(OTHER, subject.wire))
    other_alone = _stream(subject, [other])
    streams = (scenario.stream, other)
    losses = (Losses(), Losses())
    answers = [subject.new_answer(one) for one in losses]
    events: tuple[list[Event], list[Event]] = ([], [])
    for at in range(0, max(map(len, streams)), _STEP):
        for number, answer in enumerate(answers):
            events[number].extend(answer.feed(streams[number][at : at + _STEP]).events)
    for number, expected in enumerate((alone, other_alone)):
        answer = answers[number]
        read = _read(events[number] + answer.finish().events, answer.error, losses[number])
        _require_equal(expected, read, "two answers at the same time get mixed up; keep nothing on the transformer")


#: How many bytes of each of two answers are read by turns.
_STEP = 64
