// Dialogs, drawers, confirmations and toasts. Dialogs are the browser's own, which keeps the focus inside them.
import { html, signal, useEffect, useId, useRef, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Button, IconButton } from "./basic.js";
import { Icon } from "./icon.js";
import { TextField } from "./form.js";

/**
 * A modal dialog while it is rendered. `onClose` is called by Escape, the cross, and a click outside (unless `keepOpen`).
 * `footer` holds the buttons. `side` makes it a drawer at the right; `wide` widens it. With `onSubmit` the content and
 * footer are a form: a button of `type="submit"` or Enter calls it.
 */
export function Dialog({ title, text, onClose, footer, side = false, wide = false, keepOpen = false, onSubmit, children }) {
  const box = useRef(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    box.current.showModal();
    focusWithin(box.current, side);
    return () => opener?.isConnected && opener.focus?.();
  }, []);
  const cancel = (event) => {
    if (event.target !== box.current) return;
    event.preventDefault();
    onClose();
  };
  const submit = (event) => {
    event.preventDefault();
    onSubmit();
  };
  const inside = html`<div class="dialog-body">${children}</div>
    ${footer && html`<footer class="dialog-foot">${footer}</footer>`}`;
  const look = `dialog ${side ? "side" : ""} ${wide ? "wide" : ""}`;
  return html`<dialog class=${look} ref=${box} aria-labelledby=${id} onCancel=${cancel}
    onMouseDown=${(event) => !keepOpen && event.target === box.current && onClose()}>
    <div class="dialog-frame">
      <header class="dialog-head">
        <div><h2 id=${id}>${title}</h2>${text && html`<p>${text}</p>`}</div>
        <${IconButton} icon="x" label=${t("parts.close")} onClick=${onClose} />
      </header>
      ${onSubmit ? html`<form class="dialog-form" onSubmit=${submit} novalidate>${inside}</form>` : inside}
    </div>
  </dialog>`;
}

/** Where typing begins: the first field; in a question the first button; in a drawer the cross, as the browser does. */
function focusWithin(dialog, isDrawer) {
  const field = dialog.querySelector(".dialog-body :is(input, select, textarea):not([disabled], [type=hidden])");
  (field ?? (isDrawer ? null : dialog.querySelector(".dialog-foot .button:not([disabled])")))?.focus();
}

/** A drawer at the right side, for the details of a row. */
export function Drawer(props) {
  return html`<${Dialog} side ...${props} />`;
}

const question = signal(null);

/**
 * Ask before something is done: true or false. `danger` makes the button red; `word` has to be typed first.
 * `confirm({title, text, action, danger, word})`
 */
export function confirm(options) {
  return new Promise((resolve) => {
    question.value = { ...options, answer: (yes) => ((question.value = null), resolve(yes)) };
  });
}

function Confirmation({ title, text, action, danger, word, answer }) {
  const [typed, setTyped] = useState("");
  const isReady = !word || typed === word;
  const footer = html`<${Button} onClick=${() => answer(false)}>${t("parts.cancel")}<//>
    <${Button} kind=${danger ? "danger" : "primary"} type="submit" disabled=${!isReady}>${action}<//>`;
  return html`<${Dialog} title=${title} footer=${footer} onClose=${() => answer(false)} onSubmit=${() => isReady && answer(true)}>
    <p>${text}</p>
    ${word && html`<${TextField} label=${t("parts.type_word", { word })} value=${typed} onChange=${setTyped} />`}
  <//>`;
}

const toasts = signal([]);
let lastToast = 0;

/** A short message at the edge. `tone`: "ok", "bad", "info"; bad ones stay longer. */
export function toast(text, { tone = "ok", seconds = tone === "bad" ? 10 : 4 } = {}) {
  const one = { id: ++lastToast, text, tone };
  toasts.value = [...toasts.value.slice(-3), one];
  setTimeout(() => dismiss(one.id), seconds * 1000);
}

function dismiss(id) {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

function Toasts() {
  const box = useRef(null);
  const shown = toasts.value;
  useEffect(() => {
    if (!box.current.showPopover) return;
    if (box.current.matches(":popover-open")) box.current.hidePopover();
    if (shown.length) box.current.showPopover(); // again, so that it lies above a dialog opened since
  }, [shown]);
  return html`<div class="toasts" popover="manual" ref=${box} role="status" aria-live="polite">
    ${shown.map((one) => html`<div key=${one.id} class=${`toast ${one.tone}`}>
      <${Icon} name=${one.tone === "bad" ? "alert" : one.tone === "ok" ? "check" : "info"} size=${16} />
      <span>${one.text}</span>
      <${IconButton} icon="x" size=${14} label=${t("parts.close")} onClick=${() => dismiss(one.id)} />
    </div>`)}
  </div>`;
}

/** Where confirmations and toasts appear; the shell renders it once. */
export function Overlays() {
  const asked = question.value;
  return html`${asked && html`<${Confirmation} ...${asked} />`}<${Toasts} />`;
}
