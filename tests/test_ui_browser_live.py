"""What goes through the gateway, watched in a real browser: streams, the live list, the history, the logs."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ccr_middleware.testing import STALL, Answer, ToolCall

from .support.browser import (  # noqa: F401 - the fixtures `browser` and `visit`
    Page,
    Visit,
    browser_fixture,
    expect,
    visit_fixture,
)
from .support.ui_gateway import (  # noqa: F401 - the fixture `serve`
    ADMIN_KEY,
    MOUNT,
    Serve,
    Served,
    filled,
    plain,
    serve_fixture,
    speak,
)


def logged(url: str, home: Path) -> dict[str, Any]:
    """One provider, bodies kept, log files written."""
    return {
        **plain(url, home),
        "history": {"bodies": "all"},
        "logs": {"dir": str(home / "logs")},
        "retry": {"attempts": 0},
    }


@pytest.fixture
def gateway(serve: Serve) -> Served:
    return serve(logged)


def send(page: Page, text: str) -> None:
    """Ask something in the playground."""
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_stream_is_drawn_while_it_comes_and_can_be_stopped(serve: Serve, visit: Visit):
    answer = Answer(thinking=["Let me ", "see."], text=["The answer", " so far"], then=STALL)
    gateway = serve(filled, mount=MOUNT, local=False, plan=answer)
    page = visit(gateway.url, "playground", session=gateway.session())
    page.get_by_label("Route").select_option("acme,acme-small")
    send(page, "What is it?")
    shown = page.locator(".playground-answer")
    expect(shown).to_contain_text("The answer so far")
    expect(shown).to_contain_text("Let me see.")
    expect(shown.get_by_role("status")).to_contain_text("Streaming · 200")
    assert not gateway.provider.exchanges[0].answered.is_set()
    page.get_by_role("button", name="Stop").click()
    expect(shown.get_by_role("status")).to_contain_text("Stopped")
    assert gateway.provider.exchanges[0].closed.wait(5), "the provider is told that nobody listens"
    page.get_by_role("tab", name="Events").click()
    events = page.get_by_role("region", name="Events")
    expect(events).to_contain_text("message_start")
    expect(events).to_contain_text("thinking_delta")


def test_tools_headers_and_what_was_sent_are_shown(serve: Serve, visit: Visit):
    answer = Answer(text="I look.", tool_calls=[ToolCall("read", {"path": "a.py"})])
    gateway = serve(plain, plan=answer)
    page = visit(gateway.url, "playground")
    send(page, "Read a.py")
    shown = page.locator(".playground-answer")
    expect(shown).to_contain_text("Calls the tool read")
    expect(shown).to_contain_text("a.py")
    expect(shown.get_by_role("status")).to_contain_text(re.compile("Done.*acme,acme-large.*tool_use"))
    page.get_by_role("tab", name="Headers").click()
    expect(shown).to_contain_text("x-ccr-provider")
    page.get_by_role("tab", name="Sent").click()
    expect(shown).to_contain_text("Read a.py")


def test_a_failure_is_told_in_the_playground(serve: Serve, visit: Visit):
    gateway = serve(filled, plan=Answer(error=401, message="no such key"))
    page = visit(gateway.url, "playground", session=gateway.session(), allow=("status of 401",))
    send(page, "Hello")
    expect(page.locator(".playground-answer").get_by_role("alert")).to_contain_text("no such key")


@contextmanager
def running(gateway: Served) -> Iterator[None]:
    """A request of another client, of which the first words have come, and no more."""
    body = {"model": "m", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    with httpx.stream("POST", f"{gateway.url}/v1/messages", json=body, timeout=20) as answer:
        lines = answer.iter_lines()  # as long as it is kept, the answer is not closed
        assert "message_start" in next(lines)
        yield


def test_the_list_of_requests_is_live(serve: Serve, visit: Visit):
    def plan(exchange: Any) -> Answer:
        is_streamed = json.loads(exchange.body).get("stream")
        return Answer(text="Well", then=STALL) if is_streamed else speak(exchange)

    gateway = serve(logged, plan=plan)
    page = visit(gateway.url, "requests")
    expect(page.get_by_text("No requests yet")).to_be_visible()
    gateway.ask()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("acme-large")
    with running(gateway):
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("Running")
    expect(page.get_by_text("Running", exact=True).and_(page.locator("tbody *"))).to_have_count(0)
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Pause").click()
    gateway.ask()
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".overview-tile").first).to_contain_text("3")


def test_the_overview_counts_what_comes_in(gateway: Served, visit: Visit):
    page = visit(gateway.url, "overview")
    expect(page.get_by_text("Live")).to_be_visible()
    tile = (
        page.locator(".overview-tile")
        .filter(has=page.get_by_role("heading", name="Requests"))
        .locator(".overview-tile-value")
    )
    expect(tile).to_have_text("0")
    gateway.ask()
    expect(tile).to_have_text("1")
    gateway.ask()
    expect(tile).to_have_text("2")
    expect(page.get_by_role("img", name="Requests over time")).to_be_visible()


def test_the_history_is_searched_looked_into_and_resent(serve: Serve, visit: Visit):
    gateway = serve(filled, local=False)
    gateway.ask("first question", key=ADMIN_KEY)
    gateway.ask("hard question", key=ADMIN_KEY, thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2000)
    gateway.ask(key=ADMIN_KEY, model="backup,broken-1")
    page = visit(gateway.url, "requests", session=gateway.session())
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_label("Status").select_option("error")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("529")
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).to_have_count(3)
    page.get_by_role("searchbox", name="Search").fill("thinking")
    page.get_by_role("searchbox", name="Search").fill("")
    rows.filter(has_text="thinking").locator(".row-button").click()
    detail = page.get_by_role("dialog")
    expect(detail.locator(".attempts li")).to_have_count(2)
    expect(detail.locator(".attempts li").first).to_contain_text("overloaded, come back later")
    expect(detail).to_contain_text("hard question")
    detail.get_by_role("button", name="Resend to another route").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Playground")
    page.get_by_label("Route").select_option("acme,acme-small")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".playground-answer")).to_contain_text("I am acme-small")
    assert json.loads(gateway.provider.exchanges[-1].body)["messages"][0]["content"] == "hard question"


def test_logs_are_followed_filtered_grouped_downloaded_and_cleared(gateway: Served, visit: Visit):
    gateway.ask()
    gateway.ask(model="acme,broken-9")
    page = visit(gateway.url, "logs")
    log = page.get_by_role("log")
    expect(log).to_contain_text("acme,acme-large (default)")
    gateway.ask(model="acme,acme-small")
    expect(log).to_contain_text("acme,acme-small (explicit)")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert "acme,acme-small" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("button", name="By request").click()
    expect(page.locator(".log-group")).to_have_count(3)
    failed = page.locator(".log-group").filter(has_text="overloaded, come back later")
    failed.locator("summary").first.click()
    expect(failed.locator(".log-line")).to_have_count(3)
    page.get_by_role("button", name="Lines").click()
    page.get_by_role("searchbox").fill("acme-small")
    expect(log.locator(".log-line")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear the file").click()
    expect(page.get_by_text("No lines")).to_be_visible()
    (file,) = (gateway.home / "logs").glob("*.log")
    assert "acme-large" not in file.read_text(encoding="utf-8")
