"""Whether a transformer keeps its promises: it loses nothing in silence, and no answer breaks on it.

    card = check_transformer(MyTransformer(options), wire="chat")
    assert card.passed, card.text()

On the command line: `python -m ccr_middleware conformance my_transformer.py`.
"""

from __future__ import annotations

from collections.abc import Collection

from ..transformers.registry import AnyTransformer
from ..wire.format import WireName
from .requests import check_requests
from .scorecard import Scorecard
from .streams import check_streams
from .subject import Subject

__all__ = ["Scorecard", "check_transformer"]


def check_transformer(
    transformer: AnyTransformer, wire: WireName | None = None, allowed: Collection[str] = ()
) -> Scorecard:
    """Run a transformer through every request feature and every kind of answer.

    `wire`: the wire format it is used with; None: the one it names, else chat completions. `allowed`: names of the
    features and answers it is there to remove something from, `*` standing for anything. Raises ConfigError when the
    two cannot be used together. On `messages` the card is empty: there nothing passes a transformer.
    """
    subject = Subject(transformer, wire)
    is_translated = subject.wire != "messages"
    rows = [*check_requests(subject, allowed), *check_streams(subject, allowed)] if is_translated else []
    return Scorecard(transformer.name, transformer.level, subject.wire, tuple(rows))
