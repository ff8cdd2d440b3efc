// The form of a preset: which fields of its schema are asked for, and their values. Pure functions; the gateway checks
// the same again (presets/inputs.py), so this only has to show the right fields.
import { isObject } from "./document.js";

/** The kinds of fields that there are; anything else is a line of text. */
const KINDS = ["password", "input", "select", "multiselect", "confirm", "editor", "number"];

/** The fields of a schema as `{id, kind, label, hint, placeholder, options, required, min, max, rows, when}`. */
export function presetFields(schema, choices = {}) {
  return (Array.isArray(schema) ? schema : []).filter((one) => isObject(one)
    && typeof one.id === "string").map((one) => ({
    id: one.id,
    kind: one.type === undefined ? "password" : KINDS.includes(one.type) ? one.type : "input",
    label: one.label || one.prompt || one.id,
    hint: one.label && one.prompt ? one.prompt : "",
    placeholder: one.placeholder ?? "",
    options: choices[one.id] ?? optionsOf(one.options),
    required: one.required !== false,
    fallback: one.defaultValue ?? one.default,
    min: one.min,
    max: one.max,
    rows: one.rows,
    when: one.when === undefined || one.when === null ? [] : [one.when].flat(),
  }));
}

function optionsOf(written) {
  const list = Array.isArray(written) ? written : (written?.options ?? []);
  return (Array.isArray(list) ? list : []).map((one) =>
    isObject(one) ? { value: one.value ?? one.label, label: String(one.label ?? one.value),
      disabled: one.disabled === true } : { value: one, label: String(one) });
}

/** What the form begins with: what was answered before, else the defaults. */
export function startValues(fields, given = {}) {
  return Object.fromEntries(fields.map((field) => [field.id, given[field.id] ?? field.fallback ?? emptyOf(field)]));
}

function emptyOf(field) {
  return field.kind === "confirm" ? false : field.kind === "multiselect" ? [] : undefined;
}

/** The fields whose conditions hold; one that is not asked for has no value for the others. */
export function visibleFields(fields, values) {
  const byId = new Map(fields.map((field) => [field.id, field]));
  const known = new Map();
  const isVisible = (id) => {
    if (!known.has(id)) {
      known.set(id, true); // of fields that wait for each other the first is asked for
      known.set(id, byId.get(id).when.every((condition) => holds(condition, valueOf(condition?.field))));
    }
    return known.get(id);
  };
  const valueOf = (id) => (byId.has(id) && !isVisible(id) ? undefined : values[id]);
  return fields.filter((field) => isVisible(field.id));
}

/** Whether one condition holds for the value of its field. */
export function holds(condition, value) {
  const { operator = "eq", value: wanted } = condition ?? {};
  const missing = value === undefined || value === null;
  if (operator === "exists") return !missing === (wanted !== false);
  if (operator === "eq") return value === wanted || (missing && wanted === null);
  if (operator === "ne") return value !== wanted;
  if (operator === "in" || operator === "nin") {
    return [value].flat().some((one) => [wanted].flat().includes(one)) === (operator === "in");
  }
  const [left, right] = [numberOf(value), numberOf(wanted)];
  if (left === null || right === null) return false;
  return { gt: left > right, gte: left >= right, lt: left < right, lte: left <= right }[operator] ?? false;
}

function numberOf(value) {
  const number = typeof value === "number" ? value : typeof value === "string" && value.trim() ? Number(value) : NaN;
  return Number.isFinite(number) ? number : null;
}

/** The ids of visible fields that are required and have no value. */
export function missingFields(fields, values) {
  return visibleFields(fields, values).filter((field) => field.required
    && isEmpty(values[field.id])).map((field) => field.id);
}

function isEmpty(value) {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
}

/** The values to send: of visible fields, without those that are empty. */
export function filledValues(fields, values) {
  return Object.fromEntries(visibleFields(fields,
    values).filter((field) => !isEmpty(values[field.id])).map((field) => [field.id, values[field.id]]));
}
