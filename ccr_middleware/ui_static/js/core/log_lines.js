// Lines of a log as entries: JSON in pino's field names, and what follows them that is no JSON.

const SHOWN_ELSEWHERE = new Set(["level", "time", "pid", "hostname", "msg", "message", "reqId", "name", "v"]);

/** `{level, time, message, requestId, value, raw, following: [text]}` of each entry, in the lines' order. */
export function entriesOf(lines) {
  const entries = [];
  for (const line of lines) {
    const value = parsed(line);
    if (value) entries.push(entryOf(line, value));
    else if (entries.length) entries.at(-1).following.push(line);
    else entries.push({ level: 0, time: null, message: line, requestId: "", value: null, raw: line, following: [] });
  }
  return entries;
}

function parsed(line) {
  try {
    const value = JSON.parse(line);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function entryOf(raw, value) {
  const time = typeof value.time === "number" ? value.time : Date.parse(value.time) || null;
  const level = typeof value.level === "number" ? value.level : 0;
  const requestId = String(value.reqId ?? "");
  const said = String(value.msg ?? value.message ?? "");
  const message = requestId && said.startsWith(`${requestId} `) ? said.slice(requestId.length + 1) : said;
  return { level, time, message, requestId, value, raw, following: [] };
}

/** The fields of an entry that are not shown as columns, as short texts: `name=value`. */
export function extrasOf(entry) {
  return Object.entries(entry.value ?? {})
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]);
}

/** Entries with the newer ones after them; those of the last moment are asked for again and may be there already. */
export function joined(entries, newer) {
  const last = entries.at(-1)?.time ?? 0;
  const known = new Set(entries.filter((one) => one.time >= last).map((one) => one.raw));
  return [...entries, ...newer.filter((one) => !known.has(one.raw))];
}

/** The entries of each request, the newest request first: `{id, entries, level, first, last}`; id "" is the gateway. */
export function groupsOf(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const group = groups.get(entry.requestId) ?? { id: entry.requestId, entries: [], level: 0, first: entry.time, last: entry.time };
    group.entries.push(entry);
    group.level = Math.max(group.level, entry.level);
    group.last = entry.time ?? group.last;
    groups.set(entry.requestId, group);
  }
  return [...groups.values()].sort((one, other) => (other.last ?? 0) - (one.last ?? 0));
}
