// Conditions in words, for the list of rules.
import { t } from "../core/i18n.js";
import { operandText } from "../document_conditions.js";
import { dayName } from "./routing_conditions.js";

/** A group as one line of text; "" for an empty one. */
export function groupText(group) {
  if (group.items.length === 1 && group.items[0].kind === "any") return groupText(group.items[0]);
  const parts = group.items.map((item) => (item.kind ? nestedText(item) : rowText(item))).filter(Boolean);
  return parts.join(group.kind === "any" ? t("routing.text_or") : t("routing.text_and"));
}

function nestedText(group) {
  const inner = groupText(group);
  if (!inner) return "";
  if (group.kind === "not") return t("routing.text_not", { inner });
  return group.items.length > 1 ? `(${inner})` : inner;
}

function rowText(row) {
  if (row.subject === "has_image") return t(row.value ? "routing.text_image" : "routing.text_no_image");
  if (row.subject === "time") return timeText(row.time);
  const subject = row.name ? `${t(`routing.subject.${row.subject}`)} ${row.name}` : t(`routing.subject.${row.subject}`);
  return row.tests.map(({ operator, value }) => `${subject} ${testText(operator, value)}`).join(t("routing.text_and"));
}

function testText(operator, value) {
  if (operator === "exists") return t(value ? "routing.text_exists" : "routing.text_missing");
  return `${t(`routing.operator.${operator}`)} ${operandText(value)}`;
}

function timeText({ from, to, days, zone }) {
  const hours = from || to ? `${from ?? "00:00"}–${to ?? "24:00"}` : "";
  return [t("routing.subject.time"), (days ?? []).map(dayName).join(" "), hours, zone].filter(Boolean).join(" ");
}
