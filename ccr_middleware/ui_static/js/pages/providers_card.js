// One provider in the list.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { formatSeconds } from "../core/format.js";
import { Badge, Button, IconButton } from "../parts/index.js";
import { keysOf } from "../document_providers.js";
import { KeyBadge } from "./providers_key.js";
import { knownModels } from "./routing_target.js";
import { TestResult, testProvider } from "./providers_test.js";

const MODELS_SHOWN = 8;
/** Addresses of this machine and network, where most programs want no key. */
const LOCAL = /^https?:\/\/(localhost|127\.|10\.|192\.168\.|host\.docker|\[::1\])/;

/** `entry` is what the catalogue knows of its name; `targets` its rows of /api/health/targets. */
export function ProviderCard({ provider, entry, targets, onDelete }) {
  const [test, setTest] = useState({ isBusy: false, result: null });
  const { name, raw } = provider;
  const models = knownModels(raw, name, entry ? [entry] : []);
  const url = provider.baseUrl || entry?.base_url || "";
  const keys = keysOf(raw);
  const wire = provider.wire || (provider.baseUrl ? "" : entry?.wire);
  const isFree = raw.auth === "none" || (url ? LOCAL.test(url) : entry?.local);
  async function run() {
    setTest({ isBusy: true, result: null });
    setTest({ isBusy: false, result: await testProvider(raw, models[0] ?? "") });
  }
  return html`<article class="card provider-card">
    <header class="row between nowrap">
      <h2 class="provider-name"><a href=${link("providers", "edit", name)}>${name || t("providers.unnamed")}</a></h2>
      <${Health} targets=${targets} />
    </header>
    <p class="mono small faint clip" title=${url}>${url || t("providers.no_address")}</p>
    <div class="row">
      <${KeyBadge} value=${provider.apiKey || keys[0]?.key} free=${isFree} />
      ${keys.length > (provider.apiKey ? 0 : 1)
        && html`<${Badge}>${t("providers.keys", { n: keys.length + (provider.apiKey ? 1 : 0) })}<//>`}
      ${wire && html`<${Badge}>${t(`providers.wire.${wire}`)}<//>`}
    </div>
    <ul class="model-chips" aria-label=${t("providers.models")}>
      ${models.slice(0, MODELS_SHOWN).map((model) => html`<li key=${model} class="mono">${model}</li>`)}
      ${models.length > MODELS_SHOWN && html`<li
        class="more">${t("providers.more", { n: models.length - MODELS_SHOWN })}</li>`}
      ${!models.length && html`<li class="none">${t("providers.no_models")}</li>`}
    </ul>
    <div aria-live="polite"><${TestResult} result=${test.result} /></div>
    <footer class="row between">
      <div class="row">
        <${Button} small icon="edit" href=${link("providers", "edit", name)}>${t("parts.edit")}<//>
        <${Button} small icon="bolt" busy=${test.isBusy} disabled=${!models.length}
          onClick=${run}>${t("parts.test")}<//>
      </div>
      <${IconButton} icon="trash" size=${16} label=${t("providers.delete_title", { name })} onClick=${onDelete} />
    </footer>
  </article>`;
}

function Health({ targets }) {
  const resting = targets.filter((one) => one.state !== "closed");
  const answered = targets.reduce((sum, one) => sum + one.answered, 0);
  const failing = targets.find((one) => one.failures > 0);
  if (resting.length) return html`<${Badge} tone="bad" dot
    title=${resting[0].last_error}>${t("providers.resting", { n: resting.length })}<//>`;
  if (failing) return html`<${Badge} tone="warn" dot title=${failing.last_error}>${t("providers.failing")}<//>`;
  if (!answered) return null;
  const timed = targets.filter((one) => one.latency_ms !== null);
  const mean = timed.reduce((sum, one) => sum + one.latency_ms, 0) / Math.max(timed.length, 1) / 1000;
  return html`<${Badge} tone="ok" dot>${timed.length ? formatSeconds(mean) : t("providers.well")}<//>`;
}
