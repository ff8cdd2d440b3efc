/**
 * Pure functions over the raw configuration document: read a member in whichever spelling it is written, change it in
 * that spelling, keep everything else as it is. Nothing here touches the page or the network.
 *
 * A document is never changed in place: every edit gives a new one, and `mergePatch` says what has to be sent.
 */

/** Every key that the pages edit,
  the documented spelling first (docs/configuration.md). Of several the first counts. */
export const CONFIG = {
  providers: ["Providers", "providers"],
  router: ["Router", "router"],
  rules: ["rules"],
  aliases: ["aliases"],
  fallback: ["fallback"],
  transformers: ["transformers"],
  agents: ["agents"],
  plugins: ["plugins"],
  search: ["search"],
  apiKey: ["APIKEY", "api_key", "apiKey"],
  forceUseImageAgent: ["forceUseImageAgent", "force_use_image_agent"],
};

export const PROVIDER = {
  name: ["name", "NAME"],
  baseUrl: ["api_base_url", "HOST", "baseURL", "base_url", "apiBaseUrl", "baseUrl"],
  apiKey: ["api_key", "APIKEY", "apiKey"],
  apiKeys: ["api_keys", "apiKeys"],
  models: ["models", "MODELS"],
  wire: ["wire"],
  auth: ["auth"],
  headers: ["headers"],
  region: ["region"],
  resource: ["resource"],
  maxOutputTokens: ["max_output_tokens", "maxOutputTokens"],
  contextWindow: ["context_window", "contextWindow"],
  maxParallel: ["max_parallel", "maxParallel"],
  queueSize: ["queue_size", "queueSize"],
  queueSeconds: ["queue_seconds", "queueSeconds"],
  timeouts: ["timeouts"],
  dialect: ["dialect"],
  tokenizer: ["tokenizer"],
  vertex: ["vertex"],
};

/** A covered secret, as the gateway writes it: `***…w9Qz·5f0c91ab`, with the end of a long one. */
const MASK = /\*\*\*(?:…([\w.~+/=-]{4}))?·[0-9a-f]{8}/;
const PLACEHOLDER = /^\$(?:[A-Z_][A-Z0-9_]*|\{[^{}]+\})$/;

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a member counts as not written (null or blank text), as the gateway has it. */
export function isBlank(value) {
  return value === null || value === undefined || (typeof value === "string" && !value.trim());
}

/** Whether a text is one environment variable, `$NAME` or `${name}`. */
export function isPlaceholder(value) {
  return typeof value === "string" && PLACEHOLDER.test(value.trim());
}

/** Whether a text is a secret the gateway has covered up. Sent back as it is, it means the secret itself. */
export function isMask(value) {
  return typeof value === "string" && MASK.test(value);
}

/** The last characters of the secret a mask stands for, "" where they are not told. */
export function maskEnd(value) {
  return MASK.exec(value)?.[1] ?? "";
}

/** How a key is there: as a variable, covered up, in plain text, or not at all. */
export function keyState(value) {
  if (isBlank(value)) return "missing";
  if (isMask(value)) return "masked";
  return String(value).includes("$") ? "placeholder" : "plain";
}

/** The key a member is written under in an object: the first that has a value, else the first that is there. */
export function keyOf(object, names) {
  if (!isObject(object)) return names[0];
  return names.find((name) => !isBlank(object[name])) ?? names.find((name) => name in object) ?? names[0];
}

/** A member in whichever spelling it is written; undefined when it is not. */
export function read(object, names) {
  return isObject(object) ? object[keyOf(object, names)] : undefined;
}

/** A copy with a member set under the key it has already. `undefined` takes it out, in all spellings. */
export function write(object, names, value) {
  const copy = { ...(isObject(object) ? object : {}) };
  if (value === undefined) for (const name of names) delete copy[name];
  else copy[keyOf(copy, names)] = value;
  return copy;
}

/** A copy with several members set: `{field: value}` by the names of a spelling table. */
export function writeAll(object, spellings, values) {
  return Object.entries(values).reduce((copy, [field, value]) => write(copy, spellings[field], value), object);
}

/** Whether two JSON values are the same; the order of an object's members makes no difference. */
export function equal(one, other) {
  if (one === other) return true;
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length
      && one.every((item, at) => equal(item, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && equal(one[key], other[key]));
}

export function clone(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/**
 * The JSON merge patch (RFC 7386) that makes `after` of `before`; undefined when there is none, because such a patch
 * cannot set a member to null. Then the whole document has to be sent.
 */
export function mergePatch(before, after) {
  const patch = difference(before, after);
  return equal(applyPatch(before, patch), after) ? patch : undefined;
}

function difference(before, after) {
  const patch = {};
  for (const key of Object.keys(before)) if (!(key in after)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    if (isObject(value) && isObject(before[key])) {
      const inner = difference(before[key], value);
      if (Object.keys(inner).length) patch[key] = inner;
    } else if (!equal(before[key], value)) patch[key] = value;
  }
  return patch;
}

/** What a merge patch makes of a document. */
export function applyPatch(document, patch) {
  if (!isObject(patch)) return patch;
  const result = { ...(isObject(document) ? document : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyPatch(result[key], value);
  }
  return result;
}

/** A list with one item replaced, taken out (`undefined`) or, behind its end, added. */
export function withItem(list, index, item) {
  const copy = Array.isArray(list) ? [...list] : [];
  if (item === undefined) copy.splice(index, 1);
  else copy[Math.min(index, copy.length)] = item;
  return copy;
}

/** A list with the item at one place moved to another. */
export function moved(list, from, to) {
  const copy = [...list];
  const [item] = copy.splice(from, 1);
  copy.splice(Math.max(0, Math.min(to, copy.length)), 0, item);
  return copy;
}

/**
 * The text of a number field as what it stands for in the document: a number where it is one, undefined when empty,
 * the text itself where it is none (the gateway then says what is wrong).
 */
export function numberOf(text) {
  const trimmed = String(text ?? "").trim();
  if (!trimmed) return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

/** The texts of a pasted list: by line, comma or blank, quotes and brackets stripped, each once. */
export function splitList(text) {
  const parts = text.split(/[\s,;]+/).map((part) => part.replace(/^["'[\]]+|["'[\]]+$/g, ""));
  return [...new Set(parts.filter(Boolean))];
}

/** A path as the gateway writes it in its problems (`Providers[0].models`), as a list of keys and numbers. */
export function parsePath(path) {
  const found = String(path ?? "").matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g);
  return [...found].map(([, index, quoted, word]) => (index !== undefined ? Number(index) : (quoted ?? word)));
}

/** The problems below a path, each with the rest of its own path. `prefix`: as `parsePath` gives it. */
export function problemsAt(problems, prefix) {
  return (problems ?? []).flatMap((problem) => {
    const path = parsePath(problem.path);
    const below = prefix.every((part, at) => String(path[at]) === String(part));
    return below ? [{ ...problem, rest: path.slice(prefix.length) }] : [];
  });
}
