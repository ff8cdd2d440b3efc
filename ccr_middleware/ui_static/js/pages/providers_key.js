// The field for a provider's key: a variable, a typed key, or one that is stored and stays hidden.
import { html, useState } from "../core/view.js";
import { addTexts, t } from "../core/i18n.js";
import { isBlank, isMask, isPlaceholder, keyState, maskEnd } from "../document.js";
import { keysOf, writeKeys } from "../document_providers.js";
import { Badge, Button, Field, IconButton, NumberField, SecretField, Segments, TextField } from "../parts/index.js";
import shared from "../texts/document.js";
import texts from "../texts/providers_key.js";

addTexts(shared);
addTexts(texts);

/**
 * `value` as in the document; `variable` is what is suggested for a new key, `isSet` whether it has a value where the
 * gateway runs.
 */
export function KeyField({ label, value, onChange, variable = "", isSet = false, error, required }) {
  const [kind, setKind] = useState(isPlaceholder(value) || (isBlank(value) && isSet) ? "variable" : "typed");
  if (isMask(value)) return html`<${StoredKey} label=${label} end=${maskEnd(value)}
    onReplace=${() => (setKind("typed"), onChange(undefined))} error=${error} />`;
  const kinds = [{ value: "variable", label: t("key.variable") }, { value: "typed", label: t("key.typed") }];
  const choose = (chosen) => (setKind(chosen), onChange(chosen === "variable" && variable ? `\${${variable}}`
    : undefined));
  return html`<div class="key-field">
    <div class="row between"><span class="key-label">${label ?? t("key.label")}</span>
      <${Segments} small label=${t("key.kind")} value=${kind} options=${kinds} onChange=${choose} /></div>
    ${kind === "variable"
      ? html`<${VariableField} value=${value} onChange=${onChange} error=${error} required=${required}
        variable=${variable} isSet=${isSet} />`
      : html`<${SecretField} label=${label ?? t("key.label")} hideLabel value=${value} error=${error}
        required=${required}
          hint=${t("key.typed_hint")} onChange=${(text) => onChange(text.trim() || undefined)} />`}
  </div>`;
}

const EXAMPLE = "MY_API_KEY";

function StoredKey({ label, end, onReplace, error }) {
  return html`<${Field} label=${label ?? t("key.label")} hint=${t("key.stored")} error=${error}>
    ${(control) => html`<span class="with-button stored-key">
      <input class="input mono" value=${`••••••••••••${end}`} readonly ...${control} />
      <${Button} icon="edit" onClick=${onReplace}>${t("key.replace")}<//>
    </span>`}
  <//>`;
}

function VariableField({ value, onChange, error, required, variable, isSet }) {
  const name = variableOf(value);
  const set = (text) => onChange(text.trim() ? `\${${text.trim().replace(/^\$\{?|\}$/g, "")}}` : undefined);
  const isKnownSet = isSet && name === variable;
  const hint = isKnownSet ? t("key.variable_set", { name }) : t("key.variable_hint",
    { value: value || `\${${variable || EXAMPLE}}` });
  return html`<${TextField} label=${t("key.variable_label")} hideLabel mono value=${name} error=${error}
    required=${required}
    placeholder=${variable || EXAMPLE} onChange=${set} hint=${hint} />`;
}

/** The name in `$NAME`, `${NAME}`; of `${NAME:-text}` all that stands in the braces. */
export function variableOf(value) {
  return isBlank(value) ? "" : String(value).trim().replace(/^\$\{([^{}]*)\}$|^\$(\w+)$/, "$1$2");
}

const TONES = { missing: "warn", masked: "ok", plain: "ok", placeholder: "info" };

/** How a provider's key is there. `free`: it needs none (a program on this machine). */
export function KeyBadge({ value, free = false }) {
  const state = keyState(value);
  if (state === "missing" && free) return null;
  return html`<${Badge} tone=${TONES[state]}
    dot=${state !== "placeholder"}>${t(`key.state_${state}`, { name: value, end: maskEnd(value ?? "") })}<//>`;
}

/** Further keys of a provider, with shares and ranks. */
export function MoreKeys({ raw, onChange, error }) {
  const keys = keysOf(raw);
  const [drafts, setDrafts] = useState(0); // rows without a key yet, which the document does not hold
  const shown = [...keys, ...Array.from({ length: drafts }, () => ({}))];
  function set(index, change) {
    const edited = shown.map((one, at) => (at === index ? { ...one, ...change } : one));
    if (index >= keys.length && !isBlank(edited[index].key)) setDrafts(drafts - 1);
    onChange(writeKeys(edited));
  }
  function remove(index) {
    if (index >= keys.length) setDrafts(drafts - 1);
    else onChange(writeKeys(shown.filter((_, at) => at !== index)));
  }
  return html`<div class="stack tight" role="group" aria-label=${t("key.more")}>
    ${shown.map((one, index) => html`<div key=${index} class="more-key">
      <${KeyField} label=${t("key.number", { n: index + 2 })} value=${one.key}
        onChange=${(key) => set(index, { key })} />
      ${index < keys.length && html`<div class="more-key-facts">
        <${TextField} label=${t("key.name")} value=${one.name}
          onChange=${(name) => set(index, { name: name || undefined })} />
        <${NumberField} label=${t("key.weight")} min="0" placeholder="1" value=${one.weight}
          onChange=${(weight) => set(index, { weight: weight ?? undefined })} />
        <${NumberField} label=${t("key.priority")} step="1" placeholder="0" value=${one.priority}
          onChange=${(priority) => set(index, { priority: priority ?? undefined })} />
      </div>`}
      <${IconButton} icon="x" size=${16} label=${t("key.remove", { n: index + 2 })} onClick=${() => remove(index)} />
    </div>`)}
    ${error && html`<p class="field-error">${error}</p>`}
    <div class="row"><${Button} kind="quiet" small icon="plus" onClick=${() => setDrafts(drafts + 1)}
      disabled=${drafts > 0}>${t("key.add")}<//>
      ${shown.length > 0 && html`<span class="field-hint">${t("key.more_hint")}</span>`}</div>
  </div>`;
}
