// Where the time of a request went, as a bar.
import { html } from "../core/view.js";
import { formatNumber, formatSeconds } from "../core/format.js";
import { t } from "../core/i18n.js";
import { hasFailed } from "../core/records.js";

/** The parts of a call's time: `[{name, seconds}]`; what is nothing is left out. */
export function timingsOf(record) {
  const total = record.total_seconds ?? 0;
  const earlier = record.attempts.slice(0, -1).reduce((sum, one) => sum + one.seconds, 0);
  const failed = hasFailed(record) && record.first_token_seconds === null ? total : Math.min(earlier, total);
  const parts = [{ name: "failed", seconds: failed }];
  if (record.first_token_seconds === null) parts.push({ name: "whole", seconds: total - failed });
  else {
    const first = Math.min(Math.max(record.first_token_seconds, failed), total);
    parts.push({ name: "wait", seconds: first - failed }, { name: "stream", seconds: total - first });
  }
  return parts.filter((one) => one.seconds > 0);
}

export function Timings({ record }) {
  const parts = timingsOf(record);
  const total = record.total_seconds || 1;
  const speed = record.tokens_per_second;
  return html`<section class="stack tight">
    <div class="row between"><h3>${t("requests.timings")}</h3><span class="num strong">${formatSeconds(record.total_seconds)}</span></div>
    <div class="timing-bar" aria-hidden="true">
      ${parts.map((one) => html`<i key=${one.name} class=${one.name} style=${{ width: `${(100 * one.seconds) / total}%` }}></i>`)}
    </div>
    <ul class="timing-legend">
      ${parts.map((one) => html`<li key=${one.name}><i class=${one.name}></i>${t(`requests.timing_${one.name}`)} <b class="num">${formatSeconds(one.seconds)}</b></li>`)}
      ${speed && html`<li class="faint">${t("requests.timing_speed", { n: formatNumber(speed, 1) })}</li>`}
    </ul>
  </section>`;
}
