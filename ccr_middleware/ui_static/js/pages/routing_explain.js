// Trying the routing: paste a request, see who would answer it and why. Nothing is sent to a provider.
import { html, useRef, useState } from "../core/view.js";
import { post } from "../core/api.js";
import { t } from "../core/i18n.js";
import { Button, Card, Empty, Failed, Loading, Notice, SelectField, TextArea } from "../parts/index.js";
import { CodeEditor, JSON5 } from "../parts/editor.js";
import { Explanation } from "./routing_explanation.js";
import { SAMPLES } from "./routing_samples.js";

const HEADER_EXAMPLE = "x-team: legal";

/** `isDirty`: there are changes that are not saved, which the gateway does not know. */
export function ExplainTab({ choices, isDirty }) {
  const [sample, setSample] = useState("ordinary");
  const [text, setText] = useState(() => JSON.stringify(SAMPLES.ordinary(), null, 2));
  const [headers, setHeaders] = useState("");
  const [problem, setProblem] = useState(null);
  const [state, setState] = useState({ isBusy: false, data: null, error: null });
  const result = useRef(null);
  const first = choices[0]?.options[0]?.value;
  const choose = (name) => {
    setSample(name);
    if (SAMPLES[name]) setText(JSON.stringify(SAMPLES[name](first), null, 2));
  };
  async function explain() {
    const read = readRequest(text);
    setProblem(read.problem);
    if (!read.body) return;
    setState((old) => ({ ...old, isBusy: true, error: null }));
    try {
      setState({ isBusy: false, error: null, data: await post("api/explain", read.body,
        { headers: readHeaders(headers) }) });
      if (innerWidth < 1000) setTimeout(() => result.current?.scrollIntoView({ behavior: "smooth" }), 50);
    } catch (error) {
      setState({ isBusy: false, data: null, error });
    }
  }
  const options = [...Object.keys(SAMPLES), "own"].map((value) => ({ value, label: t(`routing.sample.${value}`) }));
  return html`<div class="explain-grid">
    <${Card} title=${t("routing.request")} text=${t("routing.request_text")}>
      <div class="stack">
        ${isDirty && html`<${Notice} tone="warn">${t("routing.explain_saved_only")}<//>`}
        <${SelectField} label=${t("routing.sample")} value=${sample} options=${options} onChange=${choose} />
        <${CodeEditor} label=${t("routing.request")} value=${text} minHeight=${220} maxHeight=${420}
          problems=${problem ? [problem] : []}
          onChange=${(changed) => (setText(changed), setSample("own"), setProblem(null))} />
        <${TextArea} label=${t("routing.headers")} hint=${t("routing.headers_hint")} mono rows=${2} value=${headers}
          onChange=${setHeaders}
          placeholder=${HEADER_EXAMPLE} />
        ${problem && html`<p class="field-error" role="alert">${problem.message}</p>`}
        <div class="form-actions"><${Button} kind="primary" icon="play" busy=${state.isBusy}
          onClick=${explain}>${t("routing.explain")}<//></div>
      </div>
    <//>
    <div class="stack" ref=${result} aria-live="polite">
      ${state.error && html`<${Failed} error=${state.error} retry=${explain} />`}
      ${!state.error && !state.data && (state.isBusy ? html`<${Loading} lines=${6} />`
        : html`<${Empty} icon="routing" title=${t("routing.explain_empty")}>${t("routing.explain_empty_text")}<//>`)}
      ${state.data && html`<${Explanation} data=${state.data} />`}
    </div>
  </div>`;
}

/** `{body}` or `{problem}`: the text as a request; a whole recorded one (`{headers, body}`) is taken apart. */
function readRequest(text) {
  try {
    const value = JSON5.parse(text);
    const body = value?.body && typeof value.body === "object" && !value.messages ? value.body : value;
    return body && typeof body === "object" && !Array.isArray(body) ? { body }
      : { problem: { message: t("routing.not_object"), line: 1, column: 1 } };
  } catch (error) {
    return { problem: { message: error.message, line: error.lineNumber ?? 1, column: error.columnNumber ?? 1 } };
  }
}

/** Lines `name: value` as an object; those of the browser's own (cookie, host …) cannot be sent and are left out. */
function readHeaders(text) {
  const pairs = text.split("\n").map((line) => line.split(/:(.*)/s).map((part) => part?.trim()));
  return Object.fromEntries(pairs.filter(([name, value]) => /^[\w-]+$/.test(name ?? "") && value));
}
