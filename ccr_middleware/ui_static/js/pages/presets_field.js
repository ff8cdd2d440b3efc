// One field of a preset's form.
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Button, Checkbox, Field, NumberField, SecretField, SelectField, Switch, TextArea,
  TextField } from "../parts/index.js";

/** What a secret that was answered before is shown as; sent back it means the same secret. */
const KEPT = "***";

/** `field` as of `presetFields`. */
export function PresetField({ field, value, error, onChange }) {
  const { kind, label, hint, placeholder, required } = field;
  const shared = { label, hint, placeholder, required, error, value, onChange };
  if (kind === "password" && value === KEPT) return html`<${Kept} ...${shared}
    onReplace=${() => onChange(undefined)} />`;
  if (kind === "password") return html`<${SecretField} ...${shared}
    onChange=${(text) => onChange(text.trim() || undefined)} />`;
  if (kind === "number") return html`<${NumberField} ...${shared} min=${field.min} max=${field.max}
    onChange=${(number) => onChange(number ?? undefined)} />`;
  if (kind === "confirm") return html`<${Switch} label=${label} hint=${hint} value=${value === true || value === "true"}
    onChange=${onChange} />`;
  if (kind === "editor") return html`<${TextArea} ...${shared} mono rows=${field.rows ?? 6} />`;
  if (kind === "select") {
    const options = [{ value: "", label: t("presets.choose"), disabled: required },
      ...field.options.map((one) => ({ ...one, value: String(one.value) }))];
    const choose = (text) => onChange(field.options.find((one) => String(one.value) === text)?.value);
    return html`<${SelectField} ...${shared} value=${value === undefined ? "" : String(value)} options=${options}
      onChange=${choose} />`;
  }
  if (kind === "multiselect") return html`<${Several} field=${field} value=${value ?? []} error=${error}
    onChange=${onChange} />`;
  return html`<${TextField} ...${shared} onChange=${(text) => onChange(text)} />`;
}

function Kept({ label, error, onReplace }) {
  return html`<${Field} label=${label} hint=${t("presets.kept")} error=${error}>
    ${(control) => html`<span class="with-button stored-key">
      <input class="input mono" readonly value="••••••••••••" ...${control} />
      <${Button} icon="edit" onClick=${onReplace}>${t("presets.replace")}<//>
    </span>`}
  <//>`;
}

function Several({ field, value, error, onChange }) {
  const toggle = (one, isOn) => onChange(isOn ? [...value, one] : value.filter((other) => other !== one));
  return html`<fieldset class="several">
    <legend>${field.label}${field.required && html`<span class="required"
      title=${t("parts.required")}>*</span>`}</legend>
    ${field.hint && html`<p class="field-hint">${field.hint}</p>`}
    ${field.options.map((one) => html`<${Checkbox} key=${one.value} label=${one.label} disabled=${one.disabled}
      value=${value.includes(one.value)}
      onChange=${(isOn) => toggle(one.value, isOn)} />`)}
    ${error && html`<p class="field-error">${error}</p>`}
  </fieldset>`;
}
