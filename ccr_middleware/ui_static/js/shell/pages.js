// The pages: where they are, how they are called in the menu, and how they are loaded when they are first opened.

/** `id` is the address (#/id) and the key of its name (nav.id); `group` its place in the menu (null: not in it). */
export const PAGES = [
  { id: "overview", icon: "overview", group: "observe", load: () => import("../pages/overview.js") },
  { id: "requests", icon: "requests", group: "observe", load: () => import("../pages/requests.js") },
  { id: "logs", icon: "logs", group: "observe", load: () => import("../pages/logs.js") },
  { id: "playground", icon: "playground", group: "observe", load: () => import("../pages/playground.js") },
  { id: "providers", icon: "providers", group: "setup", load: () => import("../pages/providers.js") },
  { id: "routing", icon: "routing", group: "setup", load: () => import("../pages/routing.js") },
  { id: "transformers", icon: "transformers", group: "setup", load: () => import("../pages/transformers.js") },
  { id: "keys", icon: "keys", group: "setup", load: () => import("../pages/keys.js") },
  { id: "presets", icon: "presets", group: "setup", load: () => import("../pages/presets.js") },
  { id: "config", icon: "config", group: "setup", load: () => import("../pages/config.js") },
  { id: "wizard", icon: "wand", group: null, load: () => import("../pages/wizard.js") },
];

export const GROUPS = ["observe", "setup"];

/** The page of an id; null for one that is not there. */
export const pageOf = (id) => PAGES.find((one) => one.id === id) ?? null;
