// What came back: drawn, as events, the headers, and what was sent.
import { html, useState } from "../core/view.js";
import { formatNumber, formatSeconds } from "../core/format.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { addressOf, headerOf } from "../core/runs.js";
import { Badge, Blocks, Button, Card, CodeBlock, Empty, Notice, Spinner, Tabs } from "../parts/index.js";

/** Answers that came in less are no measure of a speed. */
const SHORTEST_SECONDS = 0.2;

const TONES = { waiting: "info", streaming: "info", done: "ok", stopped: "warn", failed: "bad" };

export function Answer({ run, onEdit }) {
  const [view, setView] = useState("pretty");
  if (!run) return html`<${Card}><${Empty} icon="playground" title=${t("playground.nothing")}>${t("playground.nothing_text")}<//><//>`;
  const items = [
    { id: "pretty", label: t("playground.view_pretty") },
    { id: "raw", label: t("playground.view_raw"), count: run.events.length },
    { id: "headers", label: t("playground.view_headers") },
    { id: "sent", label: t("playground.view_sent") },
  ];
  const views = { pretty: Pretty, raw: Raw, headers: Headers, sent: Sent };
  const id = headerOf(run, "request-id");
  const actions = html`${id && html`<${Button} small kind="quiet" icon="requests" href=${link("requests", id)}>${t("playground.in_history")}<//>`}
    <${Button} small kind="quiet" icon="edit" onClick=${() => onEdit(run)}>${t("playground.repeat")}<//>`;
  return html`<${Card} title=${t("playground.answer")} actions=${actions} class="playground-answer">
    <div class="stack">
      <${Numbers} run=${run} />
      <${Tabs} label=${t("playground.answer")} items=${items} value=${view} onChange=${setView} />
      <${views[view]} run=${run} />
    </div>
  <//>`;
}

function Numbers({ run }) {
  const { usage, stopReason } = run.message;
  const output = usage.output_tokens;
  const input = (usage.input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  const busy = run.totalSeconds === null ? null : run.totalSeconds - (run.firstSeconds ?? 0);
  const provider = headerOf(run, "x-ccr-provider");
  const facts = [
    [t("playground.answered_by"), provider && `${provider},${headerOf(run, "x-ccr-model")}`],
    [t("playground.first"), run.firstSeconds !== null && formatSeconds(run.firstSeconds)],
    [t("playground.total"), run.totalSeconds !== null && formatSeconds(run.totalSeconds)],
    [t("playground.tokens"), output !== undefined && t("playground.tokens_value", { in: formatNumber(input), out: formatNumber(output) })],
    [t("playground.speed"), run.state === "done" && output > 0 && busy > SHORTEST_SECONDS && t("playground.speed_value", { n: formatNumber(output / busy, 1) })],
    [t("playground.stop_reason"), stopReason],
  ];
  const isBusy = run.state === "waiting" || run.state === "streaming";
  return html`<div class="run-numbers" role="status">
    <${Badge} tone=${TONES[run.state]}>${isBusy && html`<${Spinner} />`}${t(`playground.state_${run.state}`)}${run.status ? ` · ${run.status}` : ""}<//>
    ${facts.filter(([, value]) => value).map(([name, value]) => html`<span key=${name}><span class="faint">${name}</span> <b class="num">${value}</b></span>`)}
  </div>`;
}

function Pretty({ run }) {
  if (run.error) {
    return html`${run.message.blocks.length > 0 && html`<${Blocks} message=${run.message} />`}
      <${Notice} tone="bad" title=${run.error.type ?? t("parts.error")}>${run.error.message}<//>`;
  }
  if (run.format !== "messages" && run.events.length) {
    return html`<${Notice}>${t("playground.raw_only")}<//><${Raw} run=${run} />`;
  }
  if (!run.message.blocks.length) {
    return run.totalSeconds === null ? html`<p class="row faint"><${Spinner} />${t("playground.waiting")}</p>` : html`<p class="faint">${t("parts.none")}</p>`;
  }
  return html`<${Blocks} message=${run.message} isRunning=${run.totalSeconds === null} />`;
}

function Raw({ run }) {
  if (run.events.length === 1 && run.events[0].event === "answer") {
    return html`<${CodeBlock} wrap title=${t("playground.whole")} text=${indented(run.events[0].data)} />`;
  }
  return html`<div class="run-events" tabindex="0" role="region" aria-label=${t("playground.view_raw")}>
    ${run.events.map((one, index) => html`<div key=${index} class="run-event">
      <span class="num faint">${formatSeconds(one.seconds)}</span><b>${one.event}</b><code>${one.data || one.raw}</code>
    </div>`)}
    ${!run.events.length && html`<p class="faint">${t("parts.none")}</p>`}
  </div>`;
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Headers({ run }) {
  if (!run.headers.length) return html`<p class="faint">${t("playground.no_headers")}</p>`;
  const isOurs = ([name]) => name.startsWith("x-ccr-") || name === "request-id";
  const ordered = [...run.headers.filter(isOurs), ...run.headers.filter((one) => !isOurs(one))];
  return html`<dl class="run-headers">${ordered.map((one) => html`<div key=${one[0]} class=${isOurs(one) ? "ours" : ""}><dt>${one[0]}</dt><dd>${one[1]}</dd></div>`)}</dl>`;
}

function Sent({ run }) {
  return html`<${CodeBlock} wrap title=${addressOf(run)} text=${JSON.stringify(run.body, null, 2)} />`;
}
