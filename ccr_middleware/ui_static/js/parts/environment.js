// The lines that point Claude Code at this gateway, to copy.
import { html, useState } from "../core/view.js";
import { environmentLines } from "../core/claude_env.js";
import { t } from "../core/i18n.js";
import { CodeBlock } from "./basic.js";
import { Segments } from "./form.js";

const KINDS = ["posix", "powershell", "json"];

/** `keyText`: a client's key when it is known; else a word stands for it. */
export function EnvironmentLines({ keyText = "" }) {
  const [kind, setKind] = useState("posix");
  const options = KINDS.map((value) => ({ value, label: t(`environment.${value}`) }));
  return html`<div class="stack tight">
    <${Segments} small label=${t("environment.kind")} value=${kind} onChange=${setKind} options=${options} />
    <${CodeBlock} wrap text=${environmentLines({ key: keyText })[kind]} title=${t(`environment.${kind}_where`)} />
  </div>`;
}
