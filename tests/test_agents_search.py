"""The search agent: Claude Code's web search for providers without one."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from ccr_middleware.agents.engines import Brave, Found, Query, SearchFailed, SearXNG, Tavily, admitted
from ccr_middleware.agents.search import SearchAgent
from ccr_middleware.config.agents import Search
from ccr_middleware.errors import UpstreamUnreachable
from ccr_middleware.jsonio import dumps, loads
from tests.support.agents import call, context, drive, result, said, user

SETTINGS = Search(backend="searxng", url="http://searx.test/")
TOOL = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
#: As Claude Code sends it (client report, section 4).
BODY = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "You are an assistant for performing a web search tool use"}],
    "messages": [user("Perform a web search for the query: cats in 2026")],
    "tools": [TOOL],
    "tool_choice": {"type": "auto"},
    "stream": True,
}
#: As any other client may ask.
OPEN = {**BODY, "messages": [user("What is new about cats?")]}
PAGES = [
    Found("https://a.example.org/cats", "Cats", "All about cats.", "2026-01-02"),
    Found("https://b.example.com/dogs", "Dogs", "And dogs."),
]


class Engine:
    """An engine that knows everything, or fails."""

    def __init__(self, pages=PAGES):
        self.pages = pages
        self.queries = []

    def __call__(self, settings, fetch):
        return self

    async def search(self, query):
        self.queries.append(query)
        if isinstance(self.pages, Exception):
            raise self.pages
        return self.pages


def turn(engine, body=BODY, rounds=None, settings=SETTINGS, **more):
    """One request, answered with these rounds."""
    made = SearchAgent(settings, engine)
    return asyncio.run(drive([made], body, rounds or [said("Cats are fine.")], **more))


def shown(outcome):
    """The searches that the client is shown: query, then results or error code."""
    blocks = outcome.checked.blocks
    uses = [block for block in blocks if block["type"] == "server_tool_use"]
    found = {one["tool_use_id"]: one["content"] for one in blocks if one["type"] == "web_search_tool_result"}
    assert list(found) == [use["id"] for use in uses]
    return [(use["input"]["query"], _brief(found[use["id"]])) for use in uses]


def _brief(content):
    if isinstance(content, dict):
        assert content["type"] == "web_search_tool_result_error"
        return content["error_code"]
    assert all(one["type"] == "web_search_result" and one["encrypted_content"] == "" for one in content)
    return [(one["title"], one["url"], one["page_age"]) for one in content]


RESULTS = [("Cats", "https://a.example.org/cats", "2026-01-02"), ("Dogs", "https://b.example.com/dogs", None)]


def test_c45_claude_codes_search_is_shown_as_anthropic_shows_it():
    engine = Engine()
    outcome = turn(engine)
    kinds = [block["type"] for block in outcome.checked.blocks]
    assert kinds == ["server_tool_use", "web_search_tool_result", "text"]
    assert shown(outcome) == [("cats in 2026", RESULTS)]
    assert outcome.checked.usage["server_tool_use"] == {"web_search_requests": 1}
    assert outcome.checked.stop_reason == "end_turn"
    assert engine.queries == [Query("cats in 2026", 8)]


def test_the_model_answers_from_the_results():
    sent = turn(Engine()).bodies[0]
    assert [one["name"] for one in sent["tools"]] == ["web_search"]
    assert "type" not in sent["tools"][0]
    assert "tool_choice" not in sent
    assert sent["messages"][0]["content"][0] == BODY["messages"][0]["content"][0]
    assert sent["messages"][0]["content"][1]["text"] == (
        'Results of the web search for "cats in 2026":\n\n1. Cats (2026-01-02)\nhttps://a.example.org/cats\n'
        "All about cats.\n\n2. Dogs\nhttps://b.example.com/dogs\nAnd dogs."
    )


def test_the_ids_say_that_it_was_no_search_of_anthropics():
    use = turn(Engine()).checked.blocks[0]
    assert use["id"].startswith("srvtoolu_ccr")


def test_the_model_may_search_again_within_the_limit_of_the_client():
    rounds = [said("More. ", call("web_search", {"query": q}, q)) for q in ("dogs", "mice")]
    outcome = turn(Engine(), rounds=[*rounds, said("Done.")])
    assert shown(outcome) == [("cats in 2026", RESULTS), ("dogs", RESULTS), ("mice", "max_uses_exceeded")]
    assert outcome.checked.usage["server_tool_use"] == {"web_search_requests": 2}
    last = outcome.bodies[2]["messages"][-1]["content"][0]
    assert last == {**result("mice", "the search failed: no more searches in this answer"), "is_error": True}


def test_the_configuration_limits_searches_where_the_client_does_not():
    body = {**BODY, "tools": [{"type": "web_search_20260209", "name": "web_search"}]}
    settings = SETTINGS.model_copy(update={"max_uses": 1})
    outcome = turn(Engine(), body, [said(call("web_search", {"query": "x"})), said(".")], settings)
    assert [what for _, what in shown(outcome)] == [RESULTS, "max_uses_exceeded"]


def test_other_requests_search_when_the_model_wants():
    engine = Engine()
    outcome = turn(engine, OPEN, [said("I look. ", call("web_search", {"query": "cats"}, "a")), said("Found.")])
    assert outcome.checked.text == "I look. Found."
    assert [block["type"] for block in outcome.checked.blocks] == [
        "text",
        "server_tool_use",
        "web_search_tool_result",
        "text",
    ]
    assert outcome.bodies[0]["messages"] == OPEN["messages"]
    assert outcome.bodies[1]["messages"][-1]["content"][0]["content"].startswith("Results of the web search")
    assert turn(engine, OPEN).checked.text == "Cats are fine."


def test_a_named_choice_of_the_search_is_obeyed_and_then_free():
    body = {**OPEN, "tool_choice": {"type": "tool", "name": "web_search"}}
    outcome = turn(Engine(), body, [said(call("web_search", {"query": "x"})), said(".")])
    assert [one["tool_choice"]["type"] for one in outcome.bodies] == ["tool", "auto"]


def test_tools_of_the_client_stay_beside_the_search():
    read = {"name": "Read", "input_schema": {"type": "object"}}
    outcome = turn(Engine(), {**BODY, "tools": [TOOL, read]})
    assert [one["name"] for one in outcome.bodies[0]["tools"]] == ["Read", "web_search"]
    assert shown(outcome) == []  # not Claude Code's own request for a search


@pytest.mark.parametrize(
    ("failure", "code", "told"),
    [
        (SearchFailed("too many", "too_many_requests"), "too_many_requests", "too many"),
        (UpstreamUnreachable("searx.test cannot be reached"), "unavailable", "searx.test cannot be reached"),
    ],
)
def test_a_failing_search_is_told_to_both(failure, code, told):
    outcome = turn(Engine(failure), rounds=[said("I could not search.")])
    assert shown(outcome) == [("cats in 2026", code)]
    assert "server_tool_use" not in outcome.checked.usage
    assert outcome.bodies[0]["messages"][0]["content"][1]["text"] == f"the search failed: {told}."


def test_a_slow_engine_is_not_waited_for():
    class Slow(Engine):
        async def search(self, query):
            await asyncio.sleep(30)

    outcome = turn(Slow(), settings=SETTINGS.model_copy(update={"timeout_seconds": 0.01}))
    assert shown(outcome) == [("cats in 2026", "unavailable")]


def test_no_results_are_results():
    outcome = turn(Engine([]))
    assert shown(outcome) == [("cats in 2026", [])]
    assert "found nothing" in outcome.bodies[0]["messages"][0]["content"][1]["text"]


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({"allowed_domains": ["example.org"]}, ["Cats"]),
        ({"allowed_domains": ["a.example.org", "example.com"]}, ["Cats", "Dogs"]),
        ({"blocked_domains": ["https://example.org"]}, ["Dogs"]),
        ({"allowed_domains": ["example.org/dogs"]}, []),
        ({"allowed_domains": ["EXAMPLE.org/cats/"]}, ["Cats"]),
        ({"blocked_domains": ["ample.org", 3]}, ["Cats", "Dogs"]),
    ],
)
def test_domains_hold_whatever_the_engine_does(limits, left):
    outcome = turn(Engine(), {**BODY, "tools": [{**TOOL, **limits}]})
    assert [title for title, *_ in shown(outcome)[0][1]] == left


def test_pages_are_there_once_and_no_more_than_wanted():
    pages = [PAGES[0], PAGES[0], PAGES[1], Found("https://c.example/x", "C")]
    assert admitted(pages, Query("x", 2)) == PAGES
    assert admitted([Found("http://[bad", "B")], Query("x", 2, blocked=("y.z",))) == [Found("http://[bad", "B")]


def test_when_it_works():
    made = SearchAgent(SETTINGS, Engine())
    assert made.should_handle(context(BODY))
    assert not made.should_handle(context(BODY, searches=True))
    assert not made.should_handle(context({**BODY, "tools": [{"name": "web_search"}]}))
    always = SearchAgent(SETTINGS.model_copy(update={"always": True}), Engine())
    assert always.should_handle(context(BODY, searches=True))


# -- the engines -------------------------------------------------------------------------------------------


class Web:
    """What an engine fetches."""

    def __init__(self, answer, status=200):
        self.answer = answer if isinstance(answer, bytes) else dumps(answer)
        self.status = status
        self.request = None

    async def __call__(self, request):
        self.request = request
        return self.status, self.answer

    @property
    def parameters(self):
        return {key: value for key, (value,) in parse_qs(urlsplit(self.request.url).query).items()}


def search(cls, web, query=None, **settings):
    """One search."""
    known = {"backend": "x", "url": "", "api_key": "key-1"} | settings
    return asyncio.run(cls(Search(**known), web).search(query or Query("cats", 5)))


PAGE = {"title": "Cats &amp; <b>dogs</b>", "url": "https://a.example"}
WANTED = [Found("https://a.example", "Cats & dogs", "All 3 < 4", "2026-01-02")]


@pytest.mark.parametrize("url", ["http://searx.test", "http://searx.test/", "http://searx.test/search"])
def test_searxng(url):
    web = Web({"results": [{**PAGE, "content": "All 3 < 4", "publishedDate": "2026-01-02"}, {"title": "no url"}]})
    assert search(SearXNG, web, url=url, options={"engines": "ddg"}) == WANTED
    assert web.request.url.startswith("http://searx.test/search?")
    assert web.request.method == "GET"
    assert web.parameters == {"q": "cats", "format": "json", "engines": "ddg"}


def test_brave():
    answer = {"web": {"results": [{**PAGE, "description": "All 3 < 4", "page_age": "2026-01-02"}]}}
    web = Web(answer)
    assert search(Brave, web, Query("cats", 50)) == WANTED
    assert web.request.url.startswith("https://api.search.brave.com/res/v1/web/search?")
    assert web.request.headers["x-subscription-token"] == "key-1"
    assert web.parameters == {"q": "cats", "count": "20", "text_decorations": "false"}


def test_tavily():
    web = Web({"results": [{**PAGE, "content": "All 3 < 4", "published_date": "2026-01-02"}]})
    query = Query("cats", 5, ("https://a.example/x",), ("b.example", "c.example/y"))
    assert search(Tavily, web, query, options={"search_depth": "advanced"}) == WANTED
    assert (web.request.url, web.request.method) == ("https://api.tavily.com/search", "POST")
    assert web.request.headers["authorization"] == "Bearer key-1"
    assert loads(web.request.body) == {
        "query": "cats",
        "max_results": 5,
        "include_domains": ["a.example"],
        "exclude_domains": ["b.example"],
        "search_depth": "advanced",
    }


def test_domains_are_asked_for_with_operators():
    web = Web({})
    assert search(SearXNG, web, Query("cats", 5, ("a.example", "https://b.example"))) == []
    assert web.parameters["q"] == "cats site:a.example OR site:b.example"
    search(Brave, web, Query("cats", 5, blocked=("a.example", "b.example")))
    assert web.parameters["q"] == "cats -site:a.example -site:b.example"


@pytest.mark.parametrize("text", ["word " * 200, "x" * 1000])
def test_long_queries_are_cut(text):
    web = Web({})
    search(Brave, web, Query(text, 5))
    assert 390 < len(web.parameters["q"].strip()) <= 400
    search(Tavily, web, Query(text, 5))
    assert len(loads(web.request.body)["query"]) <= 400


@pytest.mark.parametrize(
    ("cls", "web", "told", "code"),
    [
        (SearXNG, Web({}, 403), "SearXNG answered with status 403; its settings.yml must have json", "unavailable"),
        (Brave, Web({}, 429), "Brave allows no more searches now", "too_many_requests"),
        (Brave, Web({}, 403), "Brave answered with status 403; check search.api_key", "unavailable"),
        (Tavily, Web({}, 401), "Tavily answered with status 401; check search.api_key", "unavailable"),
        (Tavily, Web({}, 500), "Tavily answered with status 500", "unavailable"),
        (SearXNG, Web(b"<html>"), "SearXNG answered with something else than JSON", "unavailable"),
    ],
)
def test_what_engines_fail_with(cls, web, told, code):
    with pytest.raises(SearchFailed) as failure:
        search(cls, web)
    assert str(failure.value).startswith(told)
    assert failure.value.code == code


@pytest.mark.parametrize("answer", [[], {"results": None}, {"results": [1, {"url": 2}]}, {"web": []}, None])
@pytest.mark.parametrize("cls", [SearXNG, Brave, Tavily])
def test_odd_answers_hold_no_pages(cls, answer):
    assert search(cls, Web(answer)) == []


def test_the_builtin_engines_are_known_by_name():
    made = SearchAgent(Search(backend="Brave", api_key="k"))
    web = Web({"web": {"results": [{"title": "T", "url": "https://t.example", "description": "x"}]}})
    outcome = asyncio.run(drive([made], BODY, [said(".")], fetch=web))
    assert shown(outcome) == [("cats in 2026", [("T", "https://t.example", None)])]
