// Agents and plugins: cards with a switch and their options.
import { html, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { formatAgo } from "../core/format.js";
import { CONFIG, isBlank, read, write } from "../document.js";
import { entryOfRow, withExtension } from "../document_extensions.js";
import { useDocument } from "../document_store.js";
import { Badge, Button, Card, Dialog, Empty, Loaded, Notice, SelectField, Switch, TextField } from "../parts/index.js";
import { ReadOnly } from "./config_readonly.js";
import { KeyField } from "./providers_key.js";
import { OptionsForm } from "./transformers_options.js";
import { originText } from "./transformers_origin.js";
import { Prose } from "./transformers_prose.js";

/** `kind`: "agents" or "plugins". */
export function ExtensionsTab({ kind }) {
  const store = useDocument();
  const list = useLoad(async () => (await get(`api/${kind}`))[kind], [kind]);
  const [open, setOpen] = useState(null);
  async function save(row, change) {
    const { ok } = await store.save((now) => withExtension(now, kind, row, change));
    if (ok) list.reload();
    return ok;
  }
  return html`<div class="stack">
    <p class="soft small">${t(`transformers.${kind}_text`)}</p>
    <${ReadOnly} />
    <${Loaded} result=${list}>${(rows) => html`<${Loaded} result=${store}>${({ document }) => html`
      ${!rows.length && html`<${Empty} icon="bolt"
        title=${t("transformers.none")}>${t(`transformers.none_${kind}`)}<//>`}
      <div class="grid two">
        ${rows.map((row) => html`<${Extension} key=${row.name} kind=${kind} row=${row}
          entry=${entryOfRow(document, kind, row)}
          onSwitch=${(enabled) => save(row, { enabled })} onOptions=${() => setOpen(row)} />`)}
        ${kind === "agents" && html`<${SearchCard} document=${document}
          save=${async (edit) => (await store.save(edit)).ok && list.reload()} />`}
      </div>
      ${open && html`<${OptionsDialog} row=${open} start=${entryOfRow(document, kind, open)?.options ?? {}}
        onClose=${() => setOpen(null)}
        onSave=${async (options) => (await save(open, { options })) && setOpen(null)} />`}`}<//>`}<//>
  </div>`;
}

function Extension({ kind, row, entry, onSwitch, onOptions }) {
  const [isBusy, setBusy] = useState(false);
  const isOn = entry ? entry.enabled : row.enabled || (kind === "agents" && row.origin === "builtin");
  const problem = row.error ?? row.last_error;
  async function change(enabled) {
    setBusy(true);
    await onSwitch(enabled);
    setBusy(false);
  }
  const waits = isOn && !row.enabled && !problem; // the search agent, until there is something to search with
  const state = row.enabled ? "ok" : isOn && problem ? "bad" : waits ? "warn" : "neutral";
  const actions = html`<${Switch} label=${t("transformers.switch", { name: row.name })} hideLabel value=${isOn}
    disabled=${isBusy || row.origin === "host"} onChange=${change} />`;
  const options = Object.entries(entry?.options ?? {});
  return html`<${Card} title=${html`<span class="mono">${row.name}</span>`}
    text=${html`<${Prose} text=${row.description} />`} actions=${actions} class="extension-card">
    <div class="stack tight">
      <div class="row">
        <${Badge} tone=${state} dot>${t(`transformers.state.${state}`)}<//><${Badge}>${originText(row.origin)}<//>
        ${(row.hooks ?? []).map((hook) => html`<code key=${hook} class="small faint">${hook}</code>`)}</div>
      ${problem && isOn && html`<${Notice} tone=${row.enabled ? "warn" : "bad"}>${problem}
        ${row.failures > 0 && html`<p class="small">${t("transformers.failures",
          { n: row.failures })} ${row.last_error_at ? formatAgo(row.last_error_at) : ""}</p>`}<//>`}
      ${options.length > 0 && html`<p
        class="small faint mono option-summary">${options.map(([name,
        value]) => `${name}: ${JSON.stringify(value)}`).join(" · ")}</p>`}
      ${row.origin !== "host" && html`<div><${Button} small icon="config"
        onClick=${onOptions}>${t("transformers.options")}<//></div>`}
    </div>
  <//>`;
}

function OptionsDialog({ row, start, onClose, onSave }) {
  const [options, setOptions] = useState(start);
  const [state, setState] = useState({ isValid: true, isBusy: false });
  async function submit() {
    if (!state.isValid) return;
    setState((old) => ({ ...old, isBusy: true }));
    await onSave(options);
    setState((old) => ({ ...old, isBusy: false }));
  }
  const footer = html`<${Button} onClick=${onClose}>${t("parts.cancel")}<//>
    <${Button} kind="primary" type="submit" busy=${state.isBusy} disabled=${!state.isValid}>${t("parts.save")}<//>`;
  return html`<${Dialog} title=${t("uses.options_of", { name: row.name })}
    text=${html`<${Prose} text=${row.description} />`} onClose=${onClose} onSubmit=${submit} footer=${footer}>
    <${OptionsForm} schema=${row.options} value=${options} onChange=${setOptions}
      onValid=${(isValid) => setState((old) => ({ ...old, isValid }))} />
  <//>`;
}

const BACKENDS = ["searxng", "brave", "tavily"];

/** What the search agent searches with: the section `search`. */
function SearchCard({ document, save }) {
  const written = read(document, CONFIG.search) ?? {};
  const [draft, setDraft] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const now = draft ?? written;
  const set = (name) => (value) => setDraft(write(now, [name], isBlank(value) ? undefined : value));
  const options = [{ value: "", label: t("parts.none") },
    ...new Set([...BACKENDS, ...(now.backend ? [now.backend] : [])])];
  async function submit() {
    setBusy(true);
    await save((all) => write(all, CONFIG.search, now.backend ? now : undefined));
    setDraft(null);
    setBusy(false);
  }
  return html`<${Card} title=${t("transformers.search")} text=${t("transformers.search_text")}>
    <div class="stack">
      <div class="form-grid">
        <${SelectField} label=${t("transformers.backend")} value=${now.backend ?? ""} options=${options}
          onChange=${set("backend")} />
        ${now.backend && html`<${TextField} label=${t("transformers.search_url")} mono value=${now.url}
          onChange=${set("url")}
          hint=${now.backend === "searxng" ? t("transformers.search_url_needed")
            : t("transformers.search_url_hint")} />`}
        ${now.backend && now.backend !== "searxng" && html`<div class="full"><${KeyField}
          value=${now.api_key ?? now.apiKey}
          variable=${`${now.backend.toUpperCase()}_API_KEY`}
            onChange=${(value) => setDraft(write(now, ["api_key", "apiKey"], value))} /></div>`}
        ${now.backend && html`<div class="full"><${Switch} label=${t("transformers.search_always")}
          hint=${t("transformers.search_always_hint")}
          value=${now.always === true} onChange=${(always) => setDraft(write(now, ["always"], always
            || undefined))} /></div>`}
      </div>
      ${draft && html`<div class="form-actions"><${Button} onClick=${() => setDraft(null)}>${t("parts.discard")}<//>
        <${Button} kind="primary" busy=${isBusy} onClick=${submit}>${t("parts.save")}<//></div>`}
    </div>
  <//>`;
}
