// The form of the playground: a message with a few options, or the whole body as JSON.
import { html } from "../core/view.js";
import { copyText } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import { curlOf, stopRun } from "../core/runs.js";
import { CodeEditor } from "../parts/editor.js";
import { Button, Card, Disclosure, NumberField, Segments, SelectField, Switch, TextArea, TextField, toast } from "../parts/index.js";
import { bodyOf, requestOf } from "./playground_draft.js";

const FORMATS = ["messages", "chat", "responses", "gemini"];

export function Composer({ draft, onChange, models, problem, onSubmit, run }) {
  const isRunning = run && (run.state === "waiting" || run.state === "streaming");
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onSubmit();
  };
  const modes = ["message", "json"].map((value) => ({ value, label: t(`playground.mode_${value}`) }));
  const chooseMode = (mode) => onChange(mode === "json" && !draft.json.trim() ? { mode, json: JSON.stringify(bodyOf(draft), null, 2) } : { mode });
  const mode = html`<${Segments} small label=${t("playground.mode")} value=${draft.mode} onChange=${chooseMode} options=${modes} />`;
  return html`<${Card} title=${t("playground.form")} actions=${mode} onKeyDown=${onKeyDown}>
    <div class="stack">
      <${Route} draft=${draft} onChange=${onChange} models=${models} />
      ${draft.mode === "message"
        ? html`<${MessageForm} draft=${draft} onChange=${onChange} problem=${problem} />`
        : html`<${JsonForm} draft=${draft} onChange=${onChange} problem=${problem} />`}
      <div class="row between">
        <${Button} kind="quiet" icon="terminal" onClick=${() => copyCurl(draft, onSubmit)}>${t("playground.curl")}<//>
        <div class="row">
          <span class="small faint not-phone">${t("playground.keys_hint")}</span>
          ${isRunning
            ? html`<${Button} kind="danger" icon="stop" onClick=${() => stopRun(run.id)}>${t("playground.stop")}<//>`
            : html`<${Button} kind="primary" icon="send" onClick=${onSubmit}>${t("playground.send")}<//>`}
        </div>
      </div>
    </div>
  <//>`;
}

/** Copies the request as a command; one that cannot be made is refused as it would be when sent. */
async function copyCurl(draft, onRefused) {
  const { request } = requestOf(draft);
  if (!request) return onRefused();
  await copyText(curlOf(request));
  return toast(t("playground.copied"));
}

function Route({ draft, onChange, models }) {
  const ids = models.map((one) => one.id).filter((one) => !/^(claude|anthropic):/.test(one));
  const known = draft.route && !ids.includes(draft.route) ? [draft.route, ...ids] : ids;
  const groups = Map.groupBy ? Map.groupBy(known, groupOf) : grouped(known);
  const options = [
    { value: "", label: t("playground.automatic") },
    ...[...groups].map(([group, names]) => ({ group, options: names })),
  ];
  return html`<div class="form-grid">
    <${SelectField} class=${draft.route ? "full" : ""} label=${t("playground.route")} value=${draft.route} options=${options} onChange=${(route) => onChange({ route })} />
    ${!draft.route && html`<${TextField} label=${t("playground.asked_model")} value=${draft.asked} mono onChange=${(asked) => onChange({ asked })} hint=${t("playground.asked_model_hint")} />`}
  </div>`;
}

const groupOf = (id) => (id.includes(",") ? id.split(",")[0] : t("parts.model"));

function grouped(ids) {
  const groups = new Map();
  for (const id of ids) groups.set(groupOf(id), [...(groups.get(groupOf(id)) ?? []), id]);
  return groups;
}

function MessageForm({ draft, onChange, problem }) {
  const error = problem?.field === "message" ? problem.text : null;
  return html`<${TextArea} label=${t("playground.message")} rows=${7} value=${draft.message} error=${error}
      placeholder=${t("playground.message_placeholder")} onChange=${(message) => onChange({ message })} />
    <${Disclosure} title=${t("playground.options")} open=${Boolean(draft.system)}>
      <div class="stack">
        <${TextArea} label=${t("playground.system")} rows=${3} value=${draft.system} onChange=${(system) => onChange({ system })} />
        <${NumberField} label=${t("playground.max_tokens")} min=${1} step=${1} value=${draft.maxTokens} onChange=${(maxTokens) => onChange({ maxTokens })} />
        <${Switch} label=${t("playground.stream")} value=${draft.stream} onChange=${(stream) => onChange({ stream })} />
        <${Switch} label=${t("playground.thinking")} hint=${t("playground.thinking_hint")} value=${draft.thinking} onChange=${(thinking) => onChange({ thinking })} />
      </div>
    <//>`;
}

function JsonForm({ draft, onChange, problem }) {
  const formats = FORMATS.map((value) => ({ value, label: t(`playground.format_${value}`) }));
  const error = problem?.field === "json" ? problem.text : null;
  return html`<${SelectField} label=${t("playground.format")} value=${draft.format} options=${formats} onChange=${(format) => onChange({ format })} />
    <div class="stack tight">
      <${CodeEditor} label=${t("playground.body")} value=${draft.json} onChange=${(json) => onChange({ json })} minHeight=${240} maxHeight=${520} />
      ${error && html`<p class="field-error" role="alert">${error}</p>`}
    </div>`;
}
