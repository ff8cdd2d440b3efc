// The playground: a request is written at the left, its answer comes at the right.
import { html, useEffect, useRef, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { takeOver } from "../core/handover.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { runs, startRun } from "../core/runs.js";
import { PageHead, toast } from "../parts/index.js";
import texts from "../texts/playground.js";
import { Answer } from "./playground_answer.js";
import { Composer } from "./playground_composer.js";
import { blankDraft, draftOf, requestOf } from "./playground_draft.js";
import { History } from "./playground_history.js";

addTexts(texts);

let kept = null; // what was written, while another page is looked at

export default function Playground() {
  const [draft, setDraft] = useState(() => kept ?? blankDraft());
  const [chosen, setChosen] = useState(null);
  const [problem, setProblem] = useState(null);
  const answer = useRef(null);
  const models = useLoad((abort) => get("v1/models", { limit: 1000 }, { signal: abort }));
  kept = draft;
  useEffect(() => {
    const taken = takeOver();
    if (!taken) return;
    setDraft(draftOf(taken));
    toast(t("playground.resent"), { tone: "info" });
  }, []);
  const list = runs.value;
  const run = list.find((one) => one.id === chosen) ?? list[0] ?? null;
  function change(more) {
    setProblem(null);
    setDraft((old) => ({ ...old, ...more }));
  }
  function submit() {
    const { request, error } = requestOf(draft);
    setProblem(error ?? null);
    if (!request) return;
    setChosen(startRun(request));
    if (innerWidth < 1000) requestAnimationFrame(() => answer.current?.scrollIntoView({ block: "start" }));
  }
  const edit = (one) => setDraft(draftOf({ body: one.body, model: one.model, endpoint: one.format }));
  return html`<div class="page playground">
    <${PageHead} title=${t("playground.title")} text=${t("playground.text")} />
    <div class="playground-sides">
      <div class="stack">
        <${Composer} draft=${draft} onChange=${change} models=${models.data?.data ?? []} problem=${problem} onSubmit=${submit} run=${run} />
        ${list.length > 0 && html`<${History} runs=${list} chosen=${run?.id} onChoose=${setChosen} />`}
      </div>
      <div ref=${answer}><${Answer} run=${run} onEdit=${edit} /></div>
    </div>
  </div>`;
}
