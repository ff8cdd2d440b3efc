// The four numbers at the top of the overview.
import { html } from "../core/view.js";
import { totalOf } from "../core/buckets.js";
import { formatCompact, formatNumber, formatSeconds, formatShare } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Sparkline } from "../parts/index.js";

export function Tiles({ buckets, perMinute }) {
  const all = totalOf(buckets);
  const share = all.requests ? all.errors / all.requests : null;
  const line = (read) => buckets.map((one) => read(one) ?? 0);
  return html`<div class="overview-tiles">
    <${Tile} label=${t("overview.requests")} value=${formatCompact(all.requests)}
      note=${t("overview.per_minute", { n: perMinute })} values=${line((one) => one.requests)} color="--chart-1" />
    <${Tile} label=${t("overview.tokens")} value=${formatCompact(all.input + all.cached + all.output)}
      note=${t("overview.tokens_split", { in: formatCompact(all.input + all.cached), out: formatCompact(all.output) })}
      values=${line((one) => one.input + one.cached + one.output)} color="--chart-2" />
    <${Tile} label=${t("overview.errors")} value=${formatShare(share)} tone=${share > 0.05 ? "bad" : ""}
      note=${t("overview.errors_of", { errors: formatNumber(all.errors), all: formatNumber(all.requests) })}
      values=${line((one) => one.errors)} color="--chart-4" />
    <${Tile} label=${t("overview.first_token")} value=${formatSeconds(all.firstToken)}
      note=${t("overview.first_token_whole", { seconds: formatSeconds(all.total) })}
      values=${line((one) => one.firstToken)} color="--chart-3" />
  </div>`;
}

function Tile({ label, value, note, values, color, tone = "" }) {
  return html`<section class=${`card overview-tile ${tone}`}>
    <h2>${label}</h2>
    <p class="overview-tile-value num">${value}</p>
    <p class="overview-tile-note">${note}</p>
    <${Sparkline} values=${values} color=${color} />
  </section>`;
}
