/**
 * The conditions of a rule as a tree for the builder, and back (docs/configuration.md, "Conditions").
 *
 * A group is `{kind: "all" | "any" | "not", items}`; `not` means that its items do not all hold. A row is
 * `{subject, name?, tests: [{operator, value}]}`, for `has_image` `{subject, value}`, for `time` `{subject, time}`.
 */

import { isObject } from "./document.js";

/** The subjects that are compared with something; `header` and `body` have names of their own. */
export const COMPARED = ["header", "body", "model", "scenario", "principal", "project", "session", "tool",
  "token_count"];
const NAMED = ["header", "body"];

/** The operators by what they compare with. */
export const TEXT_OPERATORS = ["equals", "not_equals", "in", "contains", "starts_with", "ends_with", "matches", "gt",
  "ge", "lt", "le", "exists"];
const CANONICAL = { notEquals: "not_equals", startsWith: "starts_with", endsWith: "ends_with", one_of: "in",
  oneOf: "in" };

/** The operators that a subject can be compared by. */
export function operatorsFor(subject) {
  if (subject === "token_count") return ["gt", "ge", "lt", "le"];
  if (subject === "scenario") return ["equals", "not_equals", "in"];
  return TEXT_OPERATORS;
}

/** A rule's `when` as a group. */
export function parseWhen(when) {
  const list = Array.isArray(when) ? when : when === undefined || when === null ? [] : [when];
  return { kind: "all", items: list.flatMap(parseCondition) };
}

function parseCondition(condition) {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([key, value]) => {
    const subject = key === "tokenCount" ? "token_count" : key === "hasImage" ? "has_image" : key;
    if (subject === "any") return [{ kind: "any", items: (value ?? []).map(parseMember) }];
    if (subject === "not" || subject === "unless") return [{ ...parseWhen(value), kind: "not" }];
    if (subject === "has_image") return [{ subject, value: value === true || value === "true" }];
    if (subject === "time") return [{ subject, time: readTime(value) }];
    if (NAMED.includes(subject) && isObject(value)) {
      return Object.entries(value).map(([name, test]) => ({ subject, name, tests: readTests(test) }));
    }
    return [{ subject, tests: readTests(value) }];
  });
}

/** A member of `any`: a row where it is one, else a group of all that it says. */
function parseMember(condition) {
  const items = parseCondition(condition);
  return items.length === 1 ? items[0] : { kind: "all", items };
}

function readTests(value) {
  if (Array.isArray(value)) return [{ operator: "in", value }];
  if (!isObject(value)) return [{ operator: "equals", value }];
  return Object.entries(value).map(([operator, operand]) => ({ operator: CANONICAL[operator] ?? operator,
    value: operand }));
}

function readTime(value) {
  const { start, end, ...rest } = isObject(value) ? value : {};
  return { ...(start === undefined ? {} : { from: start }), ...(end === undefined ? {} : { to: end }), ...rest };
}

/** Whether every row of a group says something: a name where it needs one, and a value. */
export function isComplete(group) {
  return group.items.length > 0 && group.items.every((item) => (item.kind ? isComplete(item) : isRowComplete(item)));
}

function isRowComplete(row) {
  if (row.subject === "has_image") return true;
  if (row.subject === "time") return Object.keys(row.time).length > 0;
  if ("name" in row && !row.name.trim()) return false;
  return row.tests.every(({ value }) => value !== "" && value !== undefined
    && !(Array.isArray(value) && !value.length));
}

/** How a group is written as `when`: one condition where it can be, else a list of those that all must hold. */
export function writeWhen(group) {
  const conditions = writeAll(group.items);
  return conditions.length === 1 ? conditions[0] : conditions;
}

/** Conditions that say together what all these items say; a second one begins where a key is taken. */
function writeAll(items) {
  const conditions = [];
  for (const item of items) {
    const written = writeItem(item);
    if (!written) continue;
    const [key, name, value] = written;
    const free = conditions.find((condition) => (name === undefined ? !(key in condition)
      : !(name in (condition[key] ?? {}))));
    const condition = free ?? conditions[conditions.push({}) - 1];
    if (name === undefined) condition[key] = value;
    else condition[key] = { ...condition[key], [name]: value };
  }
  return conditions;
}

/** `[key, name or undefined, value]` of an item; undefined for an empty group. */
function writeItem(item) {
  if (item.kind === "any") {
    const members = item.items.map(writeMember).filter(Boolean);
    return members.length ? ["any", undefined, members] : undefined;
  }
  if (item.kind) {
    const inner = writeAll(item.items);
    if (!inner.length) return undefined;
    const one = inner.length === 1 ? inner[0] : inner;
    // A group of all within one: the only condition it may stand in is a member of `any`.
    return item.kind === "not" ? ["not", undefined, one] : ["any", undefined, [asOne(inner)]];
  }
  if (item.subject === "has_image") return ["has_image", undefined, item.value];
  if (item.subject === "time") return ["time", undefined, item.time];
  return [item.subject, NAMED.includes(item.subject) ? (item.name ?? "") : undefined, writeTests(item.tests)];
}

function writeMember(item) {
  const inner = writeAll(item.kind === "all" ? item.items : [item]);
  return inner.length ? asOne(inner) : undefined;
}

/** Several conditions as one: a list may only stand in `not`, so it is what does not fail to hold. */
function asOne(conditions) {
  return conditions.length === 1 ? conditions[0] : { not: { not: conditions } };
}

function writeTests(tests) {
  if (tests.length === 1 && tests[0].operator === "equals") return tests[0].value;
  if (tests.length === 1 && tests[0].operator === "in" && Array.isArray(tests[0].value)) return tests[0].value;
  return Object.fromEntries(tests.map(({ operator, value }) => [operator, value]));
}

/** The operand of an operator for what somebody typed: a list for `in`, a number for orders, else as it was meant. */
export function operandOf(operator, text) {
  if (operator === "in") return text.split(",").map((part) => part.trim()).filter(Boolean).map(scalarOf);
  if (["gt", "ge", "lt", "le"].includes(operator)) return Number.isFinite(Number(text)) && text.trim() ? Number(text)
    : text;
  if (operator === "exists") return text !== "false";
  return ["equals", "not_equals", "contains"].includes(operator) ? scalarOf(text) : text;
}

/** A text that is a number or boolean as what it is; the gateway takes both as the same. */
function scalarOf(text) {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
}

/** How an operand is shown in a text field. */
export function operandText(value) {
  return Array.isArray(value) ? value.join(", ") : value === undefined || value === null ? "" : String(value);
}
