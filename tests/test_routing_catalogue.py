"""The list of models, and that everything in it can be asked for."""

import re

import pytest

from ccr_middleware.config.schema import Config
from ccr_middleware.routing.catalogue import find_model, list_models, page_of
from ccr_middleware.routing.models import resolve

CONFIG = Config.model_validate(
    {
        "providers": [
            {"name": "DeepSeek", "base_url": "http://x", "models": ["deepseek-chat", "a,b/c:d"]},
            {"name": "openrouter", "base_url": "http://x", "models": ["anthropic/claude-sonnet-4", "deepseek-chat"]},
        ]
    }
)
TARGETS = [(p.name, model) for p in CONFIG.providers for model in p.models]


def test_every_model_is_listed_in_the_form_of_the_api():
    entries = list_models(CONFIG)
    assert entries[0] == {
        "type": "model",
        "id": "DeepSeek,deepseek-chat",
        "display_name": "deepseek-chat (DeepSeek)",
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "object": "model",
        "created": 0,
        "owned_by": "DeepSeek",
    }
    assert {f"{p},{m}" for p, m in TARGETS} <= {entry["id"] for entry in entries}


def test_the_picker_of_claude_code_shows_every_model_once():
    shown = [entry["id"] for entry in list_models(CONFIG) if re.search("claude|anthropic", entry["id"], re.IGNORECASE)]
    assert sorted(resolve(id_, CONFIG)[:2] for id_ in shown) == sorted(TARGETS)


def test_every_listed_id_leads_back_to_its_model():
    for entry in list_models(CONFIG):
        provider, model, note = resolve(entry["id"], CONFIG)
        assert entry["display_name"] == f"{model} ({provider})"
        assert note == ""


def test_ids_are_unique_though_a_model_is_listed_twice():
    config = Config.model_validate({"providers": [{"name": "a", "base_url": "http://x", "models": ["m", "m"]}]})
    assert [entry["id"] for entry in list_models(config)] == ["a,m", "claude:a,m"]
    assert [entry["id"] for entry in list_models(config, aliases=False)] == ["a,m"]


def test_one_model_by_its_id():
    assert find_model(CONFIG, "deepseek,DEEPSEEK-chat")["id"] == "DeepSeek,deepseek-chat"
    assert find_model(CONFIG, "claude:DeepSeek,deepseek-chat")["display_name"] == "deepseek-chat (DeepSeek)"
    assert find_model(CONFIG, "nobody,model") is None


MODELS = [{"id": name} for name in "abcde"]


@pytest.mark.parametrize(
    ("paging", "ids", "has_more"),
    [
        ({}, "abcde", False),
        ({"limit": 2}, "ab", True),
        ({"limit": 5}, "abcde", False),
        ({"limit": 0}, "abcde", False),
        ({"limit": -3}, "a", True),
        ({"limit": 2, "after_id": "b"}, "cd", True),
        ({"limit": 2, "after_id": "d"}, "e", False),
        ({"after_id": "e"}, "", False),
        ({"after_id": "x"}, "abcde", False),
        ({"limit": 2, "before_id": "d"}, "bc", True),
        ({"limit": 2, "before_id": "c"}, "ab", False),
        ({"before_id": "a"}, "", False),
    ],
)
def test_pages(paging, ids, has_more):
    assert page_of(MODELS, **paging) == {
        "object": "list",
        "data": [{"id": id_} for id_ in ids],
        "has_more": has_more,
        "first_id": ids[:1] or None,
        "last_id": ids[-1:] or None,
    }


def test_a_page_holds_at_most_a_thousand():
    page = page_of([{"id": str(number)} for number in range(1001)], limit=5000)
    assert len(page["data"]) == 1000
    assert page["has_more"]


def test_walking_the_pages_gives_the_whole_list():
    seen, cursor, more = [], None, True
    while more:
        page = page_of(MODELS, limit=2, after_id=cursor)
        seen += page["data"]
        cursor, more = page["last_id"], page["has_more"]
    assert seen == MODELS
