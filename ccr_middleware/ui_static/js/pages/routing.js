// Routing: which model for which request. All tabs edit one draft of the document, saved together.
import { html, useEffect, useRef, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { replacePlace } from "../core/router.js";
import { applyPatch, equal, mergePatch } from "../document.js";
import { aliasesOf, rulesOf } from "../document_routing.js";
import { useDocument, useUnsaved } from "../document_store.js";
import { Button, Loaded, Notice, PageHead, Tabs } from "../parts/index.js";
import texts from "../texts/routing.js";
import explainTexts from "../texts/routing_explain.js";
import ruleTexts from "../texts/routing_rules.js";
import { ReadOnly } from "./config_readonly.js";
import { AliasesTab } from "./routing_aliases.js";
import { ExplainTab } from "./routing_explain.js";
import { RulesTab } from "./routing_rules.js";
import { ScenariosTab } from "./routing_scenarios.js";
import { targetChoices } from "./routing_target.js";

addTexts(texts);
addTexts(explainTexts);
addTexts(ruleTexts);

const TABS = ["scenarios", "rules", "aliases", "explain"];

/** `#/routing[/tab]` */
export default function Routing({ args }) {
  const store = useDocument();
  const catalogue = useLoad(async () => (await get("api/catalogue")).providers, []);
  const tab = TABS.includes(args[0]) ? args[0] : TABS[0];
  return html`<div class="page">
    <${PageHead} title=${t("nav.routing")} text=${t("routing.text")} />
    <${ReadOnly} />
    <${Loaded} result=${store} lines=${8}>
      ${() => html`<${Editor} store=${store} catalogue=${catalogue.data ?? []} tab=${tab} />`}
    <//>
  </div>`;
}

function Editor({ store, catalogue, tab }) {
  const base = useRef(store.data.document);
  const [draft, setDraft] = useState(store.data.document);
  const [state, setState] = useState({ isBusy: false, error: null });
  const { document } = store.data;
  useEffect(() => {
    // What was loaded anew replaces the document below the changes that are not saved yet.
    if (document !== base.current) setDraft((old) => rebased(base.current, document, old));
    base.current = document;
  }, [document]);
  const isDirty = !equal(draft, document);
  useUnsaved(isDirty);
  const edit = (change) => {
    setDraft(change);
    setState((old) => ({ ...old, error: null }));
  };
  async function save() {
    setState({ isBusy: true, error: null });
    const { error } = await store.save(() => draft, { quiet: true });
    setState({ isBusy: false, error: error?.status === 409 ? null : error });
  }
  const choices = targetChoices(draft, catalogue);
  const counts = { rules: rulesOf(draft).length, aliases: aliasesOf(draft).length };
  const items = TABS.map((id) => ({ id, label: t(`routing.tab.${id}`), count: counts[id] }));
  const shared = { document: draft, edit, choices, problems: state.error?.problems ?? [] };
  const views = { scenarios: ScenariosTab, rules: RulesTab, aliases: AliasesTab };
  return html`<${Tabs} label=${t("nav.routing")} items=${items} value=${tab}
    onChange=${(id) => replacePlace("routing", id)} />
    <div role="tabpanel" class="stack loose" aria-label=${t(`routing.tab.${tab}`)}>
      ${state.error && html`<${SaveProblem} error=${state.error} />`}
      ${!choices.length && tab !== "explain" && html`<${Notice}>${t("routing.no_models")} <a
        href="#/providers/new">${t("routing.add_provider")}</a><//>`}
      ${tab === "explain" ? html`<${ExplainTab} choices=${choices} isDirty=${isDirty} />`
        : html`<${views[tab]} ...${shared} />`}
    </div>
    ${isDirty && html`<div class="sticky-bar">
      <span class="small strong" role="status">${t("parts.unsaved")}</span>
      <div class="actions">
        <${Button} onClick=${() => edit(document)}>${t("parts.discard")}<//>
        <${Button} kind="primary" icon="check" busy=${state.isBusy} onClick=${save}>${t("parts.save")}<//>
      </div>
    </div>`}`;
}

/** The changes made to one document, made to another. */
function rebased(before, after, draft) {
  if (equal(before, draft)) return after;
  const changes = mergePatch(before, draft);
  return changes ? applyPatch(after, changes) : draft;
}

function SaveProblem({ error }) {
  const lines = error.problems.length ? error.problems.map((one) => [one.path, one.message].filter(Boolean).join(": "))
    : [error.message];
  return html`<${Notice} tone="bad"
    title=${t("routing.not_saved")}>${lines.map((line) => html`<p key=${line}>${line}</p>`)}<//>`;
}
