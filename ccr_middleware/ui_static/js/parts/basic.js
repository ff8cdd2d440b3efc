// Buttons, badges, cards and other small things that pages are made of.
import { html, useState } from "../core/view.js";
import { copyText } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import { Icon } from "./icon.js";

/**
 * A button. `kind`: "primary", "plain" (with a border), "quiet" (without), "danger". With `href` it is a link that looks
 * like one. `busy` shows a spinner and takes no clicks.
 */
export function Button({ kind = "plain", icon, busy = false, small = false, href, disabled, children, ...rest }) {
  const look = `button ${kind}${small ? " small" : ""}`;
  const inside = html`${busy ? html`<${Spinner} />` : icon && html`<${Icon} name=${icon} size=${16} />`}
    <span>${children}</span>`;
  if (href) return html`<a class=${look} href=${href} ...${rest}>${inside}</a>`;
  return html`<button type="button" class=${look} disabled=${disabled || busy} aria-busy=${busy} ...${rest}>
    ${inside}
  </button>`;
}

/** A button with an icon alone; `label` is read out and shown as its tooltip. */
export function IconButton({ icon, label, size = 18, pressed, class: extra = "", ...rest }) {
  return html`<button
    type="button"
    class=${`icon-button ${extra}`}
    aria-label=${label}
    title=${label}
    aria-pressed=${pressed}
    ...${rest}
  >
    <${Icon} name=${icon} size=${size} />
  </button>`;
}

export function Spinner() {
  return html`<span class="spinner" aria-hidden="true"></span>`;
}

/** A word in a coloured pill. `tone`: "neutral", "ok", "warn", "bad", "info", "accent". `dot` puts a dot before it. */
export function Badge({ tone = "neutral", dot = false, children, ...rest }) {
  return html`<span class=${`badge ${tone}`} ...${rest}>${dot && html`<i class="dot"></i>`}${children}</span>`;
}

/** A surface with an optional title, a text under it, and `actions` at its right. `flush`: no padding, for tables. */
export function Card({ title, text, actions, flush = false, class: extra = "", children, level = 2, ...rest }) {
  const heading = level === 3 ? html`<h3 class="card-title">${title}</h3>` : html`<h2 class="card-title">${title}</h2>`;
  return html`<section class=${`card ${flush ? "flush" : ""} ${extra}`} ...${rest}>
    ${(title || actions) &&
    html`<header class="card-head">
      <div>${title && heading}${text && html`<p class="card-text">${text}</p>`}</div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </header>`}
    ${children}
  </section>`;
}

/** The head of a page: its title (the only h1), a sentence, and `actions`. */
export function PageHead({ title, text, actions, back }) {
  return html`<header class="page-head">
    <div>
      ${back}
      <h1>${title}</h1>
      ${text && html`<p>${text}</p>`}
    </div>
    ${actions && html`<div class="actions">${actions}</div>`}
  </header>`;
}

/** A message in the page. `tone` as for Badge. */
export function Notice({ tone = "info", title, actions, children }) {
  const icons = { ok: "check", warn: "alert", bad: "alert" };
  return html`<div class=${`notice ${tone}`} role=${tone === "bad" ? "alert" : "note"}>
    <${Icon} name=${icons[tone] ?? "info"} />
    <div class="notice-body">${title && html`<strong>${title}</strong>`}<div>${children}</div></div>
    ${actions && html`<div class="actions">${actions}</div>`}
  </div>`;
}

/** A button that copies `text` and says so. */
export function CopyButton({ text, label, small = true }) {
  const [isCopied, setCopied] = useState(false);
  async function copy() {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 1600);
  }
  return html`<${Button} kind="quiet" small=${small} icon=${isCopied ? "check" : "copy"} onClick=${copy}>
    <span aria-live="polite">${isCopied ? t("parts.copied") : (label ?? t("parts.copy"))}</span>
  <//>`;
}

/** A text to copy: commands, JSON. `title` stands above it; long ones scroll. */
export function CodeBlock({ text, title, label, wrap = false, copy = true }) {
  return html`<figure class="code-block">
    ${(title || copy) &&
    html`<figcaption><span>${title}</span>${copy && html`<${CopyButton} text=${text} />`}</figcaption>`}
    <pre tabindex="0" role="region" aria-label=${label ?? title ?? t("parts.code")} class=${wrap ? "wrap" : ""}><code>${text}</code></pre>
  </figure>`;
}

/** A list of names and values: `items` is a list of [name, value]; those whose value is null are left out. */
export function Facts({ items }) {
  const shown = items.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="facts">
    ${shown.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** Something that opens: a summary line and what is below it. */
export function Disclosure({ title, open = false, children }) {
  return html`<details class="disclosure" open=${open}>
    <summary><${Icon} name="chevron_right" size=${16} /><span>${title}</span></summary>
    <div class="disclosure-body">${children}</div>
  </details>`;
}
