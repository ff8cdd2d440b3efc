// Adding and editing a provider.
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { link, navigate } from "../core/router.js";
import { PROVIDER, isBlank, read } from "../document.js";
import { modelsOf } from "../document_providers.js";
import { confirmDiscard } from "../document_store.js";
import { transformersOf, withTransformers } from "../document_uses.js";
import { Button, Card, Checkbox, Notice, PageHead, SelectField, TextField } from "../parts/index.js";
import { AdvancedCard } from "./providers_advanced.js";
import { familiesOf } from "./providers_catalogue.js";
import { useProviderDraft } from "./providers_draft.js";
import { KeyField, MoreKeys } from "./providers_key.js";
import { ModelsField } from "./providers_models.js";
import { TestCard } from "./providers_test.js";
import { TransformersCard } from "./providers_transformers.js";

const WIRES = ["", "chat", "messages", "responses", "gemini"];

/** `provider` (as of `providersOf`) is edited; without it one is added, begun from `entry` of the catalogue. */
export function ProviderForm({ store, provider, entry, catalogue, known }) {
  const draft = useProviderDraft({ store, provider, entry });
  const { raw, setRaw, models, errorAt } = draft;
  const submit = (event) => {
    event.preventDefault();
    draft.save();
  };
  return html`<form class="stack loose provider-form" novalidate onSubmit=${submit}>
    <${Head} provider=${provider} entry=${entry} />
    ${draft.otherProblems.length > 0 && html`<${Notice} tone="bad" title=${t("providers.not_saved")}>
      ${draft.otherProblems.map((one) => html`<p key=${one.message}>${one.message}</p>`)}<//>`}
    <${Basics} draft=${draft} provider=${provider} entry=${entry} catalogue=${catalogue} />
    <${Access} draft=${draft} entry=${entry} />
    <${Models} draft=${draft} entry=${entry} />
    <${TestCard} makeRaw=${draft.makeRaw} models=${models} />
    <${TransformersCard} uses=${transformersOf(raw)} models=${models} known=${known}
      onChange=${(uses) => setRaw((old) => withTransformers(old, uses))} />
    <${AdvancedCard} raw=${raw} onChange=${setRaw} errorAt=${errorAt} />
    <${SaveBar} draft=${draft} isNew=${!provider} />
  </form>`;
}

function Head({ provider, entry }) {
  const title = entry?.title ?? t("providers.custom");
  const back = html`<${Button} kind="quiet" small icon="arrow_left" href=${link("providers")}>
    ${t("nav.providers")}<//>`;
  const docs = entry?.docs && html`<a href=${entry.docs} target="_blank" rel="noreferrer">${t("providers.docs")}</a>`;
  const heading = provider ? t("providers.edit_title", { name: provider.name }) : t("providers.new_title", { title });
  return html`<${PageHead} back=${back} title=${heading} text=${docs} />`;
}

function Basics({ draft, provider, entry, catalogue }) {
  const { raw, set, name, errorAt } = draft;
  const isRenamed = provider && name.trim() !== provider.name;
  return html`<${Card} title=${t("providers.basics")}>
    <div class="form-grid">
      <${TextField} label=${t("parts.name")} required value=${name} onChange=${set("name")} error=${errorAt("name")}
        hint=${t(isRenamed ? "providers.renamed" : "providers.name_hint")} />
      <${WireField} raw=${raw} entry=${entry} catalogue=${catalogue} isNew=${!provider} onChange=${set("wire")} />
      <${TextField} class="full" mono type="url" label=${t("providers.address")} required=${!entry}
        value=${read(raw, PROVIDER.baseUrl)} onChange=${set("baseUrl")} error=${errorAt("baseUrl")}
        placeholder=${entry?.base_url ?? "https://api.example.com/v1"}
        hint=${t(entry ? "providers.address_known" : "providers.address_hint")} />
      ${(entry?.parameters ?? []).map((key) => PROVIDER[key] && html`<${TextField} key=${key} required
        label=${t(`providers.${key}`)} value=${raw[key]} onChange=${set(key)} error=${errorAt(key)} />`)}
    </div>
  <//>`;
}

/** The format; of a provider begun from the catalogue those that it has endpoints for. */
function WireField({ raw, entry, catalogue, isNew, onChange }) {
  const endpoints = isNew && entry ? (familiesOf(catalogue).find(({ all }) => all.includes(entry))?.all ?? []) : [];
  if (endpoints.length > 1) {
    const label = (one) => `${t(`providers.wire.${one.wire}`)} · ${one.name}`;
    const options = endpoints.map((one) => ({ value: one.name, label: label(one) }));
    return html`<${SelectField} label=${t("providers.wire")} value=${entry.name} options=${options}
      hint=${t("providers.endpoint_hint")} onChange=${(name) => navigate("providers", "new", name)} />`;
  }
  const isKnown = entry && isBlank(read(raw, PROVIDER.baseUrl));
  const automatic = isKnown
    ? t("providers.wire_known", { name: t(`providers.wire.${entry.wire}`) })
    : t("providers.wire.auto");
  const options = WIRES.map((wire) => ({ value: wire, label: wire ? t(`providers.wire.${wire}`) : automatic }));
  return html`<${SelectField} label=${t("providers.wire")} value=${read(raw, PROVIDER.wire) ?? ""} options=${options}
    onChange=${onChange} />`;
}

function Access({ draft, entry }) {
  const { raw, set, errorAt } = draft;
  return html`<${Card} title=${t("providers.access")}>
    <div class="stack">
      <${KeyField} value=${read(raw, PROVIDER.apiKey)} onChange=${set("apiKey")} error=${errorAt("apiKey")}
        variable=${entry?.key_variable ?? ""} isSet=${entry?.key_is_set} />
      <${MoreKeys} raw=${raw} onChange=${set("apiKeys")} error=${errorAt("apiKeys")} />
    </div>
  <//>`;
}

function Models({ draft, entry }) {
  const { raw, set, models, errorAt } = draft;
  return html`<${Card} title=${t("providers.models")} text=${t("providers.models_text")}>
    <div class="stack">
      <${ModelsField} value=${modelsOf(raw)} suggested=${entry?.models ?? []} error=${errorAt("models")}
        open=${isBlank(read(raw, PROVIDER.baseUrl))}
        onChange=${(list) => set("models")(list.length ? list : undefined)} />
      ${draft.isFirst && html`<${Checkbox} label=${t("providers.make_default", { model: models[0] })}
        value=${draft.isDefault} onChange=${draft.setDefault} />`}
    </div>
  <//>`;
}

function SaveBar({ draft, isNew }) {
  const leave = async () => (!draft.isDirty || (await confirmDiscard())) && navigate("providers");
  return html`<div class="sticky-bar">
    <span class="soft small" role="status">${draft.isDirty ? t("parts.unsaved") : ""}</span>
    <div class="actions">
      <${Button} onClick=${leave}>${t("parts.cancel")}<//>
      <${Button} kind="primary" type="submit" icon="check" busy=${draft.isBusy}>
        ${t(isNew ? "providers.add" : "parts.save")}<//>
    </div>
  </div>`;
}
