// Providers: the list, and what leads to adding and editing one.
import { html, useState } from "../core/view.js";
import { get } from "../core/api.js";
import { addTexts, t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { link } from "../core/router.js";
import { providersOf, usesOf, withProvider } from "../document_providers.js";
import { useDocument } from "../document_store.js";
import { Button, confirm, Empty, Loaded, PageHead, TextField } from "../parts/index.js";
import texts from "../texts/providers.js";
import { ReadOnly } from "./config_readonly.js";
import { ProviderCard } from "./providers_card.js";
import { Catalogue } from "./providers_catalogue.js";
import { ProviderForm } from "./providers_form.js";
import { entryOf } from "./routing_target.js";

addTexts(texts);

/** `#/providers`, `#/providers/new[/entry]`, `#/providers/edit/name`. */
export default function Providers({ args }) {
  const [mode, name = ""] = args;
  const store = useDocument();
  const catalogue = useLoad(async () => (await get("api/catalogue")).providers, []);
  const known = useLoad(async () => (await get("api/transformers")).transformers, []);
  const shared = { store, catalogue: catalogue.data ?? [], known: known.data ?? [] };
  return html`<div class="page">
    <${Loaded} result=${store} lines=${8}>
      ${({ document }) => {
        if (mode === "new" && !name) return html`<${Catalogue} result=${catalogue} />`;
        if (mode === "new" && !catalogue.data && !catalogue.error) return null;
        if (mode === "new") return html`<${ProviderForm} key=${`new ${name}`} ...${shared}
          entry=${entryOf(shared.catalogue, name)} />`;
        const provider = providersOf(document).find((one) => one.name.toLowerCase() === name.toLowerCase());
        if (mode === "edit" && provider) {
          return html`<${ProviderForm} key=${provider.name} ...${shared} provider=${provider}
            entry=${entryOf(shared.catalogue, provider.name)} />`;
        }
        return html`<${List} ...${shared} document=${document} />`;
      }}
    <//>
  </div>`;
}

function List({ store, document, catalogue }) {
  const [search, setSearch] = useState("");
  const health = useLoad(async () => (await get("api/health/targets")).targets, []);
  const providers = providersOf(document);
  const shown = providers.filter((one) => fits(one, search));
  const add = html`<${Button} kind="primary" icon="plus" href=${link("providers", "new")}>${t("providers.add")}<//>`;
  return html`
    <${PageHead} title=${t("nav.providers")} text=${t("providers.text")} actions=${providers.length > 0 && add} />
    <${ReadOnly} />
    ${providers.length > 4 && html`<div class="toolbar">
      <${TextField} label=${t("parts.search")} hideLabel type="search" placeholder=${t("providers.search")}
        value=${search} onChange=${setSearch} />
      <span class="faint small" role="status">${t("providers.count", { n: shown.length, all: providers.length })}</span>
    </div>`}
    ${!providers.length && html`<${Empty} icon="providers" title=${t("providers.empty")}
      actions=${add}>${t("providers.empty_text")}<//>`}
    ${providers.length > 0 && !shown.length && html`<${Empty} icon="search" title=${t("providers.no_match")} />`}
    <div class="provider-list">
      ${shown.map((provider) => html`<${ProviderCard} key=${provider.name} provider=${provider}
        entry=${entryOf(catalogue, provider.name)}
        targets=${(health.data ?? []).filter((one) => one.provider.toLowerCase() === provider.name.toLowerCase())}
        onDelete=${() => remove(store, document, provider)} />`)}
    </div>`;
}

function fits({ name, baseUrl, models }, search) {
  const text = [name, baseUrl, ...models].join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Ask, telling which routes will miss it, then take it out. */
async function remove(store, document, provider) {
  const uses = usesOf(document, provider.name);
  const places = [...new Set(uses.map(placeText))];
  const text = places.length
    ? t("providers.delete_used", { places: places.join(", ") })
    : t("providers.delete_unused");
  const title = t("providers.delete_title", { name: provider.name });
  if (!(await confirm({ title, text, action: t("parts.delete"), danger: true }))) return;
  await store.save((now) => withProvider(now, provider.index, undefined),
    { done: t("providers.deleted", { name: provider.name }) });
}

/** Where a target stands, in words. */
export function placeText({ kind, name }) {
  const words = kind === "scenario" || kind === "fallback" ? t(`providers.scenario.${name}`) : name;
  return t(`providers.use_${kind}`, { name: words });
}
