"""The rules of the web interface's files: where they come from, what they load, their texts, their colours."""

import json
import re
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest

from tests.support.ui_modules import ROOT, exports, imports, joined, modules, templates, texts

VENDOR = ROOT / "vendor"
TOOLS = Path(__file__).parents[1] / "tools" / "ui_vendor"
SOURCES = modules()
TEXTS = {path: texts(source) for path, source in SOURCES.items() if path.startswith("js/texts/")}
CODE = {path: source for path, source in SOURCES.items() if path not in TEXTS}
STYLES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted((ROOT / "css").glob("*.css"))}
INDEX = (ROOT / "index.html").read_text("utf-8")

MOST_LINES = 350
#: Words in templates that are the same in every language.
NAMES = frozenset({"ccr_middleware", "x-api-key"})
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


# --- the code of others --------------------------------------------------------------------------------------------


def record() -> dict:
    return json.loads((VENDOR / "hashes.json").read_text("utf-8"))


def test_the_bundles_are_those_that_were_built():
    files = {
        path.name: sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir() if path.name != "hashes.json"
    }
    assert files == record()["sha256"]


def test_the_bundled_packages_are_those_of_the_lock_file():
    locked = json.loads((TOOLS / "package-lock.json").read_text("utf-8"))["packages"]
    bundled = {one["name"]: one["version"] for one in record()["packages"]}
    assert bundled == {name: locked[f"node_modules/{name}"]["version"] for name in bundled}
    wanted = json.loads((TOOLS / "package.json").read_text("utf-8"))["dependencies"]
    assert set(wanted) <= set(bundled)
    assert all(version == bundled[name] for name, version in wanted.items()), "package.json has to name exact versions"


def test_every_bundled_package_has_its_licence_with_it():
    text = (VENDOR / "LICENSES.txt").read_text("utf-8")
    for one in record()["packages"]:
        assert one["license"] in {"MIT", "Apache-2.0", "ISC", "BSD-3-Clause"}
        _, title, rest = text.partition(f"{one['name']} {one['version']} ({one['license']})\n")
        assert title, one["name"]
        assert "Permission is hereby granted" in rest[:3000] or "Apache License" in rest[:3000]


@pytest.mark.parametrize("path", sorted(VENDOR.glob("*.js")), ids=lambda path: path.name)
def test_a_bundle_needs_nothing_that_the_policy_forbids(path):
    source = path.read_text("utf-8")
    assert not re.search(
        r"\beval\(|new Function\(|\bimport\(|importScripts|XMLHttpRequest|\bfetch\(|sendBeacon|WebSocket", source
    )


# --- what a page may load ------------------------------------------------------------------------------------------


def test_the_start_page_has_no_script_or_style_of_its_own():
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", INDEX)
    assert re.findall(r"<script(?![^>]*\ssrc=)", INDEX) == []
    assert "<base" not in INDEX


def test_the_start_page_names_every_style_sheet_and_only_files_that_are_there():
    named = re.findall(r'(?:src|href)="([^"]+)"', INDEX)
    assert all((ROOT / one).is_file() for one in named), named
    assert set(STYLES) <= set(named)


@pytest.mark.parametrize("path", [*CODE, *STYLES, "index.html", "icon.svg"])
def test_nothing_is_loaded_from_elsewhere(path):
    source = (ROOT / path).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    source = re.sub(r"placeholder(?:=|: )[^\n>]*?\"[^\"]*\"", "", source)
    assert not re.search(r"https?://|[\"']//\w", source)
    assert "@import" not in source
    assert not re.search(r"\burl\((?!#)", source)


@pytest.mark.parametrize("path", CODE)
def test_no_module_makes_markup_or_code_of_text(path):
    source = CODE[path]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|srcdoc", source
    )
    assert not re.search(r'createElement\("(?:style|script|iframe)"', source)
    for template in templates(source):
        assert not re.search(r"<(?:style|script|iframe|object)\b", template.text), template.line
        bad = [name for name, _ in template.attributes() if name == "style" or name.startswith("on")]
        assert not bad, f"{path}:{template.line}"


@pytest.mark.parametrize("path", SOURCES)
def test_addresses_are_relative(path):
    """The interface works under any prefix: nothing begins at the root of the host."""
    code = re.sub(r"(?m)^\s*(?://|/?\*).*", "", SOURCES[path])
    assert not re.search(r"""["'`(]/(?:api|ui|v1|v1beta)/""", code)


# --- modules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*SOURCES, *STYLES])
def test_files_are_short_and_say_what_they_are(path):
    source = SOURCES.get(path) or STYLES[path]
    assert source.count("\n") < MOST_LINES
    assert source.startswith(("//", "/*"))


@pytest.mark.parametrize("path", SOURCES)
def test_what_a_module_imports_is_there(path):
    known = {**SOURCES, **{f"vendor/{one.name}": one.read_text("utf-8") for one in VENDOR.glob("*.js")}}
    for wanted in imports(path, SOURCES[path]):
        assert wanted.path in known, f"{path} imports {wanted.path}"
        if wanted.path.startswith("vendor/"):
            continue
        offered = exports(wanted.path, SOURCES)
        if re.search(r"\nexport \* from", "\n" + SOURCES[wanted.path]):
            continue  # core/view.js passes on what the bundle has
        assert set(wanted.names) <= offered | {"*"}, f"{path} imports {wanted.names} from {wanted.path}"


def test_names_of_the_view_library_are_in_its_bundle():
    bundle = (VENDOR / "view.js").read_text("utf-8")
    offered = set(re.findall(r"(?:as |[{,])(\w+)(?=[,}])", bundle[bundle.rindex("export{") :]))
    for path, source in SOURCES.items():
        for wanted in imports(path, source):
            if wanted.path == "js/core/view.js":
                assert set(wanted.names) <= offered, path


def test_every_module_is_used():
    reached, waiting = set(), ["app.js", "js/theme_boot.js"]
    while waiting:
        path = waiting.pop()
        if path not in reached and path in SOURCES:
            reached.add(path)
            waiting += [one.path for one in imports(path, SOURCES[path])]
    assert reached == set(SOURCES)


@pytest.mark.parametrize(
    ("folder", "may_use"),
    [
        ("js/core/", ("js/core/", "vendor/")),
        ("js/texts/", ()),
        ("js/parts/", ("js/core/", "js/parts/", "vendor/")),
        ("js/document", ("js/core/", "js/document", "js/parts/")),
        ("js/pages/", ("js/core/", "js/document", "js/parts/", "js/pages/", "js/texts/", "js/shell/topbar.js")),
    ],
)
def test_modules_depend_in_one_direction(folder, may_use):
    for path, source in SOURCES.items():
        if path.startswith(folder):
            others = [one.path for one in imports(path, source) if not one.path.startswith(may_use or ("nothing",))]
            assert not others, f"{path} imports {others}"


def test_every_import_is_used():
    for path, source in CODE.items():
        for clause in re.findall(r"\nimport \{([^}]*)\} from", "\n" + joined(source)):
            for name in (one.split(" as ")[-1].strip() for one in clause.split(",")):
                uses = len(re.findall(rf"\b{re.escape(name)}\b", source))
                assert not name or uses > 1, f"{path} imports {name} and does not use it"


# --- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEXTS)
def test_both_languages_have_the_same_texts(path):
    english, chinese = TEXTS[path]["en"], TEXTS[path]["zh"]
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert text.strip(), key
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(chinese[key])), key


@pytest.mark.parametrize("path", TEXTS)
def test_chinese_texts_are_chinese(path):
    """Unless they are a name, which has no more words in Chinese than in English."""
    for key, text in TEXTS[path]["zh"].items():
        words = set(re.findall(r"[A-Za-z]{2,}", text))
        known = set(re.findall(r"[A-Za-z]{2,}", TEXTS[path]["en"][key])) | {"Token"}
        assert CHINESE.search(text) or (words <= known and len(words) <= 3), f"{key}: {text}"


def test_english_texts_have_no_chinese():
    for path, languages in TEXTS.items():
        for key, text in languages["en"].items():
            assert not CHINESE.search(text), f"{path}: {key}"


def test_no_text_is_there_twice():
    keys = [key for languages in TEXTS.values() for key in languages["en"]]
    assert sorted(keys) == sorted(set(keys))


def test_every_text_that_is_asked_for_is_there():
    known = {key for languages in TEXTS.values() for key in languages["en"]}
    for path, source in CODE.items():
        asked = set(re.findall(r'\bt\(\s*"([^"]+)"', source))
        asked |= {one for pair in re.findall(r'\bt\([^")]*\? "([^"]+)" : "([^"]+)"', source) for one in pair}
        assert asked <= known, f"{path}: {sorted(asked - known)}"


def test_every_text_is_used():
    code = "\n".join(CODE.values())
    literals = set(re.findall(r'"([a-z_]+\.[\w.-]+)"', code))
    prefixes = set(re.findall(r"`([a-z_]+\.[\w.-]*)\$\{", code)) | {
        f"{one}." for one in re.findall(r'\bnamed\("([^"]+)"', code)
    }
    for path, languages in TEXTS.items():
        unused = [key for key in languages["en"] if key not in literals and not key.startswith(tuple(prefixes))]
        assert not unused, f"{path}: {unused}"


@pytest.mark.parametrize("path", CODE)
def test_no_module_has_a_text_of_its_own(path):
    source = CODE[path]
    if path != "js/core/i18n.js":  # the languages call themselves what they are called
        assert not CHINESE.search(source)
    for template in templates(source):
        words = [
            one.strip() for one in template.words() if re.search(r"[^\W\d_]{2,}", one) and one.strip() not in NAMES
        ]
        assert not words, f"{path}:{template.line}: {words}"


# --- colours -------------------------------------------------------------------------------------------------------


def test_colours_are_only_in_the_tokens():
    for path, source in STYLES.items():
        if path != "css/tokens.css":
            found = [
                one
                for one in re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)", source)
                if one.lower() not in ("#fff", "#0004")
            ]
            assert all(one.lower().startswith("#ffffff") for one in found), f"{path}: {found}"


def test_every_custom_property_is_defined():
    defined = set(re.findall(r"(--[\w-]+)\s*:", STYLES["css/tokens.css"]))
    for path, source in {**STYLES, **CODE}.items():
        own = set(re.findall(r"(--[\w-]+)\s*:", source))
        assert set(re.findall(r"var\((--[\w-]+)\)", source)) <= defined | own, path


def tokens(theme: str) -> dict[str, str]:
    light, _, dark = STYLES["css/tokens.css"].partition(':root[data-theme="dark"]')
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", light))
    return colours | (dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", dark)) if theme == "dark" else {})


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, from 1 to 21."""

    def luminance(colour: str) -> float:
        shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


_PAIRS = [
    *product(("--text", "--text-2", "--text-3", "--accent"), ("--bg", "--surface", "--surface-2", "--code-bg")),
    *(
        (f"--{tone}", ground)
        for tone in ("ok", "warn", "bad", "info", "accent")
        for ground in (f"--{tone}-soft", "--surface")
    ),
    *product(("--code-name", "--code-string", "--code-value"), ("--code-bg",)),
    ("--on-accent", "--accent-solid"),
    ("--on-accent", "--accent-solid-hover"),
    ("--on-accent", "--bad-solid"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme):
    colours = tokens(theme)
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in _PAIRS}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
