/**
 * Lists of transformers as they are written in a provider, in all their forms (docs/configuration.md, "Transformers"):
 * `"name"`, `["name", {options}]`, `{name, options}`, `{use, options}`, `{path, options}`.
 */

import { equal, isObject } from "./document.js";

/** The keys under which a provider may name transformers; `transformer` is the documented one. */
const LIST_KEYS = ["transformer", "transformers", "use"];
const MODEL_KEYS = ["use_by_model", "useByModel"];

/** `[{name, options, raw}]` of a list as written. */
export function readUses(written) {
  const list = Array.isArray(written) ? written : written === undefined || written === null ? [] : [written];
  return list.map(readUse);
}

function readUse(raw) {
  if (typeof raw === "string") return { name: raw, options: {}, raw };
  if (Array.isArray(raw)) return { name: String(raw[0] ?? ""), options: isObject(raw[1]) ? raw[1] : {}, raw };
  if (!isObject(raw)) return { name: String(raw), options: {}, raw };
  return { name: String(raw.name ?? raw.use ?? raw.path ?? ""), options: isObject(raw.options) ? raw.options : {},
    raw };
}

/** A use as it is written: as it was when nothing changed, in its old form where it had one, else the shortest. */
export function writeUse({ name, options = {}, raw }) {
  const before = raw === undefined ? undefined : readUse(raw);
  if (before && before.name === name && equal(before.options, options)) return raw;
  const empty = !Object.keys(options).length;
  if (isObject(raw)) {
    const copy = { ...raw, [raw.name !== undefined || (!raw.use && !raw.path) ? "name" : raw.use ? "use"
      : "path"]: name };
    if (empty) delete copy.options;
    else copy.options = options;
    return copy;
  }
  return empty ? name : [name, options];
}

/** What a provider uses: for all its models (`all`), and by model (`models`: `{name: uses}`). */
export function transformersOf(provider) {
  const all = [];
  const models = {};
  for (const key of [...LIST_KEYS, ...MODEL_KEYS]) {
    const written = provider?.[key];
    if (isObject(written) && key !== "use") {
      for (const [name, value] of Object.entries(written)) {
        if (name === "use" && !MODEL_KEYS.includes(key)) all.push(...readUses(value));
        else (models[name] ??= []).push(...readUses(isObject(value) ? value.use : value));
      }
    } else if (written !== undefined && written !== null) all.push(...readUses(written));
  }
  return { all, models };
}

/**
 * A provider with other transformers. Nothing changes where they are the same as before. The object `transformer` is
 * kept where it is the only key there is, with what else is in it; several keys become that one.
 */
export function withTransformers(provider, { all, models }) {
  const before = transformersOf(provider);
  if (same(before, { all, models })) return provider;
  const kept = isObject(provider.transformer) ? provider.transformer : {};
  const copy = { ...provider };
  const keys = [...LIST_KEYS, ...MODEL_KEYS];
  const place = Object.keys(copy).findIndex((key) => keys.includes(key));
  for (const key of keys) delete copy[key];
  const written = {};
  if (all.length) written.use = all.map(writeUse);
  for (const [model, uses] of Object.entries(models)) {
    if (uses.length) written[model] = { ...(isObject(kept[model]) ? kept[model] : {}), use: uses.map(writeUse) };
  }
  return Object.keys(written).length ? inserted(copy, place, "transformer", written) : copy;
}

function inserted(object, place, key, value) {
  const entries = Object.entries(object);
  entries.splice(place < 0 ? entries.length : Math.min(place, entries.length), 0, [key, value]);
  return Object.fromEntries(entries);
}

function same(one, other) {
  const plain = ({ all, models }) => ({
    all: all.map(writeUse),
    models: Object.fromEntries(Object.entries(models).filter(([, uses]) => uses.length).map(([name, uses]) => [name,
      uses.map(writeUse)])),
  });
  return equal(plain(one), plain(other));
}
