// Tables, and the tabs above them.
import { html, useRef } from "../core/view.js";

/**
 * Rows and columns. A column: `{key, label, render(row), align: "end", class, phone: false}`; without `render` the row's
 * value of `key` is shown; `phone: false` leaves it out on narrow screens. `onOpen(row)` makes rows clickable: the first
 * column then holds a button, so that the keyboard reaches them. `caption` is read out. `rowClass(row)` adds a class.
 */
export function Table({ columns, rows, keyOf = (row) => row.id, onOpen, caption, rowClass, footer }) {
  const cell = (column, row) => (column.render ? column.render(row) : row[column.key]);
  const look = (column) =>
    [column.align === "end" ? "end" : "", column.phone === false ? "not-phone" : "", column.class ?? ""].join(" ").trim();
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${caption}>
    <table class="table">
      <caption class="visually-hidden">${caption}</caption>
      <thead><tr>${columns.map((column) => html`<th key=${column.key} scope="col" class=${look(column)}>
        ${column.label || html`<span class="visually-hidden">${column.hidden}</span>`}
      </th>`)}</tr></thead>
      <tbody>
        ${rows.map((row) => html`<tr key=${keyOf(row)} class=${`${onOpen ? "opens" : ""} ${rowClass?.(row) ?? ""}`}
          onClick=${onOpen && ((event) => isPlainClick(event) && onOpen(row))}>
          ${columns.map((column, index) => html`<td key=${column.key} class=${look(column)}>
            ${onOpen && index === 0
              ? html`<button type="button" class="row-button" onClick=${() => onOpen(row)}>${cell(column, row)}</button>`
              : cell(column, row)}
          </td>`)}
        </tr>`)}
      </tbody>
      ${footer && html`<tfoot>${footer}</tfoot>`}
    </table>
  </div>`;
}

/** A click on the row itself: not on something in it, not the end of a selection of text. */
function isPlainClick(event) {
  return !event.target.closest("a, button, input, select, label") && !String(getSelection());
}

/** Tabs: `items` is a list of `{id, label, count}`; arrow keys move between them. The panel is the caller's. */
export function Tabs({ label, items, value, onChange }) {
  const box = useRef(null);
  function onKeyDown(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = items.findIndex((one) => one.id === value);
    const next = (index + step + items.length) % items.length;
    event.preventDefault();
    onChange(items[next].id);
    box.current.children[next].focus();
  }
  return html`<div class="tabs" role="tablist" aria-label=${label} ref=${box} onKeyDown=${onKeyDown}>
    ${items.map((one) => html`<button key=${one.id} type="button" role="tab" aria-selected=${one.id === value ? "true" : "false"}
      tabindex=${one.id === value ? 0 : -1} onClick=${() => onChange(one.id)}>
      ${one.label}${one.count !== undefined && html`<span class="count">${one.count}</span>`}
    </button>`)}
  </div>`;
}
