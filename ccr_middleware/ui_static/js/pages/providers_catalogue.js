// The catalogue: choosing what kind of provider to add.
import { html, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { Badge, Button, Empty, Icon, Loaded, PageHead, TextField } from "../parts/index.js";

/** `result` is the catalogue as of useLoad. */
export function Catalogue({ result }) {
  const back = html`<${Button} kind="quiet" small icon="arrow_left"
    href=${link("providers")}>${t("nav.providers")}<//>`;
  return html`<${PageHead} title=${t("providers.add")} text=${t("providers.catalogue_text")} back=${back} />
    <${Loaded} result=${result} lines=${6}>${(entries) => html`<${Picker} entries=${entries}
      hrefOf=${(name) => link("providers", "new", name)} />`}<//>`;
}

/** The entries as tiles, one for each provider; `hrefOf(name)` or `onPick(entry)` says what a tile does. */
export function Picker({ entries, hrefOf, onPick, custom = true }) {
  const [search, setSearch] = useState("");
  const families = familiesOf(entries).filter((one) => fits(one, search));
  const tile = (name, children) =>
    hrefOf
      ? html`<a class="tile" href=${hrefOf(name)}>${children}</a>`
      : html`<button type="button" class="tile"
        onClick=${() => onPick(entries.find((one) => one.name === name) ?? null)}>${children}</button>`;
  return html`<div class="stack">
    <div class="toolbar"><${TextField} label=${t("parts.search")} hideLabel type="search"
      placeholder=${t("providers.catalogue_search")}
      value=${search} onChange=${setSearch} /></div>
    <ul class="tiles">
      ${custom && html`<li>${tile("custom", html`<span class="tile-mark"><${Icon} name="plus" /></span>
        <span><strong>${t("providers.custom")}</strong><small>${t("providers.custom_text")}</small></span>`)}</li>`}
      ${families.map(({ first, all }) => html`<li key=${first.name}>${tile(first.name, html`
        <span class="tile-mark" aria-hidden="true">${initials(first.title)}</span>
        <span><strong>${first.title}</strong><small class="mono clip">${hostOf(first.base_url)}</small></span>
        ${first.local && html`<${Badge} tone="info">${t("providers.local")}<//>`}
        <span class="visually-hidden">${all.map((one) => one.name).join(", ")}</span>`)}</li>`)}
    </ul>
    ${!families.length && html`<${Empty} icon="search"
      title=${t("providers.no_match")}>${t("providers.no_match_text")}<//>`}
  </div>`;
}

/** `[{first, all}]`: the entries of each provider, its main one first. */
export function familiesOf(entries) {
  const found = new Map();
  for (const entry of entries) {
    const family = entry.family ?? entry.name;
    if (!found.has(family)) found.set(family, []);
    found.get(family).push(entry);
  }
  return [...found.values()].map((all) => ({ first: all[0], all }));
}

function fits({ all }, search) {
  const text = all.flatMap((one) => [one.name, one.title, one.base_url, ...(one.aliases ?? []),
    ...(one.models ?? [])]).join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function initials(title) {
  const words = String(title ?? "?").replace(/[^\p{L}\p{N} ]/gu, "").split(" ").filter(Boolean);
  return (words.length > 1 ? words[0][0] + words[1][0] : (words[0] ?? "?").slice(0, 2)).toUpperCase();
}

/** The host of an address, with its port when it has one. */
export function hostOf(url) {
  return String(url ?? "").replace(/^\w+:\/\//, "").split("/")[0];
}
