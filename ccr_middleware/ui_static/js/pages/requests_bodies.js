// What was asked and answered, as far as it was kept.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { readable } from "../core/records.js";
import { CodeBlock, Notice, Tabs } from "../parts/index.js";

export function Bodies({ record }) {
  const kept = ["request", "response"].filter((name) => record[`${name}_body`] !== null);
  const [chosen, setChosen] = useState(kept[0]);
  if (!kept.length) return html`<${Notice} title=${t("requests.no_bodies")}>${t("requests.no_bodies_text")}<//>`;
  const items = kept.map((id) => ({ id, label: t(`requests.${id}_body`) }));
  return html`<div class="stack tight">
    <${Tabs} label=${t("requests.bodies")} items=${items} value=${chosen} onChange=${setChosen} />
    <${CodeBlock} wrap title=${t(`requests.${chosen}_body`)} text=${readable(record[`${chosen}_body`])} />
  </div>`;
}
