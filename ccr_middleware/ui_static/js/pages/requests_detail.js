// One request of the history, in a drawer.
import { html } from "../core/view.js";
import { get } from "../core/api.js";
import { formatCost, formatMoment, formatNumber, formatSeconds } from "../core/format.js";
import { handOver } from "../core/handover.js";
import { named, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { hasFailed, targetOf } from "../core/records.js";
import { link, navigate } from "../core/router.js";
import { Badge, Button, CopyButton, Drawer, Empty, Facts, Loaded, Notice } from "../parts/index.js";
import { Bodies } from "./requests_bodies.js";
import { StatusBadge } from "./requests_table.js";
import { Timings } from "./requests_timings.js";

export function RequestDetail({ id, onClose }) {
  const result = useLoad((abort) => get(`api/requests/${encodeURIComponent(id)}`, {}, { signal: abort }), [id]);
  const record = result.data;
  const body = record && parsed(record.request_body);
  const footer = record && html`<${Button} icon="logs" href=${link("logs", { request_id: id })}>${t("requests.show_logs")}<//>
    <${Button} kind="primary" icon="send" disabled=${!body} title=${hintOf(record, body)} onClick=${() => resend(record, body)}>${t("requests.resend")}<//>`;
  const isGone = result.error?.status === 404;
  return html`<${Drawer} wide title=${record ? targetOf(record) || t("requests.nobody") : t("requests.detail")}
    text=${record && formatMoment(record.time)} onClose=${onClose} footer=${footer}>
    ${isGone ? html`<${Empty} icon="history" title=${t("requests.gone")} />` : html`<${Loaded} result=${result} lines=${9}>${Details}<//>`}
  <//>`;
}

function parsed(body) {
  try {
    return typeof body === "string" ? JSON.parse(body) : body;
  } catch {
    return null; // it was cut
  }
}

/** Why a request cannot be sent again; nothing when it can. */
function hintOf(record, body) {
  if (body) return undefined;
  return t(record.request_body === null ? "requests.resend_no_body" : "requests.resend_cut");
}

function resend(record, body) {
  handOver({ body, model: targetOf(record), endpoint: record.endpoint });
  navigate("playground");
}

function Details(record) {
  return html`
    <div class="row">
      ${StatusBadge(record)}
      ${record.scenario && html`<${Badge} tone="accent">${named("requests.scenario_is", record.scenario)}<//>`}
      <span class="spacer"></span>
      <code class="faint small">${record.id}</code><${CopyButton} text=${record.id} />
    </div>
    ${hasFailed(record) && html`<${Notice} tone="bad" title=${t("parts.error")}>${record.error ?? record.status}<//>`}
    <${Timings} record=${record} />
    <${Section} title=${t("requests.usage")}><${Usage} record=${record} /><//>
    <${Section} title=${t("requests.decision")}><p>${record.reason}</p><//>
    ${record.attempts.length > 0 && html`<${Section} title=${t("requests.attempts")}><${Attempts} attempts=${record.attempts} /><//>`}
    ${record.losses.length > 0 && html`<${Section} title=${t("requests.losses")} text=${t("requests.losses_text")}><${Losses} losses=${record.losses} /><//>`}
    <${Section} title=${t("requests.detail")}><${About} record=${record} /><//>
    <${Section} title=${t("requests.bodies")}><${Bodies} record=${record} /><//>`;
}

function Section({ title, text, children }) {
  return html`<section class="stack tight"><h3>${title}</h3>${text && html`<p class="small faint">${text}</p>`}${children}</section>`;
}

function Usage({ record }) {
  return html`<${Facts} items=${[
    [t("requests.usage_input"), formatNumber(record.input_tokens)],
    [t("requests.usage_cache_read"), record.cache_read_tokens > 0 ? formatNumber(record.cache_read_tokens) : null],
    [t("requests.usage_cache_write"), record.cache_write_tokens > 0 ? formatNumber(record.cache_write_tokens) : null],
    [t("requests.usage_output"), formatNumber(record.output_tokens)],
    [t("requests.cost"), record.cost === null ? null : formatCost(record.cost)],
  ]} />`;
}

function Attempts({ attempts }) {
  return html`<ol class="list attempts">${attempts.map((one, index) => html`<li class="list-row" key=${index}>
    <span class="attempt-number num faint">${index + 1}</span>
    <div class="two-lines grow">
      <span class="strong">${one.model} <span class="faint">${one.provider}</span></span>
      <span class=${one.error ? "bad-text" : "faint"}>${one.error ?? t("requests.attempt_ok")}</span>
    </div>
    <${Badge} tone=${one.status < 400 ? "ok" : "bad"}>${one.status}<//>
    <span class="num small nowrap">${formatSeconds(one.seconds)}</span>
  </li>`)}</ol>`;
}

const LOSS_TONES = { dropped: "bad", emulated: "info", clamped: "warn" };

function Losses({ losses }) {
  return html`<ul class="list">${losses.map((one, index) => html`<li class="list-row" key=${index}>
    <div class="two-lines grow"><span class="strong">${one.feature}</span><span class="faint">${one.detail}</span></div>
    <${Badge} tone=${LOSS_TONES[one.action] ?? "neutral"}>${named("requests.action", one.action)}<//>
  </li>`)}</ul>`;
}

function About({ record }) {
  const session = record.session && html`<a href=${link("requests", { session: record.session })} title=${t("requests.show_session")}>${record.session}</a>`;
  const caller = record.caller && html`<a href=${link("requests", { caller: record.caller })}>${record.caller_name || record.caller}</a>`;
  return html`<${Facts} items=${[
    [t("requests.fact_asked"), record.asked_model],
    [t("requests.fact_endpoint"), named("requests.endpoint", record.endpoint)],
    [t("requests.fact_stream"), t(record.stream ? "parts.yes" : "parts.no")],
    [t("requests.fact_stop"), record.stop_reason],
    [t("requests.fact_caller"), caller],
    [t("requests.fact_session"), session],
    [t("requests.fact_project"), record.project],
  ]} />`;
}
