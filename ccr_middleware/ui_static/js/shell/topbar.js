// The bar at the top: where we are, how the gateway is, language, appearance, logging out.
import { html } from "../core/view.js";
import { LANGUAGES, language, setLanguage, t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { logOut, session } from "../core/session.js";
import { configStatus, gatewayState, problemCount } from "../core/status.js";
import { setTheme, theme, THEMES } from "../core/theme.js";
import { Badge, errorText, Icon, IconButton, toast } from "../parts/index.js";
import { menuIsOpen } from "./sidebar.js";

export function TopBar({ page, bare }) {
  return html`<div class="topbar" role="region" aria-label=${t("top.label")}>
    ${!bare && html`<${IconButton} icon="menu" label=${t("nav.open")} class="only-phone" onClick=${() => (menuIsOpen.value = true)} />`}
    <span class="topbar-title">${page && t(`nav.${page.id}`)}</span>
    <span class="spacer"></span>
    <${GatewayState} />
    ${!bare && html`<${Problems} />`}
    <${Preferences} />
    <${LogOut} />
  </div>`;
}

/** The switches for language and appearance; the login shows them too. */
export function Preferences() {
  const now = theme.value;
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  const icons = { system: "system", light: "sun", dark: "moon" };
  return html`<label class="language" title=${t("top.language")}>
      <span class="visually-hidden">${t("top.language")}</span><${Icon} name="globe" />
      <select value=${language.value} onChange=${(event) => setLanguage(event.currentTarget.value)}>
        ${Object.entries(LANGUAGES).map(([id, name]) => html`<option key=${id} value=${id} selected=${id === language.value}>${name}</option>`)}
      </select>
    </label>
    <${IconButton} icon=${icons[now]} label=${t("top.theme", { name: t(`top.theme_${now}`) })} onClick=${() => setTheme(next)} />`;
}

function GatewayState() {
  const state = gatewayState.value;
  if (!session.value) return null;
  const tone = { ok: "ok", unreachable: "bad" }[state] ?? "neutral";
  return html`<span class="gateway-state" role="status"><${Badge} tone=${tone} dot>${t(`top.state_${state}`)}<//></span>`;
}

function Problems() {
  const status = configStatus.value;
  const count = problemCount(status);
  if (!count) return null;
  const text = status.error ? t("top.problems_error") : t("top.problems", { n: count });
  return html`<a class=${`problems ${status.error ? "bad" : "warn"}`} href=${link("config")} title=${text}>
    <${Icon} name="alert" size=${16} /><span aria-hidden="true">${count}</span><span class="visually-hidden">${text}</span>
  </a>`;
}

function LogOut() {
  const who = session.value;
  if (!who?.keys_configured) return html`<span class="not-phone" title=${t("top.open_access_hint")}><${Badge}>${t("top.open_access")}<//></span>`;
  const leave = () => logOut().catch((error) => toast(errorText(error), { tone: "bad" }));
  return html`<${IconButton} icon="logout" label=${t("top.logout")} onClick=${leave} />`;
}
