"""Who gets in, and how: the login, sessions below a mount point, Chinese, the keyboard alone, other people's pages."""

from pathlib import Path

import httpx
import pytest

from .support.browser import (  # noqa: F401 - the fixtures `browser` and `visit`
    Browser,
    Page,
    Visit,
    axe_problems,
    browser_fixture,
    expect,
    visit_fixture,
    width_problems,
)
from .support.ui_gateway import (  # noqa: F401 - the fixture `serve`
    ADMIN_KEY,
    MOUNT,
    Serve,
    Served,
    filled,
    plain,
    serve_fixture,
    serve_ui,
)

#: What Chromium itself says on the console of a refused login.
REFUSED = "status of 40[0-9]|status of 429"

NAMES_ZH = ["概览", "请求", "日志", "试验场", "提供商", "路由", "转换器", "密钥", "预设", "配置"]


@pytest.fixture
def gateway(serve: Serve) -> Served:
    """A gateway with keys, below two folders of a FastAPI application."""
    return serve(filled, mount=MOUNT, local=False)


@pytest.fixture
def open_gateway(serve: Serve) -> Served:
    """A gateway of this machine, without keys."""
    return serve(plain)


def log_in(page: Page, key: str) -> None:
    page.get_by_label("Admin key").fill(key)
    page.get_by_role("button", name="Log in").click()


def test_a_wrong_key_is_told_and_the_right_one_lets_in(gateway: Served, visit: Visit):
    """U-4 of the reference: a wrong key was never answered."""
    page = visit(gateway.url, "providers", allow=(REFUSED,))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("Enter the key first.")
    log_in(page, "a-wrong-key")
    expect(page.get_by_role("alert")).to_contain_text("This key is not right.")
    expect(page.get_by_label("Admin key")).to_be_focused()
    log_in(page, ADMIN_KEY)
    expect(page.get_by_role("heading", level=1)).to_have_text("Providers")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == (
        "ccr_session",
        f"{MOUNT}/",
        True,
        "Strict",
    )
    assert ADMIN_KEY not in cookie["value"] + page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Providers")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Admin key")).to_be_visible()
    assert page.context.cookies() == []


def test_a_session_that_ended_leads_to_the_login(gateway: Served, visit: Visit):
    page = visit(gateway.url, "keys", allow=(REFUSED,), session=gateway.session())
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    page.context.clear_cookies()
    page.get_by_role("link", name="Presets").click()
    expect(page.get_by_label("Admin key")).to_be_visible()


def test_a_key_of_a_client_does_not_let_in(open_gateway: Served, visit: Visit):
    key = httpx.post(f"{open_gateway.url}/api/keys", json={"name": "Laptop"}).json()["key"]
    httpx.patch(f"{open_gateway.url}/api/config", json={"ADMIN_KEY": ADMIN_KEY})
    page = visit(open_gateway.url, allow=(REFUSED,))
    log_in(page, key)
    expect(page.get_by_role("alert")).to_contain_text("not manage the gateway")


def test_a_page_of_another_origin_can_neither_look_nor_change(serve: Serve, browser: Browser):
    """It runs in the same browser, and the gateway is open to this machine."""
    gateway, other = serve(plain), serve()
    page = browser.new_page()
    page.goto(f"{other.url}/health")
    read = "([url, method]) => fetch(url, {method, credentials: 'include'}).then(() => 'read', () => 'refused')"
    for method in ("GET", "POST", "PATCH", "DELETE"):
        assert page.evaluate(read, [f"{gateway.url}/api/config", method]) == "refused"
    blind = "(url) => fetch(url, {method: 'POST', mode: 'no-cors', body: '{\"Providers\": []}'}).then(() => 'sent')"
    assert page.evaluate(blind, f"{gateway.url}/api/config") == "sent"
    page.close()
    assert len(gateway.document()["Providers"]) == 1, "it was sent, and refused"


def test_everything_is_in_chinese_for_who_reads_chinese(gateway: Served, visit: Visit):
    page = visit(gateway.url, language="zh-CN", session=gateway.session())
    menu = page.get_by_role("navigation", name="主菜单").get_by_role("link")
    expect(menu).to_have_text(NAMES_ZH)
    for name in NAMES_ZH:
        menu.filter(has_text=name).click()
        expect(page).to_have_title(f"{name} · ccr_middleware")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        expect(page.locator(".skeleton")).to_have_count(0)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_language_and_appearance_are_chosen_and_stay(open_gateway: Served, visit: Visit):
    page = visit(open_gateway.url, "keys")
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("heading", level=1)).to_have_text("密钥")
    page.get_by_role("button", name="跟随系统").click()
    page.get_by_role("button", name="浅色").click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("密钥")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until what has this name has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {name}")


def test_a_key_is_made_with_the_keyboard_alone(open_gateway: Served, visit: Visit):
    page = visit(open_gateway.url)
    tab_to(page, "Keys", "link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    tab_to(page, "New key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("Laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="The key Laptop is made")).to_be_visible()
    tab_to(page, "I have copied it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [one["name"] for one in open_gateway.document()["APIKEYS"]] == ["Laptop"]


def test_a_route_is_changed_with_the_keyboard_alone(open_gateway: Served, visit: Visit):
    page = visit(open_gateway.url, "routing")
    expect(page.locator(".scenario-card").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Model").first.evaluate("(one) => (window.wanted = one)")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === window.wanted"):
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Model").first).to_have_value("acme,acme-small")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert open_gateway.document()["Router"]["default"] == "acme,acme-small"


def test_the_menu_of_a_phone_closes_with_escape(open_gateway: Served, visit: Visit):
    page = visit(open_gateway.url, "keys", phone=True)
    page.get_by_role("button", name="Open the menu").click()
    link = page.get_by_role("link", name="Routing")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Routing")
    assert [*width_problems(page), *axe_problems(page)] == []


def test_a_gateway_that_is_gone_is_told(tmp_path: Path, visit: Visit):
    with serve_ui(tmp_path / "home", plain) as gateway:
        page = visit(gateway.url, "keys", allow=("ERR_CONNECTION", "Failed to load"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("dialog")).to_contain_text("The gateway does not answer. Is it still running?")
