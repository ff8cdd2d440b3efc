// Transformers, agents and plugins: what there is, who uses it, what is wrong with it, on and off.
import { html, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { link, replacePlace } from "../core/router.js";
import { fieldsOf, takesOthers } from "../document_schema.js";
import { Badge, Drawer, Empty, Facts, Loaded, Notice, PageHead, Segments, Table, Tabs,
  TextField } from "../parts/index.js";
import texts from "../texts/transformers.js";
import { ExtensionsTab } from "./transformers_extensions.js";
import { originText } from "./transformers_origin.js";
import { Prose } from "./transformers_prose.js";

addTexts(texts);

const TABS = ["transformers", "agents", "plugins"];

/** `#/transformers[/tab]` */
export default function Transformers({ args }) {
  const tab = TABS.includes(args[0]) ? args[0] : TABS[0];
  const items = TABS.map((id) => ({ id, label: t(`transformers.tab.${id}`) }));
  return html`<div class="page">
    <${PageHead} title=${t("transformers.title")} text=${t("transformers.text")} />
    <${Tabs} label=${t("transformers.title")} items=${items} value=${tab}
      onChange=${(id) => replacePlace("transformers", id)} />
    <div role="tabpanel" aria-label=${t(`transformers.tab.${tab}`)}>
      ${tab === "transformers" ? html`<${TransformersTab} />` : html`<${ExtensionsTab} key=${tab} kind=${tab} />`}
    </div>
  </div>`;
}

function TransformersTab() {
  const result = useLoad(async () => (await get("api/transformers")).transformers, []);
  return html`<${Loaded} result=${result} lines=${8}>${(rows) => html`<${List} rows=${rows} />`}<//>`;
}

const FILTERS = {
  all: () => true,
  used: (row) => row.used_by.length > 0,
  own: (row) => row.origin !== "builtin",
  errors: (row) => row.error,
};

function List({ rows }) {
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState("all");
  const [open, setOpen] = useState(null);
  const fits = (row) => [row.name, ...row.aliases,
    row.description].join("\n").toLowerCase().includes(search.toLowerCase());
  const shown = rows.filter(fits).filter(FILTERS[filter]);
  const broken = rows.filter(FILTERS.errors);
  const options = Object.keys(FILTERS).map((value) => ({ value, label: t(`transformers.filter.${value}`) }));
  return html`<div class="stack">
    <div class="toolbar">
      <${TextField} label=${t("parts.search")} hideLabel type="search" placeholder=${t("parts.search")} value=${search}
        onChange=${setSearch} />
      <${Segments} label=${t("transformers.filter")} value=${filter} options=${options} onChange=${setFilter} />
    </div>
    ${broken.length > 0 && filter !== "errors" && html`<${Notice} tone="bad"
      title=${t("transformers.broken", { n: broken.length })}>
      ${broken.map((row) => html`<p key=${row.name}><strong class="mono">${row.name}</strong> ${row.error}</p>`)}<//>`}
    ${!shown.length && html`<${Empty} icon="search" title=${t("transformers.none")}>${filter === "own"
      ? t("transformers.none_own") : ""}<//>`}
    ${shown.length > 0 && html`<section class="card flush"><${Table} caption=${t("transformers.tab.transformers")}
      rows=${shown} keyOf=${(row) => row.name + row.origin}
      columns=${columns()} onOpen=${setOpen} /></section>`}
    ${open && html`<${Details} row=${open} onClose=${() => setOpen(null)} />`}
  </div>`;
}

function columns() {
  return [
    { key: "name", label: t("parts.name"), class: "nowrap", render: (row) => html`<span
      class="mono strong">${row.name}</span>` },
    { key: "description", label: t("transformers.does"), phone: false,
      render: (row) => html`<span class="soft"><${Prose} text=${row.description} /></span>` },
    { key: "acts", label: t("transformers.acts"), phone: false, render: (row) => html`<${Badge}>${actsOn(row)}<//>` },
    { key: "used_by", label: t("transformers.used_by"), render: UsedBy },
    { key: "state", label: t("transformers.origin"), render: (row) => html`<span class="row">
      ${row.error && html`<${Badge} tone="bad">${t("parts.error")}<//>`}<span
        class="small soft nowrap">${originText(row.origin)}</span></span>` },
  ];
}

function actsOn(row) {
  if (row.endpoint) return t("transformers.level.format");
  return row.level ? t(`transformers.level.${row.level}`) : "–";
}

function UsedBy(row) {
  if (!row.used_by.length) return html`<span class="faint">–</span>`;
  return html`<span class="row">${row.used_by.map((name) => html`<a key=${name} class="badge accent"
    href=${link("providers", "edit", name)}>${name}</a>`)}</span>`;
}

function Details({ row, onClose }) {
  const fields = fieldsOf(row.options);
  const example = fields.length ? [row.name,
    Object.fromEntries(fields.slice(0, 2).map((field) => [field.name, exampleOf(field)]))] : row.name;
  return html`<${Drawer} title=${row.name} text=${html`<${Prose} text=${row.description} />`} onClose=${onClose}>
    ${row.error && html`<${Notice} tone="bad" title=${t("transformers.cannot")}>${row.error}<//>`}
    <${Facts} items=${[
      [t("transformers.acts"), actsOn(row)],
      [t("transformers.origin"), originText(row.origin)],
      [t("transformers.aliases"), row.aliases.join(", ")],
      [t("transformers.endpoint"), row.endpoint && html`<code>${row.endpoint}</code>`],
      [t("transformers.used_by"), row.used_by.length ? UsedBy(row) : null],
    ]} />
    <h3>${t("transformers.options")}</h3>
    ${row.options?.description && html`<p class="soft small pre-line"><${Prose} text=${row.options.description} /></p>`}
    ${fields.length > 0 && html`<ul
      class="list">${fields.map((field) => html`<li key=${field.name} class="list-row option-row">
      <div><code class="strong">${field.name}</code>${field.isRequired
        && html` <${Badge} tone="warn">${t("options.required")}<//>`}
        ${field.hint && html`<p class="small soft"><${Prose} text=${field.hint} /></p>`}</div>
      <span class="small faint">${typeText(field)}${defaultText(field)}</span></li>`)}</ul>`}
    ${!fields.length && !takesOthers(row.options) && html`<p class="faint">${t("options.none")}</p>`}
    ${takesOthers(row.options) && html`<p class="small soft">${t("transformers.takes_others")}</p>`}
    <h3>${t("transformers.how")}</h3>
    <p class="small soft">${t("transformers.how_text")}</p>
    <pre class="code-sample" tabindex="0"><code>${`transformer: { use: [${JSON.stringify(example)}] }`}</code></pre>
  <//>`;
}

function exampleOf(field) {
  if (field.fallback !== undefined && field.fallback !== null) return field.fallback;
  return { boolean: true, number: Math.max(1, field.min ?? 1), texts: [], json: {} }[field.kind] ?? "…";
}

function typeText(field) {
  return field.kind === "choice" ? field.options.join(" | ")
    : t(`transformers.type.${field.type === "integer" ? "integer" : field.kind}`);
}

function defaultText(field) {
  return field.fallback === undefined || field.fallback === null ? ""
    : ` · ${t("options.default", { value: JSON.stringify(field.fallback) })}`;
}
