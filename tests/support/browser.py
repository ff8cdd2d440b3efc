"""A real browser: headless Chromium, driven by Playwright.

    from .support.browser import Visit, browser_fixture, expect, visit_fixture  # noqa: F401 - the fixtures

    def test_x(visit: Visit):
        page = visit(gateway.url, "providers")
        expect(page.get_by_role("heading", level=1)).to_have_text("Providers")

One browser per module and worker, a context per test. Whatever a page does that it must not (an error on its console,
a violation of its content security policy, a request to anywhere else) fails the test that opened it. Without
Playwright or Chromium the importing module is skipped.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
except ImportError:
    pytest.skip("Playwright is not installed: pip install 'ccr_middleware[dev]'", allow_module_level=True)

__all__ = [
    "Page",
    "Visit",
    "axe_problems",
    "browser_fixture",
    "expect",
    "settle",
    "take",
    "visit_fixture",
    "width_problems",
]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("there is no Chromium on this machine: apt-get install chromium", allow_module_level=True)

#: Nothing but pages of this machine: no look-ups, no services of the browser's own.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}

#: How long a page may take for what is expected of it, in milliseconds; a busy machine needs it, an idle one never.
PATIENCE_MS = 15_000

_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} does not allow ${event.blockedURI} (${event.sourceFile})`));
"""


#: Only what is wrong comes back; all that axe tells would be megabytes.
_RUN_AXE = """
async (options) => (await axe.run(document, options)).violations.map(({ id, impact, help, nodes }) => (
  { id, impact, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }))
"""


class Visit(Protocol):
    """Opens a page of a gateway's web interface, in a new context.

    `place`: what follows `#/`. `allow`: patterns of what its console may say. `session`: the cookie of somebody who is
    logged in.
    """

    def __call__(
        self,
        url: str,
        place: str = "overview",
        *,
        allow: tuple[str, ...] = (),
        session: str = "",
        phone: bool = False,
        language: str = "en-GB",
        dark: bool = False,
    ) -> Page: ...


@pytest.fixture(scope="module", name="browser")
def browser_fixture() -> Iterator[Browser]:
    """Chromium. It ends with the module, since no other event loop can run in this thread while Playwright does."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(name="visit")
def visit_fixture(browser: Browser) -> Iterator[Visit]:
    """Opens pages; at the end none of them may have done what it must not."""
    watched: list[tuple[BrowserContext, _Watch]] = []

    def visit(
        url: str, place: str = "overview", *, allow: tuple[str, ...] = (), session: str = "", **looks: Any
    ) -> Page:
        context = _context(browser, **looks)
        if session:
            context.add_cookies([{"name": "ccr_session", "value": session, "url": url}])
        watched.append((context, _Watch(context, url, allow)))
        page = context.new_page()
        page.goto(f"{url}/ui/#/{place}")
        expect(page.locator(".starting")).to_have_count(0)
        return page

    yield visit
    for context, _ in watched:
        context.close()
    problems = [problem for _, watch in watched for problem in watch.problems]
    assert not problems, "\n".join(["the page did what it must not:", *problems])


def _context(browser: Browser, *, phone: bool = False, language: str = "en-GB", dark: bool = False) -> BrowserContext:
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,
        locale=language,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_TELL_VIOLATIONS)
    return context


class _Watch:
    """What the pages of a context did that they must not."""

    def __init__(self, context: BrowserContext, url: str, allowed: tuple[str, ...]) -> None:
        self.problems: list[str] = []
        self._origin = urlsplit(url).netloc
        self._allowed = re.compile("|".join(allowed)) if allowed else None
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url')})"
        if message.type in ("error", "warning") and not (self._allowed and self._allowed.search(said)):
            self.problems.append(f"console: {said}")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self._origin:
            self.problems.append(f"a request to {request.url}")


def axe_problems(page: Page, *rules: str) -> list[str]:
    """What axe-core finds wrong with a page as it is now; `rules` limits it to some."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(_RUN_AXE, options)
    return [f"{one['id']} ({one['impact']}): {_places(one)}" for one in found]


def settle(page: Page) -> None:
    """Wait until what changed is drawn: transitions end with the next frame when somebody wants no motion."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")


def _places(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    shown = [f"{node['html'][:200]}: {node['failureSummary']}" for node in nodes[:3]]
    return "\n    ".join([f"{len(nodes)} times, {violation['help']}", *shown])


def width_problems(page: Page) -> list[str]:
    """The elements because of which a page can be scrolled sideways."""
    return list(
        page.evaluate("""() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          const isWide = (one) => one.getBoundingClientRect().right > width + 1;
          const wide = [...document.querySelectorAll("*")].filter(isWide);
          return [`${document.documentElement.scrollWidth} of ${width} pixels`,
            ...wide.slice(0, 6).map((one) => `${one.tagName}.${one.className}`)];
        }""")
    )


def take(page: Page, name: str, folder: Path) -> None:
    """A picture of the whole page, for people: in the folder that CCR_SCREENSHOTS names, else in `folder`."""
    named = os.environ.get("CCR_SCREENSHOTS")
    target = Path(named) if named else folder
    target.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target / f"{name}.png", full_page=True, animations="disabled")
