"""What becomes of every feature of a request with every kind of provider: kept, or reported. Nothing is lost silently.

The matrix is computed from the bodies that are really written, and shown in docs/features.md.
`pytest tests/test_feature_matrix.py --update-golden` writes that page's tables anew.
"""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from ccr_middleware.losses import Action, Losses
from ccr_middleware.testing import json_answer
from ccr_middleware.testing.fate import Fate, Feature, fate, is_carried
from ccr_middleware.testing.features import FEATURES
from ccr_middleware.translate import translate_request

from .support import chat
from .support.features import MORE_FEATURES
from .support.gateway import ask, body, gateway
from .support.pages import check_page

PAGE = Path(__file__).parents[1] / "docs" / "features.md"


class Column(NamedTuple):
    """A kind of provider: the head of its column, and the settings of `translate_request`."""

    head: str
    settings: dict[str, Any]


GOOGLE, OPENAI = "https://generativelanguage.googleapis.com", "https://api.openai.com/v1"
COLUMNS = (
    Column("chat, unknown", {"base_url": "https://llm.example/v1", "model": "m"}),
    Column("chat, OpenAI", {"base_url": OPENAI, "model": "gpt-5.1"}),
    Column("chat, DeepSeek", {"base_url": "https://api.deepseek.com/v1", "model": "deepseek-chat"}),
    Column("chat, OpenRouter", {"base_url": "https://openrouter.ai/api/v1", "model": "anthropic/claude-opus-4.7"}),
    Column("responses, OpenAI", {"base_url": OPENAI, "wire": "responses", "model": "gpt-5.1"}),
    Column("gemini 2.5", {"base_url": GOOGLE, "model": "gemini-2.5-flash"}),
    Column("gemini 3", {"base_url": GOOGLE, "model": "gemini-3-pro-preview"}),
    Column("messages", {"base_url": "https://api.anthropic.com", "model": "claude-sonnet-4-5"}),
)
ROWS = FEATURES + MORE_FEATURES
#: Every column is a model that can say so many tokens.
LIMIT = 8192

each_column = pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.head)
each_row = pytest.mark.parametrize("feature", ROWS, ids=lambda feature: feature.name)


def build(column: Column, request: dict[str, Any], losses: Losses) -> Any:
    """The URL and the body that this provider is sent."""
    sent = translate_request(request, max_output_tokens=LIMIT, **column.settings)
    for loss in sent.losses:
        losses.add(*loss)
    return [sent.url, sent.body]


@cache
def cell(row: int, column: int) -> Fate:
    return fate(ROWS[row], lambda request, losses: build(COLUMNS[column], request, losses))


# -- the matrix --------------------------------------------------------------------------------------------


@each_column
@each_row
def test_no_cell_is_silent(feature: Feature, column: Column) -> None:
    found = cell(ROWS.index(feature), COLUMNS.index(column))
    assert found.kind != "lost", f"{feature.about}: gone, and nobody said so"
    if found.kind == "emulated" and feature.marks:
        body, plain = (build(column, request, Losses()) for request in (feature.request, feature.plain))
        assert is_carried(feature, body, plain), "it is said to be carried in another form, and is not there"
    assert all(loss.detail for loss in found.losses)


@each_row
def test_anthropic_gets_everything(feature: Feature) -> None:
    assert cell(ROWS.index(feature), len(COLUMNS) - 1).kind == "carried"


def test_the_matrix_is_large_enough() -> None:
    names = [feature.name for feature in ROWS]
    assert len(set(names)) == len(names) >= 60
    assert {column.settings.get("wire") or column.head.split()[0].strip(",") for column in COLUMNS} == {
        *("chat", "responses", "gemini", "messages")
    }
    kinds = {cell(row, column).kind for row in range(len(ROWS)) for column in range(len(COLUMNS))}
    assert kinds == {"carried", *get_args(Action)}


def test_the_claim_would_be_seen_to_be_false() -> None:
    """A format that forgets something is caught."""
    top_k = next(feature for feature in ROWS if feature.name == "top_k")
    assert fate(top_k, lambda request, losses: {"model": "m"}).kind == "lost"


def test_strict_takes_what_no_answer_depends_on() -> None:
    """Claude Code marks caches and says who asks in every request."""
    app, provider = gateway(json_answer(chat.whole("Hello")), strict=True)
    said = [{"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}]
    request = body(False, messages=[{"role": "user", "content": said}], metadata={"user_id": "me"})
    reply = asyncio.run(ask(app, request))
    assert reply.status == 200
    assert reply.headers["x-ccr-loss"] == "metadata.user_id=omitted, cache_control=omitted"
    assert "cache_control" not in str(provider.bodies)


# -- the page ----------------------------------------------------------------------------------------------


def matrix() -> str:
    """One row per feature, one column per kind of provider."""
    heads = ["feature", "what it is", *(column.head for column in COLUMNS)]
    lines = [heads, ["---"] * len(heads)]
    for row, feature in enumerate(ROWS):
        kinds = [cell(row, column).kind for column in range(len(COLUMNS))]
        lines.append([f"`{feature.name}`", feature.about, *("kept" if kind == "carried" else kind for kind in kinds)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def reports() -> str:
    """Everything that was reported: the name and the sentence, and where."""
    where: dict[tuple[str, str, str], dict[str, None]] = {}
    for row in range(len(ROWS)):
        for column, (head, _) in enumerate(COLUMNS):
            for loss in cell(row, column).losses:
                where.setdefault(loss, {})[head] = None
    lines = [["reported", "says", "where"], ["---"] * 3]
    every = len(COLUMNS) - 1  # Anthropic is told everything
    for (name, action, detail), heads in sorted(where.items()):
        place = "everywhere but `messages`" if len(heads) == every else "; ".join(heads)
        lines.append([f"`{name}={action}`", detail.replace("|", "\\|"), place])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@pytest.mark.parametrize("name", ["matrix", "reports"])
def test_the_page_shows_it(name: str, request: pytest.FixtureRequest) -> None:
    check_page(PAGE, name, globals()[name](), "test_feature_matrix.py", request.config)


def test_every_word_of_a_cell_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("<!-- matrix")[0]
    assert all(f"| `{word}` |" in page for word in ("kept", *get_args(Action)))
