"""Routers of projects and sessions: found by session id and working directory, merged, read again when they change."""

import asyncio
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from ccr_middleware.config import Config, Router, load_config
from ccr_middleware.projects import ProjectRouter, Projects, open_projects, projects, working_directory
from ccr_middleware.projects.folders import folder_name
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.route import route

from .support.gateway import body, config

SESSION = "0a1b2c3d-1111-4222-8333-444455556666"
CWD = "/home/me/my app"
FOLDER = "-home-me-my-app"


class Homes:
    """The two homes on disk, with a clock of the test's own."""

    def __init__(self, root: Path) -> None:
        self.home, self.claude = root / "ccr", root / "claude"
        self.now = 100.0
        self.router = load_config(config(Router={"default": "chat,m1", "think": "chat,m1"})).router
        self.projects = Projects(str(self.home), str(self.claude), clock=lambda: self.now, env={"MODEL": "m2"})

    def session(self, session_id: str = SESSION, folder: str = FOLDER) -> None:
        """What Claude Code writes after the first request of a session."""
        self.write(self.claude / "projects" / folder / f"{session_id}.jsonl", "{}\n")

    def config(self, content: Any, name: str = "config", folder: str = FOLDER) -> Path:
        """An override as CCR v2 reads it."""
        return self.write(self.home / folder / f"{name}.json", content)

    def documented(self, content: Any, folder: str = FOLDER) -> Path:
        """An override as CCR v2 documents it."""
        return self.write(self.claude / "projects" / folder / "claude-code-router.json", content)

    def write(self, path: Path, content: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def find(self, session_id: str = SESSION, cwd: str = "", router: Router | None = None) -> ProjectRouter:
        """The router of a request, a while after the last one."""
        self.now += 10
        return asyncio.run(self.projects.router_for(session_id, cwd, router or self.router))


@pytest.fixture
def homes(tmp_path):
    return Homes(tmp_path)


def default(model: str) -> dict[str, Any]:
    return {"Router": {"default": model}}


# -- C29 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "user_id"),
    [
        ({"x-claude-code-session-id": SESSION}, None),
        ({}, json.dumps({"device_id": "d", "account_uuid": "", "session_id": SESSION})),
        ({}, f"user_0123456789abcdef_account__session_{SESSION}"),
    ],
    ids=["header", "json", "old"],
)
@pytest.mark.parametrize("place", ["documented", "config", "session"])
def test_c29_a_session_id_in_every_form_finds_the_router_of_its_project(homes, headers, user_id, place):
    homes.session()
    if place == "documented":
        homes.documented(default("claude,claude-sonnet-4-5"))
    else:
        homes.config(default("claude,claude-sonnet-4-5"), "config" if place == "config" else SESSION)
    request = body(metadata={"user_id": user_id}) if user_id else body()
    facts = facts_of(request, headers)
    found = homes.find(facts.session_id, working_directory(request))
    settings = load_config(config()).model_copy(update={"router": found.router})
    decision = route(facts, settings).decision
    assert found.project == FOLDER
    assert (decision.provider, decision.model) == ("claude", "claude-sonnet-4-5")


def test_c29_other_sessions_and_unknown_ones_have_the_configured_router(homes):
    homes.session()
    homes.session("other", "-elsewhere")
    homes.config(default("chat,m2"))
    assert homes.find("other") == ("-elsewhere", homes.router)
    assert homes.find("nobody") == ("", homes.router)
    assert homes.find("") == ("", homes.router)
    assert homes.find("other").router is homes.router


# -- merging -------------------------------------------------------------------------------------------------


def test_only_the_keys_that_are_given_count_and_the_nearest_wins(homes):
    homes.session()
    homes.documented({"Router": {"default": "d,1", "background": "d,2", "longContextThreshold": 7, "think": None}})
    homes.config("{\n  // mine\n  router: {routes: {default: 'c,1'}, webSearch: 'c,$MODEL'},\n}")
    homes.config({"Router": {"default": "s,1"}, "APIKEY": "is not read", "Providers": 5}, SESSION)
    router = homes.find().router
    assert router.default == "s,1"
    assert router.background == "d,2"
    assert router.web_search == "c,m2"
    assert router.long_context_threshold == 7
    assert router.think == "chat,m1"
    homes.session("other")
    assert homes.find("other").router.default == "c,1"


def test_a_target_may_be_a_pool_as_in_the_configuration(homes):
    homes.session()
    homes.config({"Router": {"default": ["chat,m1", {"target": "chat,m2", "weight": 2}]}})
    settings = load_config(config()).model_copy(update={"router": homes.find().router})
    decision = route(facts_of(body(), {}), settings).decision
    assert [(choice.model, choice.weight) for choice in decision.pool] == [("m1", 1), ("m2", 2)]


def test_the_result_is_the_same_object_until_something_changes(homes):
    homes.session()
    file = homes.config(default("p,1"))
    first = homes.find().router
    assert homes.find().router is first
    homes.write(file, default("p,22"))
    assert homes.find().router.default == "p,22"
    other = load_config(config(Router={"default": "chat,m2", "background": "x,y"})).router
    assert homes.find(router=other).router.background == "x,y"
    file.unlink()
    assert homes.find().router is homes.router


def test_a_change_of_the_time_alone_is_a_change(homes):
    homes.session()
    file = homes.config(default("p,1"))
    assert homes.find().router.default == "p,1"
    homes.write(file, default("p,2"))
    os.utime(file, ns=(1, 1))
    assert homes.find().router.default == "p,2"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "line 1, column 2: unexpected end of the text"),
        ("[]", "the top level is not an object"),
        ("", "there is nothing in it"),
        ({"Router": 5}, "Router: must be an object"),
        ({"Router": {"longContextThreshold": "many"}}, "Router.longContextThreshold: must be a whole number"),
        ({"Router": {"dfault": "p,m"}}, 'Router.dfault: there is no scenario "dfault"; did you mean "default"?'),
        ({"default": "p,m"}, 'has no "Router"; write {"Router": {"default": "provider,model"}}'),
        ("\ufeff" + " " * 70_000, "larger than 65536 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_ignored_with_one_warning(homes, caplog, content, told):
    homes.session()
    homes.documented(default("p,1"))
    file = homes.config(content)
    assert [homes.find().router.default for _ in range(3)] == ["p,1"] * 3
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{file}: ")
    assert told in record.getMessage()
    homes.write(file, default("p,2"))
    assert homes.find().router.default == "p,2"
    assert len(caplog.records) == 1


def test_what_is_no_text_or_no_file_is_ignored_too(homes, caplog):
    homes.session()
    homes.config("").write_bytes(b'{"Router": "\xff"}')
    (homes.home / FOLDER / f"{SESSION}.json").mkdir()
    os.mkfifo(homes.claude / "projects" / FOLDER / "claude-code-router.json")  # who opens it waits for ever
    assert [homes.find().router is homes.router for _ in range(2)] == [True, True]
    assert sorted(record.getMessage().rpartition(": ")[2] for record in caplog.records) == [
        "it is no file",
        "it is no file",
        "it is not UTF-8; save it with UTF-8 encoding",
    ]


# -- finding -------------------------------------------------------------------------------------------------


def test_a_session_is_found_once_its_file_is_there_and_its_folder_is_remembered(homes):
    homes.config(default("p,1"))
    assert homes.find().project == ""
    homes.session()
    homes.now -= 9  # too early to look again
    assert homes.find().project == ""
    assert homes.find().project == FOLDER
    (homes.claude / "projects" / FOLDER / f"{SESSION}.jsonl").unlink()
    assert homes.find().router.default == "p,1"


def test_what_was_found_is_believed_for_a_second_without_a_look_at_the_disk(homes, monkeypatch):
    homes.session()
    homes.config(default("p,1"))
    found = homes.find()
    monkeypatch.setattr(homes.projects, "_look", None)
    asyncio.run(homes.projects.router_for(SESSION, "", homes.router))
    assert asyncio.run(homes.projects.router_for(SESSION, "", homes.router)) is found


def test_the_working_directory_does_until_the_session_has_a_file(homes):
    homes.config(default("p,1"))
    assert homes.find(SESSION, CWD) == (FOLDER, homes.find("", CWD).router)
    assert homes.find(SESSION, CWD).router.default == "p,1"
    homes.session(folder="-moved")
    assert homes.find(SESSION, CWD).project == "-moved"


@pytest.mark.parametrize(
    ("cwd", "name"),
    [
        ("/a b.c_d", "-a-b-c-d"),
        ("/home/Me/x9", "-home-Me-x9"),
        ("/ü/🙂", "----" + "-"),
        ("C:\\Users\\me", "C--Users-me"),
        ("\\\\host\\share", "--host-share"),
        ("relative/path", ""),
        ("plugins", ""),
        ("..", ""),
        ("", ""),
        ("/" + "x" * 199, "-" + "x" * 199),
    ],
)
def test_claude_codes_name_of_a_directory(cwd, name):
    assert folder_name(cwd) == name


def test_a_long_name_is_found_by_its_beginning(homes):
    cwd = "/" + "x" * 300
    cut = "-" + "x" * 199
    assert homes.find("", cwd).project == ""
    homes.session("s", f"{cut}-a1b2c3")
    assert homes.find("", cwd).project == f"{cut}-a1b2c3"
    homes.session("t", f"{cut}-ffffff")
    assert homes.find("", cwd).project == "", "either could be meant"


@pytest.mark.parametrize("session_id", ["../secret", "a/b", "..", ".hidden", "a\x00b", "*", "a\nb"])
def test_a_name_that_could_lead_elsewhere_is_not_looked_for(homes, session_id):
    homes.write(homes.claude / "projects" / FOLDER / "x.jsonl", "")
    homes.write(homes.home / "secret.json", default("p,1"))
    homes.write(homes.home / "secret.jsonl", "")
    assert homes.find(session_id, CWD) == (FOLDER, homes.router)


def test_nothing_is_there(homes):
    assert homes.find(SESSION, CWD) == (FOLDER, homes.router)
    assert not homes.home.exists()
    assert not homes.claude.exists()


# -- the event loop ------------------------------------------------------------------------------------------


def test_the_disk_is_never_read_on_the_event_loop(homes):
    homes.session()
    homes.config(default("p,1"))

    async def main() -> list[ProjectRouter]:
        return await asyncio.gather(*(homes.projects.router_for(SESSION, CWD, homes.router) for _ in range(30)))

    with blockbuster_ctx():
        found = asyncio.run(main())
    assert {result.project for result in found} == {FOLDER}


def test_a_disk_that_hangs_costs_a_request_its_project_only(homes, monkeypatch, caplog):
    homes.session()
    gate = threading.Event()
    monkeypatch.setattr(projects, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(homes.projects._folders, "find", lambda *_: gate.wait(10) and FOLDER)
    assert homes.find() == ("", homes.router)
    assert "does not answer" in caplog.records[0].getMessage()
    gate.set()
    assert homes.find().project == FOLDER


def test_memory_is_bounded(homes, monkeypatch):
    monkeypatch.setattr(projects, "MAX_KNOWN", 10)
    for number in range(40):
        homes.find("", f"/p{number}")
    assert len(homes.projects._known) <= 10
    assert len(homes.projects._files) <= 10


# -- the prompt ----------------------------------------------------------------------------------------------

OLD = "You are Claude Code.\n\n<env>\nWorking directory: /old/one\nIs directory a git repo: Yes\n</env>"
NEW = "# Environment\nYou have been invoked in:\n - Primary working directory: /new/one\n - Is a git repository: true"


@pytest.mark.parametrize(
    ("request_", "cwd"),
    [
        ({"system": [{"type": "text", "text": "Hello"}, {"type": "text", "text": OLD}]}, "/old/one"),
        ({"system": OLD}, "/old/one"),
        ({"messages": [{"role": "user", "content": "hi"}, {"role": "system", "content": NEW}]}, "/new/one"),
        ({"messages": [{"role": "system", "content": [{"type": "text", "text": NEW}]}]}, "/new/one"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": f"<system-reminder>\n{NEW}"}]}]},
            "/new/one",
        ),
        ({"messages": [{"role": "user", "content": NEW}]}, ""),
        ({"messages": [{"role": "assistant", "content": NEW}]}, ""),
        ({"system": "Say: my Working directory: /x is not a line of its own"}, ""),
        ({"system": "Working directory: C:\\Users\\me \r\nnext"}, "C:\\Users\\me"),
        ({"system": "Working directory: /" + "x" * 5000}, ""),
        ({"system": 5, "messages": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_working_directory_that_a_prompt_names(request_, cwd):
    assert working_directory(request_) == cwd


# -- whether at all ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "standalone", "on"),
    [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_it_is_off_unless_asked_for_or_standalone(asked, standalone, on):
    found = open_projects(Config(project_routing=asked), {}, standalone=standalone)
    assert (found is not None) is on


def test_the_homes_are_where_the_environment_says(homes):
    homes.session()
    homes.config(default("p,$M"))
    env = {"CCR_HOME": str(homes.home), "CLAUDE_CONFIG_DIR": str(homes.claude), "M": "x"}
    found = open_projects(load_config({"project_routing": True}), env)
    assert found is not None
    assert asyncio.run(found.router_for(SESSION, "", homes.router)).router.default == "p,x"


def test_without_them_they_are_in_the_users_home(homes, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    homes.home.mkdir()
    homes.home.rename(tmp_path / ".claude-code-router")
    homes.home = tmp_path / ".claude-code-router"
    homes.config(default("p,1"))
    found = open_projects(Config(project_routing=True), {})
    assert found is not None
    assert asyncio.run(found.router_for("", CWD, homes.router)).router.default == "p,1"
