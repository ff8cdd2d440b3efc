// Loads the module of a page when it is first opened, and shows it.
import { Component, html, useEffect, useState } from "../core/view.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { Button, Empty, Loading } from "../parts/index.js";

const loaded = new Map();

/** The page at a place; `page` is its entry in pages.js, or null. */
export function PageView({ page, place }) {
  const [state, setState] = useState({ id: null, view: null, failed: false });
  const id = page?.id ?? null;
  useEffect(() => {
    if (!page) return undefined;
    let isWanted = true;
    load(page).then(
      (view) => isWanted && setState({ id, view, failed: false }),
      () => isWanted && setState({ id, view: null, failed: true }),
    );
    return () => (isWanted = false);
  }, [id]);
  useEffect(() => {
    scrollTo(0, 0);
  }, [id]);
  if (!page) return html`<${NotFound} />`;
  const View = loaded.get(id) ?? null;
  if (View) return html`<${Guard} key=${id}><${View} args=${place.args} query=${place.query} /><//>`;
  if (state.failed && state.id === id) return html`<${PageFailed} />`;
  return html`<div class="page"><h1 class="visually-hidden">${t("parts.loading")}</h1><${Loading} lines=${6} /></div>`;
}

async function load(page) {
  if (!loaded.has(page.id)) loaded.set(page.id, (await page.load()).default);
  return loaded.get(page.id);
}

/** Keeps an error while a page is drawn from taking the menu with it. */
class Guard extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ failed: true });
  }

  render({ children }, { failed }) {
    return failed ? html`<${PageFailed} />` : children;
  }
}

function NotFound() {
  const action = html`<${Button} kind="primary" href=${link("overview")}>${t("nav.overview")}<//>`;
  return html`<div class="page"><h1 class="visually-hidden">${t("app.not_found")}</h1>
    <${Empty} icon="help" title=${t("app.not_found")} actions=${action}>${t("app.not_found_text")}<//></div>`;
}

function PageFailed() {
  const action = html`<${Button} icon="refresh" onClick=${() => location.reload()}>${t("app.reload")}<//>`;
  return html`<div class="page"><h1 class="visually-hidden">${t("app.page_failed")}</h1>
    <${Empty} icon="alert" title=${t("app.page_failed")} actions=${action}>${t("app.page_failed_text")}<//></div>`;
}
