// The filters above the history. They are in the address, so that they can be kept and sent.
import { html, useEffect, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useLoad, useSettled } from "../core/load.js";
import { Button, SelectField, TextField } from "../parts/index.js";

const SPANS = [900, 3600, 86_400, 604_800];

/** The moment (UNIX seconds) that "within the last n seconds" begins with; undefined for any time. */
export function sinceOf(within) {
  return within ? Math.floor(Date.now() / 1000) - Number(within) : undefined;
}

export function Filters({ query, onChange, onClear }) {
  const models = useLoad((abort) => get("v1/models", { limit: 1000 }, { signal: abort }));
  const names = (models.data?.data ?? []).map((one) => one.id).filter((one) => !/^(claude|anthropic):/.test(one));
  const providers = [...new Set(names.map((one) => one.split(",")[0]))];
  const select = (label, name, any, options) => html`<${SelectField} label=${label} hideLabel value=${query[name] ?? ""}
    onChange=${(value) => onChange({ [name]: value })} options=${[{ value: "", label: any }, ...withChosen(options, query[name])]} />`;
  return html`<div class="toolbar" role="search" aria-label=${t("parts.search")}>
    <${Search} value=${query.q ?? ""} onChange=${(q) => onChange({ q })} />
    ${select(t("requests.status"), "status", t("requests.any_status"), statuses())}
    ${select(t("parts.provider"), "provider", t("requests.any_provider"), providers)}
    ${select(t("parts.model"), "model", t("requests.any_model"), names)}
    ${select(t("requests.since"), "within", t("requests.since_any"), SPANS.map((value) => ({ value: String(value), label: t(`requests.since_${value}`) })))}
    ${["session", "caller"].filter((name) => query[name]).map((name) => html`<${Chip} key=${name} name=${name} value=${query[name]} onChange=${onChange} />`)}
    ${Object.keys(query).length > 0 && html`<${Button} kind="quiet" icon="x" onClick=${onClear}>${t("requests.clear_filters")}<//>`}
  </div>`;
}

function statuses() {
  const words = ["ok", "failed"].map((one) => ({ value: one === "failed" ? "error" : one, label: t(`requests.${one}`) }));
  return [...words, "400", "401", "429", "500", "502", "529"];
}

/** Options, with the chosen one among them: the address may name a model that is configured no more. */
function withChosen(options, chosen) {
  const isThere = !chosen || options.some((one) => (one.value ?? one) === chosen);
  return isThere ? options : [...options, chosen];
}

function Search({ value, onChange }) {
  const [text, setText] = useState(value);
  const settled = useSettled(text);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (settled !== value) onChange(settled);
  }, [settled]);
  return html`<${TextField} class="wide" hideLabel label=${t("parts.search")} placeholder=${t("requests.q")} type="search" value=${text} onChange=${setText} />`;
}

function Chip({ name, value, onChange }) {
  return html`<${Button} icon="x" onClick=${() => onChange({ [name]: "" })}>
    ${t(`requests.${name}`, { id: value.length > 14 ? `${value.slice(0, 12)}…` : value })}
  <//>`;
}
