"""Setting a gateway up in a real browser: each change is made by clicking, and asked for with a real request."""

import os
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from ccr_middleware.testing import FakeServer

from .support.browser import (  # noqa: F401 - the fixtures `browser` and `visit`
    Page,
    Visit,
    browser_fixture,
    expect,
    visit_fixture,
)
from .support.servers import ROOT, run_server
from .support.ui_gateway import (  # noqa: F401 - the fixture `serve`
    MOUNT,
    Serve,
    Served,
    add_presets,
    filled,
    plain,
    provider_at,
    serve_fixture,
    speak,
)

#: What Chromium itself says on the console of answers that are no success.
STALE = "status of 409"


@pytest.fixture
def gateway(serve: Serve) -> Served:
    """A gateway with one provider."""
    return serve(plain)


def choose_model(page: Page, scenario: str, target: str) -> None:
    """Pick a target for a scenario, as one does with the mouse."""
    card = page.locator(".scenario-card").filter(has=page.get_by_role("heading", name=scenario, exact=True))
    card.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name=target).click()


def test_from_nothing_to_a_working_provider(tmp_path: Path, visit: Visit):
    home = {"CCR_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    (tmp_path / "home").mkdir(mode=0o700)
    environ = {**{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}, **home}
    command = ["ccr_middleware", "start", "--port", "0"]
    with FakeServer(speak) as provider, run_server("program", command, tmp_path, environ) as port:
        page = visit(f"http://127.0.0.1:{port}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Who shall answer?")
        page.get_by_role("button", name="Not now").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Providers")
        page.get_by_role("link", name="Overview", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        page.goto(f"http://127.0.0.1:{port}/ui/#/wizard")
        page.get_by_role("button", name="Custom provider").click()
        fill_in_the_wizard(page, provider.url)
        lines = page.locator(".code-block").first
        expect(lines).to_contain_text(f"ANTHROPIC_BASE_URL=http://127.0.0.1:{port}")
        page.get_by_role("button", name="Try it here").click()
        page.get_by_label("Message", exact=True).fill("Who are you?")
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".playground-answer")).to_contain_text("I am acme-large, and I say what I was told to say.")
        page.get_by_role("link", name="Logs").click()
        expect(page.get_by_role("log")).to_contain_text("acme,acme-large (default)")
        page.get_by_role("link", name="Overview").click()
        expect(page.locator(".overview-tile").first).to_contain_text("1")
        assert [one["model"] for one in provider.bodies] == ["acme-large", "acme-large"]


def fill_in_the_wizard(page: Page, url: str) -> None:
    """Name, address, key and models of the provider that plays; tested and saved."""
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    page.get_by_label("Name").fill("acme")
    page.get_by_label("Address").fill(f"{url}/v1")
    page.get_by_role("button", name="Typed in").click()
    page.get_by_label("API key").fill("sk-acme-0123456789")
    models = page.get_by_placeholder("Add a model")
    models.fill("acme-large, acme-small")
    models.press("Enter")
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_text("I am acme-large")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("For small jobs")).to_have_value("acme-small")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is ready")


def test_a_provider_is_added_from_the_catalogue(gateway: Served, visit: Visit):
    page = visit(gateway.url, "providers")
    page.get_by_role("link", name="Add provider").click()
    page.get_by_placeholder("Search providers and models").fill("deepseek")
    page.get_by_role("link", name=re.compile("DeepSeek")).first.click()
    page.get_by_label("Address").fill(f"{gateway.provider.url}/v1/chat/completions")
    page.get_by_role("button", name="Typed in").click()
    page.get_by_label("API key").fill("sk-deep-0123456789")
    page.get_by_role("button", name="Send a request").click()
    expect(page.get_by_text("I am deepseek-")).to_be_visible()
    page.get_by_role("button", name="Add provider").click()
    card = page.get_by_role("article").filter(has_text="deepseek")
    expect(card).to_contain_text("key stored")
    saved = gateway.document()["Providers"]
    assert [one["name"] for one in saved] == ["acme", "deepseek"]
    assert saved[1]["api_key"] == "sk-deep-0123456789"
    model = saved[1]["models"][0]
    assert gateway.ask(model=f"deepseek,{model}").json()["content"][0]["text"].startswith(f"I am {model}")


def test_a_provider_that_is_no_use_says_why_and_what_to_do(gateway: Served, visit: Visit):
    page = visit(gateway.url, "providers/new/custom")
    page.get_by_role("button", name="Add provider").click()
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Name").fill("acme")
    expect(page.get_by_text("There is a provider acme already.")).to_be_visible()
    page.get_by_label("Name").fill("closed")
    page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    models = page.get_by_placeholder("Add a model")
    models.fill("m1")
    models.press("Enter")
    page.get_by_role("button", name="Send a request").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("refused|reach|answer", re.IGNORECASE))
    assert [one["name"] for one in gateway.document()["Providers"]] == ["acme"]


def test_a_changed_provider_keeps_its_key_and_what_the_form_does_not_know(gateway: Served, visit: Visit):
    text = gateway.path.read_text(encoding="utf-8")
    gateway.path.write_text(
        text.replace('"name": "acme",', '"name": "acme", // ours\n      "x-own": 1,'), encoding="utf-8"
    )
    page = visit(gateway.url, "providers")
    page.get_by_role("link", name="Edit").click()
    models = page.get_by_placeholder("Add a model")
    models.fill("acme-new")
    models.press("Enter")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article")).to_contain_text("acme-new")
    (saved,) = gateway.document()["Providers"]
    expected = provider_at(gateway.provider.url, "acme", "acme-large", "acme-small", "acme-new")
    assert saved == expected | {"x-own": 1}
    assert "// ours" in gateway.path.read_text(encoding="utf-8")


def test_a_changed_route_is_taken_by_the_next_request(serve: Serve, visit: Visit):
    """Below a mount point in FastAPI, by somebody who logged in."""
    gateway = serve(filled, mount=MOUNT, local=False)
    page = visit(gateway.url, "routing", session=gateway.session())
    choose_model(page, "Default", "acme-small")
    expect(page.get_by_role("status").filter(has_text="Unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert gateway.document()["Router"]["default"] == "acme,acme-small"
    page.get_by_role("link", name="Playground").click()
    page.get_by_label("Message", exact=True).fill("Who are you?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".playground-answer")).to_contain_text("I am acme-small")
    assert gateway.models_asked() == ["acme-small"]


def test_the_routing_page_explains_a_request(gateway: Served, visit: Visit):
    page = visit(gateway.url, "routing/explain")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".decision-target")).to_have_text("acme,acme-large")
    assert gateway.models_asked() == []


def test_unsaved_changes_are_not_lost_by_a_click(gateway: Served, visit: Visit):
    page = visit(gateway.url, "routing")
    choose_model(page, "Background", "acme-small")
    page.get_by_role("link", name="Keys").click()
    dialog = page.get_by_role("dialog", name="Unsaved changes")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Routing")
    page.get_by_role("link", name="Keys").click()
    dialog.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    assert "background" not in gateway.document()["Router"]


def test_somebody_elses_change_is_not_overwritten_on_the_routing_page(gateway: Served, visit: Visit):
    page = visit(gateway.url, "routing", allow=(STALE,))
    choose_model(page, "Default", "acme-small")
    patch(gateway, {"Router": {"think": "acme,acme-large"}})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The configuration was changed meanwhile")).to_be_visible()
    assert gateway.document()["Router"] == {"default": "acme,acme-large", "think": "acme,acme-large"}
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    assert gateway.document()["Router"] == {"default": "acme,acme-small", "think": "acme,acme-large"}


def patch(gateway: Served, change: dict[str, Any]) -> None:
    """Somebody else changes the configuration."""
    assert httpx.patch(f"{gateway.url}/api/config", json=change).status_code == 200


def test_a_key_is_made_used_switched_off_and_deleted(gateway: Served, visit: Visit):
    patch(gateway, {"ADMIN_KEY": "the-key-of-the-admin"})
    page = visit(gateway.url, "keys", session=gateway.session())
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Requests a minute").fill("100")
    page.get_by_role("button", name="Make the key").click()
    made = page.get_by_role("dialog", name="The key Laptop is made")
    key = made.get_by_role("textbox", name="Key").input_value()
    assert key not in gateway.path.read_text(encoding="utf-8")
    expect(made.locator(".code-block")).to_contain_text(key)
    made.get_by_role("button", name="I have copied it").click()
    assert [gateway.ask(key=key).status_code, gateway.ask(key="wrong").status_code] == [200, 401]
    switch = page.get_by_role("switch", name="Key Laptop is enabled")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert gateway.ask(key=key).status_code == 401
    page.get_by_role("button", name="Delete key Laptop").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No keys yet")).to_be_visible()
    assert gateway.document()["APIKEYS"] == []


def config_text(gateway: Served) -> str:
    """The text of the configuration as the editor shows it."""
    return str(httpx.get(f"{gateway.url}/api/config", params={"view": "text"}).json()["text"])


def write_config(page: Page, text: str) -> None:
    """Put a text into the editor."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ('"Router": {', '"Router": {{', ""),
        ('"Router": {', '"PORT": "abc", "Router": {', "PORT"),
        ('"models": [', '"models": 7, "was": [', "Providers[0].models"),
    ],
)
def test_a_mistake_in_the_configuration_is_shown_where_it_is(
    right: str, wrong: str, place: str, gateway: Served, visit: Visit
):
    text = config_text(gateway)
    broken = text.replace(right, wrong)
    line = broken[: broken.index(wrong)].count("\n") + 1
    page = visit(gateway.url, "config")
    expect(page.locator(".cm-content")).to_contain_text("acme-large")
    write_config(page, broken)
    problem = page.locator(".problem-list .is-error").first
    expect(problem).to_contain_text(f"{line}:")
    expect(problem).to_contain_text(place)
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(page.get_by_role("button", name="Review and save")).to_be_disabled()
    problem.get_by_role("button").click()
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-activeLineGutter").first).to_contain_text(str(line))
    assert config_text(gateway) == text


def test_the_configuration_is_compared_saved_and_used(gateway: Served, visit: Visit):
    text = config_text(gateway)
    page = visit(gateway.url, "config")
    expect(page.locator(".cm-content")).to_contain_text("acme-large")
    write_config(page, text.replace('"acme,acme-large"', '"acme,acme-small" // smaller will do'))
    page.get_by_role("button", name="Review and save").click()
    dialog = page.get_by_role("dialog", name="What changes")
    expect(dialog.locator(".cm-changedLine")).to_contain_text("smaller will do")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    saved = gateway.path.read_text(encoding="utf-8")
    assert "// smaller will do" in saved
    assert "// The gateway of the tests" in saved
    assert gateway.document()["Providers"][0]["api_key"] == "sk-acme-0123456789", "and not its mask"
    assert gateway.ask().status_code == 200
    assert gateway.models_asked() == ["acme-small"]


def test_somebody_elses_change_of_the_text_is_shown_before_it_is_overwritten(gateway: Served, visit: Visit):
    page = visit(gateway.url, "config", allow=(STALE,))
    expect(page.locator(".cm-content")).to_contain_text("acme-large")
    write_config(page, config_text(gateway).replace('"acme,acme-large"', '"acme,acme-small"'))
    patch(gateway, {"Router": {"think": "acme,acme-large"}})
    page.get_by_role("button", name="Review and save").click()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Somebody else changed it meanwhile")
    expect(dialog.locator(".cm-changedLine").filter(has_text="think")).to_be_visible()
    assert gateway.document()["Router"]["default"] == "acme,acme-large"
    dialog.get_by_role("button", name="Overwrite with mine").click()
    expect(dialog).to_have_count(0)
    assert gateway.document()["Router"] == {"default": "acme,acme-small"}


def test_a_file_broken_by_hand_is_told_and_the_gateway_goes_on(gateway: Served, visit: Visit):
    page = visit(gateway.url, "overview")
    gateway.path.write_text("{ Router: [", encoding="utf-8")
    while not httpx.get(f"{gateway.url}/api/config/status").json()["error"]:
        time.sleep(0.05)  # the file is looked at once in a second
    page.reload()
    problem = page.get_by_role("link", name="The configuration file has an error")
    expect(problem).to_be_visible()
    assert gateway.ask().status_code == 200
    problem.click()
    expect(page.get_by_text("has an error", exact=True)).to_be_visible()
    expect(page.locator(".config-error")).to_contain_text("line 1")


def test_a_preset_is_set_up_and_has_an_address_of_its_own(gateway: Served, visit: Visit):
    add_presets(gateway.home)
    page = visit(gateway.url, "presets/simple")
    page.get_by_label("API Key").fill("sk-of-the-preset")
    page.get_by_role("button", name=re.compile("^(Save|Apply)")).click()
    expect(page.get_by_text("A value is stored. It is never shown again.")).to_be_visible()
    page.get_by_role("link", name="Presets").first.click()
    expect(page.locator(".preset-card").filter(has_text="simple")).to_contain_text("ready")
    models = httpx.get(f"{gateway.url}/preset/simple/v1/models").json()["data"]
    assert "openai,a" in [one["id"] for one in models]
