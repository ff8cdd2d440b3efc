// What is shown as a whole: nothing yet, the login, the wizard, or the shell with a page in it.
import { html, useEffect } from "../core/view.js";
import { addTexts, t } from "../core/i18n.js";
import { route } from "../core/router.js";
import { loadSession, putOff, session, sessionError } from "../core/session.js";
import { Failed, Mark } from "../parts/index.js";
import { Overlays } from "../parts/overlay.js";
import texts from "../texts/shell.js";
import { PageView } from "./page_view.js";
import { pageOf } from "./pages.js";
import { Sidebar } from "./sidebar.js";
import { TopBar } from "./topbar.js";
import { Login } from "../pages/login.js";

addTexts(texts);

export function App() {
  return html`<${Place} /><${Overlays} />`;
}

function Place() {
  const who = session.value;
  const place = route.value;
  if (who === null) return html`<${Starting} />`;
  if (who.login_needed) return html`<${Login} />`;
  const begins = who.first_run && !putOff.value && place.page === "overview";
  const wanted = begins ? { ...place, page: "wizard" } : place;
  return html`<${Shell} place=${wanted} />`;
}

function Starting() {
  const error = sessionError.value;
  return html`<main class="starting">
    <h1 class="visually-hidden">${t("app.title")}</h1>
    ${error ? html`<${Failed} error=${error} retry=${loadSession} />` : html`<${Mark} size=${40} /><p role="status">${t("app.starting")}</p>`}
  </main>`;
}

function Shell({ place }) {
  const page = pageOf(place.page);
  const isBare = page !== null && page.group === null;
  useEffect(() => {
    document.title = `${page ? t(`nav.${page.id}`) : t("app.not_found")} · ccr_middleware`;
  });
  const skip = (event) => {
    event.preventDefault();
    document.getElementById("content").focus();
  };
  return html`<a class="skip" href="#content" onClick=${skip}>${t("app.skip")}</a>
    <div class=${`shell ${isBare ? "bare" : ""}`}>
      ${!isBare && html`<${Sidebar} current=${place.page} />`}
      <${TopBar} page=${page} bare=${isBare} />
      <main id="content" tabindex="-1"><${PageView} page=${page} place=${place} /></main>
    </div>`;
}
