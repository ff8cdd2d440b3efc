// Log entries: line by line, or under the request they belong to.
import { html, useLayoutEffect, useRef, useState } from "../core/view.js";
import { formatMoment, formatSeconds, formatTime } from "../core/format.js";
import { named, t } from "../core/i18n.js";
import { extrasOf, groupsOf } from "../core/log_lines.js";
import { link } from "../core/router.js";
import { Badge, Button, CodeBlock, Icon, Loading } from "../parts/index.js";
import { short } from "./logs_tools.js";

const AT_END_PIXELS = 40;

const toneOf = (level) => (level >= 50 ? "bad" : level >= 40 ? "warn" : level >= 30 ? "info" : "neutral");

/** All entries, the newest at the end, which is kept in view while it was. */
export function LogLines({ entries, onOnly, isFollowing, isLoading }) {
  const box = useRef(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const toEnd = () => box.current && (box.current.scrollTop = box.current.scrollHeight);
  useLayoutEffect(() => {
    if (isAtEnd) toEnd();
  }, [entries]);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    setAtEnd(scrollHeight - scrollTop - clientHeight < AT_END_PIXELS);
  };
  if (isLoading) return html`<${Loading} lines=${10} />`;
  return html`<div class="log-lines" ref=${box} onScroll=${onScroll} tabindex="0" role="log" aria-live="off" aria-label=${t("logs.title")}>
      ${entries.map((entry, index) => html`<${LogLine} key=${`${entry.raw}${index}`} entry=${entry} onOnly=${onOnly} />`)}
    </div>
    ${isFollowing && !isAtEnd && html`<div class="log-jump"><${Button} small icon="arrow_down" onClick=${toEnd}>${t("logs.jump")}<//></div>`}`;
}

function LogLine({ entry, onOnly }) {
  const [isOpen, setOpen] = useState(false);
  return html`<details class=${`log-line ${toneOf(entry.level)}`} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>
      <time class="num faint" title=${formatMoment(entry.time)}>${formatTime(entry.time)}</time>
      <span class="log-level">${named("logs.level_name", entry.level)}</span>
      <span class="log-message">${entry.message}${entry.following.length > 0 && html` <${Badge}>+${entry.following.length}<//>`}
        <span class="faint">${extrasOf(entry).map(([name, value]) => ` ${name}=${value}`).join("")}</span></span>
      <span class="log-id faint">${entry.requestId && short(entry.requestId)}</span>
    </summary>
    ${isOpen && html`<${EntryDetail} entry=${entry} onOnly=${onOnly} />`}
  </details>`;
}

function EntryDetail({ entry, onOnly }) {
  const text = [entry.value ? JSON.stringify(entry.value, null, 2) : entry.raw, ...entry.following].join("\n");
  return html`<div class="log-detail stack tight">
    <${CodeBlock} wrap text=${text} title=${formatMoment(entry.time)} label=${entry.message} />
    ${entry.requestId && html`<div class="actions">
      <${Button} small icon="filter" onClick=${() => onOnly(entry.requestId)}>${t("logs.only_request")}<//>
      <${Button} small icon="requests" href=${link("requests", entry.requestId)}>${t("logs.open_request")}<//>
    </div>`}
  </div>`;
}

/** The entries by request, the newest request first. */
export function LogGroups({ entries, onOnly }) {
  return html`<div class="log-groups">${groupsOf(entries).map((group) => html`<${LogGroup} key=${group.id} group=${group} onOnly=${onOnly} />`)}</div>`;
}

function LogGroup({ group, onOnly }) {
  const [isOpen, setOpen] = useState(false);
  const seconds = group.last && group.first ? (group.last - group.first) / 1000 : null;
  const worst = group.entries.find((one) => one.level === group.level) ?? group.entries[0];
  const title = group.level >= 40 ? worst.message : group.entries.at(-1).message;
  return html`<details class="log-group" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>
      <${Icon} name="chevron_right" size=${16} />
      <time class="num faint" title=${formatMoment(group.first)}>${formatTime(group.first)}</time>
      <${Badge} tone=${toneOf(group.level)}>${named("logs.level_name", group.level)}<//>
      <span class="clip grow"><span class="strong">${group.id ? short(group.id) : t("logs.own")}</span> <span class="soft">${title}</span></span>
      <span class="faint small nowrap not-phone">${t("logs.group_lines", { n: group.entries.length })}</span>
      ${group.id && html`<span class="num small nowrap">${formatSeconds(seconds)}</span>`}
    </summary>
    ${isOpen && html`<div class="log-group-lines">${group.entries.map((entry, index) => html`<${LogLine} key=${index} entry=${entry} onOnly=${onOnly} />`)}</div>`}
  </details>`;
}
