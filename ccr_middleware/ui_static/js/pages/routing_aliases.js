// Aliases: names for models that clients may ask for.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { aliasesOf, withAlias } from "../document_routing.js";
import { Badge, Button, confirm, Dialog, Empty, IconButton, TextField } from "../parts/index.js";
import { PoolField } from "./routing_target.js";

/** `edit(change)` is given a function of the document. */
export function AliasesTab({ document, edit, choices }) {
  const [open, setOpen] = useState(null); // {name, members} in the dialog; name null: a new one
  const aliases = aliasesOf(document);
  const add = html`<${Button} kind="primary" icon="plus"
    onClick=${() => setOpen({ name: null, members: [] })}>${t("routing.alias_add")}<//>`;
  async function remove(name) {
    const title = t("routing.alias_delete", { name });
    if (await confirm({ title, text: t("routing.alias_delete_text"), action: t("parts.delete"), danger: true })) {
      edit((now) => withAlias(now, name, name, undefined));
    }
  }
  return html`<div class="stack">
    <div class="row between"><p class="soft small routing-lead">${t("routing.aliases_text")}</p>${aliases.length > 0
      && add}</div>
    ${!aliases.length && html`<${Empty} icon="bolt" title=${t("routing.no_aliases")}
      actions=${add}>${t("routing.no_aliases_text")}<//>`}
    ${aliases.length > 0 && html`<ul class="list">
      ${aliases.map(({ name, members }) => html`<li key=${name} class="list-row rule-row">
        <div class="rule-text"><button type="button" class="row-button strong mono"
          onClick=${() => setOpen({ name, members })}>${name}</button>
          <p class="small soft mono">${members.map((one) => one.target).join(" · ")}</p></div>
        ${members.length > 1 && html`<${Badge} tone="info">${t("routing.pool_badge", { n: members.length })}<//>`}
        <div class="rule-actions"><${IconButton} icon="edit" size=${16} label=${t("routing.alias_edit", { name })}
          onClick=${() => setOpen({ name, members })} />
          <${IconButton} icon="trash" size=${16} label=${t("routing.alias_delete", { name })}
            onClick=${() => remove(name)} /></div>
      </li>`)}
    </ul>`}
    ${open && html`<${AliasDialog} start=${open} taken=${aliases.map((one) => one.name)} choices=${choices}
      onClose=${() => setOpen(null)}
      onSave=${(name, members) => (edit((now) => withAlias(now, open.name, name, members)), setOpen(null))} />`}
  </div>`;
}

function AliasDialog({ start, taken, choices, onClose, onSave }) {
  const [name, setName] = useState(start.name ?? "");
  const [members, setMembers] = useState(start.members);
  const [isTried, setTried] = useState(false);
  const trimmed = name.trim();
  const isTaken = trimmed !== start.name && taken.includes(trimmed);
  const nameError = !trimmed ? t("routing.alias_needs_name") : isTaken ? t("routing.alias_taken") : null;
  const targetError = members.some((one) => one.target) ? null : t("routing.alias_needs_target");
  const submit = () => (setTried(true), !nameError && !targetError && onSave(trimmed, members));
  const footer = html`<${Button} onClick=${onClose}>${t("parts.cancel")}<//><${Button} kind="primary"
    type="submit">${t("parts.apply")}<//>`;
  return html`<${Dialog} title=${start.name === null ? t("routing.alias_add")
    : t("routing.alias_edit", { name: start.name })} onClose=${onClose} onSubmit=${submit} footer=${footer}>
    <${TextField} label=${t("parts.name")} mono required value=${name} onChange=${setName} error=${isTried && nameError}
      hint=${t("routing.alias_hint")} />
    <${PoolField} label=${t("parts.model")} members=${members} onChange=${setMembers} choices=${choices}
      error=${isTried && targetError} />
  <//>`;
}
