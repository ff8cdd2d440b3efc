// A list of transformers in a provider: add, order, set options, take out.
import { html, useState } from "../core/view.js";
import { addTexts, t } from "../core/i18n.js";
import { moved, withItem } from "../document.js";
import { missingOptions } from "../document_schema.js";
import { Badge, Button, Dialog, IconButton, SelectField } from "../parts/index.js";
import texts from "../texts/transformers_uses.js";
import { OptionsForm } from "./transformers_options.js";
import { Prose } from "./transformers_prose.js";

addTexts(texts);

/** `uses` as of `transformersOf`; `known` is the list of /api/transformers. */
export function UsesEditor({ label, uses, onChange, known }) {
  const [open, setOpen] = useState(null); // the index of the use whose options are shown
  const move = (from, to) => onChange(moved(uses, from, to));
  function add(name) {
    if (!name) return;
    onChange([...uses, { name, options: {} }]);
    const schema = entryFor(known, name)?.options;
    if (missingOptions(schema, {}).length) setOpen(uses.length);
  }
  return html`<div class="uses" role="group" aria-label=${label}>
    ${uses.map((use, index) => html`<div key=${index} class="use-row">
      <div class="use-text">
        <div class="row"><strong class="mono">${use.name}</strong><${UseBadges} use=${use} known=${known} /></div>
        <p class="small faint"><${Prose} text=${summary(use, entryFor(known, use.name))} /></p>
      </div>
      <div class="use-actions">
        <${IconButton} icon="config" size=${16} label=${t("uses.options_of", { name: use.name })}
          onClick=${() => setOpen(index)} />
        <${IconButton} icon="arrow_up" size=${16} label=${t("targets.up", { name: use.name })} disabled=${index === 0}
          onClick=${() => move(index, index - 1)} />
        <${IconButton} icon="arrow_down" size=${16} label=${t("targets.down", { name: use.name })}
          disabled=${index === uses.length - 1}
          onClick=${() => move(index, index + 1)} />
        <${IconButton} icon="x" size=${16} label=${t("parts.remove", { name: use.name })}
          onClick=${() => onChange(withItem(uses, index, undefined))} />
      </div>
    </div>`)}
    <${SelectField} label=${label} hideLabel value="" onChange=${add} options=${addOptions(known)} />
    ${open !== null && uses[open] && html`<${UseDialog} use=${uses[open]} entry=${entryFor(known, uses[open].name)}
      onClose=${() => setOpen(null)}
      onSave=${(use) => (onChange(withItem(uses, open, use)), setOpen(null))} />`}
  </div>`;
}

function addOptions(known) {
  const grouped = (origin, label) => ({
    group: label,
    options: known.filter((one) => (one.origin === "builtin") === origin).map((one) => ({ value: one.name,
      label: one.name })),
  });
  const groups = [grouped(false, t("uses.own")), grouped(true, t("uses.builtin"))].filter((one) => one.options.length);
  return [{ value: "", label: t("uses.add") }, ...groups];
}

/** The entry of /api/transformers that a use means, by name or alias in any case. */
export function entryFor(known, name) {
  const wanted = String(name).toLowerCase();
  return known.find((one) => [one.name, ...(one.aliases ?? [])].some((each) => each.toLowerCase() === wanted));
}

function UseBadges({ use, known }) {
  const entry = entryFor(known, use.name);
  if (!entry) return html`<${Badge} tone="warn">${t("uses.unknown")}<//>`;
  if (entry.error) return html`<${Badge} tone="bad" title=${entry.error}>${t("parts.error")}<//>`;
  const missing = missingOptions(entry.options, use.options);
  return missing.length ? html`<${Badge} tone="warn">${t("uses.missing", { names: missing.join(", ") })}<//>` : null;
}

function summary(use, entry) {
  const options = Object.entries(use.options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return options.length ? options.join(" · ") : (entry?.description ?? "");
}

function UseDialog({ use, entry, onClose, onSave }) {
  const [options, setOptions] = useState(use.options);
  const [isValid, setValid] = useState(true);
  const footer = html`<${Button} onClick=${onClose}>${t("parts.cancel")}<//>
    <${Button} kind="primary" type="submit" disabled=${!isValid}>${t("parts.apply")}<//>`;
  return html`<${Dialog} title=${t("uses.options_of", { name: use.name })}
    text=${html`<${Prose} text=${entry?.description} />`} footer=${footer} onClose=${onClose}
    onSubmit=${() => isValid && onSave({ ...use, options })}>
    ${entry?.options?.description && html`<p class="soft small pre-line"><${Prose}
      text=${entry.options.description} /></p>`}
    <${OptionsForm} schema=${entry?.options} value=${options} onChange=${setOptions} onValid=${setValid} />
  <//>`;
}
