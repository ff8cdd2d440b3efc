// Making and changing a key, and the one time it is shown.
import { html, useState } from "../core/view.js";
import { get, patch, post } from "../core/api.js";
import { BASE_URL } from "../core/claude_env.js";
import { t } from "../core/i18n.js";
import { useLoad } from "../core/load.js";
import { loadSession } from "../core/session.js";
import { problemsAt } from "../document.js";
import { Button, Dialog, errorText, ListField, Notice, NumberField, TextField } from "../parts/index.js";
import { EnvironmentLines, OnceShown } from "./keys_lines.js";

const LIMITS = ["rpm", "tpm", "max_parallel"];

/** `current`: the key to be changed, null for a new one. `onSaved()` is called when the list has changed. */
export function KeyDialog({ current, onClose, onSaved }) {
  const [form, setForm] = useState(() => startOf(current));
  const [state, setState] = useState({ isBusy: false, error: null, made: null });
  const models = useLoad(async () => (await get("v1/models")).data.map((one) => one.id), []);
  const set = (name) => (value) => setForm((old) => ({ ...old, [name]: value }));
  const errorAt = (name) => problemsAt(state.error?.problems, [name])[0]?.message;
  async function submit() {
    setState({ isBusy: true, error: null, made: null });
    try {
      const body = written(form);
      const answer = current ? await patch(`api/keys/${encodeURIComponent(current.id)}`, body)
        : await post("api/keys", withoutNulls(body));
      onSaved();
      if (current) return onClose();
      setState({ isBusy: false, error: null, made: answer });
    } catch (error) {
      setState({ isBusy: false, error, made: null });
    }
    return undefined;
  }
  if (state.made) return html`<${MadeKey} made=${state.made} onClose=${() => (loadSession(), onClose())} />`;
  const footer = html`<${Button} onClick=${onClose}>${t("parts.cancel")}<//>
    <${Button} kind="primary" type="submit" busy=${state.isBusy}>${current ? t("parts.save") : t("keys.make")}<//>`;
  const isAtField = ["name", "expires_at", "models", ...LIMITS].some(errorAt);
  return html`<${Dialog} keepOpen title=${current ? t("keys.edit", { name: current.name || current.id })
    : t("keys.add")} onClose=${onClose} onSubmit=${submit} footer=${footer}>
    ${state.error && !isAtField && html`<${Notice} tone="bad">${errorText(state.error)}<//>`}
    <${TextField} label=${t("parts.name")} hint=${t("keys.name_hint")} value=${form.name} onChange=${set("name")}
      error=${errorAt("name")} autofocus />
    <${ListField} commas=${false} label=${t("keys.models")} hint=${t("keys.models_hint")} placeholder=${t("parts.all")}
      value=${form.models} suggestions=${models.data ?? []}
      onChange=${set("models")} error=${errorAt("models")} />
    <${TextField} label=${t("keys.expires")} type="date" hint=${t("keys.expires_hint")} value=${form.expires_at}
      onChange=${set("expires_at")} error=${errorAt("expires_at")} />
    <div class="limits-grid">
      ${LIMITS.map((name) => html`<${NumberField} key=${name} label=${t(`keys.limit.${name}`)} min="1" step="1"
        placeholder=${t("keys.no_limit")} value=${form[name]}
        onChange=${set(name)} error=${errorAt(name)} />`)}
    </div>
  <//>`;
}

function startOf(key) {
  const limits = Object.fromEntries(LIMITS.map((name) => [name, key?.[name] ?? null]));
  return { name: key?.name ?? "", models: key?.models ?? [], expires_at: (key?.expires_at ?? "").slice(0, 10),
    ...limits };
}

/** The form as the gateway takes it: null takes a field away. */
function written({ name, models, expires_at, ...limits }) {
  return { name, models: models.length ? models : null, expires_at: expires_at || null, ...limits };
}

const withoutNulls = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));

function MadeKey({ made, onClose }) {
  const footer = html`<${Button} kind="primary" icon="check" onClick=${onClose}>${t("keys.kept")}<//>`;
  return html`<${Dialog} wide keepOpen title=${t("keys.made", { name: made.name || made.id })} onClose=${onClose}
    footer=${footer}>
    <${Notice} tone="warn" title=${t("keys.once")}>${t("keys.once_text")}<//>
    <${OnceShown} value=${made.key} />
    <h3>${t("keys.claude_code")}</h3>
    <${EnvironmentLines} secret=${made.key} base=${BASE_URL} />
  <//>`;
}
