"""import: what a home of CCR v2 is told about, and what --apply does."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from .support.cli import Home

V2: dict[str, Any] = {
    "HOST": "0.0.0.0",
    "API_TIMEOUT_MS": "600000",
    "CUSTOM_ROUTER_PATH": "/home/me/router.js",
    "PROXY_URL": "$MY_PROXY",
    "transformers": [{"path": "/home/me/plugins/gemini-cli.js"}],
    "StatusLine": {"enabled": True, "default": {"modules": [{"type": "script", "scriptPath": "/home/me/x.js"}]}},
    "OPENAI_MODEL": "gpt",
    "fallback": {"default": ["p,m"]},
    "Providers": [
        {"name": "p", "api_base_url": "http://127.0.0.1:9/v1/chat/completions", "api_key": "k", "models": ["m"]}
    ],
    "Router": {"default": "p,m", "think": "p,m", "background": "$BACKGROUND"},
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    (folder / "presets" / "work").mkdir(parents=True)
    (folder / "presets" / "work" / "manifest.json").write_text(
        json.dumps(
            {"name": "Work!", "noServer": True, "transformers": [{"path": "t.js"}], "Router": {"default": "p,m"}}
        )
    )
    (folder / "-home-me-app").mkdir()
    (folder / "-home-me-app" / "config.json").write_text('{"Router": {"default": "p,m"}}')
    (folder / "-home-me-app" / "broken.json").write_text("{")
    (folder / "logs").mkdir()
    (folder / "logs" / "ccr-20260101000000.log").write_text("secret")
    (folder / ".claude-code-router.pid").write_text("1")
    (folder / "config.json").write_text(json.dumps(V2))
    (folder / "config.json").chmod(0o644)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def test_everything_is_told_and_nothing_is_written(home: Home, old: Path) -> None:
    before = snapshot(old)
    done = home.run("import", str(old), "--json")
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    places = {
        kind: {one["place"] for one in told["findings"] if one["kind"] == kind}
        for kind in ("broken", "different", "better")
    }
    assert places["broken"] == {
        "config.json CUSTOM_ROUTER_PATH",
        "config.json transformers[0]",
        "config.json StatusLine.default.modules[0].scriptPath",
        "config.json HOST",
        "presets/work/manifest.json",
        "-home-me-app/broken.json",
    }
    assert places["different"] >= {
        "config.json Router.think",
        "config.json LOG_LEVEL",
        "config.json OPENAI_MODEL",
        "config.json",
        "presets/work/manifest.json noServer",
        "-home-me-app/config.json",
        "logs",
        ".claude-code-router.pid",
    }
    assert places["better"] >= {"config.json Router.background", "config.json PROXY_URL", "config.json fallback"}
    assert all(one["do"] for one in told["findings"] if one["kind"] == "broken")
    assert snapshot(old) == before
    assert list(home.folder.iterdir()) == []
    plain = home.run("import", str(old))
    assert "Will not work as it is\n" in plain.stdout
    assert "\x1b[31mWill not work as it is" in home.on_terminal("import", str(old))[1]


def test_apply_copies_what_is_usable_and_makes_it_private(home: Home, old: Path) -> None:
    (home.folder / "-home-me-app").mkdir()
    (home.folder / "-home-me-app" / "config.json").write_text("mine")
    done = home.run("import", str(old), "--apply")
    assert done.returncode == 1
    assert "config.json: copied" in done.stdout
    assert "-home-me-app/config.json: is there already and stays" in done.stdout
    copied = {str(path.relative_to(home.folder)) for path in home.folder.rglob("*") if path.is_file()}
    assert copied == {
        "config.json", "presets/work/manifest.json", "-home-me-app/config.json", "-home-me-app/broken.json",
    }  # fmt: skip
    assert home.config.read_text() == json.dumps(V2)
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    assert (home.folder / "-home-me-app" / "config.json").read_text() == "mine"
    assert stat.S_IMODE((old / "config.json").stat().st_mode) == 0o644


def test_in_its_own_home_only_the_rights_change(home: Home) -> None:
    home.write({"Router": {}})
    home.config.chmod(0o644)
    done = home.run("import", str(home.folder), "--apply")
    assert done.returncode == 0
    assert "mode 0600 instead of 0644" in done.stdout
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600


def test_a_home_that_is_not_there(home: Home) -> None:
    failed = home.run("import", "/nowhere/at/all")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "no such folder" in failed.stderr


def test_a_configuration_that_cannot_be_read(home: Home, tmp_path: Path) -> None:
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "config.json").write_text("{,}")
    done = home.run("import", str(tmp_path / "v2"))
    assert done.returncode == 1
    assert "config.json: line 1, column " in done.stdout
