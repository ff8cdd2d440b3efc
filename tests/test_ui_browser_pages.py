"""Every page in a real browser: drawn without complaints, accessible, light and dark, and narrow enough for a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .support.browser import (  # noqa: F401 - the fixtures `browser` and `visit`
    DESKTOP,
    PHONE,
    Page,
    Visit,
    axe_problems,
    browser_fixture,
    expect,
    settle,
    take,
    visit_fixture,
    width_problems,
)
from .support.ui_gateway import ADMIN_KEY, MOUNT, Served, add_presets, filled, serve_ui

#: Per page the places to look at, and what has to be there before. `>` in front: what is clicked first.
PLACES: dict[str, dict[str, str]] = {
    "overview": {"overview": "canvas"},
    "requests": {"requests": "tbody tr", ">tbody .row-button": "dialog .attempts"},
    "logs": {"logs": ".log-line", "logs?view=grouped": ".log-group"},
    "playground": {"playground": "textarea"},
    "providers": {
        "providers": ".provider-card",
        "providers/new": ".tile",
        "providers/new/custom": ".provider-form",
        "providers/edit/backup": ".provider-form",
    },
    "routing": {
        "routing": ".scenario-card",
        "routing/rules": "text=legal",
        "routing/aliases": "text=best",
        "routing/explain": ".cm-content",
        ">text=Explain": ".decision-target",
    },
    "transformers": {
        "transformers": "tbody tr",
        "transformers/agents": "text=image",
        "transformers/plugins": "text=token-speed",
    },
    "keys": {"keys": "tbody tr", ">text=New key": "dialog"},
    "presets": {"presets": ".preset-card", "presets/simple": ".field"},
    "config": {"config": ".cm-content"},
    "wizard": {"wizard": ".tile", ">.tile": "form .field"},
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
def session(gateway: Served) -> str:
    """The cookie of somebody who logged in."""
    return gateway.session()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway with nothing at all."""
    with serve_ui(tmp_path_factory.mktemp("bare")) as served:
        yield served


def looks_wrong(page: Page, name: str, folder: Path) -> list[str]:
    """What is wrong with a page as it is now, in light, in dark and on a phone."""
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    settle(page)
    found = axe_problems(page)
    take(page, f"{name}-light", folder)
    page.emulate_media(color_scheme="dark")
    settle(page)
    found += [f"dark: {one}" for one in axe_problems(page, "color-contrast")]
    take(page, f"{name}-dark", folder)
    page.set_viewport_size(PHONE)
    settle(page)
    found += [f"phone: {one}" for one in width_problems(page)]
    take(page, f"{name}-phone", folder)
    return [f"{name}: {one}" for one in found]


def go(page: Page, place: str, awaited: str) -> None:
    """Go to a place of the interface, and wait until it is drawn."""
    if place.startswith(">"):
        page.locator(place[1:]).first.click()
    else:
        page.evaluate("(place) => { location.hash = place; }", f"#/{place}")
    expect(page.locator(awaited).first).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize("name", PLACES)
def test_a_page_is_accessible_light_dark_and_narrow(
    name: str, gateway: Served, session: str, visit: Visit, tmp_path: Path
):
    page = visit(gateway.url, name, session=session)
    found = []
    for place, awaited in PLACES[name].items():
        page.set_viewport_size(DESKTOP)
        go(page, place, awaited)
        slug = re.sub(r"\W+", "-", f"{name}-opened" if place.startswith(">") else place)
        found += looks_wrong(page, slug, tmp_path)
    assert not found, "\n".join(found)


def test_the_login_is_accessible_light_dark_and_narrow(gateway: Served, visit: Visit, tmp_path: Path):
    page = visit(gateway.url)
    expect(page.get_by_label("Admin key")).to_be_focused()
    assert looks_wrong(page, "login", tmp_path) == []


def test_pages_without_anything_on_them_are_whole(bare: Served, visit: Visit, tmp_path: Path):
    page, found = visit(bare.url, "keys", phone=True), []
    for name in ("requests", "logs", "playground", "providers", "routing", "keys", "presets", "config"):
        go(page, name, "h1")
        expect(page.locator(f"nav a[aria-current=page][href='#/{name}']")).to_be_attached()
        expect(page.locator(".skeleton")).to_have_count(0)
        take(page, f"empty-{name}", tmp_path)
        found += [f"{name}: {one}" for one in (*width_problems(page), *axe_problems(page))]
    assert not found, "\n".join(found)
