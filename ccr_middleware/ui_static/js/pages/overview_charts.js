// The charts of the overview.
import { html } from "../core/view.js";
import { formatSeconds } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Chart } from "../parts/chart.js";
import { Card } from "../parts/index.js";

export function Charts({ buckets }) {
  const times = buckets.map((one) => one.time);
  const line = (read) => buckets.map(read);
  const requests = [
    { label: t("overview.succeeded_or_not"), color: "--chart-1", kind: "bars", values: line((one) => one.requests) },
    { label: t("overview.of_them_failed"), color: "--chart-4", kind: "bars", values: line((one) => one.errors) },
  ];
  const tokens = [
    { label: t("overview.input"), color: "--chart-2", kind: "area", values: line((one) => one.input) },
    { label: t("overview.cached"), color: "--chart-5", kind: "line", values: line((one) => one.cached) },
    { label: t("overview.output"), color: "--chart-1", kind: "line", values: line((one) => one.output) },
  ];
  const waiting = [
    { label: t("overview.until_first"), color: "--chart-3", kind: "line", values: line((one) => one.firstToken) },
    { label: t("overview.until_end"), color: "--chart-5", kind: "line", values: line((one) => one.total) },
  ];
  return html`<div class="overview-charts">
    <${Card} title=${t("overview.chart_requests")} class="wide">
      <${Chart} label=${t("overview.chart_requests")} times=${times} series=${requests} height=${220} />
    <//>
    <${Card} title=${t("overview.chart_tokens")}>
      <${Chart} label=${t("overview.chart_tokens")} times=${times} series=${tokens} />
    <//>
    <${Card} title=${t("overview.chart_latency")}>
      <${Chart} label=${t("overview.chart_latency")} times=${times} series=${waiting} format=${formatSeconds} />
    <//>
  </div>`;
}
