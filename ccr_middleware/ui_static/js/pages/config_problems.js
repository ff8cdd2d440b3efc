// What is wrong with the text of the configuration, and what looks like a mistake.
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Icon, Spinner } from "../parts/index.js";

/** `goTo(line, column)` shows a place in the editor. */
export function ProblemList({ problems, warnings, isChecking, goTo }) {
  const isGood = !problems.length && !warnings.length;
  return html`<section class="card problem-card" aria-label=${t("config.problems_title")}>
    <p class="row small" role="status">
      ${isChecking ? html`<${Spinner} /> <span class="faint">${t("config.checking")}</span>`
        : html`<${Icon} name=${problems.length ? "alert" : "check"} size=${16}
        class=${problems.length ? "is-bad" : "is-ok"} />
        <span>${problems.length ? t("config.problems", { n: problems.length }) : t("config.valid")}${warnings.length
          ? ` · ${t("config.warnings", { n: warnings.length })}` : ""}</span>`}
    </p>
    ${!isGood && html`<ul class="problem-list">
      ${problems.map((one, index) => html`<li key=${index} class="is-error"><${Icon} name="alert"
        size=${15} /><${Problem} problem=${one} goTo=${goTo} /></li>`)}
      ${warnings.map((one) => html`<li key=${one} class="is-warning"><${Icon} name="info"
        size=${15} /><span>${one}</span></li>`)}
    </ul>`}
  </section>`;
}

function Problem({ problem, goTo }) {
  const inside = html`${problem.line && html`<span
    class="faint num">${t("config.line", { line: problem.line, column: problem.column ?? 1 })}</span>`}
    ${problem.path && html`<code>${problem.path}</code>`} <span>${problem.message}</span>`;
  if (!problem.line) return html`<span class="problem-text">${inside}</span>`;
  return html`<button type="button" class="row-button problem-text"
    onClick=${() => goTo(problem.line, problem.column)}>${inside}</button>`;
}
