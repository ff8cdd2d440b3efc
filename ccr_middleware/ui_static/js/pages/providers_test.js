// Testing a provider: one tiny request, and how it went in words.
import { html, useState } from "../core/view.js";
import { post } from "../core/api.js";
import { hasText, t } from "../core/i18n.js";
import { Button, Card, errorText, Notice, SelectField } from "../parts/index.js";

/** Ask a provider as it is in a form,
  saved or not: the gateway's answer, or one of the same kind when there is none. */
export async function testProvider(raw, model) {
  try {
    return await post("api/providers/test", { provider: raw, model });
  } catch (error) {
    return { ok: false, status: error.status || null, cause: "", message: errorText(error), fix: "" };
  }
}

/** How a test went, and what to do. */
export function TestResult({ result }) {
  if (!result) return null;
  if (result.ok) {
    const title = t("providers.test_ok", { seconds: (result.seconds ?? 0).toFixed(2) });
    return html`<${Notice} tone="ok" title=${title}>${result.reply && html`<q class="soft">${result.reply}</q>`}<//>`;
  }
  const key = `providers.fix.${result.cause}`;
  const fix = hasText(key) ? t(key) : result.fix;
  const title = hasText(`providers.cause.${result.cause}`) ? t(`providers.cause.${result.cause}`)
    : t("providers.test_failed");
  return html`<${Notice} tone="bad" title=${title}>
    ${fix && html`<p>${fix}</p>`}
    <p class="small soft mono test-words">${result.status ? `${result.status} · ` : ""}${result.message}</p>
  <//>`;
}

/** The card of a form that tests what is in it. `makeRaw()` gives the provider as it would be saved. */
export function TestCard({ makeRaw, models }) {
  const [model, setModel] = useState("");
  const [state, setState] = useState({ isBusy: false, result: null });
  const chosen = models.includes(model) ? model : (models[0] ?? "");
  async function run() {
    setState({ isBusy: true, result: null });
    setState({ isBusy: false, result: await testProvider(makeRaw(), chosen) });
  }
  return html`<${Card} title=${t("providers.test")} text=${t("providers.test_text")}>
    <div class="stack">
      <div class="test-row">
        <${SelectField} label=${t("parts.model")} value=${chosen} options=${models.length ? models : [""]}
          onChange=${setModel} />
        <${Button} icon="bolt" busy=${state.isBusy} disabled=${!chosen} onClick=${run}>${t("providers.test_run")}<//>
      </div>
      <div aria-live="polite"><${TestResult} result=${state.result} /></div>
    </div>
  <//>`;
}
