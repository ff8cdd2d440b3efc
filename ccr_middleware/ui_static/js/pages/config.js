// The configuration as text: checked while it is written, compared before it is saved.
import { html, useEffect, useRef, useState } from "../core/view.js";
import { address, call } from "../core/api.js";
import { saveFile } from "../core/clipboard.js";
import { addTexts, t } from "../core/i18n.js";
import { formatMoment } from "../core/format.js";
import { useLoad, useSettled } from "../core/load.js";
import { configStatus, refreshStatus } from "../core/status.js";
import { useUnsaved } from "../document_store.js";
import { Badge, Button, Card, errorText, Facts, Loaded, Notice, PageHead, toast } from "../parts/index.js";
import { CodeEditor } from "../parts/editor.js";
import texts from "../texts/config.js";
import { ConflictDialog, SaveDialog } from "./config_dialogs.js";
import { ProblemList } from "./config_problems.js";
import { ReadOnly } from "./config_readonly.js";

addTexts(texts);

const JSON5_TEXT = { "content-type": "application/json5" };
const CHECK_AFTER_MS = 400;

/** The file's text and its revision. Throws ApiError. */
export async function loadText(signal) {
  const { data, headers } = await call("GET", "api/config", { query: { view: "text" }, signal });
  return { text: data.text, etag: headers.get("etag") ?? `"${data.revision}"` };
}

/** `#/config` */
export default function Config() {
  const result = useLoad(loadText, []);
  return html`<div class="page">
    <${PageHead} title=${t("nav.config")} text=${t("config.text")} actions=${html`
      <${Button} icon="external" href=${address("api/config/schema")} target="_blank">${t("config.schema")}<//>
      <${Button} icon="download" onClick=${() => result.data && saveFile("config.json5", result.data.text,
        "application/json5")} disabled=${!result.data}>${t("parts.download")}<//>`} />
    <${ReadOnly} />
    <${Status} />
    <${Loaded} result=${result} lines=${12}>${(loaded) => html`<${Editor} loaded=${loaded} result=${result} />`}<//>
  </div>`;
}

function Status() {
  const status = configStatus.value;
  if (!status) return null;
  return html`<${Card} class="config-status">
    <${Facts} items=${[
      [t("config.file"), html`<code class="small">${status.source || t("config.no_file")}</code>`],
      [t("config.revision"), html`<code class="small">${String(status.revision ?? "").slice(0, 12)}</code>`],
      [t("config.loaded"), formatMoment(status.loaded_at)],
      [t("config.state"), status.error ? html`<${Badge} tone="bad" dot>${t("config.state_error")}<//>`
        : html`<${Badge} tone="ok" dot>${t("config.state_ok")}<//>`],
    ]} />
    ${status.error && html`<div class="config-error"><${Notice} tone="bad"
      title=${t("config.hand_error")}>${status.error}<//></div>`}
  <//>`;
}

function Editor({ loaded, result }) {
  const [text, setText] = useState(loaded.text);
  const [base, setBase] = useState(loaded);
  const [dialog, setDialog] = useState(null); // "save", or {theirs} for a conflict
  const [state, setState] = useState({ isBusy: false, problems: null });
  const handle = useRef(null);
  const isDirty = text !== base.text;
  const isWritable = configStatus.value?.writable !== false;
  const checked = useChecked(text);
  useUnsaved(isDirty);
  const take = (next) => (setBase(next), setText(next.text), setState({ isBusy: false, problems: null }),
    result.setData(next));
  async function save(etag = base.etag) {
    setState({ isBusy: true, problems: null });
    try {
      const { data } = await call("POST", "api/config", { body: text,
        headers: { ...JSON5_TEXT, ...(etag ? { "if-match": etag } : {}) } });
      take(await loadText());
      refreshStatus();
      setDialog(null);
      toast(data.warnings?.length ? t("config.saved_warnings", { n: data.warnings.length }) : t("parts.saved"));
    } catch (error) {
      if (error.status === 409) setDialog({ theirs: await loadText() });
      else setDialog(null);
      setState({ isBusy: false, problems: error.status === 409 ? null : error.problems.length ? error.problems
        : [{ message: errorText(error) }] });
    }
  }
  const problems = state.problems ?? checked.problems;
  const warnings = checked.warnings.length || !isDirty ? checked.warnings : [];
  const goTo = (line, column) => handle.current?.goTo(line, column ?? 1);
  return html`
    <${CodeEditor} label=${t("config.editor")} value=${text}
      onChange=${(changed) => (setText(changed), setState({ isBusy: false, problems: null }))}
      problems=${problems} minHeight=${320} maxHeight=${Math.max(320, innerHeight - 400)} handle=${handle}
        readOnly=${!isWritable} />
    <${ProblemList} problems=${problems} warnings=${warnings} isChecking=${checked.isChecking} goTo=${goTo} />
    ${isDirty && html`<div class="sticky-bar">
      <span class="small strong" role="status">${problems.length ? t("config.problems", { n: problems.length })
        : t("parts.unsaved")}</span>
      <div class="actions">
        <${Button} onClick=${() => setText(base.text)}>${t("parts.discard")}<//>
        <${Button} kind="primary" icon="check" disabled=${problems.length > 0}
          onClick=${() => setDialog("save")}>${t("config.review")}<//>
      </div>
    </div>`}
    ${dialog === "save" && html`<${SaveDialog} before=${base.text} after=${text} isBusy=${state.isBusy}
      onClose=${() => setDialog(null)} onSave=${() => save()} />`}
    ${dialog?.theirs && html`<${ConflictDialog} base=${base.text} theirs=${dialog.theirs.text} mine=${text}
      isBusy=${state.isBusy} onClose=${() => setDialog(null)}
      onReload=${() => (take(dialog.theirs), setDialog(null))} onOverwrite=${() => save(dialog.theirs.etag)} />`}`;
}

/** What the gateway says of a text, a moment after the last key. */
function useChecked(text) {
  const settled = useSettled(text, CHECK_AFTER_MS);
  const [answer, setAnswer] = useState({ problems: [], warnings: [] });
  const [isChecking, setChecking] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    setChecking(true);
    call("POST", "api/config/validate", { body: settled, headers: JSON5_TEXT, signal: abort.signal })
      .then(({ data }) => setAnswer({ problems: data.problems ?? [], warnings: data.warnings ?? [] }))
      .catch((error) => error.name === "AbortError" || setAnswer({ problems: [], warnings: [] }))
      .finally(() => abort.signal.aborted || setChecking(false));
    return () => abort.abort();
  }, [settled]);
  return { ...answer, isChecking: isChecking || settled !== text };
}
