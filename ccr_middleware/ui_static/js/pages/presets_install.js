// Installing a preset: from an address, or a zip archive from this machine.
import { html, useState } from "../core/view.js";
import { call, post } from "../core/api.js";
import { t } from "../core/i18n.js";
import { formatBytes } from "../core/format.js";
import { Button, Checkbox, Dialog, Disclosure, errorText, Icon, Notice, Segments, TextField,
  toast } from "../parts/index.js";

/** `onDone(id)` when one was installed. */
export function InstallDialog({ onClose, onDone }) {
  const [source, setSource] = useState("url");
  const [form, setForm] = useState({ url: "", name: "", sha256: "", replace: false });
  const [file, setFile] = useState(null);
  const [state, setState] = useState({ isBusy: false, error: null });
  const set = (name) => (value) => setForm((old) => ({ ...old, [name]: value }));
  const isReady = source === "url" ? form.url.trim() : file;
  async function submit() {
    if (!isReady) return;
    setState({ isBusy: true, error: null });
    const extras = { name: form.name.trim() || undefined, sha256: form.sha256.trim() || undefined, replace: form.replace
      || undefined };
    try {
      const answer = source === "url"
        ? await post("api/presets/install", { url: form.url.trim(), ...extras })
        : (await call("POST", "api/presets/install", { body: file, query: extras,
          headers: { "content-type": "application/zip" } })).data;
      toast(t("presets.installed", { name: answer.presetName ?? answer.preset?.id ?? "" }));
      onDone(answer.presetName ?? answer.preset?.id);
    } catch (error) {
      setState({ isBusy: false, error });
    }
  }
  const footer = html`<${Button} onClick=${onClose}>${t("parts.cancel")}<//>
    <${Button} kind="primary" type="submit" icon="download" busy=${state.isBusy}
      disabled=${!isReady}>${t("presets.install")}<//>`;
  const sources = ["url", "file"].map((value) => ({ value, label: t(`presets.from.${value}`) }));
  return html`<${Dialog} title=${t("presets.install")} text=${t("presets.install_text")} onClose=${onClose}
    onSubmit=${submit} footer=${footer}>
    ${state.error && html`<${Notice} tone="bad">${errorText(state.error)}<//>`}
    <${Segments} label=${t("presets.from")} value=${source} options=${sources} onChange=${setSource} />
    ${source === "url"
      ? html`<${TextField} label=${t("presets.url")} hint=${t("presets.url_hint")} mono required value=${form.url}
        onChange=${set("url")} />`
      : html`<${DropZone} file=${file} onFile=${setFile} />`}
    <${Disclosure} title=${t("parts.more")}>
      <div class="stack">
        <${TextField} label=${t("presets.as_name")} hint=${t("presets.as_name_hint")} value=${form.name}
          onChange=${set("name")} />
        <${TextField} label=${t("presets.sha256")} hint=${t("presets.sha256_hint")} mono value=${form.sha256}
          onChange=${set("sha256")} />
        <${Checkbox} label=${t("presets.replace_old")} value=${form.replace} onChange=${set("replace")} />
      </div>
    <//>
    <${Notice} tone="info">${t("presets.trust")}<//>
  <//>`;
}

function DropZone({ file, onFile }) {
  const [isOver, setOver] = useState(false);
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    const [first] = event.dataTransfer.files;
    if (first) onFile(first);
  };
  const over = (isIn) => (event) => (event.preventDefault(), setOver(isIn));
  return html`<label class=${`drop-zone ${isOver ? "is-over" : ""}`} onDragOver=${over(true)} onDragLeave=${over(false)}
    onDrop=${drop}>
    <${Icon} name="upload" size=${22} />
    <span>${file ? html`<strong>${file.name}</strong> <span class="faint">${formatBytes(file.size)}</span>`
      : t("presets.drop")}</span>
    <input type="file" accept=".zip,application/zip" class="visually-hidden"
      onChange=${(event) => onFile(event.currentTarget.files[0] ?? null)} />
  </label>`;
}
