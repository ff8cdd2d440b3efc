// A chart over time. Colours come from the style sheet, so that it follows light and dark.
import { html, useEffect, useRef } from "../core/view.js";
import { uPlot } from "../../vendor/chart.js";
import { language, t } from "../core/i18n.js";
import { formatCompact, formatMoment, NOTHING } from "../core/format.js";
import { shownTheme } from "../core/theme.js";

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * `times`: UNIX seconds, ascending. `series`: list of `{label, values, color: "--chart-1", kind: "line"|"area"|"bars"}`,
 * values may be null. `format(value)` writes axis and legend. `label` tells screen readers what it shows.
 */
export function Chart({ times, series, height = 180, format = formatCompact, label }) {
  const box = useRef(null);
  const plot = useRef(null);
  const shape = series.map((one) => `${one.label}${one.color}${one.kind}`).join();
  const look = `${shownTheme.value}${language.value}`;
  useEffect(() => {
    const hasBars = series.some((one) => one.kind === "bars");
    const options = { ...frame(format, height, hasBars), width: box.current.clientWidth, series: [clock(), ...series.map(curve(format))] };
    plot.current = new uPlot(options, [times, ...series.map((one) => one.values)], box.current);
    const observer = new ResizeObserver(([entry]) => plot.current.setSize({ width: entry.contentRect.width, height }));
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      plot.current.destroy();
      plot.current = null;
    };
  }, [shape, look, height]);
  useEffect(() => {
    plot.current?.setData([times, ...series.map((one) => one.values)]);
  }, [times, ...series.map((one) => one.values)]);
  return html`<div class="chart" role="img" aria-label=${label} ref=${box}></div>`;
}

function frame(format, height, hasBars) {
  const axis = { stroke: style("--text-3"), font: `11px ${style("--font")}`, ticks: { show: false } };
  const grid = { stroke: style("--line"), width: 1 };
  return {
    height,
    padding: [8, 18, 0, 0],
    cursor: { points: { size: 7, show: !hasBars }, drag: { x: false, y: false }, y: false },
    legend: { live: true },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 70, values: (_, splits) => clockLabels(splits) },
      { ...axis, grid, size: 48, space: 36, values: (_, splits) => splits.map((one) => format(one)) },
    ],
    scales: { x: hasBars ? { range: roomForBars } : {}, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
  };
}

/** Half a step more at both ends, so that the first and last bar are whole. */
function roomForBars(plot, low, high) {
  const [first, second] = plot.data[0];
  const half = (second - first) / 2 || 0;
  return [low - half, high + half];
}

function clock() {
  return { label: t("parts.time"), value: (_, seconds) => (seconds === null ? NOTHING : formatMoment(seconds)) };
}

/** Times of day, with the date where a day begins. */
function clockLabels(splits) {
  const locale = document.documentElement.lang;
  return splits.map((seconds) => {
    const date = new Date(seconds * 1000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    const options = isMidnight ? { month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit", hour12: false };
    return date.toLocaleString(locale, options);
  });
}

/** Whether a line has so few values that some may stand alone, and be seen only as points. */
const hasFewValues = (plot, index) => plot.data[index].filter((value) => value !== null).length < 8;

const curve = (format) => (one) => {
  const stroke = style(one.color);
  const base = { label: one.label, stroke, width: 1.75, points: { show: hasFewValues, size: 6 }, value: (_, value) => format(value) };
  if (one.kind === "bars") return { ...base, points: { show: false }, width: 0, fill: stroke, paths: uPlot.paths.bars({ size: [0.7, 24], radius: 0.2 }) };
  const smooth = uPlot.paths.spline();
  return one.kind === "area" ? { ...base, fill: `${stroke}24`, paths: smooth } : { ...base, paths: smooth };
};
