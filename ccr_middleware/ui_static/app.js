// The start of the web interface: who is looking, then the shell.
import { html, render } from "./js/core/view.js";
import { loadSession } from "./js/core/session.js";
import { watchStatus } from "./js/core/status.js";
import { App } from "./js/shell/app.js";

render(html`<${App} />`, document.getElementById("app"));
await loadSession();
watchStatus();
