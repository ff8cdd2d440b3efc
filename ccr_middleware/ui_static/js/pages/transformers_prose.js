// Texts of the gateway's own documentation: what stands in backticks is code.
import { html } from "../core/view.js";

/** A text with its `code` marked up. */
export function Prose({ text }) {
  return html`${String(text ?? "").split("`").map((part, index) => (index % 2 ? html`<code key=${index}>${part}</code>`
    : part))}`;
}
