// How the targets are: every provider and model.
import { html } from "../core/view.js";
import { formatAgo, formatNumber, formatSeconds, formatTime } from "../core/format.js";
import { named, t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { Badge, Button, Card, Empty, Loaded, Table } from "../parts/index.js";

const TONES = { closed: "ok", open: "bad", "half-open": "warn" };

export function Targets({ result }) {
  return html`<${Card} flush title=${t("overview.targets")} text=${t("overview.targets_text")}>
    <${Loaded} result=${result} lines=${5}>${({ targets }) => (targets.length ? html`<${Rows} targets=${targets} />` : html`<${NoTargets} />`)}<//>
  <//>`;
}

function Rows({ targets }) {
  const columns = [
    { key: "model", label: t("overview.target"), class: "grows", render: target },
    { key: "state", label: t("overview.state"), render: state },
    { key: "latency_ms", label: t("overview.latency"), align: "end", phone: false, render: (row) => formatSeconds(row.latency_ms === null ? null : row.latency_ms / 1000) },
    { key: "answered", label: t("overview.answered"), align: "end", phone: false, render: answered },
    { key: "in_flight", label: t("overview.busy"), phone: false, render: busy },
  ];
  return html`<${Table} caption=${t("overview.targets")} columns=${columns} rows=${targets} keyOf=${(row) => `${row.provider},${row.model}`} />`;
}

function target(row) {
  return html`<div class="two-lines">
    <span class="strong">${row.model}</span>
    <span class="faint">${row.provider}${row.resting_keys > 0 && html` · ${t("overview.keys_resting", { resting: row.resting_keys, all: row.keys })}`}</span>
    ${row.last_error && row.state !== "closed" && html`<span class="bad-text" title=${formatAgo(row.last_error_at)}>${row.last_error}</span>`}
  </div>`;
}

function state(row) {
  return html`<div class="two-lines">
    <span><${Badge} tone=${TONES[row.state] ?? "neutral"} dot>${named("overview.state", row.state)}<//></span>
    ${row.until && html`<span class="faint">${t("overview.until", { time: formatTime(row.until) })}</span>`}
  </div>`;
}

function answered(row) {
  const all = row.answered + row.failed;
  return html`${formatNumber(row.answered)}${row.failed > 0 && html`<span class="faint"> / ${formatNumber(all)}</span>`}`;
}

function busy(row) {
  if (!row.in_flight && !row.queued) return html`<span class="faint">${t("parts.none")}</span>`;
  return html`<span class="nowrap">${row.in_flight > 0 && t("overview.busy_now", { n: row.in_flight })}
    ${row.queued > 0 && html` · ${t("overview.queued_now", { n: row.queued })}`}</span>`;
}

function NoTargets() {
  const action = html`<${Button} kind="primary" icon="plus" href=${link("providers")}>${t("overview.add_provider")}<//>`;
  return html`<${Empty} icon="providers" title=${t("overview.no_targets")} actions=${action}>${t("overview.no_targets_text")}<//>`;
}
