// What the gateway explains of a request: the decision, the rules it came from, what would be sent and what lost.
import { html } from "../core/view.js";
import { hasText, named, t } from "../core/i18n.js";
import { formatNumber } from "../core/format.js";
import { Badge, Card, CodeBlock, Disclosure, Facts, Icon, Notice } from "../parts/index.js";

/** `data` is the answer of /api/explain. */
export function Explanation({ data }) {
  return html`
    ${data.error && html`<${Notice} tone="bad"
      title=${t("routing.would_fail", { status: data.error.status })}>${data.error.message}<//>`}
    ${data.decision && html`<${Decision} decision=${data.decision} request=${data.request}
      agents=${data.agents ?? []} />`}
    <${Card} title=${t("routing.rules_tried")}><${Rules} rules=${data.rules ?? []} router=${data.custom_router} /><//>
    ${data.targets?.length > 0 && html`<${Card} title=${t("routing.targets_order")}><${Targets}
      targets=${data.targets} /><//>`}
    ${data.losses?.length > 0 && html`<${Card} title=${t("routing.losses")} text=${t("routing.losses_text")}><${Losses}
      losses=${data.losses} /><//>`}
    ${(data.transformers?.length > 0 || data.sent) && html`<${Card} title=${t("routing.on_the_way")}><${Way}
      data=${data} /><//>`}
    ${data.notes?.length > 0 && html`<${Notice} tone="warn"
      title=${t("routing.notes")}>${data.notes.map((note) => html`<p key=${note}>${note}</p>`)}<//>`}`;
}

function Decision({ decision, request, agents }) {
  const tokens = request?.tokens === null || request?.tokens === undefined ? null
    : `${formatNumber(request.tokens)} (${request.counter})`;
  const parameters = Object.keys(decision.parameters ?? {}).length ? JSON.stringify(decision.parameters) : null;
  return html`<section class="card decision">
    <p class="small faint">${t("routing.goes_to")}</p>
    <h2 class="mono decision-target">${decision.target}</h2>
    <p class="soft">${decision.reason}</p>
    <${Facts} items=${[
      [t("routing.fact.scenario"), html`<${Badge}
        tone="accent">${named("routing.scenario_key", decision.scenario)}<//>`],
      [t("routing.fact.rule"), decision.rule],
      [t("routing.fact.asked"), request?.model && html`<span class="mono small">${request.model}</span>`],
      [t("routing.fact.tokens"), tokens],
      [t("routing.fact.session"), request?.session && html`<span class="mono small">${request.session}</span>`],
      [t("routing.fact.project"), request?.project],
      [t("routing.fact.parameters"), parameters && html`<span class="mono small">${parameters}</span>`],
      [t("routing.fact.agents"), agents.join(", ")],
    ]} />
  </section>`;
}

function Rules({ rules, router }) {
  return html`<ol class="tried">
    ${rules.map((one, index) => html`<li key=${index} class=${one.matched ? "is-match" : ""}>
      <${Icon} name=${one.matched ? "check" : "minus"} size=${16} />
      <div><strong>${ruleName(one.rule)}</strong><span
        class="visually-hidden">${t(one.matched ? "parts.yes" : "parts.no")}</span><p
        class="small soft">${one.why}</p></div>
    </li>`)}
    ${router && html`<li class="is-match"><${Icon} name="code"
      size=${16} /><div><strong>${t("routing.custom_router")}</strong><p
      class="small soft">${router.outcome}</p></div></li>`}
  </ol>`;
}

function ruleName(rule) {
  return hasText(`routing.scenario_key.${rule}`) ? t(`routing.scenario_key.${rule}`) : rule;
}

const TONES = { closed: "ok", "half-open": "warn", open: "bad" };

function Targets({ targets }) {
  return html`<ol class="order">
    ${targets.map((one, index) => html`<li key=${one.target}>
      <span class="rule-number num">${index + 1}</span>
      <div class="rule-text"><span class="mono">${one.target}</span>
        <p class="small faint">${[named("routing.role", one.role), askedText(one.asked), one.keys > 1
          ? t("routing.keys", { n: one.keys, resting: one.resting_keys }) : ""].filter(Boolean).join(" · ")}</p></div>
      <${Badge} tone=${TONES[one.state] ?? "neutral"} dot>${named("routing.state", one.state)}<//>
    </li>`)}
  </ol>`;
}

const ASKED = {
  "in its turn": "in_turn",
  "when nobody else could answer: it rests": "last",
  "no: it rests": "resting",
  "no, unless a key can be used again in a moment: all of its keys rest": "keys",
};

function askedText(asked) {
  return ASKED[asked] ? t(`routing.asked.${ASKED[asked]}`) : asked;
}

function Losses({ losses }) {
  return html`<ul class="stack tight">
    ${losses.map((one, index) => html`<li key=${index} class="row"><${Badge}
      tone=${one.action === "dropped" ? "warn" : "info"}>${named("routing.loss", one.action)}<//>
      <code>${one.feature}</code><span class="small soft">${one.detail}</span></li>`)}
  </ul>`;
}

function Way({ data }) {
  return html`<div class="stack tight">
    ${(data.transformers ?? []).map((one) => html`<div key=${one.level} class="stack tight">
      <div class="row"><span class="small soft">${t("nav.transformers")} (${one.level})</span>
        ${one.steps.map((step) => html`<${Badge} key=${step.name} tone=${step.changed ? "accent"
          : "neutral"}>${step.name}${step.changed ? "" : ` · ${t("routing.unchanged")}`}<//>`)}</div>
      <${Disclosure} title=${t("routing.before")}><${Json} value=${one.before} /><//>
      <${Disclosure} title=${t("routing.after")}><${Json} value=${one.after} /><//>
    </div>`)}
    ${data.sent && html`<p class="small"><${Badge}>${named("routing.wire", data.sent.wire)}<//> <code
      class="sent-url">${data.sent.url}</code></p>
    <${Disclosure} title=${t("routing.sent_headers")}><${Json} value=${data.sent.headers} /><//>
    <${Disclosure} title=${t("routing.sent_body")}><${Json} value=${data.sent.body} /><//>`}
  </div>`;
}

const LONGEST = 60_000;

function Json({ value }) {
  const text = JSON.stringify(value, null, 2) ?? "";
  return html`<${CodeBlock} wrap text=${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text} />`;
}
