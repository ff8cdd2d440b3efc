// Which transformers a provider uses: for all its models, and for single ones.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Card, SelectField } from "../parts/index.js";
import { UsesEditor } from "./transformers_uses.js";

/** `uses` as of `transformersOf`. */
export function TransformersCard({ uses, models, known, onChange }) {
  const [opened, setOpened] = useState([]); // models whose list is shown while it is empty
  const own = [...new Set([...Object.keys(uses.models), ...opened])];
  const others = models.filter((model) => !own.includes(model));
  const setModel = (model, list) => onChange({ ...uses, models: { ...uses.models, [model]: list } });
  const options = [{ value: "", label: t("providers.uses_add_model") }, ...others];
  return html`<${Card} title=${t("nav.transformers")} text=${t("providers.uses_text")}>
    <div class="stack">
      <div class="uses-group"><h3>${t("providers.uses_all")}</h3>
        <${UsesEditor} label=${t("providers.uses_all")} uses=${uses.all} known=${known}
          onChange=${(all) => onChange({ ...uses, all })} /></div>
      ${own.map((model) => html`<div key=${model}
        class="uses-group"><h3>${t("providers.uses_model")} <code>${model}</code></h3>
        <${UsesEditor} label=${`${t("providers.uses_model")} ${model}`} uses=${uses.models[model] ?? []} known=${known}
          onChange=${(list) => setModel(model, list)} /></div>`)}
      ${others.length > 0 && html`<${SelectField} label=${t("providers.uses_add_model")} hideLabel value=""
        options=${options}
        onChange=${(model) => model && setOpened([...opened, model])} />`}
    </div>
  <//>`;
}
