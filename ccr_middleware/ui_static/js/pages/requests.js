// The history of requests: a table with filters that grows at its top while requests come in.
import { html, useEffect, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { watchRequests } from "../core/live.js";
import { useLoad } from "../core/load.js";
import { fits } from "../core/records.js";
import { link, navigate, replacePlace } from "../core/router.js";
import { Button, Card, Empty, IconButton, Loaded, PageHead, toast, errorText } from "../parts/index.js";
import texts from "../texts/requests.js";
import { RequestDetail } from "./requests_detail.js";
import { Filters, sinceOf } from "./requests_filters.js";
import { RequestTable } from "./requests_table.js";

addTexts(texts);

const PAGE_SIZE = 50;
const MOST_SHOWN = 1000;
const RUNNING_MS = 15 * 60_000; // after so long a call that never ended is not shown as running any more

export default function Requests({ args, query }) {
  const [id] = args;
  const [isLive, setLive] = useState(true);
  const key = JSON.stringify(query);
  const load = (abort) => get("api/requests", { ...askedOf(query), limit: PAGE_SIZE }, { signal: abort });
  const result = useLoad(load, [key]);
  const running = useRunning(isLive, query, key, result);
  const filter = (change) => replacePlace("requests", ...args, { ...query, ...change });
  const actions = html`<${IconButton} icon="refresh" label=${t("parts.retry")} onClick=${result.reload} />
    <${Button} icon=${isLive ? "pause" : "play"} aria-pressed=${isLive} title=${t("requests.live_hint")}
      onClick=${() => (setLive(!isLive), isLive || result.reload())}>${t(isLive ? "requests.pause" : "requests.live")}<//>`;
  return html`<div class="page">
    <${PageHead} title=${t("requests.title")} text=${t("requests.text")} actions=${actions} />
    <${Filters} query=${query} onChange=${filter} onClear=${() => replacePlace("requests", ...args)} />
    <${Card} flush>
      <${Loaded} result=${result} lines=${10}>${(page) =>
        page.requests.length || running.length
          ? html`<${RequestTable} records=${page.requests} running=${running} onOpen=${(record) => navigate("requests", record.id, query)} />
              <${Older} page=${page} query=${query} onMore=${result.setData} />`
          : html`<${Nothing} isFiltered=${Object.keys(query).length > 0} onClear=${() => replacePlace("requests")} />`}<//>
    <//>
    ${id && html`<${RequestDetail} key=${id} id=${id} onClose=${() => navigate("requests", query)} />`}
  </div>`;
}

/** The filters of the address as `/api/requests` takes them. */
function askedOf({ within, ...query }) {
  return { ...query, since: sinceOf(within) };
}

/** The calls under way; finished ones are put on top of the table's rows. */
function useRunning(isLive, query, key, result) {
  const [running, setRunning] = useState([]);
  useEffect(() => {
    if (!isLive) return undefined;
    return watchRequests((event, record) => {
      setRunning((old) => {
        const others = old.filter((one) => one.id !== record.id && one.time * 1000 > Date.now() - RUNNING_MS);
        return event === "started" ? [record, ...others] : others;
      });
      if (event === "request" && fits(record, askedOf(query))) result.setData((old) => old && withNew(old, record));
    });
  }, [isLive, key]);
  const isFiltered = Object.keys(query).length > 0;
  return isLive && !isFiltered ? running : [];
}

function withNew(page, record) {
  const others = page.requests.filter((one) => one.id !== record.id);
  return { ...page, requests: [{ ...record, isNew: true }, ...others].slice(0, MOST_SHOWN) };
}

function Older({ page, query, onMore }) {
  const [isBusy, setBusy] = useState(false);
  if (!page.next) return html`<p class="table-end">${t("requests.end")}</p>`;
  async function more() {
    setBusy(true);
    try {
      const older = await get("api/requests", { ...askedOf(query), limit: PAGE_SIZE, before: page.next });
      onMore((old) => ({ next: older.next, requests: merged(old.requests, older.requests) }));
    } catch (error) {
      toast(errorText(error), { tone: "bad" });
    } finally {
      setBusy(false);
    }
  }
  return html`<p class="table-end"><${Button} icon="arrow_down" busy=${isBusy} onClick=${more}>${t("requests.more")}<//></p>`;
}

function merged(records, older) {
  const known = new Set(records.map((one) => one.id));
  return [...records, ...older.filter((one) => !known.has(one.id))];
}

function Nothing({ isFiltered, onClear }) {
  if (isFiltered) {
    const action = html`<${Button} icon="x" onClick=${onClear}>${t("requests.clear_filters")}<//>`;
    return html`<${Empty} icon="filter" title=${t("requests.none_fit")} actions=${action}>${t("requests.none_fit_text")}<//>`;
  }
  const action = html`<${Button} kind="primary" icon="playground" href=${link("playground")}>${t("requests.to_playground")}<//>`;
  return html`<${Empty} icon="requests" title=${t("requests.none")} actions=${action}>${t("requests.none_text")}<//>`;
}
