// Which models did the work.
import { html } from "../core/view.js";
import { get } from "../core/api.js";
import { SPANS } from "../core/buckets.js";
import { formatCompact, formatCost, formatNumber } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useLoad, usePolling } from "../core/load.js";
import { Card } from "../parts/index.js";

const SHOWN = 6;
const EVERY_MS = 30_000;

export function Models({ span }) {
  const load = (abort) => get("api/usage", { by: "model", since: Date.now() / 1000 - SPANS[span].seconds }, { signal: abort });
  const result = useLoad(load, [span]);
  usePolling(result.reload, EVERY_MS);
  const rows = (result.data?.usage ?? [])
    .map((row) => ({ ...row, tokens: row.input_tokens + row.output_tokens + row.cache_read_tokens + row.cache_write_tokens }))
    .sort((one, other) => other.tokens - one.tokens || other.requests - one.requests)
    .slice(0, SHOWN);
  if (!rows.length) return null;
  const most = Math.max(...rows.map((row) => row.tokens), 1);
  return html`<${Card} title=${t("overview.models")} text=${t("overview.models_text")}>
    <ul class="overview-models">${rows.map((row) => html`<li key=${row.group}>
      <div class="row nowrap between">
        <span class="clip strong small" title=${row.group}>${row.group || t("parts.none")}</span>
        <span class="num small nowrap">${formatCompact(row.tokens)}</span>
      </div>
      <div class="bar" aria-hidden="true"><i style=${{ width: `${(100 * row.tokens) / most}%` }}></i></div>
      <div class="row nowrap between faint overview-models-note">
        <span>${t("overview.model_requests", { n: formatNumber(row.requests) })}</span>
        ${row.cost !== null && html`<span class="num">${t("overview.model_cost", { cost: formatCost(row.cost) })}</span>`}
      </div>
    </li>`)}</ul>
  <//>`;
}
