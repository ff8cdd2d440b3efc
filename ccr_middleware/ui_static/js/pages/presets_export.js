// Exporting the configuration as a preset: its keys become questions.
import { html, useState } from "../core/view.js";
import { post } from "../core/api.js";
import { saveFile } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import { Button, CodeBlock, Dialog, errorText, ListField, Notice, Switch, TextArea,
  TextField } from "../parts/index.js";

/** `onDone()` when one was written. */
export function ExportDialog({ onClose, onDone }) {
  const [form, setForm] = useState({ name: "", description: "", author: "", version: "1.0.0", keywords: [],
    includeSensitive: false });
  const [state, setState] = useState({ isBusy: false, error: null, made: null });
  const set = (name) => (value) => setForm((old) => ({ ...old, [name]: value }));
  async function submit() {
    if (!form.name.trim()) return;
    setState({ isBusy: true, error: null, made: null });
    try {
      const made = await post("api/presets/export", { ...form, name: form.name.trim() });
      setState({ isBusy: false, error: null, made });
      onDone();
    } catch (error) {
      setState({ isBusy: false, error, made: null });
    }
  }
  if (state.made) return html`<${Made} made=${state.made} onClose=${onClose} />`;
  const footer = html`<${Button} onClick=${onClose}>${t("parts.cancel")}<//>
    <${Button} kind="primary" type="submit" icon="upload" busy=${state.isBusy}
      disabled=${!form.name.trim()}>${t("presets.export")}<//>`;
  return html`<${Dialog} title=${t("presets.export")} text=${t("presets.export_text")} onClose=${onClose}
    onSubmit=${submit} footer=${footer}>
    ${state.error && html`<${Notice} tone="bad">${errorText(state.error)}<//>`}
    <${TextField} label=${t("parts.name")} required hint=${t("presets.name_hint")} value=${form.name}
      onChange=${set("name")} />
    <${TextArea} label=${t("presets.description")} rows=${2} value=${form.description} onChange=${set("description")} />
    <div class="form-grid">
      <${TextField} label=${t("presets.author")} value=${form.author} onChange=${set("author")} />
      <${TextField} label=${t("presets.version")} value=${form.version} onChange=${set("version")} />
    </div>
    <${ListField} label=${t("presets.keywords")} value=${form.keywords} onChange=${set("keywords")} />
    <${Switch} label=${t("presets.sensitive")} hint=${t("presets.sensitive_hint")} value=${form.includeSensitive}
      onChange=${set("includeSensitive")} />
    ${form.includeSensitive && html`<${Notice} tone="warn">${t("presets.sensitive_warning")}<//>`}
  <//>`;
}

function Made({ made, onClose }) {
  const text = JSON.stringify(made.manifest, null, 2);
  const footer = html`<${Button} icon="download"
    onClick=${() => saveFile("manifest.json", text)}>${t("parts.download")}<//>
    <${Button} kind="primary" onClick=${onClose}>${t("parts.done")}<//>`;
  return html`<${Dialog} wide title=${t("presets.exported")}
    text=${t("presets.exported_text", { name: made.manifest?.name ?? made.id ?? "" })} onClose=${onClose}
    footer=${footer}>
    <${CodeBlock} wrap title=${t("presets.manifest")} text=${text} />
  <//>`;
}
