// The choices above a log: file, level, view, search, follow.
import { html } from "../core/view.js";
import { formatBytes } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Button, Segments, SelectField, Switch, TextField } from "../parts/index.js";

const LEVELS = ["info", "warn", "error"];

export function LogTools({ files, file, query, change, search, setSearch, isFollowing, setFollowing, isNewest }) {
  const fileOptions = files.map((one, index) => ({ value: one.id, label: `${index ? one.name : t("logs.newest", { name: one.name })} · ${formatBytes(one.size)}` }));
  const levelOptions = [{ value: "", label: t("logs.level_all") }, ...LEVELS.map((value) => ({ value, label: t(`logs.level_${value}`) }))];
  const views = [{ value: "", label: t("logs.lines"), icon: "logs" }, { value: "grouped", label: t("logs.grouped"), icon: "presets" }];
  return html`<div class="toolbar log-tools">
    <${SelectField} class="log-file" label=${t("logs.file")} hideLabel value=${file.id} options=${fileOptions} onChange=${(value) => change({ file: value })} />
    <${SelectField} label=${t("logs.level")} hideLabel value=${query.level ?? ""} options=${levelOptions} onChange=${(level) => change({ level })} />
    <${TextField} class="wide" label=${t("parts.search")} hideLabel type="search" placeholder=${t("logs.search")} value=${search} onChange=${setSearch} />
    ${query.request_id && html`<${Button} icon="x" onClick=${() => change({ request_id: "" })}>${t("logs.request", { id: short(query.request_id) })}<//>`}
    <${Segments} label=${t("logs.view")} value=${query.view ?? ""} options=${views} onChange=${(view) => change({ view })} />
    ${isNewest && html`<div class="log-follow" title=${t("logs.follow_hint")}><${Switch} label=${t("logs.follow")} value=${isFollowing} onChange=${setFollowing} /></div>`}
  </div>`;
}

/** A request's id, short enough for a column. */
export const short = (id) => (id.length > 13 ? `${id.slice(0, 12)}…` : id);
