"""The status line: what it shows of what Claude Code says, in which colours, and what it does about mistakes."""

import io
import json
import os
import subprocess
import sys
import time

import json5
import pytest

from ccr_middleware.statusline import main
from ccr_middleware.statusline.colours import colour_code
from ccr_middleware.statusline.git import branch_of
from ccr_middleware.statusline.loose_json import loads
from ccr_middleware.statusline.speed_file import file_name, read_speed
from ccr_middleware.statusline.transcript import BLOCK_BYTES, MAX_BYTES, last_answer
from ccr_middleware.statusline.variables import duration

STATUS = {
    "hook_event_name": "Status",
    "session_id": "0f5c1a7e-1111-4222-8333-944455556666",
    "model": {"id": "claude-opus-4-5", "display_name": "Opus 4.5"},
    "version": "2.1.6",
    "cost": {
        "total_cost_usd": 0.0123,
        "total_duration_ms": 125_400,
        "total_lines_added": 156,
        "total_lines_removed": 23,
    },
    "context_window": {
        "total_input_tokens": 15_234,
        "total_output_tokens": 999,
        "context_window_size": 200_000,
        "current_usage": {
            "input_tokens": 8_500,
            "output_tokens": 1_200,
            "cache_creation_input_tokens": 5_000,
            "cache_read_input_tokens": 20_000,
        },
    },
}


class Place:
    """A home, a project in it, and a status line between them."""

    def __init__(self, folder):
        self.home, self.project, self.temp = folder / "home", folder / "my project", folder / "tmp"
        for path in (self.home, self.project, self.temp):
            path.mkdir()
        self.env = {"CCR_HOME": str(self.home), "HOME": str(folder), "TMPDIR": str(self.temp)}

    def config(self, text, path="config.json"):
        """Write a configuration into the home."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")

    def style(self, *modules, name="mine"):
        """Configure a style of these modules."""
        self.config({"StatusLine": {"enabled": True, "currentStyle": name, name: {"modules": list(modules)}}})

    def status(self, **changes):
        """What Claude Code writes."""
        return {**STATUS, "workspace": {"current_dir": str(self.project)}, **changes}

    def line(self, *argv, status=None, **env):
        """The line, without its end."""
        given = self.status() if status is None else status
        return run(argv, self.env | env, given if isinstance(given, str) else json.dumps(given))

    def shown(self, text, **status):
        """What a text of a module becomes."""
        self.style({"type": "model", "text": text})
        return self.line(status=self.status(**status), NO_COLOR="1")

    def measured(self, **record):
        """Write what token-speed would."""
        folder = self.temp / "claude-code-router"
        folder.mkdir(mode=0o700, exist_ok=True)
        record = {"tokensPerSecond": 42.4, "timestamp": time.time() * 1000, **record}
        (folder / f"session-{STATUS['session_id']}.json").write_text(json.dumps(record))

    def transcript(self, *entries):
        """A transcript with these entries; its path."""
        path = self.home / "transcript.jsonl"
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        return str(path)


def run(argv, env, given):
    """The line that a call prints; the call must succeed."""
    out = io.StringIO()
    assert main(list(argv), env, io.StringIO(given), out) == 0
    assert out.getvalue().endswith("\n")
    assert out.getvalue().count("\n") == 1
    return out.getvalue()[:-1]


def assistant(model, input_tokens=10, **more):
    """An answer in a transcript."""
    usage = {"input_tokens": input_tokens, "output_tokens": 1}
    return {"type": "assistant", "message": {"model": model, "usage": usage}, **more}


@pytest.fixture
def place(tmp_path):
    """See `Place`."""
    return Place(tmp_path)


# -- variables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{workDirName}}", "my project"),
        ("{{model}}", "Opus 4.5"),
        ("{{inputTokens}}/{{outputTokens}}", "8.5k/1.2k"),
        ("{{contextPercent}}% of {{contextWindowSize}}", "17% of 200k"),
        ("{{totalInputTokens}} {{totalOutputTokens}}", "15.2k 999"),
        ("{{cost}}", "$0.01"),
        ("{{duration}}", "2m5s"),
        ("+{{linesAdded}} -{{linesRemoved}} ={{netLines}}", "+156 -23 =133"),
        ("{{version}} {{sessionId}}", "2.1.6 0f5c1a7e"),
        ("{{ tokenSpeed }}|{{isStreaming}}|{{timeToFirstToken}}|", "0|||"),
        ("<{{nothing}}>", "<>"),
        ("{{gitBranch}}{{provider}}{{routedModel}}", ""),
        ("#{id} {{", "#{id} {{"),
    ],
)
def test_variables(place, text, shown):
    assert place.shown(text) == shown


@pytest.mark.parametrize(
    ("status", "text", "shown"),
    [
        ({"cost": {"total_cost_usd": 0.0042}}, "{{cost}}", "0.42¢"),
        ({"cost": {}}, "{{cost}}{{duration}}", ""),
        ({"cost": {"total_lines_added": 1, "total_lines_removed": 3}}, "{{netLines}}", "-2"),
        ({"context_window": None}, "{{contextPercent}} {{contextWindowSize}} {{inputTokens}}", "0 0 0"),
        ({"context_window": {"context_window_size": 1000, "current_usage": None}}, "{{contextPercent}}", "0"),
        ({"context_window": {"used_percentage": 12.6}}, "{{contextPercent}}", "13"),
        ({"model": None}, "<{{model}}>", "<>"),
        ({"model": {"id": "m"}}, "{{model}}", "m"),
        ({"session_id": 5, "version": []}, "<{{sessionId}}{{version}}>", "<>"),
        ({"cost": {"total_duration_ms": "x", "total_cost_usd": -1}}, "<{{duration}}{{cost}}>", "<>"),
    ],
)
def test_parts_of_the_status_may_be_missing_or_odd(place, status, text, shown):
    assert place.shown(text, **status) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(31, "31ms"), (999, "999ms"), (1500, "1.5s"), (60_000, "1m0s"), (119_900, "2m0s"), (3_725_000, "62m5s")],
)
def test_durations(milliseconds, shown):
    assert duration(milliseconds) == shown


def test_the_model_and_the_usage_are_those_of_the_last_answer(place):
    path = place.transcript(
        assistant("old", 1),
        assistant("glm-4.6", 2_500),
        assistant("helper", 7, isSidechain=True),
        assistant("<synthetic>", 0),
        {"type": "user", "message": {"content": '"assistant"'}},
    )
    assert place.shown("{{model}} {{inputTokens}}", transcript_path=path) == "glm-4.6 2.5k"


def test_before_the_first_answer_the_route_of_the_configuration_is_shown(place):
    style = {"currentStyle": "s", "s": {"modules": [{"type": "model", "text": "{{model}}"}]}}
    place.config({"StatusLine": style, "Router": {"default": "openrouter, z-ai/glm-4.6"}})
    assert place.line(NO_COLOR="1") == "z-ai/glm-4.6"
    own = place.project / ".claude-code-router"
    own.mkdir()
    (own / "config.json").write_text("{Router: {default: 'deepseek,deepseek-chat'}}")
    assert place.line(NO_COLOR="1") == "deepseek-chat"


def test_speeds_of_the_plugin(place):
    place.measured(timeToFirstTokenMs=1234, final=False, target="openrouter,glm", sessionTokensPerSecond=38.2)
    assert place.shown("{{tokenSpeed}} {{isStreaming}} {{streamingIndicator}}") == "42 streaming [Streaming]"
    assert place.shown("{{timeToFirstToken}} {{provider}} {{routedModel}} {{sessionSpeed}}") == "1.2s openrouter glm 38"
    place.measured(timeToFirstTokenMs=None, final=True)
    assert place.shown("{{tokenSpeed}}<{{isStreaming}}{{timeToFirstToken}}>") == "42<>"


@pytest.mark.parametrize(
    ("written", "shown"), [("31ms", "31ms"), (31, "31ms"), ("N/A", ""), (None, ""), ("1500ms", "1.5s")]
)
def test_the_time_to_the_first_token_as_v2_writes_it_is_read(place, written, shown):
    """K-2: it was always blank."""
    place.measured(timeToFirstToken=written)
    assert place.shown("<{{timeToFirstToken}}>") == f"<{shown}>"


def test_an_old_speed_is_none(place):
    place.measured(timestamp=(time.time() - 5) * 1000, timeToFirstTokenMs=5)
    assert place.shown("{{tokenSpeed}} {{isStreaming}}{{timeToFirstToken}}") == "0 5ms"


def test_a_speed_that_is_a_link_or_garbage_is_not_read(place):
    place.measured()
    path = place.temp / "claude-code-router" / f"session-{STATUS['session_id']}.json"
    path.rename(place.temp / "elsewhere.json")
    path.symlink_to(place.temp / "elsewhere.json")
    assert read_speed(STATUS["session_id"], place.env) == {}
    path.unlink()
    for text in ("[]", "{", '"x"'):
        path.write_text(text)
        assert read_speed(STATUS["session_id"], place.env) == {}


@pytest.mark.parametrize("session", ["", "../../etc/passwd", "a/b", "a.b", "x" * 200, "é"])
def test_a_session_cannot_name_another_file(session):
    assert file_name(session) == ""


# -- the transcript ----------------------------------------------------------------------------------------------


def test_only_the_end_of_a_transcript_is_read(tmp_path):
    path = tmp_path / "t.jsonl"
    filler = json.dumps({"type": "user", "text": "x" * 1000}).encode() + b"\n"
    last = json.dumps(assistant("far")).encode() + b"\n"
    path.write_bytes(last + filler * (3 * BLOCK_BYTES // len(filler)))
    assert last_answer(str(path))[0] == "far"
    path.write_bytes(last + filler * (MAX_BYTES // len(filler) + 100))
    assert last_answer(str(path)) == ("", {})


def test_a_line_longer_than_what_is_read_at_once(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps(assistant("long", text="é" * 3 * BLOCK_BYTES)) + '\n{"type":"assistant","mess')
    assert last_answer(str(path))[0] == "long"


@pytest.mark.parametrize("text", ["", "\n\n", "no json", '{"type":"assistant"}', '["assistant"]'])
def test_a_transcript_without_an_answer(tmp_path, text):
    (tmp_path / "t.jsonl").write_text(text)
    assert last_answer(str(tmp_path / "t.jsonl")) == ("", {})
    assert last_answer(str(tmp_path)) == ("", {})


# -- branches ----------------------------------------------------------------------------------------------------


def git(folder, *arguments):
    """Run git there, whatever the user's settings are."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, env=env)


def test_the_branch_of_a_repository_and_of_its_worktree(tmp_path):
    home = tmp_path / "repo"
    (home / "deep" / "er").mkdir(parents=True)
    assert branch_of(str(home)) == ""
    git(home, "init")
    assert branch_of(str(home)) == "main"
    assert branch_of(str(home / "deep" / "er")) == "main"
    git(home, "commit", "--allow-empty", "-m", "one")
    git(home, "checkout", "-b", "feature/x")
    assert branch_of(str(home)) == "feature/x"
    git(home, "worktree", "add", "-b", "other", str(tmp_path / "tree"))
    assert branch_of(str(tmp_path / "tree")) == "other"
    git(home, "checkout", "--detach")
    assert branch_of(str(home)) == ""


def test_a_folder_that_is_none():
    assert branch_of("") == ""
    assert branch_of("/nonexistent/folder") == ""


# -- themes and colours ------------------------------------------------------------------------------------------


def test_the_built_in_themes(place):
    (place.project / ".git").mkdir()
    (place.project / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert place.line() == (
        "\x1b[94m\U000f024b my project\x1b[0m \x1b[95m\ue725 main\x1b[0m \x1b[96m\U000f06a9 Opus 4.5\x1b[0m "
        "\x1b[92m↑ 8.5k\x1b[0m \x1b[93m↓ 1.2k\x1b[0m"
    )
    simple = "my project main Opus 4.5 ↑ 8.5k ↓ 1.2k"
    assert place.line(NO_COLOR="1", USE_SIMPLE_ICONS="true") == simple
    assert place.line(TERM="dumb") == simple
    place.config({"StatusLine": {"currentStyle": "simple"}})
    assert place.line(NO_COLOR="1") == simple
    place.config({"StatusLine": {"currentStyle": "full"}})
    assert place.line(NO_COLOR="1", USE_SIMPLE_ICONS="true") == (
        "my project main Opus 4.5 🪟 17% / 200k ⚡ 0 t/s 💰 $0.01 ⏱️ 2m5s 📝 +156/-23"
    )


def test_powerline_segments_run_into_each_other(place):
    place.config(
        {
            "StatusLine": {
                "currentStyle": "powerline",
                "powerline": {
                    "modules": [
                        {"type": "model", "text": "a", "color": "white", "background": "bg_blue"},
                        {"type": "model", "text": "", "background": "bg_red"},
                        {"type": "model", "text": "b", "color": "#000", "background": "bg_#ff8000"},
                        {"type": "model", "text": "c"},
                    ]
                },
            }
        }
    )
    assert place.line() == (
        "\x1b[44;37m a \x1b[0m\x1b[34;48;2;255;128;0m\ue0b0\x1b[0m"
        "\x1b[48;2;255;128;0;38;2;0;0;0m b \x1b[0m\x1b[38;2;255;128;0;104m\ue0b0\x1b[0m"
        "\x1b[104;97m c \x1b[0m\x1b[94m\ue0b0\x1b[0m"
    )
    assert place.line(NO_COLOR="1") == "a b c"
    assert "\ue0b0" not in place.line(USE_SIMPLE_ICONS="true")
    place.config({"StatusLine": {"currentStyle": "powerline"}})
    assert place.line().startswith("\x1b[104;37m \U000f024b my project \x1b[0m")


@pytest.mark.parametrize(
    ("name", "text", "background"),
    [
        ("red", "31", "41"),
        ("bg_red", "31", "41"),
        ("bright_black", "90", "100"),
        ("bg_bright_orange", "38;5;202", "48;5;202"),
        ("bg_bright_purple", "38;5;129", "48;5;129"),
        ("#f00", "38;2;255;0;0", "48;2;255;0;0"),
        ("1E90ff", "38;2;30;144;255", "48;2;30;144;255"),
        ("bg_#1E90ff", "38;2;30;144;255", "48;2;30;144;255"),
        ("mauve", "", ""),
        ("#12345", "", ""),
        (None, "", ""),
    ],
)
def test_colours_by_name_and_by_number(name, text, background):
    assert (colour_code(name, background=False), colour_code(name, background=True)) == (text, background)


@pytest.mark.parametrize(
    ("color", "codes"), [("bright_red", "91"), ("#00ff00", "38;2;0;255;0"), ("bold cyan", "1;36"), ("nonsense", "")]
)
def test_named_colours_have_an_effect_in_every_style(place, color, codes):
    """L-4: in the default style only hexadecimal ones had."""
    place.style({"type": "model", "text": "x", "color": color, "background": "bg_blue"})
    assert place.line() == (f"\x1b[44;{codes}mx\x1b[0m" if codes else "\x1b[44mx\x1b[0m")


def test_what_is_no_module_is_left_out_and_no_text_may_break_the_line(place):
    place.project = place.project.rename(place.project.parent / "a\x1b[31mb\nc")
    place.style(5, {"type": "x"}, {"text": 7}, {"text": "  "}, {"icon": "I\n", "text": "{{workDirName}}\n2"})
    assert place.line(NO_COLOR="1") == "I a[31mbc 2"


def test_only_ten_modules_are_shown(place):
    place.style(*({"text": str(number)} for number in range(20)))
    assert place.line() == "0 1 2 3 4 5 6 7 8 9"


# -- configurations ----------------------------------------------------------------------------------------------


def test_a_configuration_in_json5(place):
    place.config("""
      // comments, plain keys, single quotes
      { StatusLine: { currentStyle: 'own', own: { modules: [
          { type: 'model', icon: '', text: 'it\\'s "{{model}}"', /* "x", */ color: '', },
      ], }, }, Providers: [{ name: "http://x", n: +.5, }] }
    """)
    assert place.line() == 'it\'s "Opus 4.5"'


@pytest.mark.parametrize(
    "source",
    [
        "{}",
        "[1, 2,]",
        "{a: 1, 'b': \"c\", // x\n d: [.5, 5., -1, +2, 1e3, -.25],}",
        "{a: 'it\\'s \"so\"', b: \"a // b /* c */ 'd' \\' \\\" \"}",
        "{a: 'one \\\n two', b: '\\n\\u00e9'}",
        "\ufeff/* a */ {a: false, null_: null, $x: true}",
        '{"a": {"b": [[], {}, "}", "]", ",}"]}}',
    ],
)
def test_json_with_comments_is_read_as_the_library_reads_it(source):
    assert loads(source) == json5.loads(source)


@pytest.mark.parametrize("source", ["", "{", "{a 1}", "{'a: 1}", "/* {}", "{a: 1 b: 2}", "{a: §}"])
def test_what_is_no_json_at_all_is_refused(source):
    with pytest.raises(ValueError, match=r".*"):
        loads(source)


def test_a_configuration_that_cannot_be_read_leaves_the_built_in_theme(place):
    for text in ("{", "[]", "{StatusLine: 5}", "{StatusLine: {currentStyle: 'none'}}", "{StatusLine: {default: 5}}"):
        place.config(text)
        assert place.line(NO_COLOR="1", USE_SIMPLE_ICONS="1") == "my project Opus 4.5 ↑ 8.5k ↓ 1.2k"


def test_where_the_configuration_is(place, tmp_path):
    place.config({"StatusLine": {"currentStyle": "a", "a": {"modules": [{"text": "A"}]}}}, "other.json")
    other = str(place.home / "other.json")
    assert place.line(CCR_CONFIG=other) == "A"
    assert place.line("--config", other) == "A"
    assert place.line(f"--config={other}") == "A"
    (tmp_path / ".claude-code-router").mkdir()
    (tmp_path / ".claude-code-router" / "config.json").write_text((place.home / "other.json").read_text())
    assert place.line(CCR_HOME="") == "A"


def styled(text, **more):
    """A style that shows a text."""
    return {"StatusLine": {"currentStyle": "x", "x": {"modules": [{"text": text}]}}, **more}


def test_a_preset_goes_before(place):
    place.config(styled("global"))
    place.config({"name": "p", **styled("preset {{model}}")}, "presets/p/manifest.json")
    place.config({"name": "q"}, "presets/q/manifest.json")
    assert place.line("p") == "preset Opus 4.5"
    for name in ("q", "unknown", "../presets/p", "..", ""):
        assert place.line(name) == "global"


def test_what_a_preset_asked_for_is_filled_in(place):
    manifest = {"name": "p", "userValues": {"word": "hi"}, "template": styled("#{word} {{model}}"), **styled("no")}
    place.config(manifest, "elsewhere/p/manifest.json")
    place.config({"presets_dir": "elsewhere"})
    assert place.line("p") == "hi Opus 4.5"


# -- scripts -----------------------------------------------------------------------------------------------------

SCRIPT = """
import json, sys
given = json.load(sys.stdin)
print(given["variables"]["model"] + given["options"]["mark"])
print("second line")
"""


def test_scripts_of_one_s_own(place):
    (place.home / "own.py").write_text(SCRIPT)
    (place.home / "own.sh").write_text("#!/bin/sh\ncat >/dev/null\nprintf '\\033[31mred\\033[0m'\n")
    (place.home / "own.sh").chmod(0o700)
    place.style(
        {"type": "script", "scriptPath": "own.py", "options": {"mark": "!"}, "icon": "i", "color": "red"},
        {"type": "script", "scriptPath": str(place.home / "own.sh"), "icon": ""},
    )
    assert place.line() == "\x1b[31mi Opus 4.5!\x1b[0m \x1b[31mred\x1b[0m"


def test_scripts_that_fail_are_left_out(place, monkeypatch):
    monkeypatch.setattr("ccr_middleware.statusline.scripts.TIMEOUT_SECONDS", 0.2)
    (place.home / "slow.py").write_text("import time; time.sleep(600)")
    (place.home / "fails.py").write_text("print('x'); raise SystemExit(1)")
    (place.home / "plain.txt").write_text("x")
    paths = ["slow.py", "slow.py", "fails.py", "plain.txt", "missing"]
    place.style(*({"type": "script", "scriptPath": path} for path in paths), {"type": "script"}, {"text": "end"})
    assert place.line() == "end"


def test_a_script_of_v2_is_told_apart(place, capsys):
    place.style({"type": "script", "scriptPath": "x.js"}, {"text": "end"})
    assert place.line() == "end"
    assert "x.js: a script for CCR v2 is not run" in capsys.readouterr().err


# -- mistakes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", "x", "5", "[]", "null", "{", '{"a":'])
def test_whatever_goes_wrong_the_line_is_empty(place, given):
    assert place.line(status=given) == ""


def test_an_empty_status_has_a_line(place):
    assert place.line(status={}, NO_COLOR="1", USE_SIMPLE_ICONS="1") == "↑ 0 ↓ 0"


def test_help(place):
    out = io.StringIO()
    assert main(["--help"], {}, io.StringIO(), out) == 0
    assert "statusLine" in out.getvalue()


# -- as a process ------------------------------------------------------------------------------------------------

PROBE = """
import io, sys
sys.argv = ["ccr", "statusline"]
from ccr_middleware.__main__ import main
code = main(["statusline"])
own = {name.split(".")[0] for name in sys.modules}
forbidden = {"pydantic", "pydantic_core", "json5", "httpx", "anyio", "asyncio", "orjson", "argparse", "dataclasses",
             "inspect", "subprocess", "tempfile", "importlib.metadata", "logging", "asgiref", "tiktoken"}
print(sorted(own & forbidden), sorted(n for n in sys.modules if n.startswith("ccr_middleware")), file=sys.stderr)
"""


def process(place, *command, given=None):
    """A process of the status line."""
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT")} | place.env
    given = json.dumps(place.status()).encode() if given is None else given
    return subprocess.run(
        [sys.executable, *command], input=given, env=env, capture_output=True, timeout=60, check=False
    )


def test_as_a_process(place):
    done = process(place, "-m", "ccr_middleware", "statusline")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("\x1b[94m\U000f024b my project\x1b[0m")
    done = process(place, "-m", "ccr_middleware", "statusline", given=b"\xff\xfe")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\n", b"")


def test_only_the_standard_library_is_loaded(place):
    place.config("{/* JSON5 */ StatusLine: {currentStyle: 'full'}}")
    done = process(place, "-c", PROBE)
    assert done.stdout.count(b"\n") == 1
    forbidden, own = done.stderr.decode().strip().split("] [")
    assert forbidden == "["
    assert all(
        part.strip("' ]").startswith("ccr_middleware.statusline") or "." not in part or "__main__" in part
        for part in own.split(",")
    )
