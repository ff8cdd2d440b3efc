// Second step: the key, and a test that shows whether it works.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { PROVIDER, isBlank, read } from "../document.js";
import { completedFrom, isNameTaken, modelsOf } from "../document_providers.js";
import { Button, Card, TextField } from "../parts/index.js";
import { KeyField } from "./providers_key.js";
import { ModelsField } from "./providers_models.js";
import { TestResult, testProvider } from "./providers_test.js";

/** `onChange({field: value})` by the names of `PROVIDER`. */
export function AccessStep({ entry, raw, document, onChange, onBack, onNext }) {
  const [state, setState] = useState({ isBusy: false, result: null, tried: false });
  const errors = problemsOf(entry, raw, document);
  const errorAt = (field) => state.tried && errors[field];
  const set = (field) => (value) => {
    onChange({ [field]: isBlank(value) || (Array.isArray(value) && !value.length) ? undefined : value });
    setState({ isBusy: false, result: null, tried: state.tried });
  };
  async function test() {
    setState({ isBusy: false, result: null, tried: true });
    if (Object.keys(errors).length) return;
    setState({ isBusy: true, result: null, tried: true });
    const result = await testProvider(completedFrom(entry, raw), modelsOf(raw)[0] ?? "");
    setState({ isBusy: false, result, tried: true });
  }
  function next() {
    setState({ ...state, tried: true });
    if (!Object.keys(errors).length) onNext();
  }
  const isGood = state.result?.ok === true;
  return html`<form class="stack" novalidate onSubmit=${(event) => (event.preventDefault(), isGood ? next() : test())}>
    <${Card} title=${entry?.title ?? t("providers.custom")} text=${entry?.docs
      && html`<a href=${entry.docs} target="_blank" rel="noreferrer">${t("providers.docs")}</a>`}>
      <div class="stack">
        ${!entry && html`<${TextField} label=${t("parts.name")} required value=${raw.name} error=${errorAt("name")}
          hint=${t("providers.name_hint")} onChange=${set("name")} />
          <${TextField} label=${t("providers.address")} type="url" mono required value=${read(raw, PROVIDER.baseUrl)}
            error=${errorAt("baseUrl")}
            hint=${t("providers.address_hint")} onChange=${set("baseUrl")} />`}
        ${(entry?.parameters ?? []).map((key) => PROVIDER[key] && html`<${TextField} key=${key}
          label=${t(`providers.${key}`)} required value=${raw[key]} error=${errorAt(key)} onChange=${set(key)} />`)}
        <${KeyField} value=${read(raw, PROVIDER.apiKey)} variable=${entry?.key_variable ?? ""}
          isSet=${entry?.key_is_set} onChange=${set("apiKey")} />
        <div class="stack tight"><span class="key-label">${t("providers.models")}</span>
          <${ModelsField} value=${modelsOf(raw)} suggested=${entry?.models ?? []} error=${errorAt("models")}
            onChange=${set("models")} /></div>
      </div>
    <//>
    <div aria-live="polite"><${TestResult} result=${state.result} /></div>
    <div class="wizard-foot">
      <${Button} icon="arrow_left" onClick=${onBack}>${t("parts.back")}<//>
      <span class="spacer"></span>
      ${state.result && !isGood && html`<${Button} kind="quiet" onClick=${next}>${t("wizard.anyway")}<//>`}
      ${isGood
        ? html`<${Button} kind="primary" type="submit" icon="arrow_right">${t("parts.next")}<//>`
        : html`<${Button} kind="primary" type="submit" icon="bolt" busy=${state.isBusy}>${t("wizard.test")}<//>`}
    </div>
  </form>`;
}

function problemsOf(entry, raw, document) {
  const found = {};
  if (!entry && isBlank(raw.name)) found.name = t("providers.name_missing");
  else if (!entry && isNameTaken(document, raw.name)) found.name = t("providers.name_taken", { name: raw.name });
  if (!entry && isBlank(read(raw, PROVIDER.baseUrl))) found.baseUrl = t("providers.address_missing");
  if (!modelsOf(raw).length) found.models = t("wizard.models_missing");
  for (const key of entry?.parameters ?? []) if (PROVIDER[key]
    && isBlank(raw[key])) found[key] = t("providers.parameter_missing");
  return found;
}
