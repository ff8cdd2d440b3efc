// The draft of a provider in its form: what is in it, what is wrong with it, and saving it.
import { useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { navigate } from "../core/router.js";
import { CONFIG, PROVIDER, equal, isBlank, keyOf, problemsAt, read } from "../document.js";
import {
  changeProvider,
  completedFrom,
  isNameTaken,
  modelsOf,
  providersOf,
  renameInRoutes,
  withProvider,
} from "../document_providers.js";
import { routerOf, withScenario } from "../document_routing.js";
import { useUnsaved } from "../document_store.js";

/**
 * The draft is the provider's object itself, so that nothing in it gets lost. `provider` (as of `providersOf`) is
 * edited; without it one is added, begun from `entry` of the catalogue.
 */
export function useProviderDraft({ store, provider, entry }) {
  const { document } = store.data;
  const start = provider?.raw ?? startOf(entry);
  const [raw, setRaw] = useState(start);
  const [isDefault, setDefault] = useState(true);
  const [state, setState] = useState({ isBusy: false, problems: [], tried: false });
  const isDirty = !equal(raw, start) && !state.isBusy;
  useUnsaved(isDirty);
  const name = String(read(raw, PROVIDER.name) ?? "");
  const index = provider?.index ?? providersOf(document).length;
  const makeRaw = () => (provider ? raw : completedFrom(entry, raw));
  const models = modelsIn(makeRaw(), entry);
  const isFirst = !provider && !routerOf(document).pools.default.length && models.length > 0;
  const problems = state.tried ? [...checked({ document, raw, name, entry, provider }), ...state.problems] : [];

  function set(field) {
    return (value) => {
      setRaw((old) => changeProvider(old, { [field]: isBlank(value) ? undefined : value }));
      setState((old) => ({ ...old, problems: old.problems.filter((one) => !isAt(one, field)) }));
    };
  }

  function edited(now) {
    const named = changeProvider(makeRaw(), { name: name.trim() });
    const isRenamed = provider && provider.name !== name.trim();
    const saved = withProvider(isRenamed ? renameInRoutes(now, provider.name, name.trim()) : now, index, named);
    return isFirst && isDefault ? withScenario(saved, "default", [{ target: `${name.trim()},${models[0]}` }]) : saved;
  }

  async function save() {
    const own = checked({ document, raw, name, entry, provider });
    setState({ isBusy: own.length === 0, problems: [], tried: true });
    if (own.length) return showProblem();
    const { ok, error } = await store.save(edited, { quiet: true, done: t("providers.saved", { name: name.trim() }) });
    if (ok) return navigate("providers");
    const found = problemsAt(error.problems, [keyOf(document, CONFIG.providers), index]);
    setState({ isBusy: false, tried: true, problems: found.length ? found : [{ message: error.message, rest: [] }] });
    return showProblem();
  }

  return {
    raw, setRaw, set, name, models, makeRaw, save, isDirty, isFirst, isDefault, setDefault,
    isBusy: state.isBusy,
    errorAt: (field) => problems.find((one) => isAt(one, field))?.message,
    otherProblems: problems.filter((one) => !Object.keys(PROVIDER).some((field) => isAt(one, field))),
  };
}

/** What is filled in at first: the name, the usual variable for the key, and a few models where they are known. */
function startOf(entry) {
  if (!entry) return { name: "", api_base_url: "" };
  const key = entry.key_variable && entry.key_is_set ? { api_key: `\${${entry.key_variable}}` } : {};
  return { name: entry.name, ...key, ...(entry.models?.length ? { models: entry.models } : {}) };
}

function modelsIn(raw, entry) {
  const written = modelsOf(raw);
  return written.length || !isBlank(read(raw, PROVIDER.baseUrl)) ? written : (entry?.models ?? []);
}

const isAt = (problem, field) => PROVIDER[field].includes(String(problem.rest[0]));

/** What can be seen without asking the gateway: `[{message, rest}]`. */
function checked({ document, raw, name, entry, provider }) {
  const found = [];
  const say = (field, message) => found.push({ message, rest: [PROVIDER[field][0]] });
  if (!name.trim()) say("name", t("providers.name_missing"));
  else if (isNameTaken(document, name, provider?.index)) say("name", t("providers.name_taken", { name: name.trim() }));
  else if (name.includes(",")) say("name", t("providers.name_comma"));
  const address = read(raw, PROVIDER.baseUrl);
  if (isBlank(address) && !entry) say("baseUrl", t("providers.address_missing"));
  if (!isBlank(address) && !/^(https?|demo):\/\/|\$/.test(String(address))) say("baseUrl",
    t("providers.address_wrong"));
  for (const key of entry?.parameters ?? []) {
    if (isBlank(address) && PROVIDER[key] && isBlank(raw[key])) say(key, t("providers.parameter_missing"));
  }
  return found;
}

const PROBLEM = '.provider-form [aria-invalid="true"], .provider-form .notice.bad';

function showProblem() {
  setTimeout(() => window.document.querySelector(PROBLEM)?.scrollIntoView({ block: "center" }), 50);
}
