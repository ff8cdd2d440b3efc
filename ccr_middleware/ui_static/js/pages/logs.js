// The log files: read, searched, followed, grouped by request.
import { html, useEffect, useMemo, useState } from "../core/view.js";
import { address, del, get } from "../core/api.js";
import { formatNumber } from "../core/format.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad, usePolling, useSettled } from "../core/load.js";
import { entriesOf, joined } from "../core/log_lines.js";
import { replacePlace } from "../core/router.js";
import { Button, Card, confirm, Empty, errorText, Failed, Loaded, PageHead, toast } from "../parts/index.js";
import texts from "../texts/logs.js";
import { LogTools } from "./logs_tools.js";
import { LogGroups, LogLines } from "./logs_view.js";

addTexts(texts);

const MOST_LINES = 2000;
const FOLLOW_MS = 2000;

export default function Logs({ query }) {
  const files = useLoad((abort) => get("api/logs/files", {}, { signal: abort }));
  usePolling(files.reload, files.data?.length === 0 ? FOLLOW_MS : 0); // the first lines make the first file
  return html`<div class="page">
    <${PageHead} title=${t("logs.title")} text=${t("logs.text")} />
    <${Loaded} result=${files} lines=${10}>${(list) => (list.length ? html`<${LogFile} files=${list} onChange=${files.reload} query=${query} />` : html`<${NoFiles} />`)}<//>
  </div>`;
}

function NoFiles() {
  return html`<${Card}><${Empty} icon="logs" title=${t("logs.no_files")}>${t("logs.no_files_text")}<//><//>`;
}

/** One file with its tools. `query` holds what is looked at: file, level, request_id, view. */
function LogFile({ files, onChange, query }) {
  const file = files.find((one) => one.id === query.file) ?? files[0];
  const isNewest = file === files[0];
  const [isFollowing, setFollowing] = useState(isNewest);
  const [search, setSearch] = useState("");
  const wanted = useSettled(search.trim().toLowerCase());
  const asked = { file: file.id, level: query.level, request_id: query.request_id, tail: 1, limit: MOST_LINES };
  const load = async (abort) => entriesOf(await get("api/logs", asked, { signal: abort }));
  const result = useLoad(load, [file.id, query.level, query.request_id]);
  const follow = async () => {
    const since = result.data?.at(-1)?.time ?? undefined;
    const newer = entriesOf(await get("api/logs", { ...asked, since }).catch(() => []));
    if (newer.length) result.setData((old) => old && joined(old, newer).slice(-MOST_LINES));
  };
  usePolling(follow, isFollowing && isNewest ? FOLLOW_MS : 0);
  useEffect(() => result.setData(null), [file.id, query.level, query.request_id]);
  const entries = result.data ?? [];
  const shown = useMemo(() => entries.filter((one) => !wanted || textOf(one).includes(wanted)), [entries, wanted]);
  const change = (more) => replacePlace("logs", { ...query, ...more });
  const tools = { files, file, query, change, search, setSearch, isFollowing, setFollowing, isNewest };
  return html`<${LogTools} ...${tools} />
    <${Card} flush class="log-card">
      <div class="log-head">
        <span class="faint small num">${countText(shown.length, entries.length)}</span>
        <div class="actions">
          <${Button} small kind="quiet" icon="download" href=${address(`api/logs/files/${encodeURIComponent(file.id)}`)} download=${file.name}>${t("parts.download")}<//>
          <${Button} small kind="quiet" icon="trash" onClick=${() => clear(file, onChange, result.reload)}>${t("logs.clear")}<//>
        </div>
      </div>
      <${Lines} result=${result} shown=${shown} query=${query} change=${change} isFollowing=${isFollowing && isNewest} />
    <//>
    ${entries.length >= MOST_LINES && html`<p class="small faint">${t("logs.limited", { n: formatNumber(MOST_LINES) })}</p>`}`;
}

function Lines({ result, shown, query, change, isFollowing }) {
  if (result.error && result.data === null) return html`<${Failed} error=${result.error} retry=${result.reload} />`;
  if (result.data !== null && !shown.length) return html`<${Empty} icon="logs" title=${t("logs.empty")}>${t("logs.empty_text")}<//>`;
  const only = (id) => change({ request_id: id });
  if (query.view === "grouped") return html`<${LogGroups} entries=${shown} onOnly=${only} />`;
  return html`<${LogLines} entries=${shown} onOnly=${only} isFollowing=${isFollowing} isLoading=${result.data === null} />`;
}

function textOf(entry) {
  return [entry.raw, ...entry.following].join("\n").toLowerCase();
}

function countText(shown, all) {
  const values = { n: formatNumber(shown), all: formatNumber(all) };
  return t(shown === all ? "logs.shown" : "logs.shown_of", values);
}

async function clear(file, onFiles, onLines) {
  const question = { title: t("logs.clear_title"), text: t("logs.clear_text", { name: file.name }), action: t("logs.clear_do"), danger: true };
  if (!(await confirm(question))) return;
  try {
    await del("api/logs", { file: file.id });
    toast(t("logs.cleared"));
    onFiles();
    onLines();
  } catch (error) {
    toast(errorText(error), { tone: "bad" });
  }
}
