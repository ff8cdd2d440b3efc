"""Every page in a real browser: drawn without complaints, accessible, light and dark, and narrow enough for a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .support.browser import (  # noqa: F401 - the fixtures `browser` and `visit`
    PHONE,
    Page,
    Visit,
    axe_problems,
    browser_fixture,
    expect,
    take,
    visit_fixture,
    width_problems,
)
from .support.ui_gateway import ADMIN_KEY, MOUNT, Served, add_presets, filled, serve_ui

#: Where to look, and what has to be there before it is looked at.
PLACES = {
    "overview": "canvas",
    "requests": "tbody tr",
    "logs": ".log-line",
    "playground": "textarea",
    "providers": ".provider-card",
    "providers/new": ".tile",
    "providers/edit/acme": "form .sticky-bar",
    "routing": ".scenario-card",
    "routing/rules": "text=legal",
    "routing/aliases": "text=best",
    "routing/explain": ".cm-content",
    "transformers": "tbody tr",
    "transformers/agents": "text=image",
    "keys": "tbody tr",
    "presets": ".preset-card",
    "presets/simple": "form, .card",
    "config": ".cm-content",
    "wizard": ".tile",
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway with something on every page, mounted below two folders."""
    home = tmp_path_factory.mktemp("filled")
    add_presets(home)
    with serve_ui(home, filled, mount=MOUNT) as served:
        for fields in (
            {},
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
            {"model": "best"},
        ):
            assert served.ask("What is new?", key=ADMIN_KEY, **fields).status_code == 200
        assert served.ask(key=ADMIN_KEY, model="backup,broken-1").status_code == 529
        yield served


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway with nothing at all."""
    with serve_ui(tmp_path_factory.mktemp("bare")) as served:
        yield served


def log_in(page: Page) -> None:
    page.get_by_label("Admin key").fill(ADMIN_KEY)
    page.get_by_role("button", name="Log in").click()


def check_looks(page: Page, name: str, folder: Path) -> None:
    """Light, dark and narrow: accessible, and not wider than the screen."""
    found = axe_problems(page)
    take(page, f"{name}-light", folder)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html[data-theme=dark]")).to_be_attached()
    found += [f"dark: {one}" for one in axe_problems(page, "color-contrast")]
    take(page, f"{name}-dark", folder)
    page.set_viewport_size(PHONE)
    found += [f"phone: {one}" for one in width_problems(page)]
    take(page, f"{name}-phone", folder)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("place", PLACES)
def test_a_page_is_accessible_light_dark_and_narrow(place: str, gateway: Served, visit: Visit, tmp_path: Path):
    page = visit(gateway.url, place)
    log_in(page)
    expect(page.locator(PLACES[place]).first).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
    check_looks(page, place.replace("/", "-"), tmp_path)


def test_the_login_is_accessible_light_dark_and_narrow(gateway: Served, visit: Visit, tmp_path: Path):
    page = visit(gateway.url)
    expect(page.get_by_label("Admin key")).to_be_focused()
    check_looks(page, "login", tmp_path)


@pytest.mark.parametrize("dialog", ["request", "key", "transformer", "menu"])
def test_what_opens_is_accessible_light_dark_and_narrow(dialog: str, gateway: Served, visit: Visit, tmp_path: Path):
    page = visit(gateway.url, {"request": "requests", "key": "keys", "transformer": "transformers"}.get(dialog, "logs"))
    log_in(page)
    if dialog == "menu":
        page.set_viewport_size(PHONE)
        page.get_by_role("button", name="Open the menu").click()
        expect(page.get_by_role("link", name="Providers")).to_be_visible()
    elif dialog == "key":
        page.get_by_role("button", name="New key").click()
    else:
        page.locator("tbody .row-button").first.click()
    if dialog != "menu":
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
    check_looks(page, f"open-{dialog}", tmp_path)


@pytest.mark.parametrize(
    "place", ["overview", "requests", "logs", "playground", "providers", "routing", "keys", "presets", "config"]
)
def test_a_page_without_anything_on_it_is_whole(place: str, bare: Served, visit: Visit, tmp_path: Path):
    page = visit(bare.url, place, phone=True)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
    take(page, f"empty-{place}", tmp_path)
    assert width_problems(page) == []
    assert axe_problems(page) == []
