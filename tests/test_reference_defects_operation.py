"""None of the defects of CCR v2's operation is repeated: security (S), configuration and logs (C, O), presets (E), the
speed of tokens (K), the command line (L), the web interface (U).

Each has a test named after it, or the tests that rule it out (`RULED_OUT`), or there is nothing here that could have
it (`NO_COUNTERPART`). Of codecs and transformers there is `test_reference_defects`.
"""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing import Answer, FakeProvider, post
from ccr_middleware.testing.asgi import request

from .support.cli import Home
from .support.defects import check_ruled_out
from .support.gateway import body, config
from .support.ui_modules import modules
from .support.ui_node import NODE, SCRIPTS, needs_node

COUNTS = {"S": 20, "C": 6, "E": 5, "K": 2, "O": 1, "L": 4, "U": 7}
DEFECTS = [f"{letter}-{number}" for letter, last in COUNTS.items() for number in range(1, last + 1)]

#: What cannot go wrong here, and why.
NO_COUNTERPART = {
    "U-3": "there is no page that updates the program; whoever installed it updates it",
}

#: The tests that rule a defect out, where none is named after it or more is needed.
RULED_OUT = {
    "S-1": [
        "test_access_endpoints.py::test_c47_without_a_key_nobody_manages_an_embedded_gateway",
        "test_gateway_operation.py::test_c47_managing_needs_the_admin_key_even_without_any_provider",
        "test_standalone.py::test_c47_open_to_everybody_is_refused",
    ],
    "S-2": ["test_gateway_operation.py::test_c47_logs_are_read_by_id_and_never_by_path"],
    "S-3": ["test_access_door.py::test_c37_a_client_asks_models_and_manages_nothing"],
    "S-4": ["test_config_api.py::test_c46_no_secret_is_ever_shown"],
    "S-5": ["test_config_api.py::test_code_and_files_cannot_be_named_over_http"],
    "S-6": ["test_gateway_operation.py::test_a_preset_needs_the_same_key"],
    "S-7": [
        "test_provider_errors.py::test_c41_no_stack_trace_and_no_key",
        "test_door_keys.py::test_no_key_of_a_provider_reaches_a_client_or_the_log",
    ],
    "S-8": [
        "test_door_keys.py::test_c37_no_credential_of_the_client_goes_to_a_provider",
        "test_lane.py::test_f24_only_anthropics_own_headers_go_on",
    ],
    "S-9": [
        "test_access_endpoints.py::test_c47_a_preflight_opens_nothing",
        "test_access_endpoints.py::test_c47_no_page_spends_the_money_of_an_open_gateway",
        "test_access_door.py::test_c47_without_any_key_no_foreign_name_asks_models",
    ],
    "S-10": [
        "test_access_keys.py::test_every_key_that_was_sent_is_looked_at",
        "test_access_endpoints.py::test_guessing_is_slowed_down",
    ],
    "S-11": [
        "test_logs_lines.py::test_known_secrets_are_masked_in_message_arguments_and_fields",
        "test_logs_writing.py::test_no_key_reaches_the_disk",
        "test_history_record.py::test_secrets_are_masked_wherever_the_cut_is",
    ],
    "S-17": ["test_access_door.py::test_c47_what_changes_something_needs_proof_that_our_page_asked"],
    "S-18": [
        "test_access_sessions.py::test_attributes_of_the_cookie",
        "test_ui_static.py::test_nothing_is_loaded_from_elsewhere",
    ],
    "C-1": ["test_config_api.py::test_c46_what_was_read_can_be_saved_unchanged"],
    "C-2": [
        "test_config_api.py::test_what_is_no_document_is_refused",
        "test_config_api.py::test_c46_an_invalid_configuration_is_refused_with_its_places_and_the_old_one_runs_on",
    ],
    "C-3": ["test_config_api.py::test_a_bad_edit_by_hand_changes_nothing_and_is_told"],
    "C-4": [
        "test_config_interpolate.py::test_placeholders",
        "test_config_files.py::test_a_writer_that_is_killed_leaves_a_whole_version",
        "test_config_edit_properties.py::test_random_edits_keep_comments_placeholders_and_unknown_keys",
        "test_config_files.py::test_writers_in_threads_do_not_undo_each_other",
        "test_config_api.py::test_an_edit_by_hand_is_in_use_without_a_restart",
    ],
    "C-5": [
        "test_config_edit_problems.py::test_every_problem_is_found_at_its_value",
        "test_config_warnings.py::test_providers",
    ],
    "C-6": [
        "test_logs_reading.py::test_c6_the_end_of_a_huge_file_is_read_without_the_rest",
        "test_logs_reading.py::test_lines_are_chosen_by_level_request_and_time",
        "test_logs_endpoints.py::test_lines_are_an_array_of_texts",
    ],
    "E-2": ["test_gateway_operation.py::test_presets_come_and_go_without_a_restart"],
    "E-4": ["test_gateway_operation.py::test_a_preset_is_a_gateway_of_its_own"],
    "K-1": [
        "test_plugins_token_speed.py::test_tokens_are_estimated_from_the_text",
        "test_plugins_token_speed.py::test_nothing_is_left_of_a_call_that_nobody_ends",
        "test_plugins_token_speed.py::test_sessions_are_bounded",
        "test_plugins_token_speed.py::test_while_an_answer_comes_the_file_is_written_once_in_a_while",
    ],
    "K-2": [
        "test_plugins_token_speed.py::test_the_record_has_the_fields_of_v2_and_numbers_besides",
        "test_statusline.py::test_the_time_to_the_first_token_as_v2_writes_it_is_read",
    ],
    "O-1": [
        "test_logs_writing.py::test_files_of_earlier_runs_are_deleted_too",
        "test_logs_writing.py::test_a_full_file_is_followed_by_another",
    ],
    "L-1": ["test_cli_code.py::test_arguments_and_environment"],
    "L-2": [
        "test_cli_gateway.py::test_another_process_with_the_same_number_is_never_ended",
        "test_cli_gateway.py::test_two_starts_at_once_are_one_gateway",
    ],
    "L-4": ["test_statusline.py::test_named_colours_have_an_effect_in_every_style"],
    "U-6": [
        "test_ui_static.py::test_both_languages_have_the_same_texts",
        "test_ui_static.py::test_every_text_that_is_asked_for_is_there",
        "test_ui_static.py::test_no_module_has_a_text_of_its_own",
    ],
    "U-7": [
        "test_logs_reading.py::test_lines_that_are_no_json_belong_to_the_one_before",
        "test_config_api.py::test_c46_no_secret_is_ever_shown",
        "test_ui_endpoint.py::test_a_file_says_what_pages_may_do",
    ],
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_defect_is_ruled_out_by_a_test(defect: str) -> None:
    if defect in NO_COUNTERPART:
        assert defect not in RULED_OUT
        return
    check_ruled_out(defect, RULED_OUT.get(defect, []))


def test_the_lists_name_defects_only() -> None:
    assert {*RULED_OUT, *NO_COUNTERPART} <= set(DEFECTS)


# -- the gateway -------------------------------------------------------------------------------------------

ADMIN_KEY = "the-key-of-the-admin"


def gateway(home: Path, **more: Any) -> Gateway:
    file = home / "config.json"
    file.write_text(json.dumps(config(ADMIN_KEY=ADMIN_KEY, APIKEY="the-key-of-clients", **more)))
    return Gateway(str(file), transport=FakeProvider(Answer(text="Hello")), home=str(home))


def ask(app: Any, method: str, path: str, **headers: str) -> Any:
    return asyncio.run(request(app, method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}))


def test_s_6_below_a_preset_nothing_is_read_before_the_key_was_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "presets" / "fast"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"name": "fast", "Router": {"default": "chat,m2"}}')
    app = gateway(tmp_path)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/preset/fast/v1/messages", "headers": [], "query_string": b""}
    asyncio.run(app({**scope, "root_path": "", "http_version": "1.1", "scheme": "http"}, receive, send))
    assert sent[0]["status"] == 401


def test_s_7_a_fault_of_our_own_shows_neither_stack_nor_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = gateway(tmp_path)

    async def fault(*_: Any) -> Any:
        raise RuntimeError(f"at {__file__}")

    monkeypatch.setattr(FakeProvider, "send", fault)
    reply = asyncio.run(post(app, "/v1/messages", body(stream=False), headers={"x-api-key": "the-key-of-clients"}))
    assert reply.status >= 500
    assert json.loads(reply.body)["type"] == "error"
    assert b"Traceback" not in reply.body
    assert os.fsencode(Path(__file__).name) not in reply.body


@pytest.mark.parametrize("headers", [{}, {"x_api_key": "the-key-of-clients"}, {"origin": "https://evil.example"}])
def test_s_17_nobody_but_the_admin_restarts_and_nothing_updates(tmp_path: Path, headers: dict[str, str]) -> None:
    app = gateway(tmp_path)
    assert ask(app, "POST", "/api/restart", **headers).status in (401, 403)
    assert ask(app, "POST", "/api/update/perform", x_api_key=ADMIN_KEY).status == 404


@pytest.mark.parametrize("name", ["tempApiKey", "apiKey", "x-api-key"])
def test_s_18_no_key_is_taken_from_an_address_or_kept_by_the_pages(tmp_path: Path, name: str) -> None:
    assert ask(gateway(tmp_path), "GET", f"/api/config?{name}={ADMIN_KEY}").status == 401
    storing = {path for path, source in modules().items() if "localStorage" in source or "sessionStorage" in source}
    assert storing == {"js/core/storage.js", "js/theme_boot.js"}
    users = {path for path, source in modules().items() if "remember(" in source} - storing
    assert users == {"js/core/i18n.js", "js/core/theme.js", "js/pages/overview.js"}, "does one of them keep a key?"


def test_s_19_nothing_of_the_configuration_gets_into_the_environment(tmp_path: Path) -> None:
    before = dict(os.environ)
    app = gateway(tmp_path, PROXY_URL="http://proxy.test", LOG_LEVEL="debug", somebodys_own="x")
    asyncio.run(post(app, "/v1/messages", body(stream=False), headers={"x-api-key": "the-key-of-clients"}))
    assert dict(os.environ) == before


def test_s_20_no_file_of_claude_code_is_touched(tmp_path: Path) -> None:
    home = Home(tmp_path)
    user = tmp_path / "user"
    user.mkdir()
    (user / ".claude.json").write_text('{"mine": true}')
    home.env["HOME"] = str(user)
    claude = home.claude(tmp_path)
    assert home.run("code", "-p", "hi").returncode == 0
    assert claude.told()["argv"] == ["-p", "hi"]
    assert [(file.name, file.read_text()) for file in user.iterdir()] == [(".claude.json", '{"mine": true}')]


# -- the web interface -------------------------------------------------------------------------------------

LOGGING_IN = """
globalThis.document = {baseURI: "http://gateway.test/ui/"};
const error = {type: "error", error: {type: "authentication_error", message: "no such key"}};
globalThis.fetch = async () => new Response(JSON.stringify(error), {
  status: 401, headers: {"content-type": "application/json"},
});
const {logIn} = await import(PLACE);
const told = await Promise.race([
  logIn("wrong").then(() => "let in", (problem) => [problem.status, problem.message]),
  new Promise((resolve) => setTimeout(resolve, 5000, "never settled")),
]);
console.log(JSON.stringify(told));
process.exit(0);
"""


@needs_node
def test_u_4_a_wrong_key_is_told() -> None:
    place = json.dumps((SCRIPTS / "core" / "session.js").as_uri())
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-"],
        input=LOGGING_IN.replace("PLACE", place),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert json.loads(done.stdout or "null") == [401, "no such key"], done.stderr
