"""Text → document: JSON, JSON5, and one clear line for everything that can be wrong with a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ccr_middleware.config.document import MAX_BYTES, parse_document, read_document
from ccr_middleware.errors import ConfigError


def error_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, name="config.json")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_json_and_json5_give_the_same_document():
    strict = '{"PORT": 3456, "Providers": [{"name": "a b"}], "LOG": false}'
    loose = """
        // comment
        { PORT: 3456, /* another */ 'Providers': [{name: 'a b',},], LOG: false, }
    """
    assert (
        parse_document(strict).value
        == parse_document(loose).value
        == {
            "PORT": 3456,
            "Providers": [{"name": "a b"}],
            "LOG": False,
        }
    )


def test_a_byte_order_mark_is_skipped(tmp_path: Path):
    file = tmp_path / "config.json"
    file.write_bytes(b"\xef\xbb\xbf{a: 'b'}")
    assert read_document(file).value == {"a": "b"}
    assert parse_document('\ufeff{"a": 1}').value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: unexpected '\"'; put a comma before it"),
        ("{a: 1 b: 2}", 'line 1, column 7: unexpected "b"; put a comma before it'),
        ('{"a": [1, 2', "line 1, column 12: unexpected end of the text; close the brace"),
        ("{\n  a: 'x\n  y'\n}", r"line 2, column 8: unexpected line break; close the quote before the line ends"),
        ("{a: tru}", 'line 1, column 8: unexpected "}"; a value is missing or misspelt'),
        ("{a: 1,,}", 'line 1, column 8: unexpected "}"; there is a comma too many'),
        ("{\n # note\n a: 1}", 'line 2, column 3: unexpected " "; begin comments with //'),
        ("{a:\n # note\n 1}", 'line 2, column 2: unexpected "#"; begin comments with //'),
        ("{a = 1}", 'line 1, column 4: unexpected "="; write a colon'),
        ("{“a”: 1}", "use straight quotes"),
        ("{a: 1} extra", 'line 1, column 8: unexpected "e"'),
        ("{a: @}", 'line 1, column 5: unexpected "@"; take it out'),
        ("// only a comment", "line 1, column 18: unexpected end of the text"),
        ("", "line 1, column 1: there is nothing in it; write {}"),
        (" \n\t", "line 1, column 1: there is nothing in it; write {}"),
        ('["a"]', "line 1, column 1: the top level is not an object; put everything between { and }"),
        ("'text'", "line 1, column 1: the top level is not an object"),
        ("{" + "a: {" * 5000, "is nested too deeply"),
        ('{"a": ' + "[" * 200_000, "is nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}", "correct it"),
    ],
)
def test_a_syntax_error_names_line_column_and_fix(text: str, expected: str):
    message = error_of(text)
    assert message.startswith("config.json: ")
    assert expected in message


def test_a_syntax_error_never_shows_more_than_one_character_of_the_document():
    assert "secret" not in error_of('{"api_key": "sk-secret" "x": 1}')


@pytest.mark.parametrize("text", ['{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}', "{a: 1, b: {c: 1, c: 2}, a: 3}"])
def test_repeated_keys_are_named_and_the_last_counts(text: str):
    document = parse_document(text)
    assert document.value == {"a": 3, "b": {"c": 2}}
    assert sorted(document.repeated_keys) == ["a", "c"]


def test_the_source_is_the_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert read_document("config.json").source == str(tmp_path / "config.json")


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "config.json").write_text('{"a": 1}')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert read_document("~/config.json").value == {"a": 1}


def file_error(path: str | Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_document(path)
    return str(caught.value)


def test_a_missing_file_says_what_to_create(tmp_path: Path):
    message = file_error(tmp_path / "none.json")
    assert message.startswith(f"{tmp_path / 'none.json'}: no such file; create it with ")
    assert "--config" in message


def test_other_unreadable_files(tmp_path: Path):
    (tmp_path / "latin.json").write_bytes(b'{\n "a": "caf\xe9"}')
    (tmp_path / "huge.json").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "file").write_text("{}")
    assert "is a directory; name the file in it" in file_error(tmp_path)
    assert "latin.json: line 2: is not UTF-8; save the file" in file_error(tmp_path / "latin.json")
    assert f"is larger than {MAX_BYTES} bytes" in file_error(tmp_path / "huge.json")
    assert "cannot be read (" in file_error(tmp_path / "file" / "config.json")
    assert "cannot be read (" in file_error("a\0b")
    assert file_error("") == "configuration: the path is empty; name the file"


def test_a_file_one_may_not_read(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert "may not be read; give the user of this process the right" in file_error("config.json")


def test_reading_strict_json_does_not_import_the_json5_parser():
    code = "import sys, ccr_middleware.config as c; c.load_config('{\"PORT\": 1}'); sys.exit('json5' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
