// Light, dark, or as the system has it. theme_boot.js sets the first one before anything is drawn.
import { signal } from "./view.js";
import { recall, remember } from "./storage.js";

export const THEMES = ["system", "light", "dark"];

const system = matchMedia("(prefers-color-scheme: dark)");

/** What was chosen: one of THEMES. */
export const theme = signal(THEMES.includes(recall("theme")) ? recall("theme") : "system");

/** What is shown: "light" or "dark". Charts read it, since a canvas knows no custom properties. */
export const shownTheme = signal(document.documentElement.dataset.theme ?? "light");

export function setTheme(name) {
  remember("theme", name === "system" ? null : name);
  theme.value = name;
}

function show() {
  const isDark = theme.value === "dark" || (theme.value === "system" && system.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  shownTheme.value = isDark ? "dark" : "light";
}

theme.subscribe(show);
system.addEventListener("change", show);
