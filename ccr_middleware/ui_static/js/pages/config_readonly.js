// A notice for gateways whose configuration is not in a file, so that nothing can be saved.
import { html } from "../core/view.js";
import { addTexts, t } from "../core/i18n.js";
import { configStatus } from "../core/status.js";
import { Notice } from "../parts/index.js";
import texts from "../texts/document.js";

addTexts(texts);

/** Nothing where the configuration can be saved; elsewhere why it cannot. */
export function ReadOnly() {
  const status = configStatus.value;
  if (!status || status.writable !== false) return null;
  return html`<${Notice} tone="info" title=${t("document.read_only")}>${t("document.read_only_text")}<//>`;
}
