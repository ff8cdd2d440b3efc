"""The many ways to say which transformers a provider or a model uses → `use` and `use_by_model`.

    transformer: {use: ["a", ["b", {option: 1}]], "model-x": {use: ["c"]}}       CCR v2's code
    transformers: ["a"]                                                        its documentation, in a provider
    transformers: [{name: "a", providers: ["p"], models: ["p,m"], options: {}}]  its documentation, at the top

Entries at the top with a `path` are modules to load, not uses; they stay in `transformers` as they are. With providers
or models, and in a list, a `path` is a use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .places import Path, Places, quote
from .references import reference_text

#: Under which of its keys a provider may name transformers.
TRANSFORMER_KEYS = ("transformer", "transformers", "use", "use_by_model")

#: Keys of a global entry that say whom it is for.
_SCOPE = frozenset({"providers", "provider", "models", "model"})


def collect_transformers(provider: dict[str, Any], at: Path, places: Places) -> None:
    """Replace every form in a provider by `use` and `use_by_model`, in place; `at` is the provider's path."""
    lists = _Lists(at, places)
    for key in TRANSFORMER_KEYS:
        written = provider.pop(key, None)
        there = (*places.written(at), key) if key.startswith("transformer") else places.written((*at, key))
        if isinstance(written, Mapping) and key != "use":
            for name, value in written.items():
                shared = name == "use" and key != "use_by_model"
                lists.add(value, (*there, name), model=None if shared else name)
        elif written is not None:
            lists.add(written, there)
    provider |= lists.fields()


class _Lists:
    """The two fields of a provider while they are filled."""

    def __init__(self, at: Path, places: Places, provider: Mapping[str, Any] | None = None) -> None:
        self.at = at
        self.places = places
        start = provider or {}
        self.use: list[Any] = list(start.get("use", ()))
        self.use_by_model: dict[str, list[Any]] = {k: list(v) for k, v in start.get("use_by_model", {}).items()}

    def fields(self) -> dict[str, Any]:
        """What is to be set on the provider."""
        lists = {"use": self.use, "use_by_model": self.use_by_model}
        return {field: value for field, value in lists.items() if value}

    def add(self, written: Any, there: Path, model: str | None = None) -> None:
        """Append a list as written, to the model's uses or to those of all."""
        if model is not None and isinstance(written, Mapping):
            written, there = written.get("use"), (*there, "use")
        if model is not None and not isinstance(written, list | str):
            self.places.warn(there, 'is no list and not used; write {"use": [...]} for a model')
        elif isinstance(written, list):
            for index, item in enumerate(written):
                self.append(item, (*there, index), model)
        elif written is not None:
            self.append(written, there, model)

    def append(self, item: Any, there: Path, model: str | None = None) -> None:
        """Append one item as written at `there`."""
        uses = self.use if model is None else self.use_by_model.setdefault(model, [])
        field: Path = ("use",) if model is None else ("use_by_model", model)
        self.places.add((*self.at, *field, len(uses)), there)
        uses.append(_use(item, there, self.places))


def _use(item: Any, there: Path, places: Places) -> Any:
    """`"name"`, `["name", options]`, `{name, options}`, `{use, options}` or `{path, options}` → the fields of a
    `TransformerUse`, whose name is then the path (`references.reference_text`).

    Anything else is returned as it is, for validation to refuse.
    """
    if isinstance(item, str):
        return {"name": item}
    fields: dict[str, Any]
    if isinstance(item, list) and len(item) in (1, 2):
        fields = dict(zip(("name", "options"), item, strict=False))
    elif isinstance(item, Mapping) and item.get("path") and isinstance(item["path"], str):
        fields = {"name": reference_text(item["path"], item.get("name")), "options": item.get("options")}
    elif isinstance(item, Mapping):
        fields = {"name": item.get("use")} | {key: value for key, value in item.items() if key != "use"}
    else:
        return item
    if not isinstance(fields["name"], str):
        return item
    options = fields.pop("options", None)
    if isinstance(options, Mapping):
        fields["options"] = dict(options)
    elif options is not None:
        places.warn(there, f"the options of {quote(fields['name'])} are not an object and not used; write {{...}}")
    return fields


def apply_global_transformers(config: dict[str, Any], places: Places) -> None:
    """Spread the top-level `transformers` over the providers they name, after the providers' own, in place."""
    entries = config.get("transformers")
    if not isinstance(entries, list):
        return
    config["transformers"] = [entry for entry in entries if _is_module(entry)]
    for index, entry in enumerate(entries):
        if not _is_module(entry):
            _spread(entry, config.get("providers"), ("transformers", index), places)


def _is_module(entry: Any) -> bool:
    """Whether an entry names a file or module to load, and nobody who uses it."""
    return isinstance(entry, Mapping) and bool(entry.get("path")) and _SCOPE.isdisjoint(entry)


def _spread(entry: Any, providers: Any, there: Path, places: Places) -> None:
    """Append one global entry to every provider or model it is for."""
    scope = entry if isinstance(entry, Mapping) else {}
    item = {key: value for key, value in entry.items() if key not in _SCOPE} if scope else entry
    items = item["use"] if isinstance(item, dict) and isinstance(item.get("use"), list) else [item]
    wanted, models = _texts(scope, "providers", "provider"), _texts(scope, "models", "model")
    targets = list(_targets(providers, {name.lower() for name in wanted}, models))
    if not targets:
        places.warn(there, "is for no provider or model that is configured; correct its providers and models")
    for index, model in targets:
        at = ("providers", index)
        lists = _Lists(at, places, providers[index])
        for use in items:
            lists.append(use, there, model)
        providers[index] |= lists.fields()


def _texts(scope: Mapping[str, Any], *keys: str) -> list[str]:
    """The strings under the first of these keys that is there; a single one counts as a list of one."""
    value: Any = next((scope[key] for key in keys if scope.get(key)), [])
    return [str(text) for text in (value if isinstance(value, list) else [value])]


def _targets(providers: Any, wanted: set[str], models: list[str]) -> Iterator[tuple[int, str | None]]:
    """Index of a provider, and a model of it or None for all: where a global entry belongs."""
    for index, provider in enumerate(providers if isinstance(providers, list) else ()):
        name = str(provider.get("name", "")).lower() if isinstance(provider, dict) else ""
        if not name or (wanted and name not in wanted):
            continue
        if not models:
            yield index, None
        listed = provider.get("models") or ()
        for model in models:
            owner, comma, rest = model.partition(",")
            if comma and owner.strip().lower() == name:
                yield index, rest.strip()
            elif not comma and (wanted or model in listed):
                yield index, model
            elif not comma and model.lower().startswith(f"{name}/"):
                yield index, model[len(name) + 1 :]
