// Numbers, times and sizes as people read them, in the language of the page.
import { language } from "./i18n.js";

export const NOTHING = "–";

const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);
const locale = (kind) => (language.value === "zh" ? "zh-CN" : kind === Intl.DateTimeFormat ? "en-GB" : "en");
const formats = new Map();

function formatter(kind, options) {
  const key = `${kind.name}${language.value}${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new kind(locale(kind), options));
  return formats.get(key);
}

/** 12345.6 → "12,346". */
export function formatNumber(value, digits = 0) {
  return isMissing(value) ? NOTHING : formatter(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value);
}

/** 1234567 → "1.2M": for tiles and axes. */
export function formatCompact(value) {
  if (isMissing(value)) return NOTHING;
  const options = { notation: "compact", maximumFractionDigits: Math.abs(value) < 1000 && value % 1 ? 2 : 1 };
  return formatter(Intl.NumberFormat, options).format(value);
}

/** 0.034 → "3.4%". */
export function formatShare(value) {
  return isMissing(value) ? NOTHING : formatter(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(value);
}

/** Seconds → "320 ms", "4.2 s", "3 min 05 s". */
export function formatSeconds(value) {
  if (isMissing(value)) return NOTHING;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${formatNumber(value, value < 10 ? 2 : 1)} s`;
  return `${Math.floor(value / 60)} min ${String(Math.floor(value % 60)).padStart(2, "0")} s`;
}

/** Bytes → "1.4 MB". */
export function formatBytes(value) {
  if (isMissing(value)) return NOTHING;
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, value > 0 ? Math.floor(Math.log(value) / Math.log(1000)) : 0);
  return `${formatNumber(value / 1000 ** power, power ? 1 : 0)} ${units[power]}`;
}

/** A cost without a currency: the configuration's prices have none. */
export function formatCost(value) {
  return isMissing(value) ? NOTHING : formatNumber(value, value < 0.1 ? 5 : 2);
}

/** Any moment (UNIX seconds, UNIX milliseconds, ISO text) as a Date, or null. */
export function moment(value) {
  if (isMissing(value) || value === "") return null;
  const date = new Date(typeof value === "number" && value < 1e11 ? value * 1000 : value);
  return Number.isNaN(date.getTime()) ? null : date;
}

function dated(value, options) {
  const date = moment(value);
  return date ? formatter(Intl.DateTimeFormat, options).format(date) : NOTHING;
}

/** "14:03:22" */
export const formatTime = (value) => dated(value, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
/** "24 Mar, 14:03:22" */
export const formatMoment = (value) =>
  dated(value, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
/** "24 Mar 2026" */
export const formatDate = (value) => dated(value, { year: "numeric", month: "short", day: "numeric" });

/** "3 minutes ago", "in 2 hours". */
export function formatAgo(value) {
  const date = moment(value);
  if (!date) return NOTHING;
  const seconds = (date.getTime() - Date.now()) / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) ?? units[3];
  return formatter(Intl.RelativeTimeFormat, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}
