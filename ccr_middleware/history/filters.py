"""Which records are wanted. The same questions to records in memory and to those in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .record import CallRecord


@dataclass(frozen=True, slots=True)
class Filters:
    """What records must have in common; what is empty or None matters not.

    - `model`: as it was asked for, or as it answered, alone or as `provider,model`; `provider`: that answered. Both
      in any case.
    - `status`: `ok`, `error`, or an HTTP status as a number.
    - `session`, `caller`: as they are. `since`, `until`: seconds since 1970, from the one to before the other.
    - `q`: what ids, names, reason or error contain, in any case.
    """

    model: str = ""
    provider: str = ""
    status: str = ""
    session: str = ""
    caller: str = ""
    since: float | None = None
    until: float | None = None
    q: str = ""

    def accept(self, record: CallRecord) -> bool:
        """Whether it is one of them."""
        return (
            (self.since is None or record.time >= self.since)
            and (self.until is None or record.time < self.until)
            and self._accept_names(record)
            and (not self.status or self._accept_status(record))
            and (not self.q or self.q.lower() in searched(record))
        )

    def _accept_names(self, record: CallRecord) -> bool:
        return (
            (not self.session or record.session == self.session)
            and (not self.caller or record.caller == self.caller)
            and (not self.provider or record.provider.lower() == self.provider.lower())
            and (not self.model or self.model.lower() in names_of(record))
        )

    def _accept_status(self, record: CallRecord) -> bool:
        if self.status in ("ok", "error"):
            return record.failed is (self.status == "error")
        return str(record.status) == self.status

    def where(self) -> tuple[str, list[Any]]:
        """The same as a condition on the columns of `store.SCHEMA`, and its parameters."""
        questions: list[tuple[str, Any]] = []
        if self.since is not None:
            questions.append(("time >= ?", self.since))
        if self.until is not None:
            questions.append(("time < ?", self.until))
        for column, text in (("session", self.session), ("caller", self.caller)):
            if text:
                questions.append((f"{column} = ?", text))
        if self.provider:
            questions.append(("lower(provider) = ?", self.provider.lower()))
        if self.model:
            questions.append(
                ("? IN (lower(asked_model), lower(model), lower(provider || ',' || model))", self.model.lower())
            )
        if self.status in ("ok", "error"):
            questions.append(("failed = ?", int(self.status == "error")))
        elif self.status:
            questions.append(("CAST(status AS TEXT) = ?", self.status))
        if self.q:
            questions.append(("instr(searched, ?) > 0", self.q.lower()))
        return " AND ".join(condition for condition, _ in questions) or "1", [value for _, value in questions]


def names_of(record: CallRecord) -> tuple[str, str, str]:
    """The names a model filter may give."""
    return record.asked_model.lower(), record.model.lower(), f"{record.provider},{record.model}".lower()


def searched(record: CallRecord) -> str:
    """The text that `q` is looked for in."""
    texts = (
        record.id,
        record.asked_model,
        f"{record.provider},{record.model}",
        record.caller,
        record.caller_name,
        record.session,
        record.project,
        record.reason,
        record.error or "",
    )
    return "\n".join(texts).lower()
