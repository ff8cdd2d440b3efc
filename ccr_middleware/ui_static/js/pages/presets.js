// Presets: configurations to share, each with an address of its own.
import { html, useState } from "../core/view.js";
import { del, get } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { link, navigate } from "../core/router.js";
import { Badge, Button, confirm, Empty, errorText, Failed, IconButton, Loaded, PageHead,
  toast } from "../parts/index.js";
import texts from "../texts/presets.js";
import { PresetDetail } from "./presets_detail.js";
import { ExportDialog } from "./presets_export.js";
import { InstallDialog } from "./presets_install.js";

addTexts(texts);

/** `#/presets[/id]` */
export default function Presets({ args }) {
  const list = useLoad(async () => (await get("api/presets")).presets, [args[0]]);
  const [open, setOpen] = useState(null); // "install" or "export"
  const installed = (id) => (setOpen(null), list.reload(), id && navigate("presets", id));
  return html`<div class="page">
    ${args[0] ? html`<${PresetDetail} key=${args[0]} id=${args[0]} onDelete=${() => remove(args[0], list)} />`
      : html`<${List} list=${list} onOpen=${setOpen} />`}
    ${open === "install" && html`<${InstallDialog} onClose=${() => setOpen(null)} onDone=${installed} />`}
    ${open === "export" && html`<${ExportDialog} onClose=${() => setOpen(null)} onDone=${list.reload} />`}
  </div>`;
}

function List({ list, onOpen }) {
  const isMissing = list.error?.status === 404; // a gateway without a folder for presets
  const install = html`<${Button} kind="primary" icon="download"
    onClick=${() => onOpen("install")}>${t("presets.install")}<//>`;
  const exporting = html`<${Button} icon="upload" onClick=${() => onOpen("export")}>${t("presets.export")}<//>`;
  return html`<${PageHead} title=${t("nav.presets")} text=${t("presets.text")}
    actions=${!isMissing && html`${exporting}${install}`} />
    ${isMissing
      ? html`<${Failed} title=${t("presets.no_folder")} error=${list.error} />`
      : html`<${Loaded} result=${list}>${(presets) =>
          presets.length
            ? html`<div class="grid">${presets.map((one) => html`<${PresetCard} key=${one.id} preset=${one}
              onDelete=${() => remove(one.id, list)} />`)}</div>`
            : html`<${Empty} icon="presets" title=${t("presets.empty")}
              actions=${html`${install}${exporting}`}>${t("presets.empty_text")}<//>`}<//>`}`;
}

function PresetCard({ preset, onDelete }) {
  const isReady = preset.ready !== false;
  return html`<article class="card preset-card">
    <header class="row between nowrap"><h2 class="provider-name"><a
      href=${link("presets", preset.id)}>${preset.name}</a></h2>
      <${Badge} tone=${isReady ? "ok" : "warn"} dot>${t(isReady ? "presets.ready" : "presets.not_ready")}<//></header>
    <p class="soft small">${preset.description || t("presets.no_description")}</p>
    ${preset.problem && html`<p class="small preset-problem">${preset.problem}</p>`}
    <p class="row small faint">${[preset.version && `v${preset.version}`, preset.author].filter(Boolean).join(" · ")}
      ${(preset.keywords ?? []).map((word) => html`<${Badge} key=${word}>${word}<//>`)}</p>
    <footer class="row between"><${Button} small icon="config"
      href=${link("presets", preset.id)}>${t("presets.open")}<//>
      <${IconButton} icon="trash" size=${16} label=${t("presets.delete", { name: preset.name })}
        onClick=${onDelete} /></footer>
  </article>`;
}

async function remove(id, list) {
  const title = t("presets.delete", { name: id });
  if (!(await confirm({ title, text: t("presets.delete_text"), action: t("parts.delete"), danger: true }))) return;
  try {
    await del(`api/presets/${encodeURIComponent(id)}`);
    toast(t("presets.deleted", { name: id }));
    navigate("presets");
    list.reload();
  } catch (error) {
    toast(errorText(error), { tone: "bad" });
  }
}
