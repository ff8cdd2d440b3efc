"""What is wrong with a transformer of one's own never takes the gateway down, and is never passed over in silence."""

import asyncio
import logging
import sys

import pytest

from ccr_middleware.testing import Answer, FakeProvider, ToolCall, ask

from .support.own import SHOUT, gateway, install, listed, listing, provider

HEAD = "from ccr_middleware.transformers import *\nfrom ccr_middleware.transformers import NoOptions, Transformer\n"
LOADING = [
    ("class Broken(:\n", "x.py, line 1: SyntaxError: invalid syntax"),
    ("\n\nimport json\n    indented = 1\n", "x.py, line 4: IndentationError: unexpected indent"),
    ("a = 1\nb = a / 0\n", "x.py, line 2: ZeroDivisionError: division by zero"),
    ("def f():\n    raise KeyError('k')\n\nf()\n", "x.py, line 2: KeyError: 'k'"),
    ("import json\njson.loads('{')\n", "x.py, line 2: JSONDecodeError: Expecting property name"),
    ("import nothing_of_this_name\n", "x.py, line 1: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ("raise SystemExit(3)\n", "x.py, line 1: SystemExit: 3"),
    ("open('/home/somebody/keys/secret.txt')\n", "x.py, line 1: FileNotFoundError: [Errno 2]"),
    ("a = '\0'\n", "x.py"),
    ("", "x.py: has no transformer; write a class that inherits from ccr_middleware.transformers.Transformer"),
    (HEAD, "x.py: has no transformer"),
    (
        "class Mine:\n    def transform_request_in(self, request, context): return request\n",
        "x.py: Mine does not inherit from ccr_middleware.transformers.Transformer",
    ),
    (f"{HEAD}transformers = [1]\n", "x.py: the list transformers has something else than classes"),
    (f"{HEAD}class Mine(Transformer):\n    Options = dict\n", "x.py: Mine.Options must be a class that inherits from"),
    (f"{HEAD}class Mine(Transformer):\n    aliases = 'other'\n", "x.py: Mine.aliases must be a tuple of names"),
    (f"{HEAD}class Mine(Transformer):\n    aliases = None\n", "x.py: Mine.aliases must be a tuple of names"),
    (f"{HEAD}class Mine(Transformer):\n    level = 'body'\n", 'x.py: Mine.level must be one of "unified", "wire"'),
    (f"{HEAD}class Mine(Transformer):\n    wire = 'openai'\n", 'x.py: Mine.wire must be one of "chat", "messages"'),
    (f"{HEAD}class Mine(Transformer):\n    platform = 'aws'\n", 'x.py: Mine.platform must be one of "vertex"'),
    (f"{HEAD}class A(Transformer):\n    name = 'a'\n", 'x.py: has no transformer "Mine"; it has a'),
]


def failing(app, model="p,m", **fields):
    """The error that a request to a model gets."""
    error = asyncio.run(ask(app, "Hello?", model=model, **fields)).error
    assert error is not None
    assert error["type"] == "api_error"
    return error["message"]


def works(app):
    """Whether the provider without transformers of one's own answers."""
    checked = asyncio.run(ask(app, "Hello?", model="plain,m"))
    return checked.error is None and checked.text == "Hello"


@pytest.mark.parametrize(("text", "error"), LOADING)
@pytest.mark.parametrize("stream", [True, False])
def test_what_cannot_be_loaded_breaks_its_provider_only(tmp_path, text, error, stream):
    (tmp_path / "x.py").write_text(text, encoding="utf-8")
    fake = FakeProvider(Answer(text="Hello"))
    app = gateway(tmp_path, fake, Providers=[provider(use=["x.py:Mine"])])
    assert len(app.config.warnings) == 2
    assert app.config.warnings[0].startswith('transformer "x.py:Mine" cannot be used: x.py')
    assert error in app.config.warnings[0]
    assert error in failing(app, stream=stream)
    assert error in listed(app)["x.py:Mine"]["error"]
    assert not fake.requests
    assert works(app)
    for told in (*app.config.warnings, failing(app), str(listing(app))):
        assert str(tmp_path) not in told
        assert "somebody" not in told


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("gone.py", "gone.py: no such file; relative paths begin at the folder of the configuration"),
        ("folder.py", "folder.py: is a folder; name the file in it"),
        ("plugins/gone", "plugins/gone: no such file"),
        ("nul\0.py", "cannot be read"),
        ("~nobody-of-this-name/x.py", "no such file"),
        ("plugins/theirs.js", "written in Python: a file with a class that inherits from ccr_middleware.transformers."),
        ("own.gone:Mine", "own.gone: no module is called own; install it where the gateway runs"),
        ("json:Mine", "json: has no transformer"),
        ("json:JSONDecoder", "json: JSONDecoder does not inherit from"),
        ("ccr_middleware.transformers:Transformer", "Transformer does not inherit from"),
        ("deepseek", "deepseek: no module is called deepseek"),
    ],
)
def test_a_path_that_leads_nowhere_is_told(tmp_path, path, error):
    (tmp_path / "folder.py").mkdir()
    app = gateway(tmp_path, Providers=[provider(use=["mine"])], transformers=[{"path": path, "name": "mine"}])
    assert error in app.config.warnings[0]
    assert error in failing(app)
    assert error in listed(app)["mine"]["error"]
    assert listed(app)["deepseek"]["error"] is None
    assert works(app)


def test_a_module_that_fails_names_its_line(tmp_path, monkeypatch):
    (tmp_path / "own_failing.py").write_text("\n\n1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    app = gateway(tmp_path, Providers=[provider(use=["own_failing:Mine"])])
    assert "own_failing, line 3: ZeroDivisionError: division by zero" in failing(app)
    assert "own_failing" not in sys.modules


def test_a_name_that_may_be_in_a_broken_file_is_not_passed_over(tmp_path):
    (tmp_path / "x.py").write_text("import (\n", encoding="utf-8")
    app = gateway(tmp_path, Providers=[provider(use=["mine"])], transformers=[{"path": "x.py"}])
    assert "x.py, line 1: SyntaxError" in failing(app)
    assert listed(app)["mine"]["used_by"] == ["p"]
    assert works(app)


def test_one_of_several_in_a_file_has_to_be_named(tmp_path):
    (tmp_path / "x.py").write_text(SHOUT + SHOUT.replace("Shout(", "Other(").replace('"shout"', '"other"'))
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert "x.py: has several transformers (shout, other); write one behind a colon" in failing(app)


@pytest.mark.parametrize(
    ("entry", "warning"),
    [
        ({"path": ["x.py"]}, "transformers: a path is not text and not used; write the path of a file"),
        ({"path": "x.py", "options": []}, 'transformers: the options of "x.py" are not an object and not used'),
        ({"path": "x.py", "options": {"mrak": 1}}, "its options: mrak: Extra inputs are not permitted"),
        ({"path": "x.py", "options": {"mark": {}}}, "its options: mark: Input should be a valid string"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_a_warning(tmp_path, entry, warning):
    (tmp_path / "x.py").write_text(SHOUT, encoding="utf-8")
    app = gateway(tmp_path, transformers=[entry])
    assert warning in app.config.warnings[0]
    assert works(app)


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        ("", 'provider p: transformer "shout", mrak: Extra inputs are not permitted'),
        (
            "    def __init__(self, options):\n        super().__init__(options)\n        self.gone\n",
            "line 26: Attribute",
        ),
        ("    dialect = {'no_such_field': 1}\n", "no_such_field"),
        ("    dialect = 5\n", "'int' object is not iterable"),
        ("    platform = 'vertex'\n    wire = 'gemini'\n    Options = Bad\n", "location"),
    ],
)
def test_what_shows_when_it_is_made_breaks_its_provider_only(tmp_path, edit, error):
    bad = "\n\nclass Bad(NoOptions):\n    location: dict = {}\n    mrak: int = 1\n"
    (tmp_path / "x.py").write_text(
        SHOUT.replace("\n\nclass Shout(T", f"{bad if 'Bad' in edit else ''}\n\nclass Shout(T") + edit
    )
    use = [["shout", {} if edit else {"mrak": 1}]]
    app = gateway(tmp_path, Providers=[provider(use=use)], transformers=[{"path": "x.py"}])
    assert error in failing(app)
    assert error in app.config.warnings[0]
    assert error in listed(app)["shout"]["error"]
    assert works(app)


@pytest.mark.parametrize("models", [["m", "n"], ["m"]])
def test_a_broken_one_of_one_model_breaks_that_model_only(tmp_path, models):
    (tmp_path / "x.py").write_text("1 / 0", encoding="utf-8")
    app = gateway(tmp_path, Providers=[provider(models=models, transformer={"use": [], "n": {"use": ["x.py"]}})])
    assert "x.py, line 1: ZeroDivisionError" in failing(app, "p,n")
    assert asyncio.run(ask(app, "Hello?", model="p,m")).text == "Hello"


def test_an_installed_one_that_fails_is_told_when_it_is_used(tmp_path, monkeypatch):
    install(tmp_path, "own_failing", {"mine": "own_failing:Mine"})
    (tmp_path / "own_failing.py").write_text("import os\nos.gone\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    app = gateway(tmp_path, Providers=[provider(use=["mine"])])
    assert "own_failing, line 2: AttributeError" in failing(app)
    assert listed(app)["mine"]["origin"] == "entry point:own_failing:Mine"
    assert works(app)


def test_where_nothing_is_edited_that_is_said(tmp_path):
    facts = "from ccr_middleware.transformers import Transformer\nclass Facts(Transformer):\n    wire = 'messages'\n"
    (tmp_path / "x.py").write_text(SHOUT, encoding="utf-8")
    (tmp_path / "facts.py").write_text(facts, encoding="utf-8")
    app = gateway(tmp_path, Providers=[provider(use=["x.py", "facts.py"])])
    assert app.config.warnings == (
        "provider p speaks Anthropic Messages, where requests and answers pass as they are: "
        'the transformer "x.py" has no effect there',
    )


def test_no_key_is_told(tmp_path):
    (tmp_path / "x.py").write_text("raise ValueError('sk-secret-key')\n", encoding="utf-8")
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert "sk-secret-key" not in failing(app)
    assert "sk-secret-key" not in str(listing(app))


# -- at work -------------------------------------------------------------------------------------------------

METHODS = {
    "request": "    def transform_request_in(self, request, context):\n        {}\n",
    "answer": "    def transform_response_out(self, body, context):\n        {}\n",
    "open": "    def open_response_stream(self, context):\n        {}\n",
    "feed": "    def open_response_stream(self, context):\n        return Stage()\n",
    "finish": "    def open_response_stream(self, context):\n        return Stage()\n",
}
STAGE = "\n\nclass Stage:\n    def feed(self, chunk):\n        {feed}\n\n    def finish(self):\n        {finish}\n"


def transformer(folder, method, code, level="unified"):
    """A file with a transformer `mine`, one of whose methods is this code."""
    stage = {"feed": "return [chunk]", "finish": "return []"} | {method: code}
    head = f"\n\nclass Mine(Transformer):\n    name = 'mine'\n    level = '{level}'\n\n"
    imports = "from ccr_middleware.errors import BadRequest\nfrom ccr_middleware.transformers import Transformer\n"
    (folder / "x.py").write_text(imports + head + METHODS[method].format(code) + STAGE.format(**stage))


def line_of(folder, code):
    return next(n for n, line in enumerate((folder / "x.py").read_text().splitlines(), 1) if code in line)


@pytest.mark.parametrize("method", ["request", "open", "feed", "finish"])
@pytest.mark.parametrize("stream", [True, False])
def test_what_it_raises_fails_the_request_and_names_the_line(tmp_path, caplog, method, stream):
    code = "raise KeyError('what the user said')"
    transformer(tmp_path, method, code)
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    message = failing(app, stream=stream)
    assert (
        f'the transformer "x.py" failed: x.py, line {line_of(tmp_path, code)}: KeyError; the log tells more' in message
    )
    assert "what the user said" not in message
    record = next(record for record in caplog.records if record.exc_info)
    assert (record.levelno, record.exc_info[0]) == (logging.ERROR, KeyError)
    assert works(app)


def test_what_it_raises_in_mid_stream_ends_the_answer_with_an_error(tmp_path):
    transformer(tmp_path, "feed", "return [chunk] if chunk.get('text') != 'c' else 1 / 0")
    fake = FakeProvider([Answer(text=["a", "b", "c", "d"], pace_seconds=0.01), Answer(text="Hello")])
    app = gateway(tmp_path, fake, Providers=[provider(use=["x.py"])])
    checked = asyncio.run(ask(app, "Hello?", model="p,m"))
    assert checked.text == "ab"
    assert "x.py, line" in checked.error["message"]
    assert "ZeroDivisionError" in checked.error["message"]
    assert not checked.complete
    assert works(app)


def test_a_generator_is_watched_too(tmp_path):
    code = "yield from [chunk]; raise KeyError"
    transformer(tmp_path, "feed", code)
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert f"x.py, line {line_of(tmp_path, code)}: KeyError" in failing(app)


@pytest.mark.parametrize(
    ("method", "code", "error"),
    [
        ("request", "pass", "transform_request_in must return the request, not NoneType"),
        ("request", "return request.body", "transform_request_in must return the request, not dict"),
        (
            "request",
            "request.body = []; return request",
            "transform_request_in must return a request whose body is an object, not list",
        ),
        (
            "request",
            "request.body = {}; return request",
            "transform_request_in must return a request with a list of messages, not NoneType",
        ),
        (
            "open",
            "return 5",
            "open_response_stream must return a stage with feed and finish or None, not int",
        ),
        ("feed", "pass", "feed must return a list of chunks, not NoneType"),
        ("feed", "return chunk", "feed must return a list of chunks, not dict"),
        ("feed", "return ['text']", "feed must return a list of chunks, not str"),
        ("finish", "pass", "finish must return a list of chunks, not NoneType"),
    ],
)
def test_what_it_returns_is_looked_at(tmp_path, method, code, error):
    transformer(tmp_path, method, code)
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert f'the transformer "x.py" failed: x.py: {error}' in failing(app)
    assert works(app)


def test_it_must_not_be_a_coroutine(tmp_path):
    (tmp_path / "x.py").write_text(SHOUT.replace("    def transform", "    async def transform"), encoding="utf-8")
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert "transform_request_in must return the request, not coroutine" in failing(app)


@pytest.mark.parametrize(("code", "error"), [("pass", "not NoneType"), ("body['gone']", "KeyError")])
def test_a_whole_answer_is_watched_at_level_wire(tmp_path, code, error):
    transformer(tmp_path, "answer", code, level="wire")
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert error in failing(app, stream=False)
    assert asyncio.run(ask(app, "Hello?", model="p,m")).text == "Hello"


def test_a_stage_for_streams_is_not_asked_about_a_whole_answer_at_level_wire(tmp_path):
    transformer(tmp_path, "finish", "return [{'choices': [{'delta': {'content': '!'}}]}]", level="wire")
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    assert asyncio.run(ask(app, "Hello?", model="p,m", stream=False)).text == "Hello"
    assert asyncio.run(ask(app, "Hello?", model="p,m")).text == "Hello!"


def test_it_may_refuse_a_request_with_an_error_of_its_own(tmp_path):
    transformer(tmp_path, "request", "raise BadRequest('this model takes no questions')")
    app = gateway(tmp_path, Providers=[provider(use=["x.py"])])
    error = asyncio.run(ask(app, "Hello?", model="p,m")).error
    assert error == {"type": "invalid_request_error", "message": "this model takes no questions"}


def test_a_transformer_that_keeps_its_promises_is_not_disturbed(tmp_path):
    transformer(tmp_path, "feed", "return (one for one in (chunk,))")
    answer = Answer(thinking="Hm.", text=["Hel", "lo"], tool_calls=[ToolCall("now", {"zone": "UTC"})])
    app = gateway(tmp_path, FakeProvider(answer), Providers=[provider(use=["x.py"])])
    checked = asyncio.run(ask(app, "Hello?", model="p,m", tools=[{"name": "now"}]))
    assert (checked.thinking, checked.text, checked.tools[0].input) == ("Hm.", "Hello", {"zone": "UTC"})
