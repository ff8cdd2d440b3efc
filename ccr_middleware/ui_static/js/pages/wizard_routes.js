// Third step: which model for what.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { modelsOf } from "../document_providers.js";
import { Button, Card, SelectField } from "../parts/index.js";

const SCENARIOS = ["default", "background", "think", "longContext"];

/** `onNext({scenario: target or ""})` saves. */
export function RoutesStep({ raw, isBusy, onBack, onNext }) {
  const models = modelsOf(raw);
  const [routes, setRoutes] = useState(() => guessed(models));
  const target = (model) => (model ? `${raw.name},${model}` : "");
  const submit = (event) => {
    event.preventDefault();
    onNext(Object.fromEntries(SCENARIOS.map((scenario) => [scenario, target(routes[scenario])])));
  };
  const options = (scenario) => (scenario === "default" ? models : [{ value: "", label: t("wizard.as_default") },
    ...models]);
  return html`<form class="stack" onSubmit=${submit}>
    <${Card}>
      <div class="stack">
        ${SCENARIOS.map((scenario) => html`<${SelectField} key=${scenario} label=${t(`wizard.route.${scenario}`)}
          hint=${t(`wizard.route_text.${scenario}`)}
          value=${routes[scenario]} options=${options(scenario)}
            onChange=${(model) => setRoutes({ ...routes, [scenario]: model })} />`)}
      </div>
    <//>
    <div class="wizard-foot">
      <${Button} icon="arrow_left" onClick=${onBack}>${t("parts.back")}<//><span class="spacer"></span>
      <${Button} kind="primary" type="submit" icon="check" busy=${isBusy}>${t("wizard.save")}<//>
    </div>
  </form>`;
}

const SMALL = /mini|haiku|flash|small|lite|nano|air|turbo|8b/i;
const THINKING = /reason|think|\br1\b|opus|-pro\b/i;

/** A first guess by the models' names: a small one for small jobs, one that thinks for thinking. */
function guessed(models) {
  const main = models.find((model) => !SMALL.test(model) && !THINKING.test(model)) ?? models[0];
  const other = (pattern) => models.find((model) => pattern.test(model) && model !== main) ?? "";
  return { default: main, background: other(SMALL), think: other(THINKING), longContext: "" };
}
