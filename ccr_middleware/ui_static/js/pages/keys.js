// Keys of clients: made, limited, switched off, deleted. A key itself is shown once.
import { html, useState } from "../core/view.js";
import { del, get, patch } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { formatAgo, formatDate, formatNumber, moment } from "../core/format.js";
import { useLoad } from "../core/load.js";
import { session } from "../core/session.js";
import { Badge, Button, confirm, Empty, errorText, IconButton, Loaded, Notice, PageHead, Switch, Table,
  toast } from "../parts/index.js";
import texts from "../texts/keys.js";
import { ReadOnly } from "./config_readonly.js";
import { KeyDialog } from "./keys_dialog.js";

addTexts(texts);

/** `#/keys` */
export default function Keys() {
  const result = useLoad(async () => (await get("api/keys")).keys, []);
  const [open, setOpen] = useState(null); // a key that is edited, or {} for a new one
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setOpen({})}>${t("keys.add")}<//>`;
  return html`<div class="page">
    <${PageHead} title=${t("nav.keys")} text=${t("keys.text")} actions=${result.data?.length > 0 && add} />
    <${ReadOnly} />
    ${session.value && !session.value.keys_configured && html`<${Notice} tone="warn"
      title=${t("keys.open")}>${t("keys.open_text")}<//>`}
    <${Loaded} result=${result} lines=${6}>
      ${(keys) =>
        keys.length
          ? html`<section class="card flush"><${Table} caption=${t("nav.keys")} rows=${keys}
            columns=${columns(result, setOpen)}
              rowClass=${(key) => (key.enabled && !key.expired ? "" : "key-off")} /></section>`
          : html`<${Empty} icon="keys" title=${t("keys.empty")} actions=${add}>${t("keys.empty_text")}<//>`}
    <//>
    ${open && html`<${KeyDialog} current=${open.id ? open : null} onClose=${() => setOpen(null)}
      onSaved=${result.reload} />`}
  </div>`;
}

function columns(result, edit) {
  return [
    { key: "name", label: t("parts.name"), render: (key) => html`<span
      class="strong">${key.name || key.id}</span><br /><code class="faint small">${key.hint}</code>` },
    { key: "state", label: t("keys.state"), render: (key) => html`<${State} row=${key} />` },
    { key: "models", label: t("keys.models"), phone: false, render: (key) => html`<${Models} models=${key.models} />` },
    { key: "limits", label: t("keys.limits"), phone: false, render: (key) => html`<span
      class="small soft">${limitsText(key)}</span>` },
    { key: "last_used_at", label: t("keys.last_used"), phone: false, render: (key) => html`<span
      class="small soft nowrap">${key.last_used_at ? formatAgo(key.last_used_at) : t("keys.never")}</span>` },
    { key: "created_at", label: t("keys.created"), phone: false, render: (key) => html`<span
      class="small soft nowrap">${formatDate(key.created_at)}</span>` },
    { key: "actions", label: "", hidden: t("keys.actions"), align: "end",
      render: (key) => html`<${Actions} row=${key} result=${result} edit=${edit} />` },
  ];
}

function State({ row }) {
  if (!row.enabled) return html`<${Badge}>${t("parts.disabled")}<//>`;
  if (row.expired) return html`<${Badge} tone="bad" dot>${t("keys.expired", { date: formatDate(row.expires_at) })}<//>`;
  if (!row.expires_at) return html`<${Badge} tone="ok" dot>${t("keys.active")}<//>`;
  const days = (moment(row.expires_at)?.getTime() - Date.now()) / 86_400_000;
  return html`<${Badge} tone=${days < 7 ? "warn" : "ok"} dot>${t("keys.until",
    { date: formatDate(row.expires_at) })}<//>`;
}

function Models({ models }) {
  if (!models) return html`<span class="small soft">${t("parts.all")}</span>`;
  return html`<span class="row key-models">${models.map((model) => html`<code key=${model}
    class="small">${model}</code>`)}</span>`;
}

/** The limits of a key in a few words. */
function limitsText(key) {
  const parts = ["rpm", "tpm", "max_parallel"].filter((name) => key[name]).map((name) => t(`keys.short.${name}`,
    { n: formatNumber(key[name]) }));
  return parts.join(" · ") || t("parts.none");
}

function Actions({ row, result, edit }) {
  const [isBusy, setBusy] = useState(false);
  const name = row.name || row.id;
  async function run(action, done) {
    setBusy(true);
    try {
      await action();
      if (done) toast(done);
      await result.reload();
    } catch (error) {
      toast(errorText(error), { tone: "bad" });
    }
    setBusy(false);
  }
  async function remove() {
    const yes = await confirm({ title: t("keys.delete", { name }), text: t("keys.delete_text"),
      action: t("parts.delete"), danger: true });
    if (yes) await run(() => del(`api/keys/${encodeURIComponent(row.id)}`), t("keys.deleted", { name }));
  }
  const toggle = (enabled) => run(() => patch(`api/keys/${encodeURIComponent(row.id)}`, { enabled }));
  return html`<span class="key-actions">
    <${Switch} label=${t("keys.enable", { name })} hideLabel value=${row.enabled} disabled=${isBusy}
      onChange=${toggle} />
    <${IconButton} icon="edit" size=${16} label=${t("keys.edit", { name })} onClick=${() => edit(row)} />
    <${IconButton} icon="trash" size=${16} label=${t("keys.delete", { name })} disabled=${isBusy} onClick=${remove} />
  </span>`;
}
