// What a page shows while it has nothing to show: loading, empty, failed.
import { html } from "../core/view.js";
import { hasText, t } from "../core/i18n.js";
import { Button } from "./basic.js";
import { Icon } from "./icon.js";

/** Grey lines in the place of what is coming. */
export function Loading({ lines = 4 }) {
  return html`<div class="loading" role="status">
    <span class="visually-hidden">${t("parts.loading")}</span>
    ${Array.from({ length: lines }, (_, index) => html`<div key=${index} class="skeleton"></div>`)}
  </div>`;
}

/** Nothing there (yet): an icon, what it means, and what can be done (`actions`). */
export function Empty({ icon = "info", title, actions, children }) {
  return html`<div class="empty">
    <span class="empty-icon"><${Icon} name=${icon} size=${22} /></span>
    <h2>${title}</h2>
    ${children && html`<p>${children}</p>`}
    ${actions && html`<div class="actions">${actions}</div>`}
  </div>`;
}

/** What an error means to the reader: the gateway's own message, or ours where there was no answer. */
export function errorText(error) {
  if (error.status === 0) return t("parts.unreachable");
  const key = `parts.status.${error.status}`;
  return error.type === "api_error" && hasText(key) ? t(key) : error.message;
}

/** A failure, with a button to try again. */
export function Failed({ error, retry, title }) {
  return html`<div class="empty failed" role="alert">
    <span class="empty-icon"><${Icon} name="alert" size=${22} /></span>
    <h2>${title ?? t("parts.failed")}</h2>
    <p>${errorText(error)}</p>
    ${error.requestId && html`<p class="mono faint">${error.requestId}</p>`}
    ${retry && html`<div class="actions"><${Button} icon="refresh" onClick=${retry}>${t("parts.retry")}<//></div>`}
  </div>`;
}

/** The usual three: `result` is what useLoad gives; `children` is a function of the data. */
export function Loaded({ result, lines, children }) {
  if (result.error && result.data === null) return html`<${Failed} error=${result.error} retry=${result.reload} />`;
  if (result.data === null) return html`<${Loading} lines=${lines} />`;
  return children(result.data);
}
