// One preset: what it asks for, its address, what it would use, its configuration.
import { html, useEffect, useState } from "../core/view.js";
import { get, post } from "../core/api.js";
import { BASE_URL } from "../core/claude_env.js";
import { t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { link } from "../core/router.js";
import { equal } from "../document.js";
import { filledValues, missingFields, presetFields, startValues, visibleFields } from "../document_preset.js";
import { useUnsaved } from "../document_store.js";
import { Badge, Button, Card, CodeBlock, Disclosure, errorText, Facts, IconButton, Loaded, Notice, PageHead,
  toast } from "../parts/index.js";
import { EnvironmentLines } from "./keys_lines.js";
import { PresetField } from "./presets_field.js";

export function PresetDetail({ id, onDelete }) {
  const result = useLoad((signal) => get(`api/presets/${encodeURIComponent(id)}`, {}, { signal }), [id]);
  const back = html`<${Button} kind="quiet" small icon="arrow_left" href=${link("presets")}>${t("nav.presets")}<//>`;
  const actions = html`<${IconButton} icon="trash" label=${t("presets.delete", { name: id })} onClick=${onDelete} />`;
  const about = result.data?.metadata ?? result.data ?? {};
  return html`<${PageHead} back=${back} title=${about.name ?? id} text=${about.description} actions=${actions} />
    <${Loaded} result=${result} lines=${8}>${(preset) => html`<${Detail} preset=${preset} about=${about}
      reload=${result.reload} />`}<//>`;
}

function Detail({ preset, about, reload }) {
  const problems = preset.problems ?? [];
  const warnings = preset.warnings ?? [];
  return html`
    ${problems.length > 0 && html`<${Notice} tone="bad"
      title=${t("presets.problems")}>${problems.map((one) => html`<p key=${one}>${one}</p>`)}<//>`}
    ${warnings.length > 0 && html`<${Notice} tone="warn"
      title=${t("presets.warnings")}>${warnings.map((one) => html`<p key=${one}>${one}</p>`)}<//>`}
    <div class="preset-columns">
      <div class="stack">
        <${Form} preset=${preset} reload=${reload} />
        ${preset.config && html`<${Card} title=${t("presets.configuration")} text=${t("presets.configuration_text")}>
          <${Disclosure} title=${t("parts.show")}><${CodeBlock} wrap
            text=${JSON.stringify(preset.config, null, 2)} /><//><//>`}
      </div>
      <div class="stack">
        <${Card} title=${t("presets.address")} text=${t("presets.address_text")}>
          <${EnvironmentLines} base=${`${BASE_URL}/preset/${encodeURIComponent(preset.id)}`} />
        <//>
        <${About} about=${about} preset=${preset} />
      </div>
    </div>`;
}

function About({ about, preset }) {
  const needs = preset.needs ?? {};
  const list = (items, Kind) => (items?.length ? html`<span
    class="row">${items.map((one) => html`<${Kind} key=${one}>${one}<//>`)}</span>` : null);
  const Code = ({ children }) => html`<code class="small">${children}</code>`;
  return html`<${Card} title=${t("presets.about")}>
    <${Facts} items=${[
      [t("presets.version"), about.version],
      [t("presets.author"), about.author],
      [t("presets.license"), about.license],
      [t("presets.source"), about.homepage ?? about.repository ?? about.source],
      [t("presets.hosts"), list(needs.hosts, Code)],
      [t("presets.variables"), list(needs.variables, Code)],
      [t("presets.code"), list(needs.code, Code)],
      [t("presets.keywords"), list(about.keywords, Badge)],
    ]} />
  <//>`;
}

/** The fields that the preset asks for. */
function Form({ preset, reload }) {
  const fields = presetFields(preset.schema, preset.choices);
  const start = startValues(fields, preset.userValues);
  const [values, setValues] = useState(start);
  const [state, setState] = useState({ isBusy: false, tried: false, error: null });
  const isDirty = !equal(filledValues(fields, values), filledValues(fields, start));
  useUnsaved(isDirty);
  useEffect(() => setValues(startValues(fields, preset.userValues)), [preset]);
  if (!fields.length) return html`<${Card} title=${t("presets.settings")}><p
    class="soft">${t("presets.asks_nothing")}</p><//>`;
  const missing = state.tried ? missingFields(fields, values) : [];
  async function submit(event) {
    event.preventDefault();
    setState({ isBusy: false, tried: true, error: null });
    if (missingFields(fields, values).length) return;
    setState({ isBusy: true, tried: true, error: null });
    try {
      await post(`api/presets/${encodeURIComponent(preset.id)}/apply`, { values: filledValues(fields, values) });
      toast(t("presets.applied"));
      setState({ isBusy: false, tried: false, error: null });
      reload();
    } catch (error) {
      setState({ isBusy: false, tried: true, error });
    }
  }
  return html`<${Card} title=${t("presets.settings")} text=${t("presets.settings_text")}>
    <form class="stack" novalidate onSubmit=${submit}>
      ${state.error && html`<${Notice} tone="bad">${errorText(state.error)}<//>`}
      ${visibleFields(fields, values).map((field) => html`<${PresetField} key=${field.id} field=${field}
        value=${values[field.id]}
        error=${missing.includes(field.id) ? t("presets.field_missing") : null}
          onChange=${(value) => setValues({ ...values, [field.id]: value })} />`)}
      <div class="form-actions"><${Button} kind="primary" type="submit" icon="check"
        busy=${state.isBusy}>${t("parts.apply")}<//></div>
    </form>
  <//>`;
}
