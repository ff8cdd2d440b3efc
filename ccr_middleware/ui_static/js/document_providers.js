/** Providers in the raw configuration document: what they say, what uses them, and edits that keep all the rest. */

import { CONFIG, PROVIDER, isBlank, isObject, read, withItem, write, writeAll } from "./document.js";
import { mapTargets, targetsIn } from "./document_routing.js";

/** The providers in their order, each with its `index` in the list and the object as written (`raw`). */
export function providersOf(document) {
  const list = read(document, CONFIG.providers);
  return (Array.isArray(list) ? list : []).map((raw, index) => ({ index, raw, ...summary(raw) }));
}

function summary(raw) {
  const text = (field) => String(read(raw, PROVIDER[field]) ?? "").trim();
  return { name: text("name"), baseUrl: text("baseUrl"), apiKey: text("apiKey"), wire: text("wire"),
    models: modelsOf(raw) };
}

/** The models a provider lists, as texts. */
export function modelsOf(raw) {
  const models = read(raw, PROVIDER.models);
  return Array.isArray(models) ? models.map(String) : [];
}

/** A provider's further keys as objects `{key, weight?, priority?, name?}`; a text may hold several. */
export function keysOf(raw) {
  const written = read(raw, PROVIDER.apiKeys);
  const list = typeof written === "string" ? written.split(",").filter((part) => part.trim()) : written;
  return (Array.isArray(list) ? list : []).map((item) => (isObject(item) ? { ...item } : { key: String(item).trim() }));
}

/** How such keys are written: a text where there is only the key. */
export function writeKeys(keys) {
  const named = keys.map((item) => Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)));
  const written = named.filter((item) => !isBlank(read(item, ["key", "api_key", "apiKey"])));
  return written.length ? written.map((item) => (Object.keys(item).length === 1 && item.key ? item.key : item))
    : undefined;
}

/** A document with a provider replaced, taken out (`undefined`) or, behind the last, added. */
export function withProvider(document, index, raw) {
  return write(document, CONFIG.providers, withItem(read(document, CONFIG.providers), index, raw));
}

/** A provider with some fields changed, by the names of `PROVIDER`; what is not named stays, known or not. */
export function changeProvider(raw, values) {
  return writeAll(raw, PROVIDER, values);
}

/** Whether another provider has the name, in any case. */
export function isNameTaken(document, name, exceptIndex) {
  const wanted = name.trim().toLowerCase();
  return providersOf(document).some((one) => one.index !== exceptIndex && one.name.toLowerCase() === wanted);
}

/** A document in which every target, alias and list that named a provider names it by its new name. */
export function renameInRoutes(document, from, to) {
  const wanted = from.trim().toLowerCase();
  const renamed = mapTargets(document, (target) => {
    const [provider, separator] = splitTarget(target, [from]);
    return separator && provider.toLowerCase() === wanted ? `${to}${separator}${target.slice(provider.length + 1)}`
      : target;
  });
  return renameInTransformers(renamed, wanted, to);
}

function renameInTransformers(document, wanted, to) {
  const entries = read(document, CONFIG.transformers);
  if (!Array.isArray(entries)) return document;
  const rename = (name) => (String(name).toLowerCase() === wanted ? to : name);
  const scoped = entries.map((entry) => {
    if (!isObject(entry)) return entry;
    const copy = { ...entry };
    if (Array.isArray(copy.providers)) copy.providers = copy.providers.map(rename);
    if (typeof copy.provider === "string") copy.provider = rename(copy.provider);
    if (Array.isArray(copy.models)) copy.models = copy.models.map((model) => renameModel(model, wanted, to));
    return copy;
  });
  return write(document, CONFIG.transformers, scoped);
}

function renameModel(model, wanted, to) {
  const [provider, ...rest] = String(model).split(",");
  return rest.length && provider.trim().toLowerCase() === wanted ? [to, ...rest].join(",") : model;
}

/** Where a provider, or one model of it, is used: `[{path, label, target}]`, for the question before it goes. */
export function usesOf(document, name, model) {
  const names = providersOf(document).map((provider) => provider.name);
  return targetsIn(document).filter(({ target }) => {
    const [provider, separator, targetModel] = splitTarget(target, names);
    return separator && provider.toLowerCase() === name.toLowerCase() && (model === undefined || targetModel === model);
  });
}

/** `[provider, separator, model]` of a target; `provider/model` is one when there is such a provider. */
export function splitTarget(target, names = []) {
  const text = String(target);
  const comma = text.indexOf(",");
  if (comma >= 0) return [text.slice(0, comma).trim(), ",", text.slice(comma + 1).trim()];
  const fitting = names.filter((name) => name && text.toLowerCase().startsWith(`${name.toLowerCase()}/`));
  const longest = fitting.sort((one, other) => other.length - one.length)[0];
  return longest ? [text.slice(0, longest.length), "/", text.slice(longest.length + 1)] : [text, "", ""];
}

/**
 * A provider as it has to be written when it was begun from an entry of the catalogue. One that keeps the entry's name
 * leaves open what the catalogue knows; one with a name or address of its own is given all of it, since only the name
 * would have told.
 */
export function completedFrom(entry, raw) {
  if (!entry) return raw;
  const name = String(read(raw, PROVIDER.name) ?? "").trim().toLowerCase();
  const isNamed = [entry.name, ...(entry.aliases ?? [])].some((known) => known.toLowerCase() === name);
  const address = read(raw, PROVIDER.baseUrl);
  const isOwn = !isBlank(address) && address !== entry.base_url;
  if (isNamed && !isOwn) return write(raw, PROVIDER.baseUrl, undefined);
  const parts = ["region", "resource"].filter((key) => key in raw && (entry.parameters ?? []).includes(key));
  const known = { baseUrl: filled(entry.base_url, raw), ...factsOf(entry) };
  const open = Object.entries(known).filter(([field]) => isBlank(read(raw, PROVIDER[field])));
  const completed = changeProvider(raw, { ...Object.fromEntries(open),
    ...Object.fromEntries(parts.map((key) => [key, undefined])) });
  const uses = entry.transformers ?? [];
  return uses.length && !("transformer" in completed) ? { ...completed, transformer: { use: uses } } : completed;
}

function filled(address, raw) {
  return (address ?? "").replace(/\{(?!model\})(\w+)\}/g, (written, key) => raw[key] || written);
}

function factsOf(entry) {
  const found = {};
  if (entry.wire && entry.wire !== "chat") found.wire = entry.wire;
  if (entry.auth) found.auth = entry.auth;
  if (entry.headers && Object.keys(entry.headers).length) found.headers = entry.headers;
  return found;
}
