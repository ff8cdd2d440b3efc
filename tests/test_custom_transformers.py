"""Transformers of one's own: where they are found, what they are called, what their options are."""

import asyncio
import gc
import sys

import pytest

from ccr_middleware import Gateway
from ccr_middleware.config.references import Reference, find_reference, read_reference, reference_text
from ccr_middleware.testing import Answer, FakeProvider, ask

from .support.own import SHOUT, gateway, install, listed, listing, provider


def sent(app: Gateway, fake: FakeProvider, model: str = "p,m") -> dict:
    """The body that the provider gets."""
    checked = asyncio.run(ask(app, "Hello?", model=model))
    assert checked.error is None, checked.error
    return fake.bodies[-1]


@pytest.fixture
def fake():
    return FakeProvider(Answer(text="Hello"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "x.py").write_text(SHOUT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder of Python's path with the package `own_pkg`, whose modules are forgotten afterwards."""
    root = tmp_path / "path"
    (root / "own_pkg").mkdir(parents=True)
    (root / "own_pkg" / "__init__.py").write_text("", encoding="utf-8")
    (root / "own_pkg" / "loud.py").write_text(SHOUT, encoding="utf-8")
    monkeypatch.syspath_prepend(str(root))
    yield root
    for name in [name for name in sys.modules if name.startswith("own_pkg")]:
        del sys.modules[name]


# -- what a text means ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "what", "is_file"),
    [
        ("x.py", "x.py", "", True),
        ("~/a b/x.py:Shout", "~/a b/x.py", "Shout", True),
        ("C:\\ccr\\x.py", "C:\\ccr\\x.py", "", True),
        ("C:\\ccr\\x.py:Shout", "C:\\ccr\\x.py", "Shout", True),
        ("plugins/x.js", "plugins/x.js", "", True),
        ("own_pkg.loud:Shout", "own_pkg.loud", "Shout", False),
        ("own_pkg:", "own_pkg", "", False),
        ("plugins/shout:", "plugins/shout", "", True),
    ],
)
def test_a_reference_is_told_from_a_name(text, where, what, is_file):
    assert find_reference(text) == read_reference(text) == Reference(where, what)
    assert read_reference(text).is_file is is_file


@pytest.mark.parametrize("text", ["deepseek", "openai-chat", "a/b", "own_pkg.loud", "1:2", ""])
def test_a_name_is_no_reference(text):
    assert find_reference(text) is None


@pytest.mark.parametrize("path", ["x.py", "own_pkg", "own_pkg.loud", "plugins/x", "x.py:A", "own_pkg:A", "C:\\x.py"])
@pytest.mark.parametrize("name", [None, "B"])
def test_a_path_in_a_list_stays_a_reference(path, name):
    reference = find_reference(reference_text(path, name))
    assert reference is not None
    assert reference.where == read_reference(path).where
    assert reference.what == (read_reference(path).what or name or "")


# -- the forms of the configuration ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("x.py", "shout"),
        ("x.py", "LOUD"),
        ("./x.py:Shout", "shout"),
        ("x.py:shout", "shout"),
        ("own_pkg.loud", "shout"),
        ("own_pkg.loud:Shout", "loud"),
        (None, "x.py"),
        (None, "x.py:Shout"),
        (None, ["x.py", {}]),
        (None, {"path": "x.py"}),
        (None, {"path": "x.py", "name": "shout", "options": {}}),
        (None, "own_pkg.loud:Shout"),
        (None, ["own_pkg.loud:Shout"]),
        (None, {"use": "own_pkg.loud:Shout"}),
        (None, {"path": "own_pkg.loud"}),
    ],
)
def test_every_form_of_naming_one(folder, package, fake, path, use):
    app = gateway(folder, fake, Providers=[provider(use=[use])], transformers=[{"path": path}] if path else [])
    assert app.config.warnings == ()
    assert sent(app, fake)["mark"] == "plain."
    assert "mark" not in sent(app, fake, "plain,m")


def test_a_name_of_ones_own_can_be_given(folder, fake):
    modules = [{"path": "x.py", "name": "Mine"}]
    app = gateway(folder, fake, Providers=[provider(use=["mine"])], transformers=modules)
    assert sent(app, fake)["mark"] == "plain."
    entry = listed(app)["Mine"]
    assert (entry["aliases"], entry["used_by"]) == (["shout", "loud"], ["p"])


def test_an_entry_with_providers_is_a_use(folder, fake):
    modules = [{"path": "x.py", "providers": ["p"], "options": {"mark": "a"}}]
    app = gateway(folder, fake, Providers=[provider()], transformers=modules)
    assert sent(app, fake)["mark"] == "a."
    assert "mark" not in sent(app, fake, "plain,m")


def test_one_model_can_have_its_own(folder, fake):
    uses = {"use": [], "n": {"use": ["x.py"]}}
    app = gateway(folder, fake, Providers=[provider(models=["m", "n"], transformer=uses)])
    assert "mark" not in sent(app, fake, "p,m")
    assert sent(app, fake, "p,n")["mark"] == "plain."


def test_paths_begin_at_the_configuration_or_at_home(folder, fake, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("HOME", str(folder))
    for path in ("x.py", "~/x.py", str(folder / "x.py")):
        app = gateway(folder, fake, Providers=[provider(use=["shout"])], transformers=[{"path": path}])
        assert sent(app, fake)["mark"] == "plain."


def test_paths_of_a_mapping_begin_where_the_process_runs(folder, fake, monkeypatch):
    monkeypatch.chdir(folder)
    config = {"Providers": [provider(use=["x.py"])], "Router": {"default": "p,m"}}
    assert sent(Gateway(config, transport=fake, env={}), fake)["mark"] == "plain."


# -- options -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defaults", "own", "mark"),
    [
        ({}, {}, "plain."),
        ({"mark": "a"}, {}, "a."),
        ({"mark": "a", "end_mark": "!"}, {"mark": "b"}, "b!"),
        ({"end_mark": "!"}, {"endMark": "?"}, "plain?"),
        ({"endMark": "!"}, {"end_mark": "?"}, "plain?"),
    ],
)
@pytest.mark.parametrize("name", ["shout", "x.py"])
def test_the_options_of_an_entry_are_the_defaults_of_its_uses(folder, fake, defaults, own, mark, name):
    modules = [{"path": "x.py", "options": defaults}]
    app = gateway(folder, fake, Providers=[provider(use=[[name, own]])], transformers=modules)
    assert sent(app, fake)["mark"] == mark


def test_options_that_are_missing_at_the_entry_may_come_with_the_use(folder, fake):
    (folder / "x.py").write_text(SHOUT.replace('mark: str = "plain"', "mark: str"), encoding="utf-8")
    uses = [provider(use=[["shout", {"mark": "a"}]]), provider("q", use=["shout"])]
    app = gateway(folder, fake, Providers=uses, transformers=[{"path": "x.py", "options": {"endMark": "!"}}])
    assert sent(app, fake)["mark"] == "a!"
    assert app.config.warnings == ('provider q: transformer "shout", mark: Field required',)
    error = asyncio.run(ask(app, "Hello?", model="q,m")).error
    assert error == {"type": "api_error", "message": 'provider q: transformer "shout", mark: Field required'}
    assert listed(app)["shout"]["error"] == 'provider q: transformer "shout", mark: Field required'


# -- what is in a file -----------------------------------------------------------------------------------------

SEVERAL = """
from ccr_middleware.transformers import Transformer

class Base(Transformer):
    pass

class A(Base):
    name = "a"

class B(Base):
    name = "b"

class _Hidden(Transformer):
    name = "hidden"
"""


def test_all_in_a_file_are_known_but_bases_and_private_ones(folder):
    (folder / "x.py").write_text(SEVERAL, encoding="utf-8")
    app = gateway(folder, transformers=[{"path": "x.py"}])
    assert [name for name, one in listed(app).items() if one["origin"] == "file:x.py"] == ["a", "b"]


def test_a_list_in_the_file_says_which(folder):
    (folder / "x.py").write_text(f"{SEVERAL}\ntransformers = [B, _Hidden]\n", encoding="utf-8")
    app = gateway(folder, transformers=[{"path": "x.py"}])
    assert [name for name, one in listed(app).items() if one["origin"] == "file:x.py"] == ["b", "hidden"]


@pytest.mark.parametrize("entry", [{"path": "x.py", "name": "b"}, {"path": "x.py:B"}, {"path": "x.py:b"}])
def test_one_of_several_can_be_chosen(folder, entry):
    (folder / "x.py").write_text(SEVERAL, encoding="utf-8")
    assert {"a", "b"} & listed(gateway(folder, transformers=[entry])).keys() == {"b"}


def test_a_class_without_a_name_is_called_like_itself(folder, fake):
    (folder / "x.py").write_text(SHOUT.replace('    name = "shout"\n', ""), encoding="utf-8")
    app = gateway(folder, fake, Providers=[provider(use=["Shout"])], transformers=[{"path": "x.py"}])
    assert sent(app, fake)["mark"] == "plain."


def test_annotations_as_texts_and_dataclasses_work(folder, fake):
    dataclass = "import dataclasses\n@dataclasses.dataclass\nclass Kept:\n    a: int = 1\n"
    (folder / "x.py").write_text(f"from __future__ import annotations\n{SHOUT}{dataclass}", encoding="utf-8")
    app = gateway(folder, fake, Providers=[provider(use=["x.py"])])
    assert sent(app, fake)["mark"] == "plain."


# -- names that are taken, and names nobody knows ----------------------------------------------------------------


def test_one_may_take_the_place_of_a_built_in_and_that_is_said(folder, fake):
    (folder / "x.py").write_text(SHOUT.replace('name = "shout"', 'name = "MaxToken"'), encoding="utf-8")
    app = gateway(folder, fake, Providers=[provider(use=["maxtoken"])], transformers=[{"path": "x.py"}])
    assert sent(app, fake)["mark"] == "plain."
    assert app.config.warnings == ('transformer "MaxToken": file:x.py replaces the built-in one',)
    assert listed(app)["maxtoken"]["aliases"] == ["maxtokens"]  # by its other name it is still there
    assert listed(app)["MaxToken"]["origin"] == "file:x.py"


def test_a_name_nobody_knows_is_a_warning_with_its_place_and_passed_over(folder, fake):
    app = gateway(folder, fake, Providers=[provider(use=["shuot"])], transformers=[{"path": "x.py"}])
    assert app.config.warnings == (
        'Providers[0].transformer.use[0]: no transformer is called "shuot"; did you mean "shout"?',
    )
    assert "mark" not in sent(app, fake)


# -- reloading -----------------------------------------------------------------------------------------------


def test_a_reload_reads_files_again_and_leaves_nothing_behind(folder, fake):
    app = gateway(folder, fake, Providers=[provider(use=["x.py"])])
    before = [name for name in sys.modules if name.startswith("_ccr_file_")]
    for number in range(3):
        text = SHOUT.replace('"plain"', f'"time{number}"')  # as long as before, within the same second
        (folder / "x.py").write_text(text, encoding="utf-8")
        app.reload(folder / "config.json")
        assert sent(app, fake)["mark"] == f"time{number}."
    gc.collect()
    after = [name for name in sys.modules if name.startswith("_ccr_file_")]
    assert len(after) <= len(before)
    assert not (folder / "__pycache__").exists()


def test_a_call_that_runs_keeps_the_transformer_it_began_with(folder, fake):
    app = gateway(folder, fake, Providers=[provider(use=["x.py"])])
    snapshot = app._current.snapshot
    (folder / "x.py").write_text("broken(", encoding="utf-8")
    app.reload(folder / "config.json")
    gc.collect()
    assert type(snapshot.target("p", "m").wire_steps[0]).__name__ == "Guarded"
    assert asyncio.run(ask(app, "Hello?")).error is not None


def test_a_file_is_run_once_for_one_configuration(folder, fake):
    (folder / "x.py").write_text(f"import os\nos.mkdir({str(folder / 'ran')!r})\n{SHOUT}", encoding="utf-8")
    uses = [provider(use=["x.py", "./x.py:Shout"]), provider("q", use=["shout"])]
    app = gateway(folder, fake, Providers=uses, transformers=[{"path": "x.py"}])
    assert app.config.warnings == ()
    assert (folder / "ran").is_dir()


def test_a_module_by_name_is_imported_once(folder, package, fake):
    app = gateway(folder, fake, Providers=[provider(use=["own_pkg.loud:Shout"])])
    module = sys.modules["own_pkg.loud"]
    (package / "own_pkg" / "loud.py").write_text("broken(", encoding="utf-8")
    app.reload(folder / "config.json")
    assert sys.modules["own_pkg.loud"] is module
    assert sent(app, fake)["mark"] == "plain."


def test_two_gateways_do_not_share_a_file(folder, fake):
    first = gateway(folder, fake, Providers=[provider(use=["x.py"])])
    (folder / "x.py").write_text(SHOUT.replace('"plain"', '"other"'), encoding="utf-8")
    second = gateway(folder, fake, Providers=[provider(use=["x.py"])])
    assert (sent(first, fake)["mark"], sent(second, fake)["mark"]) == ("plain.", "other.")


# -- installed packages ----------------------------------------------------------------------------------------


def test_an_installed_one_is_imported_when_it_is_used(folder, package, fake):
    install(package, "own_pkg", {"loud": "own_pkg.loud:Shout", "other": "own_pkg.other:Other"})
    app = gateway(folder, fake, Providers=[provider(use=["Loud"])])
    assert sent(app, fake)["mark"] == "plain."
    assert "own_pkg.other" not in sys.modules


def test_an_installed_one_that_nobody_uses_is_not_imported_before_it_is_listed(folder, package, fake):
    install(package, "own_pkg", {"loud": "own_pkg.loud:Shout", "gone": "own_pkg.gone:Gone"})
    app = gateway(folder, fake)
    assert "own_pkg.loud" not in sys.modules
    entries = listed(app)
    assert entries["loud"]["origin"] == "entry point:own_pkg.loud:Shout"
    assert "mark" in entries["loud"]["options"]["properties"]
    assert "no module is called own_pkg.gone" in entries["gone"]["error"]
    assert app.config.warnings == ()


def test_an_installed_one_does_not_take_the_place_of_a_built_in(folder, package, fake):
    install(package, "own_pkg", {"maxtoken": "own_pkg.loud:Shout"})
    app = gateway(folder, fake, Providers=[provider(use=[["maxtoken", {"max_tokens": 5}]])])
    assert sent(app, fake)["max_tokens"] == 5
    origins = {one["origin"]: one["error"] for one in listing(app) if one["name"] == "maxtoken"}
    assert origins["builtin"] is None
    assert '{"path": "own_pkg.loud:Shout"}' in origins["entry point:own_pkg.loud:Shout"]
