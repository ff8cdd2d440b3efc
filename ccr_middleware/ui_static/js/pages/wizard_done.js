// The last step: the lines that point Claude Code at the gateway.
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { Button, Card, Notice } from "../parts/index.js";
import { EnvironmentLines } from "./keys_lines.js";

/** `onLeave(page)` goes on to a page. */
export function DoneStep({ onLeave }) {
  return html`<div class="stack">
    <${Card} title=${t("keys.claude_code")} text=${t("wizard.lines_text")}>
      <${EnvironmentLines} />
      ${session.value?.keys_configured && html`<div class="wizard-note"><${Notice}>${t("wizard.needs_key")}<//></div>`}
    <//>
    <div class="wizard-foot">
      <${Button} icon="keys" onClick=${() => onLeave("keys")}>${t("wizard.to_keys")}<//>
      <${Button} icon="playground" onClick=${() => onLeave("playground")}>${t("wizard.to_playground")}<//>
      <span class="spacer"></span>
      <${Button} kind="primary" icon="arrow_right" onClick=${() => onLeave("overview")}>${t("wizard.to_overview")}<//>
    </div>
  </div>`;
}
