// The menu: at the left, or over the page on a phone.
import { html, signal, useEffect, useRef } from "../core/view.js";
import { t } from "../core/i18n.js";
import { link, route } from "../core/router.js";
import { session } from "../core/session.js";
import { Icon, IconButton, Mark } from "../parts/index.js";
import { GROUPS, PAGES } from "./pages.js";

/** Whether the menu is open on a narrow screen. */
export const menuIsOpen = signal(false);

export function Sidebar({ current }) {
  const isOpen = menuIsOpen.value;
  const box = useRef(null);
  const opener = useRef(null);
  useEffect(() => {
    if (isOpen) {
      opener.current = document.activeElement;
      box.current.querySelector("button").focus();
    } else opener.current?.focus();
  }, [isOpen]);
  useEffect(() => {
    menuIsOpen.value = false;
  }, [route.value]);
  useEffect(() => {
    const onKey = (event) => event.key === "Escape" && (menuIsOpen.value = false);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return html`<header class=${`sidebar ${isOpen ? "open" : ""}`} ref=${box}>
      <div class="brand">
        <${Mark} />
        <span><b>ccr_middleware</b><small>${session.value?.version}</small></span>
        <${IconButton} icon="x" label=${t("parts.close")} class="only-phone" onClick=${() => (menuIsOpen.value = false)} />
      </div>
      <nav aria-label=${t("nav.label")}>
        ${GROUPS.map((group) => html`<div class="nav-group" key=${group}>
          <h2>${t(`nav.${group}`)}</h2>
          <ul>${PAGES.filter((page) => page.group === group).map((page) => entry(page, current))}</ul>
        </div>`)}
      </nav>
    </header>
    <div class="scrim" onClick=${() => (menuIsOpen.value = false)}></div>`;
}

function entry(page, current) {
  const isHere = page.id === current;
  return html`<li key=${page.id}>
    <a href=${link(page.id)} aria-current=${isHere ? "page" : undefined}><${Icon} name=${page.icon} /><span>${t(`nav.${page.id}`)}</span></a>
  </li>`;
}
