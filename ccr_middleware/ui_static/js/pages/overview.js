// The overview: what goes through the gateway now and lately, how its targets are, what is wrong with its configuration.
import { html, useEffect, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { loadBuckets, withRecord } from "../core/buckets.js";
import { addTexts, t } from "../core/i18n.js";
import { liveState, watchRequests } from "../core/live.js";
import { useLoad, usePolling } from "../core/load.js";
import { useRequestsPerMinute } from "../core/rate.js";
import { link } from "../core/router.js";
import { configStatus } from "../core/status.js";
import { recall, remember } from "../core/storage.js";
import { Badge, Button, Card, EnvironmentLines, Failed, Loading, Notice, PageHead, Segments } from "../parts/index.js";
import texts from "../texts/overview.js";
import { Charts } from "./overview_charts.js";
import { Models } from "./overview_models.js";
import { Targets } from "./overview_targets.js";
import { Tiles } from "./overview_tiles.js";

addTexts(texts);

const SPAN_NAMES = ["hour", "day", "month"];
const TARGETS_MS = 5000;
const BUCKETS_MS = 60_000;

export default function Overview() {
  const [span, setSpan] = useState(SPAN_NAMES.includes(recall("span")) ? recall("span") : "day");
  const buckets = useLoad((abort) => loadBuckets(span, abort), [span]);
  const targets = useLoad((abort) => get("api/health/targets", {}, { signal: abort }));
  usePolling(targets.reload, TARGETS_MS);
  usePolling(buckets.reload, BUCKETS_MS);
  useEffect(() => watchRequests((event, record) => {
    if (event === "request") buckets.setData((old) => old && withRecord(old, span, record));
  }), [span]);
  function choose(name) {
    remember("span", name);
    buckets.setData(null);
    setSpan(name);
  }
  const options = SPAN_NAMES.map((value) => ({ value, label: t(`overview.${value}`) }));
  const actions = html`<${LiveBadge} /><${Segments} label=${t("overview.span")} value=${span} onChange=${choose} options=${options} />`;
  return html`<div class="page">
    <${PageHead} title=${t("overview.title")} text=${t("overview.text")} actions=${actions} />
    <${ConfigProblems} />
    <${Traffic} buckets=${buckets} span=${span} />
    <div class="overview-lower">
      <${Targets} result=${targets} />
      <${Models} span=${span} />
    </div>
    <${Card} title=${t("overview.environment")} text=${t("overview.environment_text")}><${EnvironmentLines} /><//>
  </div>`;
}

function Traffic({ buckets, span }) {
  const perMinute = useRequestsPerMinute();
  if (buckets.data === null) {
    return html`<${Card}>${buckets.error ? html`<${Failed} error=${buckets.error} retry=${buckets.reload} />` : html`<${Loading} lines=${7} />`}<//>`;
  }
  const isQuiet = buckets.data.every((one) => one.requests === 0);
  return html`<${Tiles} buckets=${buckets.data} perMinute=${perMinute} />
    ${isQuiet ? html`<${Quiet} />` : html`<${Charts} buckets=${buckets.data} span=${span} />`}`;
}

function Quiet() {
  const action = html`<${Button} kind="primary" icon="playground" href=${link("playground")}>${t("overview.to_playground")}<//>`;
  return html`<${Notice} title=${t("overview.quiet")} actions=${action}>${t("overview.quiet_text")}<//>`;
}

function LiveBadge() {
  const isOn = liveState.value === "on";
  return html`<${Badge} tone=${isOn ? "ok" : "neutral"} dot>${t(isOn ? "overview.live" : "overview.reconnecting")}<//>`;
}

function ConfigProblems() {
  const status = configStatus.value;
  const warnings = status?.warnings ?? [];
  if (!status?.error && !warnings.length) return null;
  const action = html`<${Button} small href=${link("config")}>${t("overview.open_config")}<//>`;
  if (status.error) {
    return html`<${Notice} tone="bad" title=${t("overview.config_error")} actions=${action}>
      <p class="mono small">${status.error}</p><p>${t("overview.config_error_text")}</p>
    <//>`;
  }
  return html`<${Notice} tone="warn" title=${t("overview.config_warnings")} actions=${action}>
    <ul>${warnings.map((one) => html`<li key=${one}>${one}</li>`)}</ul>
  <//>`;
}
