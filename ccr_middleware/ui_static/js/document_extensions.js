// Agents and plugins in the raw configuration document: lists of names and objects.
import { CONFIG, isObject, read, withItem, write } from "./document.js";

/** Whether an object in the list works when it does not say so. */
const ENABLED_UNLESS_SAID = { agents: true, plugins: false };

/** The entries of a list (`kind`: "agents" or "plugins") as `{index, raw, name, place, enabled, options}`. */
export function entriesOf(document, kind) {
  const list = read(document, CONFIG[kind]);
  return (Array.isArray(list) ? list : []).map((raw, index) => ({ index, raw, ...entry(raw, kind) }));
}

function entry(raw, kind) {
  if (!isObject(raw)) return { name: String(raw), place: "", enabled: true, options: {} };
  const enabled = raw.enabled === undefined ? ENABLED_UNLESS_SAID[kind] : [true, "true"].includes(raw.enabled);
  const options = isObject(raw.options) ? raw.options : {};
  return { name: String(raw.name ?? ""), place: String(raw.path ?? raw.module ?? ""), enabled, options };
}

/** The entry that a row of /api/agents or /api/plugins comes from; undefined when the document does not name it. */
export function entryOfRow(document, kind, row) {
  const place = String(row.origin ?? "").replace(/^(file|module|entry point):/, "");
  return entriesOf(document, kind).find(
    (one) => (one.name && one.name.toLowerCase() === row.name.toLowerCase()) || (one.place && one.place === place),
  );
}

/** A document in which a row is switched on or off, or has other options. */
export function withExtension(document, kind, row, { enabled, options }) {
  const before = entryOfRow(document, kind, row);
  const list = read(document, CONFIG[kind]);
  const raw = isObject(before?.raw) ? { ...before.raw } : { name: before?.name ?? row.name };
  if (enabled !== undefined && (enabled !== ENABLED_UNLESS_SAID[kind] || "enabled" in raw)) raw.enabled = enabled;
  else if (enabled === undefined && typeof before?.raw === "string" && !ENABLED_UNLESS_SAID[kind]) raw.enabled = true;
  if (options !== undefined) {
    if (Object.keys(options).length) raw.options = options;
    else delete raw.options;
  }
  const index = before?.index ?? (Array.isArray(list) ? list.length : 0);
  return write(document, CONFIG[kind], withItem(list, index, raw));
}
