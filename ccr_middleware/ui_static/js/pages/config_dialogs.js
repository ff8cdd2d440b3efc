// The question before saving, and what happens when somebody else saved meanwhile.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Button, Dialog, Notice, Tabs } from "../parts/index.js";
import { TextDiff } from "../parts/editor.js";

/** What would change. */
export function SaveDialog({ before, after, isBusy, onClose, onSave }) {
  const footer = html`<${Button} onClick=${onClose}>${t("config.go_on")}<//>
    <${Button} kind="primary" icon="check" type="submit" busy=${isBusy}>${t("parts.save")}<//>`;
  return html`<${Dialog} wide title=${t("config.review_title")} text=${t("config.review_text")} onClose=${onClose}
    onSubmit=${onSave} footer=${footer}>
    <${TextDiff} before=${before} after=${after} label=${t("config.review_title")} />
  <//>`;
}

/** The file is not what the editor began with any more. */
export function ConflictDialog({ base, theirs, mine, isBusy, onClose, onReload, onOverwrite }) {
  const [tab, setTab] = useState("theirs");
  const items = ["theirs", "mine"].map((id) => ({ id, label: t(`config.conflict.${id}`) }));
  const footer = html`<${Button} onClick=${onClose}>${t("config.go_on")}<//>
    <${Button} icon="refresh" onClick=${onReload}>${t("config.conflict_reload")}<//>
    <${Button} kind="danger" busy=${isBusy} onClick=${onOverwrite}>${t("config.conflict_overwrite")}<//>`;
  return html`<${Dialog} wide keepOpen title=${t("config.conflict_title")} onClose=${onClose} footer=${footer}>
    <${Notice} tone="warn">${t("config.conflict_text")}<//>
    <${Tabs} label=${t("config.conflict_title")} items=${items} value=${tab} onChange=${setTab} />
    ${tab === "theirs"
      ? html`<${TextDiff} key="theirs" before=${base} after=${theirs} label=${t("config.conflict.theirs")} />`
      : html`<${TextDiff} key="mine" before=${theirs} after=${mine} label=${t("config.conflict.mine")} />`}
  <//>`;
}
