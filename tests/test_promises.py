"""Promises about the code itself: one-way imports, small files, pure formats, everything public documented."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ccr_middleware

PACKAGE = Path(ccr_middleware.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py"))

#: From the bottom up: a module imports only what stands before it (or is in the same package). This is the data path
#: of docs/architecture.md read backwards.
ORDER = [
    "statusline",
    "errors",
    "home",
    "private_files",
    "jsonio",
    "losses",
    "unified",
    "lenient",
    "fields",
    "sse",
    "catalogue",
    "config",
    "answer",
    "pairing",
    "tokens",
    "anthropic",
    "transformers",
    "wire",
    "routing",
    "threads",
    "batches",
    "watched",
    "system_prompt",
    "projects",
    "extensions",
    "upstream",
    "credentials",
    "targets",
    "resilience",
    "translate",
    "access",
    "history",
    "logs",
    "presets",
    "plugins",
    "call",
    "demo",
    "live",
    "state",
    "counting",
    "http",
    "patience",
    "reply",
    "agents",
    "attempt",
    "reading",
    "plugged",
    "permission",
    "deciding",
    "pipeline",
    "recording",
    "explain",
    "loading",
    "namespaces",
    "endpoints",
    "gateway",
    "testing",
    "conformance",
    "environ",
    "wsgi",
    "middleware",
    "standalone",
    "explain_command",
    "commands",
    "__main__",
]

#: What only moves data has no clock, no chance, no network and no files: those are passed in.
PURE = (
    "anthropic",
    "wire",
    "transformers",
    "pairing",
    "answer",
    "sse",
    "unified",
    "lenient",
    "fields",
    "losses",
    "errors",
    "routing",
)
IMPURE = {
    "aiohttp", "anyio", "asyncio", "httpx", "logging", "os", "pathlib", "random", "secrets", "socket",
    "subprocess", "sys", "threading", "time", "uuid",
}  # fmt: skip

MAX_LINES = 350


def name_of(path: Path) -> str:
    """The module of a file below the package: `anthropic.stream`, `errors`, `` for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> list[tuple[str, bool, int]]:
    """(module, is ours, line) of every import that runs, those for types alone left out."""
    found = []
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                found.extend((alias.name, False, child.lineno) for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.level == 0:
                found.append((child.module or "", False, child.lineno))
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) - child.level + 1] if package != [""] else []
                target = [*base, *(child.module.split(".") if child.module else ())]
                names = [".".join([*target, a.name]) for a in child.names] if not child.module else [".".join(target)]
                found.extend((name, True, child.lineno) for name in names)
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


ids = pytest.mark.parametrize("path", FILES, ids=lambda path: name_of(path) or "__init__")


def test_every_part_has_its_place():
    assert {name_of(path).split(".")[0] for path in FILES} - {""} == set(ORDER)


@ids
def test_imports_go_one_way(path):
    own = name_of(path).split(".")[0]
    if not own:
        return
    for module, ours, line in imports_of(path):
        other = module.split(".")[0]
        if ours and other != own and other in ORDER:
            assert ORDER.index(other) < ORDER.index(own), f"{path.name}:{line} imports {module}"


@ids
def test_formats_are_pure(path):
    if name_of(path).split(".")[0] not in PURE:
        return
    for module, ours, line in imports_of(path):
        assert ours or module.split(".")[0] not in IMPURE, f"{path.name}:{line} imports {module}"
    assert not re.search(r"\.(now|utcnow|today)\(", path.read_text()), "dates may be read, the clock may not"


@ids
def test_wire_formats_do_not_know_each_other(path):
    """What several of them share stands beside them, that of OpenAI's two in `wire.openai`."""
    formats = {"chat", "gemini", "responses"}
    place = name_of(path).split(".")
    if place[0] != "wire" or len(place) < 3:
        return
    for module, ours, line in imports_of(path):
        parts = module.split(".")
        if ours and parts[0] == "wire" and len(parts) > 1 and parts[1] in formats:
            assert parts[1] == place[1], f"{path.name}:{line} imports {module}"


@ids
def test_only_the_adapters_know_an_http_library(path):
    if name_of(path).startswith("upstream."):
        return
    for module, _, line in imports_of(path):
        assert module.split(".")[0] not in {"httpx", "aiohttp", "httpcore"}, f"{path.name}:{line}"


@ids
def test_files_are_small(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


def public_things(path: Path):
    """Every public module, class, function and method of a file, with its line."""
    tree = ast.parse(path.read_text())
    yield name_of(path) or "ccr_middleware", tree, 1

    def visit(node, prefix):
        for child in node.body:
            if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if child.name.startswith("_"):
                continue
            yield prefix + child.name, child, child.lineno
            if isinstance(child, ast.ClassDef):
                yield from visit(child, f"{prefix}{child.name}.")

    yield from visit(tree, "")


@ids
def test_everything_public_is_documented(path):
    if path.name == "__init__.py" and not path.read_text().strip():
        return
    missing = [
        f"{name} ({path.name}:{line})" for name, node, line in public_things(path) if not ast.get_docstring(node)
    ]
    assert not missing


def test_importing_has_no_side_effects_and_loads_no_http_library():
    code = (
        "import sys, logging, os; before = dict(os.environ); from ccr_middleware import Gateway, CCRMiddleware;"
        "loaded = {'httpx', 'aiohttp', 'tiktoken', 'uvicorn', 'json5'} & set(sys.modules);"
        "assert not loaded, loaded; assert not logging.getLogger().handlers; assert before == dict(os.environ)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_the_package_offers():
    assert set(ccr_middleware.__all__) == {
        "CCRMiddleware",
        "Config",
        "ConfigError",
        "Gateway",
        "GatewayError",
        "Principal",
        "__version__",
        "load_config",
    }
    for name in ccr_middleware.__all__:
        assert getattr(ccr_middleware, name) is not None
    with pytest.raises(AttributeError):
        _ = ccr_middleware.nothing
