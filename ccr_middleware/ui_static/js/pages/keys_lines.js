// A key to copy, and the lines that point Claude Code at this gateway.
import { html, useRef, useState } from "../core/view.js";
import { environmentLines } from "../core/claude_env.js";
import { addTexts, t } from "../core/i18n.js";
import { CodeBlock, CopyButton, Segments } from "../parts/index.js";
import texts from "../texts/keys.js";

addTexts(texts);

/** A secret with a button that copies it; a click selects it. */
export function OnceShown({ value }) {
  const box = useRef(null);
  return html`<div class="once-shown">
    <input class="input mono" readonly ref=${box} value=${value} aria-label=${t("keys.key")}
      onFocus=${() => box.current.select()} />
    <${CopyButton} text=${value} small=${false} />
  </div>`;
}

/** For a POSIX shell, PowerShell or Claude Code's settings file; `secret` may be empty. */
export function EnvironmentLines({ secret = "", base }) {
  const [shell, setShell] = useState(() => (navigator.userAgent.includes("Windows") ? "powershell" : "posix"));
  const lines = environmentLines(base ? { key: secret, base } : { key: secret });
  const options = ["posix", "powershell", "json"].map((value) => ({ value, label: t(`keys.shell.${value}`) }));
  return html`<div class="stack tight">
    <div><${Segments} small label=${t("keys.shell")} value=${shell} options=${options} onChange=${setShell} /></div>
    <${CodeBlock} wrap title=${t(`keys.shell_title.${shell}`)} text=${lines[shell]} />
  </div>`;
}
