// Fields of forms: a label, the control, a hint, an error. All are controlled: `value` in, `onChange(value)` out.
import { html, useId, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { IconButton } from "./basic.js";
import { Icon } from "./icon.js";

/** The frame of a field. `children` is a function of the control's attributes `{id, aria-describedby, …}`. */
export function Field({ label, hint, error, required = false, hideLabel = false, class: extra = "", children }) {
  const id = useId();
  const notes = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  const control = { id, "aria-describedby": notes || undefined, "aria-invalid": error ? "true" : undefined };
  return html`<div class=${`field ${error ? "has-error" : ""} ${extra}`}>
    <label for=${id} class=${hideLabel ? "visually-hidden" : ""}>
      ${label}${required && html`<span class="required" title=${t("parts.required")}>*</span>`}
    </label>
    ${children({ ...control, required })}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
    ${hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** What the frame of a field takes; the rest goes to the control. */
function split({ label, hint, error, required, hideLabel, class: extra, ...rest }) {
  return [{ label, hint, error, required, hideLabel, class: extra }, rest];
}

const changed = (onChange) => (event) => onChange(event.currentTarget.value);

/** One line of text. Attributes such as `type`, `placeholder`, `list`, `autocomplete` go to the input. */
export function TextField(props) {
  const [frame, { value, onChange, mono, suggestions, ...rest }] = split(props);
  const list = useId();
  return html`<${Field} ...${frame}>
    ${(control) => html`<input
        type="text"
        class=${mono ? "input mono" : "input"}
        value=${value ?? ""}
        onInput=${changed(onChange)}
        spellcheck=${false}
        autocomplete="off"
        list=${suggestions ? list : undefined}
        ...${rest}
        ...${control}
      />
      ${suggestions &&
      html`<datalist id=${list}>${suggestions.map((one) => html`<option key=${one} value=${one} />`)}</datalist>`}`}
  <//>`;
}

/** A number or null; `min`, `max`, `step` as the input has them. */
export function NumberField(props) {
  const [frame, { value, onChange, ...rest }] = split(props);
  const read = (event) => onChange(event.currentTarget.value === "" ? null : event.currentTarget.valueAsNumber);
  return html`<${Field} ...${frame}>
    ${(control) =>
      html`<input type="number" class="input" value=${value ?? ""} onInput=${read} step="any" ...${rest} ...${control} />`}
  <//>`;
}

/** Several lines of text. */
export function TextArea(props) {
  const [frame, { value, onChange, mono, rows = 5, ...rest }] = split(props);
  return html`<${Field} ...${frame}>
    ${(control) => html`<textarea
      class=${mono ? "input mono" : "input"}
      rows=${rows}
      value=${value ?? ""}
      onInput=${changed(onChange)}
      spellcheck=${!mono}
      ...${rest}
      ...${control}
    ></textarea>`}
  <//>`;
}

/** One of `options`: a list of texts, of `{value, label, disabled}`, or of `{group, options}`. */
export function SelectField(props) {
  const [frame, { value, onChange, options, ...rest }] = split(props);
  return html`<${Field} ...${frame}>
    ${(control) => html`<span class="select">
      <select class="input" value=${value ?? ""} onChange=${changed(onChange)} ...${rest} ...${control}>
        ${options.map((one) => option(one, value ?? ""))}
      </select>
      <${Icon} name="chevron_down" size=${16} />
    </span>`}
  <//>`;
}

function option(one, chosen) {
  if (one.group !== undefined) {
    return html`<optgroup key=${one.group} label=${one.group}>${one.options.map((each) => option(each, chosen))}</optgroup>`;
  }
  const { value, label = value, disabled = false } = typeof one === "object" ? one : { value: one };
  return html`<option key=${value} value=${value} disabled=${disabled} selected=${value === chosen}>${label}</option>`;
}

/** On or off. */
export function Switch({ label, hint, value, onChange, disabled = false, hideLabel = false }) {
  const id = useId();
  return html`<div class="switch-row">
    <button
      type="button"
      role="switch"
      class="switch"
      id=${id}
      aria-checked=${value ? "true" : "false"}
      aria-label=${label}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      disabled=${disabled}
      onClick=${() => onChange(!value)}
    ><i></i></button>
    <div class=${hideLabel ? "visually-hidden" : ""}>
      <label for=${id}>${label}</label>
      ${hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>
  </div>`;
}

/** A tick box. */
export function Checkbox({ label, hint, value, onChange, disabled = false }) {
  const id = useId();
  return html`<div class="check-row">
    <input type="checkbox" id=${id} checked=${!!value} disabled=${disabled} aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(event) => onChange(event.currentTarget.checked)} />
    <div><label for=${id}>${label}</label>${hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}</div>
  </div>`;
}

/** A secret: hidden until asked for. */
export function SecretField(props) {
  const [frame, { value, onChange, ...rest }] = split(props);
  const [isShown, setShown] = useState(false);
  return html`<${Field} ...${frame}>
    ${(control) => html`<span class="with-button">
      <input type=${isShown ? "text" : "password"} class="input mono" value=${value ?? ""} onInput=${changed(onChange)}
        spellcheck=${false} autocomplete="off" ...${rest} ...${control} />
      <${IconButton} icon=${isShown ? "eye_off" : "eye"} label=${t(isShown ? "parts.hide" : "parts.show")}
        onClick=${() => setShown(!isShown)} />
    </span>`}
  <//>`;
}

/**
 * Several short texts, as chips: Enter or a comma adds one, Backspace takes the last away. `commas` false: a comma
 * belongs to the text.
 */
export function ListField(props) {
  const [frame, { value, onChange, placeholder, suggestions = [], disabled, commas = true }] = split(props);
  const [draft, setDraft] = useState("");
  const list = useId();
  const items = value ?? [];
  function add(text) {
    const more = (commas ? text.split(",") : [text]).map((one) => one.trim()).filter((one) => one && !items.includes(one));
    if (more.length) onChange([...items, ...more]);
    setDraft("");
  }
  function onKeyDown(event) {
    if ((event.key === "Enter" || (commas && event.key === ",")) && draft.trim() && !event.isComposing) {
      event.preventDefault();
      add(draft);
    } else if (event.key === "Backspace" && !draft && items.length) onChange(items.slice(0, -1));
  }
  return html`<${Field} ...${frame}>
    ${({ required, ...control }) => html`<div class="chips input">
      ${items.map((one) => html`<span class="chip" key=${one}>
        <span>${one}</span>
        <button type="button" aria-label=${t("parts.remove", { name: one })} disabled=${disabled}
          onClick=${() => onChange(items.filter((other) => other !== one))}><${Icon} name="x" size=${12} /></button>
      </span>`)}
      <input value=${draft} placeholder=${items.length ? "" : placeholder} list=${list} disabled=${disabled}
        autocomplete="off" spellcheck=${false} onInput=${changed(setDraft)} onKeyDown=${onKeyDown}
        onBlur=${() => draft.trim() && add(draft)} aria-required=${required || undefined} ...${control} />
      <datalist id=${list}>${suggestions.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
    </div>`}
  <//>`;
}

/** A few choices side by side; `options` is a list of `{value, label, icon}`. */
export function Segments({ label, value, onChange, options, small = false }) {
  return html`<div class=${`segments ${small ? "small" : ""}`} role="group" aria-label=${label}>
    ${options.map((one) => html`<button key=${one.value} type="button" aria-pressed=${one.value === value}
      onClick=${() => onChange(one.value)}>
      ${one.icon && html`<${Icon} name=${one.icon} size=${15} />`}<span>${one.label}</span>
    </button>`)}
  </div>`;
}
