// The first steps: from nothing to a working provider and a Claude Code that uses it.
import { html, useEffect, useRef, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { navigate } from "../core/router.js";
import { loadSession, putOff } from "../core/session.js";
import { changeProvider, completedFrom, providersOf, withProvider } from "../document_providers.js";
import { routerOf, withScenario } from "../document_routing.js";
import { useDocument } from "../document_store.js";
import { Button, errorText, Icon, Loaded, Mark, Notice } from "../parts/index.js";
import providerTexts from "../texts/providers.js";
import texts from "../texts/wizard.js";
import { Picker } from "./providers_catalogue.js";
import { AccessStep } from "./wizard_access.js";
import { DoneStep } from "./wizard_done.js";
import { RoutesStep } from "./wizard_routes.js";

addTexts(providerTexts);
addTexts(texts);

const STEPS = ["provider", "access", "routes", "done"];

function later() {
  putOff.value = true;
  navigate("providers");
}

/** `#/wizard`, and the overview when nothing is set up. */
export default function Wizard() {
  const store = useDocument();
  const catalogue = useLoad(async () => (await get("api/catalogue")).providers, []);
  return html`<div class="page wizard">
    <${Loaded} result=${store}>${() => html`<${Loaded}
      result=${catalogue}>${(entries) => html`<${Steps} store=${store} entries=${entries} />`}<//>`}<//>
  </div>`;
}

function Steps({ store, entries }) {
  const [step, setStep] = useState("provider");
  const [chosen, setChosen] = useState({ entry: null, raw: {}, models: [] });
  const [state, setState] = useState({ isBusy: false, error: null });
  const top = useRef(null);
  useEffect(() => {
    top.current?.focus();
    scrollTo(0, 0);
  }, [step]);
  function pick(entry) {
    const key = entry?.key_variable && entry.key_is_set ? { api_key: `\${${entry.key_variable}}` } : {};
    const start = entry ? { name: entry.name, ...key, models: entry.models }
      : { name: "", api_base_url: "", models: [] };
    setChosen({ entry, raw: start });
    setStep("access");
  }
  async function save(routes) {
    setState({ isBusy: true, error: null });
    const raw = completedFrom(chosen.entry, chosen.raw);
    const { ok, error } = await store.save((now) => saved(now, raw, routes), { quiet: true, done: null });
    setState({ isBusy: false, error: ok ? null : error });
    if (ok) setStep("done");
  }
  const setRaw = (change) => setChosen((old) => ({ ...old, raw: changeProvider(old.raw, change) }));
  return html`<header class="wizard-head">
      <${Mark} size=${36} />
      <h1 tabindex="-1" ref=${top}>${t(`wizard.title.${step}`)}</h1>
      <p class="soft">${t(`wizard.text.${step}`)}</p>
      <${Progress} step=${step} />
    </header>
    ${state.error && html`<${Notice} tone="bad" title=${t("wizard.not_saved")}>${state.error.problems.length
      ? state.error.problems.map((one) => html`<p key=${one.path}>${one.path} ${one.message}</p>`)
      : errorText(state.error)}<//>`}
    ${step === "provider" && html`<${Picker} entries=${entries} onPick=${pick} />
      <div class="wizard-foot"><${Button} kind="quiet"
        onClick=${later}>${t("wizard.skip")}<//></div>`}
    ${step === "access" && html`<${AccessStep} entry=${chosen.entry} raw=${chosen.raw} document=${store.data.document}
      onChange=${setRaw} onBack=${() => setStep("provider")}
      onNext=${() => setStep("routes")} />`}
    ${step === "routes" && html`<${RoutesStep} raw=${chosen.raw} isBusy=${state.isBusy}
      onBack=${() => setStep("access")} onNext=${save} />`}
    ${step === "done" && html`<${DoneStep} onLeave=${async (page) => (await loadSession(), navigate(page))} />`}`;
}

/** A document with the provider (in the place of one of its name) and the routes. */
function saved(document, raw, routes) {
  const known = providersOf(document);
  const same = known.find((one) => one.name.toLowerCase() === String(raw.name).toLowerCase());
  const added = withProvider(document, same?.index ?? known.length, raw);
  return Object.entries(routes).reduce((now, [scenario, target]) => {
    const isKept = !target && routerOf(document).pools[scenario].length > 0;
    return isKept ? now : withScenario(now, scenario, target ? [{ target, weight: 1 }] : []);
  }, added);
}

function Progress({ step }) {
  const now = STEPS.indexOf(step);
  return html`<ol class="wizard-steps" aria-label=${t("wizard.steps")}>
    ${STEPS.map((one, index) => html`<li key=${one} class=${index < now ? "is-done" : index === now ? "is-now" : ""}
      aria-current=${index === now ? "step" : undefined}>
      <span class="wizard-number">${index < now ? html`<${Icon} name="check" size=${13} />`
        : index + 1}</span><span>${t(`wizard.step.${one}`)}</span></li>`)}
  </ol>`;
}
