// What was asked and answered, as far as it was kept.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { messageIn } from "../core/message.js";
import { readable } from "../core/records.js";
import { Blocks, CodeBlock, Disclosure, Notice, Tabs } from "../parts/index.js";

export function Bodies({ record }) {
  const kept = ["request", "response"].filter((name) => record[`${name}_body`] !== null);
  const [chosen, setChosen] = useState(kept[0]);
  if (!kept.length) return html`<${Notice} title=${t("requests.no_bodies")}>${t("requests.no_bodies_text")}<//>`;
  const items = kept.map((id) => ({ id, label: t(`requests.${id}_body`) }));
  return html`<div class="stack">
    <${Tabs} label=${t("requests.bodies")} items=${items} value=${chosen} onChange=${setChosen} />
    ${chosen === "response" ? html`<${AnswerBody} body=${record.response_body} />` : html`<${RawBody} name="request" body=${record.request_body} />`}
  </div>`;
}

/** The answer drawn as a message where it is one, and below it as it was sent. */
function AnswerBody({ body }) {
  const message = messageIn(body);
  const raw = html`<${RawBody} name="response" body=${body} />`;
  if (!message) return raw;
  return html`<${Blocks} message=${message} /><${Disclosure} title=${t("requests.as_sent")}>${raw}<//>`;
}

function RawBody({ name, body }) {
  return html`<${CodeBlock} wrap title=${t(`requests.${name}_body`)} text=${readable(body)} />`;
}
