// The models of a provider: typed, pasted as a list, or taken from the catalogue.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { splitList } from "../document.js";
import { Button, Field, Icon } from "../parts/index.js";

/** `suggested`: models the catalogue knows; `open`: without any written, those are meant. */
export function ModelsField({ value, onChange, suggested, error, open }) {
  const [draft, setDraft] = useState("");
  const rest = suggested.filter((model) => !value.includes(model));
  function add(text) {
    const more = splitList(text).filter((model) => !value.includes(model));
    if (more.length) onChange([...value, ...more]);
    setDraft("");
  }
  function onKeyDown(event) {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      add(draft);
    } else if (event.key === "Backspace" && !draft && value.length) onChange(value.slice(0, -1));
  }
  function onPaste(event) {
    const text = event.clipboardData.getData("text");
    if (splitList(text).length < 2) return;
    event.preventDefault();
    add(text);
  }
  const hint = !value.length && open && suggested.length ? t("providers.models_open", { models: suggested.join(", ") })
    : t("providers.models_hint");
  return html`<${Field} label=${t("providers.models_list")} hideLabel hint=${hint} error=${error}>
    ${(control) => html`<div class="chips input">
      ${value.map((model) => html`<span class="chip mono" key=${model}><span>${model}</span>
        <button type="button" aria-label=${t("parts.remove", { name: model })}
          onClick=${() => onChange(value.filter((one) => one !== model))}>
          <${Icon} name="x" size=${12} /></button></span>`)}
      <input value=${draft} autocomplete="off" spellcheck=${false} placeholder=${t("providers.models_add")}
        onKeyDown=${onKeyDown} onPaste=${onPaste}
        onInput=${(event) => setDraft(event.currentTarget.value)} onBlur=${() => draft.trim() && add(draft)}
          ...${control} />
    </div>
    ${rest.length > 0 && html`<div class="row suggested"><span class="faint small">${t("providers.models_known")}</span>
      ${rest.slice(0, 12).map((model) => html`<${Button} key=${model} kind="quiet" small icon="plus"
        onClick=${() => onChange([...value, model])}>
        <span class="mono">${model}</span><//>`)}</div>`}`}
  <//>`;
}
