// One rule in a dialog: when it holds, and what becomes of the request then.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { equal } from "../document.js";
import { isComplete, parseWhen, writeWhen } from "../document_conditions.js";
import { ruleForm, withRuleForm } from "../document_routing.js";
import { confirmDiscard } from "../document_store.js";
import { Button, Dialog, Segments, Switch, TextField } from "../parts/index.js";
import { ConditionGroup } from "./routing_conditions.js";
import { PoolField, TargetList } from "./routing_target.js";
import { JsonField } from "./transformers_options.js";

const NEW = { name: "", when: { header: { "x-team": "" } } };

/** `rule` null: a new one. `onSave(rule)`. */
export function RuleDialog({ rule, choices, onClose, onSave }) {
  const start = rule ?? NEW;
  const [form, setForm] = useState(() => ruleForm(start));
  const [group, setGroup] = useState(() => parseWhen(start.when));
  const [isValid, setValid] = useState(true);
  const [problem, setProblem] = useState(null);
  const set = (name) => (value) => setForm((old) => ({ ...old, [name]: value }));
  const isDirty = !equal(form, ruleForm(start)) || !equal(group, parseWhen(start.when));
  const close = async () => (!isDirty || (await confirmDiscard())) && onClose();
  function submit() {
    const when = writeWhen(group);
    if (!group.items.length) return setProblem(t("routing.rule_needs_condition"));
    if (!isComplete(group)) return setProblem(t("routing.rule_incomplete"));
    const acts = form.members.some((one) => one.target) || form.fallback?.length || Object.keys(form.parameters).length;
    if (!acts) return setProblem(t("routing.rule_needs_effect"));
    if (!isValid) return undefined;
    const kept = equal(group, parseWhen(start.when)) && rule ? rule.when : when;
    const fallback = form.fallback?.filter(Boolean) ?? null;
    return onSave(withRuleForm({ ...(rule ?? { name: form.name }), when: kept }, { ...form, fallback }));
  }
  const footer = html`${problem && html`<p class="field-error" role="alert">${problem}</p>`}<span class="spacer"></span>
    <${Button} onClick=${close}>${t("parts.cancel")}<//><${Button} kind="primary"
      type="submit">${t("parts.apply")}<//>`;
  return html`<${Dialog} wide keepOpen title=${rule ? t("routing.rule_edit", { name: rule.name || "" })
    : t("routing.rule_add")} onClose=${close}
    onSubmit=${submit} footer=${footer}>
    <${TextField} label=${t("parts.name")} value=${form.name} onChange=${set("name")}
      hint=${t("routing.rule_name_hint")} />
    <section class="stack tight" aria-label=${t("routing.when")}>
      <h3>${t("routing.when")}</h3>
      <${ConditionGroup} group=${group} onChange=${(changed) => (setGroup(changed), setProblem(null))} />
    </section>
    <section class="stack tight" aria-label=${t("routing.then")}>
      <h3>${t("routing.then")}</h3>
      <${PoolField} label=${t("routing.rule_target")} hint=${t("routing.rule_target_hint")} members=${form.members}
        choices=${choices} onChange=${set("members")} />
      <${FallbackChoice} value=${form.fallback} choices=${choices} onChange=${set("fallback")} />
      <${JsonField} label=${t("routing.parameters")} hint=${t("routing.parameters_hint")}
        value=${form.parameters} objectOnly
        onChange=${(value) => set("parameters")(value ?? {})} onValid=${setValid} />
    </section>
    <${Switch} label=${t("routing.before_explicit")} hint=${t("routing.before_explicit_hint")}
      value=${form.beforeExplicit} onChange=${set("beforeExplicit")} />
  <//>`;
}

function FallbackChoice({ value, choices, onChange }) {
  const options = [{ value: "usual", label: t("routing.fallback_usual") },
    { value: "own", label: t("routing.fallback_own") }];
  return html`<div class="stack tight">
    <div class="row between"><span class="key-label">${t("routing.when_fails")}</span>
      <${Segments} small label=${t("routing.when_fails")} value=${value ? "own" : "usual"} options=${options}
        onChange=${(one) => onChange(one === "own" ? [] : null)} /></div>
    ${value && html`<${TargetList} label=${t("routing.when_fails")} targets=${value} choices=${choices}
      onChange=${onChange} />
      ${!value.length && html`<p class="field-hint">${t("routing.fallback_none")}</p>`}`}
  </div>`;
}
