// The form of a transformer's, agent's or plugin's options, made from their JSON schema. Values keep their types.
import { html, useEffect, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { equal, isObject } from "../document.js";
import { fieldsOf, otherOptions, takesOthers, withOption, withOthers } from "../document_schema.js";
import { ListField, NumberField, SecretField, SelectField, TextArea, TextField } from "../parts/index.js";

/** `value` is the options object; `onChange` is given a new one. `onValid(false)` while a JSON field cannot be read. */
export function OptionsForm({ schema, value, onChange, onValid }) {
  const fields = fieldsOf(schema);
  const others = otherOptions(schema, value);
  const hasOthers = takesOthers(schema) || Object.keys(others).length > 0;
  if (!fields.length && !hasOthers) return html`<p class="faint">${t("options.none")}</p>`;
  const set = (name) => (changed) => onChange(withOption(value, name, changed));
  return html`<div class="form-grid options-form">
    ${fields.map((field) => html`<${OptionField} key=${field.name} field=${field} value=${value[field.name]}
      onChange=${set(field.name)}
      onValid=${onValid} />`)}
    ${hasOthers && html`<div class="full"><${JsonField} label=${t("options.others")} hint=${t("options.others_hint")}
      value=${others}
      onChange=${(changed) => onChange(withOthers(schema, value, changed ?? {}))}
        onValid=${onValid} objectOnly /></div>`}
  </div>`;
}

function OptionField({ field, value, onChange, onValid }) {
  const { name, kind, isRequired, fallback, hint } = field;
  const shared = { label: name, hint, required: isRequired, value, onChange };
  const isDefaultShown = fallback !== undefined && fallback !== null && fallback !== "";
  const placeholder = isDefaultShown ? t("options.default", { value: shortOf(fallback) }) : t("options.unset");
  if (kind === "boolean") return html`<${BooleanField} ...${shared} fallback=${fallback} />`;
  if (kind === "number") {
    return html`<${NumberField} ...${shared} placeholder=${placeholder} min=${field.min} max=${field.max}
      step=${field.type === "integer" ? 1 : "any"} onChange=${(number) => onChange(number ?? undefined)} />`;
  }
  if (kind === "choice") {
    const options = [{ value: "", label: placeholder }, ...field.options.map(String)];
    const choose = (text) => onChange(field.options.find((one) => String(one) === text));
    return html`<${SelectField} ...${shared} value=${String(value ?? "")} options=${options} onChange=${choose} />`;
  }
  if (kind === "texts") return html`<${ListField} ...${shared}
    onChange=${(items) => onChange(items.length ? items : undefined)} />`;
  if (kind === "text" && (value === undefined || value === null || typeof value === "string")) {
    const Kind = field.isSecret ? SecretField : TextField;
    return html`<${Kind} ...${shared} placeholder=${placeholder} onChange=${(text) => onChange(text || undefined)} />`;
  }
  return html`<div class="full"><${JsonField} ...${shared} onValid=${onValid} /></div>`;
}

/** Three states: on, off, and not written, which is the default. */
function BooleanField({ fallback, value, onChange, ...rest }) {
  const words = { true: t("parts.on"), false: t("parts.off") };
  const unset = fallback === undefined || fallback === null ? t("options.unset")
    : t("options.default", { value: words[fallback] });
  const options = [{ value: "", label: unset }, { value: "true", label: words.true },
    { value: "false", label: words.false }];
  const choose = (text) => onChange(text === "" ? undefined : text === "true");
  return html`<${SelectField} ...${rest} value=${value === undefined ? "" : String(value)} options=${options}
    onChange=${choose} />`;
}

function shortOf(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Any JSON as text. What cannot be read stays in the field, with what is wrong; the value stays as it was. */
export function JsonField({ value, onChange, onValid, objectOnly = false, rows, ...rest }) {
  const [draft, setDraft] = useState(textOf(value));
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    const read = readJson(draft, objectOnly);
    if (!read.problem && !equal(read.value ?? null, emptied(value) ?? null)) setDraft(textOf(value));
  }, [value]);
  function edit(text) {
    setDraft(text);
    const { value: changed, problem: found } = readJson(text, objectOnly);
    setProblem(found ?? null);
    onValid?.(!found);
    if (!found) onChange(changed);
  }
  const lines = rows ?? Math.min(10, Math.max(2, draft.split("\n").length));
  return html`<${TextArea} ...${rest} mono rows=${lines} value=${draft} onChange=${edit}
    error=${rest.error ?? problem} />`;
}

const emptied = (value) => (isObject(value) && !Object.keys(value).length ? undefined : value);
const textOf = (value) => (emptied(value) === undefined || value === null ? "" : JSON.stringify(value, null, 2));

function readJson(text, objectOnly) {
  if (!text.trim()) return { value: undefined };
  try {
    const value = JSON.parse(text);
    if (objectOnly && !isObject(value)) return { problem: t("options.not_object", { example: '{"seed": 7}' }) };
    return { value: emptied(value) };
  } catch (error) {
    return { problem: t("options.not_json", { message: error.message }) };
  }
}
