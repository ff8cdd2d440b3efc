// A tiny line without axes, for tiles.
import { html } from "../core/view.js";

const WIDTH = 120;
const HEIGHT = 32;

/** `values`: numbers; `color`: a custom property such as "--chart-1". It is decoration: the tile says the number. */
export function Sparkline({ values, color = "--chart-1" }) {
  if (values.length < 2 || !values.some(Boolean)) return null;
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true"
    style=${{ color: `var(${color})` }}>
    <polygon points=${`0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
    <polyline points=${points.join(" ")} />
  </svg>`;
}
