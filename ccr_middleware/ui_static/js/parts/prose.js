// A model's text: paragraphs, with code, code blocks and strong words as Markdown marks them. Nothing else is read.
import { html } from "../core/view.js";
import { CodeBlock } from "./basic.js";

const FENCE = /^```([^\n`]*)\n([\s\S]*?)(?:\n```[^\S\n]*$|(?![\s\S]))/gm;
const INLINE = /(`[^`\n]+`|\*\*[^*\n]+\*\*)/;

/** `text` may still be growing: a code block without its end goes to the end of the text. `after` is put at its end. */
export function Prose({ text = "", after }) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(FENCE)) {
    parts.push(text.slice(from, found.index), { title: found[1].trim(), code: found[2] });
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  const shown = parts.map((part) => (typeof part === "string" ? part.replace(/^\n+|\n+$/g, "") : part)).filter(Boolean);
  return html`<div class="prose">
    ${shown.map((part, index) =>
      part.code === undefined
        ? html`<div key=${index} class="prose-text">${inline(part)}${index === shown.length - 1 && after}</div>`
        : html`<${CodeBlock} key=${index} title=${part.title} text=${part.code} />`)}
    ${!shown.length && after}
  </div>`;
}

function inline(text) {
  return text.split(INLINE).map((part) => {
    if (part.startsWith("`") && part.length > 2) return html`<code>${part.slice(1, -1)}</code>`;
    if (part.startsWith("**") && part.length > 4) return html`<strong>${part.slice(2, -2)}</strong>`;
    return part;
  });
}
