// The scenarios: a model (or several) for each, and what follows when it fails.
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { CONFIG, read, write } from "../document.js";
import { SCENARIOS, fallbackOf, hasFallback, routerOf, spelled, withFallback, withScenario, withThinkWhen,
  withThreshold } from "../document_routing.js";
import { Badge, Card, Disclosure, Icon, NumberField, SelectField, Switch } from "../parts/index.js";
import { PoolField, TargetList } from "./routing_target.js";

const ICONS = { default: "routing", background: "clock", think: "bolt", longContext: "logs", webSearch: "globe",
  image: "eye" };
const OTHER_LISTS = ["all", "explicit", "subagent"];

/** `edit(change)` is given a function of the document. */
export function ScenariosTab({ document, edit, choices, problems }) {
  const router = routerOf(document);
  const isAt = (problem, scenario) => spelled(scenario).some((key) => problem.path === `Router.${key}`);
  const errorOf = (scenario) => problems.find((one) => isAt(one, scenario))?.message;
  return html`<div class="scenario-grid">
      ${SCENARIOS.map((scenario) => html`<${Scenario} key=${scenario} scenario=${scenario} document=${document}
        edit=${edit} choices=${choices}
        members=${router.pools[scenario]} error=${errorOf(scenario)}>
        ${scenario === "longContext" && html`<${NumberField} label=${t("routing.threshold")} min="1" step="1"
          placeholder="60000" value=${router.threshold}
          hint=${t("routing.threshold_hint")}
            onChange=${(value) => edit((now) => withThreshold(now, value ?? undefined))} />`}
        ${scenario === "think" && html`<${ThinkWhen} value=${router.thinkWhen} edit=${edit} />`}
        ${scenario === "image" && html`<${ForceAgent} document=${document} edit=${edit} />`}
      <//>`)}
    </div>
    <${Card} title=${t("routing.fallbacks")} text=${t("routing.fallbacks_text")}>
      <div class="grid">
        ${OTHER_LISTS.map((name) => html`<div key=${name} class="stack tight">
          <h3>${t(`routing.list.${name}`)}</h3><p class="small faint">${t(`routing.list_text.${name}`)}</p>
          <${TargetList} label=${t(`routing.list.${name}`)} targets=${fallbackOf(document, name)} choices=${choices}
            onChange=${(targets) => edit((now) => withFallback(now, name, targets))} />
        </div>`)}
      </div>
    <//>`;
}

function Scenario({ scenario, document, edit, choices, members, error, children }) {
  const fallbacks = fallbackOf(document, scenario);
  const title = html`<span class="row nowrap"><${Icon}
    name=${ICONS[scenario]} /> ${t(`routing.scenario.${scenario}`)}</span>`;
  const actions = !members.length && html`<${Badge}
    tone=${scenario === "default" ? "warn" : "neutral"}>${t(scenario === "default" ? "routing.needed"
    : "routing.as_default")}<//>`;
  const count = fallbacks.length ? ` (${fallbacks.length})` : "";
  return html`<${Card} class="scenario-card" title=${title} text=${t(`routing.scenario_text.${scenario}`)}
    actions=${actions}>
    <div class="stack">
      <${PoolField} label=${t("parts.model")} members=${members} choices=${choices} error=${error}
        onChange=${(changed) => edit((now) => withScenario(now, scenario, changed))} />
      ${children}
      <${Disclosure} title=${`${t("routing.when_fails")}${count}`} open=${hasFallback(document, scenario)}>
        <${TargetList} label=${t("routing.fallback_of", { name: t(`routing.scenario.${scenario}`) })}
          targets=${fallbacks} choices=${choices}
          onChange=${(targets) => edit((now) => withFallback(now, scenario, targets))} />
      <//>
    </div>
  <//>`;
}

function ThinkWhen({ value, edit }) {
  const options = [{ value: "", label: t("routing.think.auto") }, { value: "always",
    label: t("routing.think.always") }];
  return html`<${SelectField} label=${t("routing.think_when")} value=${value === "always" ? "always" : ""}
    options=${options}
    onChange=${(chosen) => edit((now) => withThinkWhen(now, chosen || undefined))} />`;
}

function ForceAgent({ document, edit }) {
  const isOn = [true, "true"].includes(read(document, CONFIG.forceUseImageAgent));
  return html`<${Switch} label=${t("routing.image_agent")} hint=${t("routing.image_agent_hint")} value=${isOn}
    onChange=${(on) => edit((now) => write(now, CONFIG.forceUseImageAgent, on || undefined))} />`;
}
