// Rules of one's own, in the order in which they are asked.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { problemsAt } from "../document.js";
import { parseWhen } from "../document_conditions.js";
import { ruleForm, rulesOf, withRule, withRuleForm, withRuleMoved } from "../document_routing.js";
import { Badge, Button, confirm, Empty, Icon, IconButton, Switch } from "../parts/index.js";
import { groupText } from "./routing_condition_text.js";
import { RuleDialog } from "./routing_rule.js";

/** `edit(change)` is given a function of the document. */
export function RulesTab({ document, edit, choices, problems }) {
  const [open, setOpen] = useState(null); // the number of the rule in the dialog; the one behind the last is new
  const rules = rulesOf(document);
  const add = html`<${Button} kind="primary" icon="plus"
    onClick=${() => setOpen(rules.length)}>${t("routing.rule_add")}<//>`;
  const store = (rule) => (edit((now) => withRule(now, open, rule)), setOpen(null));
  async function remove(index) {
    const title = t("routing.rule_delete", { name: nameOf(rules[index], index) });
    if (await confirm({ title, text: t("routing.rule_delete_text"), action: t("parts.delete"), danger: true })) {
      edit((now) => withRule(now, index, undefined));
    }
  }
  return html`<div class="stack">
    <div class="row between"><p class="soft small routing-lead">${t("routing.rules_text")}</p>${rules.length > 0
      && add}</div>
    ${!rules.length && html`<${Empty} icon="filter" title=${t("routing.no_rules")}
      actions=${add}>${t("routing.no_rules_text")}<//>`}
    ${rules.length > 0 && html`<ol class="list rule-list">
      ${rules.map((rule, index) => html`<${RuleRow} key=${index} rule=${rule} index=${index} count=${rules.length}
        problems=${problemsAt(problems, ["rules", index])} onOpen=${() => setOpen(index)}
          onRemove=${() => remove(index)}
        onMove=${(to) => edit((now) => withRuleMoved(now, index, to))}
        onEnable=${(enabled) => edit((now) => withRule(now, index, withRuleForm(rule,
          { ...ruleForm(rule), enabled })))} />`)}
    </ol>`}
    ${open !== null && html`<${RuleDialog} rule=${rules[open] ?? null} choices=${choices} onClose=${() => setOpen(null)}
      onSave=${store} />`}
  </div>`;
}

const nameOf = (rule, index) => rule.name || t("routing.rule_number", { n: index + 1 });

function RuleRow({ rule, index, count, problems, onOpen, onRemove, onMove, onEnable }) {
  const form = ruleForm(rule);
  const name = nameOf(rule, index);
  const fixed = Object.keys(form.parameters).length;
  return html`<li class=${`list-row rule-row ${form.enabled ? "" : "is-off"}`}>
    <span class="rule-number num" aria-hidden="true">${index + 1}</span>
    <div class="rule-text">
      <div class="row"><button type="button" class="row-button strong" onClick=${onOpen}>${name}</button>
        ${form.beforeExplicit && html`<${Badge} tone="accent">${t("routing.before_explicit_badge")}<//>`}
        ${!form.enabled && html`<${Badge}>${t("parts.off")}<//>`}
        ${fixed > 0 && html`<${Badge} tone="info">${t("routing.parameters_badge", { n: fixed })}<//>`}
        ${form.fallback && html`<${Badge}>${t("routing.own_fallback_badge", { n: form.fallback.length })}<//>`}</div>
      <p class="small soft">${groupText(parseWhen(rule.when)) || t("routing.no_conditions")}</p>
      <p class="small rule-target"><${Icon} name="arrow_right" size=${14} />
        <span class="mono">${form.members.map((one) => one.target).join(" · ")
          || t("routing.rule_no_target")}</span></p>
      ${problems.map((one) => html`<p key=${one.path}
        class="field-error">${[one.rest.join("."), one.message].filter(Boolean).join(": ")}</p>`)}
    </div>
    <div class="rule-actions">
      <${Switch} label=${t("routing.rule_enable", { name })} hideLabel value=${form.enabled} onChange=${onEnable} />
      <${IconButton} icon="arrow_up" size=${16} label=${t("targets.up", { name })} disabled=${index === 0}
        onClick=${() => onMove(index - 1)} />
      <${IconButton} icon="arrow_down" size=${16} label=${t("targets.down", { name })} disabled=${index === count - 1}
        onClick=${() => onMove(index + 1)} />
      <${IconButton} icon="edit" size=${16} label=${t("routing.rule_edit", { name })} onClick=${onOpen} />
      <${IconButton} icon="trash" size=${16} label=${t("routing.rule_delete", { name })} onClick=${onRemove} />
    </div>
  </li>`;
}
