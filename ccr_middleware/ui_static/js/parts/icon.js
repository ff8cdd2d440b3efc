// The icons: lines on a grid of 20, drawn for this interface.
import { html } from "../core/view.js";

const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

const PATHS = {
  alert: "M10 3 2.5 16.5h15z M10 8.5v3.5 M10 14.3v.2",
  arrow_left: "M16 10H4.5 M9 5.5 4.5 10 9 14.5",
  arrow_right: "M4 10h11.5 M11 5.5 15.5 10 11 14.5",
  arrow_down: "M10 4v11.5 M5.5 11 10 15.5 14.5 11",
  arrow_up: "M10 16V4.5 M5.5 9 10 4.5 14.5 9",
  bolt: "M11 2.5 4.5 11.5H9.5L9 17.5 15.5 8.5H10.5z",
  check: "M4 10.5 8 14.5 16 6",
  chevron_down: "M5.5 8 10 12.5 14.5 8",
  chevron_left: "M12 5.5 7.5 10 12 14.5",
  chevron_right: "M8 5.5 12.5 10 8 14.5",
  clock: `${circle(10, 10, 7)} M10 6v4.2l2.7 1.8`,
  code: "M7 6 3 10l4 4 M13 6l4 4-4 4",
  config: "M3 6h7.5 M14.5 6H17 M3 14h2.5 M9.5 14H17 " + circle(12.5, 6, 2) + circle(7.5, 14, 2),
  copy: "M7.5 7.5h8v8h-8z M12.5 7.5v-3h-8v8h3",
  download: "M10 3.5v9 M6.5 9 10 12.5 13.5 9 M4 16h12",
  edit: "M4 16l.8-3.4L13.3 4.1l2.6 2.6L7.4 15.2z",
  external: "M11.5 4H16v4.5 M16 4l-6.5 6.5 M13.5 11.5V16H4V6.5h4.5",
  eye: "M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5z " + circle(10, 10, 2.2),
  eye_off: "M3.5 3.5l13 13 M8 5.3A7.5 7.5 0 0 1 10 5c4.8 0 7.5 5 7.5 5a12 12 0 0 1-2 2.5 M5.3 6.8A12 12 0 0 0 2.5 10S5.2 15 10 15a7.4 7.4 0 0 0 3.5-.9",
  filter: "M3 5h14 M5.5 10h9 M8 15h4",
  globe: `${circle(10, 10, 7)} M3 10h14 M10 3c2.2 2 3 4.5 3 7s-.8 5-3 7c-2.2-2-3-4.5-3-7s.8-5 3-7z`,
  grip: "M7.5 5v.1 M7.5 10v.1 M7.5 15v.1 M12.5 5v.1 M12.5 10v.1 M12.5 15v.1",
  help: `${circle(10, 10, 7)} M7.9 8a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.4 M10 13.9v.1`,
  history: "M3.5 10a6.5 6.5 0 1 0 2-4.7L3.5 7.2 M3.5 3.7v3.5H7 M10 6.5v3.8l2.5 1.5",
  info: `${circle(10, 10, 7)} M10 9.3v4 M10 6.5v.1`,
  keys: `${circle(6.5, 13.5, 3)} M8.7 11.3 16 4 M13 7l2.2 2.2`,
  logout: "M8 3.5H4v13h4 M8.5 10H17 M13.5 6.5 17 10 13.5 13.5",
  logs: "M5 3.5h10v13H5z M7.5 7.5h5 M7.5 10h5 M7.5 12.5h3",
  menu: "M3 5.5h14 M3 10h14 M3 14.5h14",
  minus: "M4.5 10h11",
  moon: "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
  more: "M4.5 10v.1 M10 10v.1 M15.5 10v.1",
  overview: "M3.5 3.5h5.5v6.5H3.5z M11 3.5h5.5V7H11z M11 9.5h5.5v7H11z M3.5 12.5h5.5v4H3.5z",
  pause: "M7 4.5v11 M13 4.5v11",
  play: "M6 4l9.5 6L6 16z",
  playground: "M3.5 4.5h13v9h-6l-3.5 3v-3H3.5z M7 9h6",
  plus: "M10 4.5v11 M4.5 10h11",
  presets: "M10 3l7 3.5-7 3.5-7-3.5z M3 10l7 3.5L17 10 M3 13.5 10 17l7-3.5",
  providers: "M3.5 3.5h13v5h-13z M3.5 11.5h13v5h-13z M6.5 6v.1 M6.5 14v.1 M9.5 6h4 M9.5 14h4",
  refresh: "M16.5 10A6.5 6.5 0 1 1 14.3 5.1L16.5 7 M16.5 3.5V7H13",
  requests: "M3 6h11 M11 3l3 3-3 3 M17 14H6 M9 11l-3 3 3 3",
  routing: `${circle(4.5, 10, 1.8)} ${circle(15.5, 4.5, 1.8)} ${circle(15.5, 15.5, 1.8)} M6.3 10H8c3 0 2.5-5.5 5.7-5.5 M8 10c3 0 2.5 5.5 5.7 5.5`,
  save: "M4 4h9l3 3v9H4z M7 4v4h5V4 M7 16v-4.5h6V16",
  search: `${circle(9, 9, 5.2)} M13 13l3.5 3.5`,
  send: "M17 3 9 11 M17 3l-5 14-3-6-6-3z",
  shield: "M10 2.8 16 5v5c0 3.5-2.5 6-6 7.2C6.5 16 4 13.5 4 10V5z",
  stop: "M5.5 5.5h9v9h-9z",
  sun: `${circle(10, 10, 3.2)} M10 2.5v1.5 M10 16v1.5 M2.5 10H4 M16 10h1.5 M4.7 4.7l1 1 M14.3 14.3l1 1 M4.7 15.3l1-1 M14.3 5.7l1-1`,
  system: "M3 4h14v9.5H3z M7.5 16.5h5 M10 13.5v3",
  terminal: "M3 4h14v12H3z M6 8l2.2 2L6 12 M10 12.5h4",
  transformers: "M3.5 10h3 M13.5 10h3 M6.5 6.5h7v7h-7z M10 3.5v3 M10 13.5v3",
  trash: "M4 6h12 M8 6V4h4v2 M5.5 6l.7 10.5h7.6L14.5 6 M8.5 9v4.5 M11.5 9v4.5",
  upload: "M10 12.5v-9 M6.5 7 10 3.5 13.5 7 M4 16h12",
  wand: "M4 16 12.5 7.5 M14.5 3v3 M13 4.5h3 M16 9v2 M15 10h2 M8 3.5v2 M7 4.5h2",
  x: "M5 5l10 10 M15 5 5 15",
};

/** The names of all icons. */
export const ICONS = Object.keys(PATHS);

/** An icon, without a meaning of its own for screen readers: the text beside it, or the button's label, has it. */
export function Icon({ name, size = 18, class: extra = "" }) {
  return html`<svg class=${`icon ${extra}`} width=${size} height=${size} viewBox="0 0 20 20" aria-hidden="true">
    <path d=${PATHS[name] ?? PATHS.help} />
  </svg>`;
}

/** The mark of the product. */
export function Mark({ size = 26 }) {
  return html`<svg class="mark" width=${size} height=${size} viewBox="0 0 28 28" aria-hidden="true">
    <rect width="28" height="28" rx="8" />
    <path d="M7.5 14h4.2c3.6 0 3.2-5.5 6.6-5.5 M11.7 14c3.6 0 3.2 5.5 6.6 5.5" />
    <circle cx="7.5" cy="14" r="2" /><circle cx="20" cy="8.5" r="2" /><circle cx="20" cy="19.5" r="2" />
  </svg>`;
}
