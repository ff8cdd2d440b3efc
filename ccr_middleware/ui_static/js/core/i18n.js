// Texts in English and Chinese. Modules in texts/ hold them; each page adds its own when it is loaded.
import { signal } from "./view.js";
import { recall, remember } from "./storage.js";

export const LANGUAGES = { en: "English", zh: "中文" };

const texts = { en: {}, zh: {} };

/** The language of the page: "en" or "zh". Whatever reads a text while it renders is rendered again on a change. */
export const language = signal(initialLanguage());

function initialLanguage() {
  const chosen = recall("language");
  if (chosen in LANGUAGES) return chosen;
  return navigator.languages.some((one) => one.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

/** Add the texts of a module of texts/: `{en: {key: text}, zh: {key: text}}`. Adding them twice does no harm. */
export function addTexts(more) {
  for (const name of Object.keys(LANGUAGES)) Object.assign(texts[name], more[name]);
}

/** The text of a key, with `{name}` replaced by `values.name`. A key without a text is shown as it is. */
export function t(key, values = {}) {
  const text = texts[language.value][key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Whether a key has a text; for texts of values that the gateway may add to, such as scenarios. */
export function hasText(key) {
  return key in texts.en;
}

/** The text of a value the gateway may add to: `prefix.value`, or the value itself when it has no text. */
export function named(prefix, value) {
  const key = `${prefix}.${value}`;
  return hasText(key) ? t(key) : String(value);
}

export function setLanguage(name) {
  language.value = name;
  remember("language", name);
}

language.subscribe((name) => {
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
});
