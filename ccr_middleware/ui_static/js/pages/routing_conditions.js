// The builder of conditions: rows and groups, to any depth.
import { html, useId } from "../core/view.js";
import { language, t } from "../core/i18n.js";
import { withItem } from "../document.js";
import { COMPARED, operandOf, operandText, operatorsFor } from "../document_conditions.js";
import { SCENARIOS } from "../document_routing.js";
import { Button, Icon, IconButton, Segments } from "../parts/index.js";

const SUBJECTS = [...COMPARED, "has_image", "time"];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const KINDS = ["all", "any", "not"];
const DEEPEST = 3;

/** `group` as of `parseWhen`; `onRemove` is there for a group in another. */
export function ConditionGroup({ group, onChange, onRemove, depth = 0 }) {
  const setItem = (index) => (item) => onChange({ ...group, items: withItem(group.items, index, item) });
  const add = (item) => onChange({ ...group, items: [...group.items, item] });
  const kinds = KINDS.map((value) => ({ value, label: t(`routing.group.${value}`) }));
  return html`<div class=${`condition-group depth-${depth}`} role="group"
    aria-label=${t(`routing.group.${group.kind}`)}>
    ${(depth > 0 || group.items.length > 1) && html`<div class="row between">
      ${depth > 0
        ? html`<${Segments} small label=${t("routing.group_kind")} value=${group.kind} options=${kinds}
          onChange=${(kind) => onChange({ ...group, kind })} />`
        : html`<span class="small faint">${t("routing.group_all")}</span>`}
      ${onRemove && html`<${IconButton} icon="x" size=${15} label=${t("routing.group_remove")} onClick=${onRemove} />`}
    </div>`}
    ${group.items.map((item, index) =>
      item.kind
        ? html`<${ConditionGroup} key=${index} group=${item} depth=${depth + 1} onChange=${setItem(index)}
          onRemove=${() => setItem(index)(undefined)} />`
        : html`<${ConditionRow} key=${index} row=${item} onChange=${setItem(index)}
          onRemove=${() => setItem(index)(undefined)} />`)}
    <div class="row">
      <${Button} kind="quiet" small icon="plus" onClick=${() => add(newRow("header"))}>${t("routing.condition_add")}<//>
      ${depth < DEEPEST && html`<${Button} kind="quiet" small icon="plus"
        onClick=${() => add({ kind: "any", items: [newRow("header"), newRow("project")] })}>
        ${t("routing.group_add")}<//>`}
    </div>
  </div>`;
}

/** A row as it begins for a subject. */
function newRow(subject) {
  if (subject === "has_image") return { subject, value: true };
  if (subject === "time") return { subject, time: { from: "22:00", to: "06:00" } };
  const value = subject === "scenario" ? "default" : subject === "token_count" ? 30000 : "";
  const named = subject === "header" || subject === "body" ? { name: "" } : {};
  return { subject, ...named, tests: [{ operator: operatorsFor(subject)[0], value }] };
}

function ConditionRow({ row, onChange, onRemove }) {
  const subjects = SUBJECTS.map((value) => ({ value, label: t(`routing.subject.${value}`) }));
  return html`<div class="condition-row">
    <${Choice} label=${t("routing.condition_subject")} value=${row.subject} options=${subjects}
      onChange=${(subject) => onChange(newRow(subject))} />
    <div class="condition-tests">
      ${"name" in row && html`<${Text} class="condition-name" label=${t(`routing.name.${row.subject}`)}
        value=${row.name} onChange=${(name) => onChange({ ...row, name })} />`}
      ${row.subject === "has_image" && html`<${HasImage} row=${row} onChange=${onChange} />`}
      ${row.subject === "time" && html`<${TimeTest} time=${row.time}
        onChange=${(time) => onChange({ ...row, time })} />`}
      ${row.tests?.map((test, index) => html`<${Test} key=${index} subject=${row.subject} test=${test}
        onChange=${(changed) => onChange({ ...row, tests: withItem(row.tests, index, changed) })} />`)}
    </div>
    <${IconButton} icon="x" size=${15} label=${t("routing.condition_remove")} onClick=${onRemove} />
  </div>`;
}

function Test({ subject, test, onChange }) {
  const operators = operatorsFor(subject).map((value) => ({ value, label: t(`routing.operator.${value}`) }));
  const text = operandText(test.value);
  const choose = (operator) => onChange({ operator, value: operandOf(operator, text
    || (operator === "exists" ? "true" : "")) });
  const set = (value) => onChange({ ...test, value });
  return html`<div class="condition-test">
    <${Choice} label=${t("routing.condition_operator")} value=${test.operator} options=${operators}
      onChange=${choose} />
    ${test.operator === "exists"
      ? html`<${Choice} label=${t("routing.condition_value")} value=${String(test.value)}
        onChange=${(value) => set(value === "true")}
          options=${[{ value: "true", label: t("parts.yes") }, { value: "false", label: t("parts.no") }]} />`
      : subject === "scenario" && test.operator !== "in"
        ? html`<${Choice} label=${t("routing.condition_value")} value=${text} onChange=${set}
            options=${SCENARIOS.map((value) => ({ value: snake(value), label: t(`routing.scenario.${value}`) }))} />`
        : html`<${Operand} key=${test.operator} operator=${test.operator} value=${test.value} onChange=${set} />`}
  </div>`;
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The text as it is typed; what it means goes out. A list keeps its last comma only here. */
function Operand({ operator, value, onChange }) {
  const isNumber = ["gt", "ge", "lt", "le"].includes(operator);
  const read = (event) => onChange(operandOf(operator, event.currentTarget.value));
  return html`<input class="input" type="text" inputmode=${isNumber ? "decimal" : undefined}
    aria-label=${t("routing.condition_value")}
    placeholder=${t(`routing.operand.${operator === "in" ? "list" : operator === "matches" ? "pattern" : isNumber
      ? "number" : "text"}`)}
    defaultValue=${operandText(value)} onInput=${read} spellcheck=${false} autocomplete="off" />`;
}

function HasImage({ row, onChange }) {
  return html`<${Choice} label=${t("routing.condition_value")} value=${String(row.value)}
    onChange=${(value) => onChange({ ...row, value: value === "true" })}
    options=${[{ value: "true", label: t("parts.yes") }, { value: "false", label: t("parts.no") }]} />`;
}

function TimeTest({ time, onChange }) {
  const days = time.days ?? [];
  const set = (name) => (value) => {
    const { [name]: _, ...rest } = time;
    onChange(value && value.length ? { ...rest, [name]: value } : rest);
  };
  const toggle = (day) => set("days")(DAYS.filter((one) => (one === day) !== days.includes(one)));
  return html`<div class="condition-time">
    <${Text} type="time" label=${t("routing.time.from")} value=${time.from ?? ""} onChange=${set("from")} />
    <span class="faint" aria-hidden="true">–</span>
    <${Text} type="time" label=${t("routing.time.to")} value=${time.to ?? ""} onChange=${set("to")} />
    <${Text} label=${t("routing.time.zone")} placeholder=${t("routing.time.zone")} value=${time.zone ?? ""}
      onChange=${set("zone")} />
    <div class="days" role="group" aria-label=${t("routing.time.days")}>
      ${DAYS.map((day) => html`<button key=${day} type="button" aria-pressed=${days.includes(day)}
        onClick=${() => toggle(day)}>${dayName(day)}</button>`)}
    </div>
  </div>`;
}

/** The short name of a weekday in the language of the page; the first of January 2024 was a Monday. */
export function dayName(day) {
  const date = new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
  return date.toLocaleDateString(language.value === "zh" ? "zh-CN" : "en-GB", { weekday: "short", timeZone: "UTC" });
}

function Choice({ label, value, options, onChange }) {
  return html`<span class="select"><select class="input" aria-label=${label} value=${value}
    onChange=${(event) => onChange(event.currentTarget.value)}>
    ${options.map((one) => html`<option key=${one.value} value=${one.value}
      selected=${one.value === value}>${one.label}</option>`)}
  </select><${Icon} name="chevron_down" size=${16} /></span>`;
}

function Text({ label, value, onChange, type = "text", class: extra = "", placeholder = label }) {
  const id = useId();
  return html`<input id=${id} class=${`input ${extra}`} type=${type} aria-label=${label} placeholder=${placeholder}
    value=${value} spellcheck=${false}
    autocomplete="off" onInput=${(event) => onChange(event.currentTarget.value)} />`;
}
