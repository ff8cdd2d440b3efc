"""REWRITE_SYSTEM_PROMPT: a file's text in place of the beginning of the system prompt."""

import asyncio
import copy
import os
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from ccr_middleware.config import load_config
from ccr_middleware.system_prompt import PromptFile, rewrite_system_prompt

ENV = "<env>\nWorking directory: /x\n</env>"


def block(text: Any, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text} | more


def test_what_stands_before_env_is_replaced_and_the_rest_of_the_block_kept():
    body = {
        "model": "m",
        "system": [block("You are Claude."), block(f"Long. {ENV}\nMore.", cache_control={"type": "ephemeral"})],
    }
    before = copy.deepcopy(body)
    new = rewrite_system_prompt(body, "Be brief.\n")
    assert new["system"] == [
        block("You are Claude."),
        block(f"Be brief.\n{ENV}\nMore.", cache_control={"type": "ephemeral"}),
    ]
    assert new["model"] == "m"
    assert body == before


def test_the_last_env_counts():
    body = {"system": [block("a"), block("one <env>two<env>three")]}
    assert rewrite_system_prompt(body, "new ")["system"][1]["text"] == "new <env>three"


def test_it_may_be_the_third_block_behind_a_billing_line():
    body = {"system": [block("x-anthropic-billing-header: 1"), block("You are Claude."), block(f"Long. {ENV}")]}
    assert [one["text"] for one in rewrite_system_prompt(body, "")["system"][1:]] == ["You are Claude.", ENV]


@pytest.mark.parametrize(
    "system",
    [None, ENV, [], [block(ENV)], [block("a"), block("b")], [block("a"), block(5), "x", None], {"text": ENV}],
)
def test_other_requests_stay_as_they_are(system):
    body = {"system": system} if system is not None else {}
    assert rewrite_system_prompt(body, "new") is body


def read(file: PromptFile) -> str | None:
    return asyncio.run(file.text())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


def test_the_file_is_read_when_it_changes_only(tmp_path, monkeypatch):
    path = tmp_path / "prompt.md"
    path.write_text("one ü", encoding="utf-8")
    file = PromptFile("prompt.md", str(tmp_path), Clock())
    opened: list[str] = []
    load = file._file._text
    monkeypatch.setattr(file._file, "_text", lambda: opened.append("") or load())
    assert [read(file), read(file)] == ["one ü", "one ü"]
    assert len(opened) == 1
    path.write_text("two", encoding="utf-8")
    os.utime(path, ns=(5, 5))
    assert [read(file), read(file)] == ["two", "two"]
    assert len(opened) == 2


def test_within_a_second_nobody_looks(tmp_path):
    path = tmp_path / "prompt.md"
    path.write_text("one")
    file = PromptFile(str(path), clock=lambda: 1.0)
    assert read(file) == "one"
    path.unlink()
    assert read(file) == "one"


def test_a_missing_file_is_told_once_and_found_when_it_comes(tmp_path, caplog):
    file = PromptFile("sub/prompt.md", str(tmp_path), Clock())
    assert [read(file), read(file)] == [None, None]
    (record,) = caplog.records
    assert record.getMessage() == (
        "REWRITE_SYSTEM_PROMPT: sub/prompt.md cannot be read; system prompts stay as they are"
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "prompt.md").write_text("here")
    assert read(file) == "here"
    assert len(caplog.records) == 1


def test_reading_does_not_block_the_loop(tmp_path):
    (tmp_path / "prompt.md").write_text("one")
    file = PromptFile(str(tmp_path / "prompt.md"), clock=Clock())
    with blockbuster_ctx():
        assert read(file) == "one"


def test_the_key_has_both_spellings():
    assert load_config({"REWRITE_SYSTEM_PROMPT": "a.md"}).rewrite_system_prompt == "a.md"
    assert load_config({"rewriteSystemPrompt": "a.md"}).rewrite_system_prompt == "a.md"
    assert load_config({"REWRITE_SYSTEM_PROMPT": ""}).rewrite_system_prompt is None
