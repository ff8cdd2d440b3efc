// Where a transformer, agent or plugin comes from, in words.
import { t } from "../core/i18n.js";

/** "builtin" and "host" in words; a file or module as it is. */
export function originText(origin) {
  return origin === "builtin" ? t("transformers.builtin") : origin === "host" ? t("transformers.host") : origin;
}
