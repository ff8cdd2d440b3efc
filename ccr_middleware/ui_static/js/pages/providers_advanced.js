// The rarer settings of a provider, and all of it as JSON.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { PROVIDER, equal, isObject, numberOf, read } from "../document.js";
import { changeProvider } from "../document_providers.js";
import { Button, Card, Disclosure, IconButton, NumberField, SelectField, TextField } from "../parts/index.js";
import { JsonField } from "./transformers_options.js";

const TIMES = ["connect_seconds", "first_byte_seconds", "idle_seconds", "total_seconds"];
const LIMITS = ["maxOutputTokens", "contextWindow"];
const QUEUE = [["maxParallel", ""], ["queueSize", "100"], ["queueSeconds", "30"]];
const AUTHS = ["", "bearer", "x-api-key", "none"];

/** `raw` is the provider; `onChange` is given a new one, `errorAt(field)` tells what is wrong with a field. */
export function AdvancedCard({ raw, onChange, errorAt }) {
  const value = (field) => read(raw, PROVIDER[field]);
  const set = (field) => (changed) => onChange(changeProvider(raw, { [field]: changed === null || changed === ""
    ? undefined : changed }));
  const timeouts = isObject(value("timeouts")) ? value("timeouts") : {};
  const setTime = (name) => (seconds) => set("timeouts")(without({ ...timeouts, [name]: seconds ?? undefined }));
  const written = [...LIMITS, ...QUEUE.map(([field]) => field), "timeouts", "headers", "auth",
    "dialect"].filter((field) => value(field) !== undefined);
  return html`<${Card} title=${t("providers.advanced")} text=${written.length
    ? t("providers.advanced_set", { n: written.length }) : t("providers.advanced_text")}>
    <div class="stack">
      <${Disclosure} title=${t("providers.advanced_access")} open=${value("headers") !== undefined}>
        <div class="form-grid">
          <${AuthField} value=${value("auth")} onChange=${set("auth")} error=${errorAt("auth")} />
          <div class="full"><${HeadersField} value=${value("headers")} onChange=${set("headers")}
            error=${errorAt("headers")} /></div>
        </div>
      <//>
      <${Disclosure} title=${t("providers.advanced_limits")}>
        <div class="form-grid">
          ${LIMITS.map((field) => html`<${LimitField} key=${field} label=${t(`providers.field.${field}`)}
            value=${value(field)} onChange=${set(field)} error=${errorAt(field)} />`)}
          ${QUEUE.map(([field, usual]) => html`<${NumberField} key=${field} label=${t(`providers.field.${field}`)}
            min="0" placeholder=${usual}
            value=${value(field)} onChange=${set(field)} error=${errorAt(field)} />`)}
        </div>
      <//>
      <${Disclosure} title=${t("providers.advanced_times")}>
        <div class="form-grid">
          ${TIMES.map((name) => html`<${NumberField} key=${name} label=${t(`providers.time.${name}`)} min="0"
            value=${timeouts[name]} onChange=${setTime(name)} />`)}
        </div>
      <//>
      <${Disclosure} title=${t("providers.advanced_dialect")}>
        <${JsonField} label=${t("providers.field.dialect")} hint=${t("providers.dialect_hint")}
          value=${value("dialect")} onChange=${set("dialect")} objectOnly />
      <//>
      <${Disclosure} title=${t("providers.advanced_json")}><${WholeField} raw=${raw} onChange=${onChange} /><//>
    </div>
  <//>`;
}

const without = (object) => {
  const kept = Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  return Object.keys(kept).length ? kept : undefined;
};

function AuthField({ value, onChange, error }) {
  const isHeader = value !== undefined && !AUTHS.includes(value);
  const [isOwn, setOwn] = useState(isHeader);
  const options = [...AUTHS.map((one) => ({ value: one, label: one ? t(`providers.auth.${one}`)
    : t("providers.auth.auto") })),
    { value: "header", label: t("providers.auth.header") }];
  const choose = (one) => (setOwn(one === "header"), onChange(one === "header" ? undefined : one));
  return html`<${SelectField} label=${t("providers.field.auth")} value=${isOwn ? "header" : (value ?? "")}
    options=${options} onChange=${choose} error=${error} />
    ${isOwn && html`<${TextField} mono label=${t("providers.auth_header")} placeholder="x-api-key" value=${value}
      onChange=${onChange} />`}`;
}

/** A number for all models, or a number for each as JSON. */
function LimitField({ value, onChange, ...rest }) {
  if (isObject(value)) return html`<${JsonField} ...${rest} hint=${t("providers.by_model")} value=${value}
    onChange=${onChange} objectOnly />`;
  return html`<${TextField} ...${rest} inputmode="numeric" value=${value === undefined ? "" : String(value)}
    onChange=${(text) => onChange(numberOf(text))} />`;
}

function HeadersField({ value, onChange, error }) {
  const [rows, setRows] = useState(Object.entries(isObject(value) ? value : {}));
  const shown = equal(named(rows), value ?? {}) ? rows : Object.entries(value ?? {});
  function edit(changed) {
    setRows(changed);
    const object = named(changed);
    onChange(Object.keys(object).length ? object : undefined);
  }
  const set = (index, pair) => edit(shown.map((one, at) => (at === index ? pair : one)));
  return html`<div class="stack tight" role="group" aria-label=${t("providers.field.headers")}>
    <span class="key-label">${t("providers.field.headers")}</span>
    ${shown.map(([name, text], index) => html`<div key=${index} class="header-row">
      <${TextField} hideLabel mono label=${t("providers.header_name")} placeholder=${t("providers.header_name")}
        value=${name} onChange=${(changed) => set(index, [changed, text])} />
      <${TextField} hideLabel mono label=${t("providers.header_value")} placeholder=${t("providers.header_value")}
        value=${text} onChange=${(changed) => set(index, [name, changed])} />
      <${IconButton} icon="x" size=${16} label=${t("parts.remove", { name })}
        onClick=${() => edit(shown.filter((_, at) => at !== index))} />
    </div>`)}
    ${error && html`<p class="field-error">${error}</p>`}
    <div><${Button} kind="quiet" small icon="plus"
      onClick=${() => setRows([...shown, ["", ""]])}>${t("providers.header_add")}<//></div>
  </div>`;
}

const named = (rows) => Object.fromEntries(rows.filter(([name]) => name.trim()));

/** The whole entry as JSON: whatever has no field of its own is in there. */
function WholeField({ raw, onChange }) {
  const change = (object) => object && onChange(object);
  return html`<${JsonField} label=${t("providers.whole")} hint=${t("providers.whole_hint")} rows=${14} value=${raw}
    onChange=${change} objectOnly />`;
}
