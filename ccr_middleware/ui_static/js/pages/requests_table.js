// The rows of the history.
import { html } from "../core/view.js";
import { formatCompact, formatCost, formatMoment, formatSeconds, formatTime, moment } from "../core/format.js";
import { named, t } from "../core/i18n.js";
import { hasFailed, targetOf, tokensIn } from "../core/records.js";
import { Badge, Icon, Spinner, Table } from "../parts/index.js";

export function RequestTable({ records, running, onOpen }) {
  const columns = [
    { key: "time", label: t("requests.when"), render: when },
    { key: "status", label: t("requests.status"), render: StatusBadge },
    { key: "model", label: t("requests.target"), class: "grows", render: target },
    { key: "scenario", label: t("requests.scenario"), phone: false, render: scenario },
    { key: "tokens", label: t("requests.tokens"), align: "end", phone: false, render: tokens },
    { key: "first", label: t("requests.first_token"), align: "end", phone: false, render: (row) => formatSeconds(row.first_token_seconds) },
    { key: "total", label: t("requests.duration"), align: "end", phone: false, render: (row) => formatSeconds(row.total_seconds) },
    ...(records.some((row) => row.cost !== null)
      ? [{ key: "cost", label: t("requests.cost"), align: "end", phone: false, render: (row) => formatCost(row.cost) }]
      : []),
  ];
  const rows = [...running.map((one) => ({ ...one, isRunning: true })), ...records];
  return html`<${Table} caption=${t("requests.caption")} columns=${columns} rows=${rows} onOpen=${(row) => row.isRunning || onOpen(row)}
    rowClass=${(row) => (row.isRunning ? "is-running" : row.isNew ? "is-new" : "")} />`;
}

function when(row) {
  const isToday = moment(row.time).toDateString() === new Date().toDateString();
  return html`<time class="num nowrap" datetime=${moment(row.time).toISOString()} title=${formatMoment(row.time)}>
    ${isToday ? formatTime(row.time) : formatMoment(row.time)}
  </time>`;
}

/** How a call ended, or that it has not. */
export function StatusBadge(row) {
  if (row.isRunning) return html`<${Badge} tone="info"><${Spinner} />${t("requests.running")}<//>`;
  const tone = !hasFailed(row) ? "ok" : row.status === 429 ? "warn" : "bad";
  const text = hasFailed(row) && row.status < 400 ? `${row.status} · ${t("requests.failed")}` : row.status;
  return html`<${Badge} tone=${tone} dot>${text}<//>`;
}

function target(row) {
  const asked = row.asked_model && row.asked_model !== row.model && row.asked_model !== targetOf(row);
  return html`<div class="two-lines">
    <span class="row nowrap"><span class="clip strong">${row.model || t("requests.nobody")}</span><${Marks} record=${row} /></span>
    <span class="faint clip">${row.provider}${asked && html` · ${t("requests.asked_for", { model: row.asked_model })}`}</span>
    ${row.error && html`<span class="bad-text clip" title=${row.error}>${row.error}</span>`}
  </div>`;
}

function Marks({ record }) {
  const attempts = record.attempts?.length ?? 0;
  const losses = record.losses?.length ?? 0;
  return html`${attempts > 1 && mark("refresh", attempts, t("requests.attempts_n", { n: attempts }))}
    ${losses > 0 && mark("info", losses, t("requests.losses_n", { n: losses }))}`;
}

const mark = (icon, count, label) => html`<span class="mark-count" title=${label}>
  <${Icon} name=${icon} size=${12} /><span aria-hidden="true">${count}</span><span class="visually-hidden">${label}</span>
</span>`;

function scenario(row) {
  return row.scenario ? html`<${Badge} title=${row.reason}>${named("requests.scenario_is", row.scenario)}<//>` : "";
}

function tokens(row) {
  if (row.isRunning) return "";
  return html`<span class="nowrap">${formatCompact(tokensIn(row))} <span class="faint">/</span> ${formatCompact(row.output_tokens)}</span>`;
}
