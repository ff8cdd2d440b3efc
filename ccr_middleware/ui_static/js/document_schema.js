// JSON schemas of options (as pydantic writes them) → the fields of a form. Pure functions.
import { isObject } from "./document.js";

const SECRETS = /key|secret|token|password|credential/i;
/** Names with such a word that hold no secret: limits in tokens. */
const NOT_SECRETS = /tokens|_tokens?$|^max_|count/i;

/**
 * The fields of an object's schema: `[{name, kind, type, isRequired, isSecret, fallback, options, min, max, hint}]`.
 * `kind`: "boolean", "number", "choice", "text", "texts" (a list of them) or "json".
 */
export function fieldsOf(schema) {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([name, written]) => fieldOf(name, written, schema,
    required.has(name)));
}

function fieldOf(name, written, root, isRequired) {
  const { member, isNullable } = resolved(written, root);
  const field = {
    name,
    isRequired,
    isNullable,
    hint: written.description ?? member.description ?? "",
    fallback: written.default ?? member.default,
    isSecret: false,
    type: member.type ?? "any",
  };
  if (member.enum || member.const !== undefined) return { ...field, kind: "choice", options: member.enum
    ?? [member.const] };
  if (member.type === "boolean") return { ...field, kind: "boolean" };
  if (member.type === "integer" || member.type === "number") {
    const min = member.minimum ?? member.exclusiveMinimum;
    return { ...field, kind: "number", min, max: member.maximum ?? member.exclusiveMaximum };
  }
  if (member.type === "string") return { ...field, kind: "text", isSecret: SECRETS.test(name)
    && !NOT_SECRETS.test(name) };
  if (member.type === "array" && member.items?.type === "string") return { ...field, kind: "texts" };
  return { ...field, kind: "json" };
}

/** The schema behind references, and the one besides null where there is a choice. */
function resolved(written, root) {
  const member = dereferenced(written, root);
  const choices = (member.anyOf ?? member.oneOf)?.map((one) => dereferenced(one, root));
  if (!choices) return { member, isNullable: member.type === "null" };
  const others = choices.filter((one) => one.type !== "null");
  const isNullable = others.length < choices.length;
  return { member: others.length === 1 ? others[0] : { description: member.description, default: member.default },
    isNullable };
}

function dereferenced(written, root) {
  const name = /^#\/\$defs\/(.+)$/.exec(written.$ref ?? "")?.[1];
  const found = name && root.$defs?.[name];
  return found ? { ...found, ...written, $ref: undefined } : written;
}

/** Whether an options object may have members that the schema does not name. */
export function takesOthers(schema) {
  return !schema || schema.additionalProperties === true || isObject(schema.additionalProperties);
}

/** The options that no field of the schema shows: with other names, or of a name written otherwise. */
export function otherOptions(schema, options) {
  const known = new Set(Object.keys(schema?.properties ?? {}));
  return Object.fromEntries(Object.entries(options).filter(([name]) => !known.has(name)));
}

/** Options with one set; `undefined` takes it out. The others keep their order and their types. */
export function withOption(options, name, value) {
  const copy = { ...options };
  if (value === undefined) delete copy[name];
  else copy[name] = value;
  return copy;
}

/** Options with all those that no field shows replaced by `others`. */
export function withOthers(schema, options, others) {
  const kept = Object.entries(options).filter(([name]) => schema?.properties && name in schema.properties);
  return { ...Object.fromEntries(kept), ...others };
}

/** The fields that have to be there and are not. */
export function missingOptions(schema, options) {
  return fieldsOf(schema).filter((field) => field.isRequired
    && options[field.name] === undefined).map((field) => field.name);
}
