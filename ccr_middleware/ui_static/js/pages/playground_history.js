// What was sent before, in this visit.
import { html } from "../core/view.js";
import { formatSeconds, formatTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { KEPT } from "../core/runs.js";
import { Badge, Card } from "../parts/index.js";

const TONES = { waiting: "info", streaming: "info", done: "ok", stopped: "warn", failed: "bad" };

export function History({ runs, chosen, onChoose }) {
  return html`<${Card} flush title=${t("playground.history")} text=${t("playground.history_text", { n: KEPT })}>
    <ul class="run-history">${runs.map((run) => html`<li key=${run.id}>
      <button type="button" aria-current=${run.id === chosen ? "true" : undefined} onClick=${() => onChoose(run.id)}>
        <time class="num faint">${formatTime(run.time)}</time>
        <span class="two-lines grow"><span class="clip strong">${run.model}</span><span class="clip faint">${summary(run)}</span></span>
        <span class="num small faint">${run.totalSeconds !== null && formatSeconds(run.totalSeconds)}</span>
        <${Badge} tone=${TONES[run.state]}>${run.status ?? t(`playground.state_${run.state}`)}<//>
      </button>
    </li>`)}</ul>
  <//>`;
}

/** The beginning of what was asked last. */
function summary(run) {
  const content = run.body.messages?.at(-1)?.content ?? run.body.input ?? run.body.contents ?? "";
  const text = typeof content === "string" ? content : (content.find?.((one) => one.type === "text")?.text ?? JSON.stringify(content));
  return text.slice(0, 120);
}
